# The group continues at offset 25, in every partition.
resource "huaweicloud_kafka_offset_reset" "offset" {
  instance_id    = "00000000-0000-4000-8000-00000000d305"
  group          = "billing"
  topic          = "orders"
  message_offset = 25
}
