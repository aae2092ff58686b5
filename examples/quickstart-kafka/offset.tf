# The group continues at offset 25, in every partition.
resource "huaweicloud_kafka_offset_reset" "offset" {
  instance_id    = var.instance_id
  group          = "billing"
  topic          = "orders"
  message_offset = 25
}
