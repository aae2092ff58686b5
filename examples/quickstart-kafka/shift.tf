# The group moves back by ten messages, in every partition.
resource "huaweicloud_kafka_offset_reset" "shift" {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  shift_by    = -10
}
