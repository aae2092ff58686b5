# The group moves back by ten messages, in every partition.
resource "huaweicloud_kafka_offset_reset" "shift" {
  instance_id = var.instance_id
  group       = "billing"
  topic       = "orders"
  shift_by    = -10
}
