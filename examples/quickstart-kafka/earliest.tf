# The group reads every message again.
resource "huaweicloud_kafka_offset_reset" "earliest" {
  instance_id = var.instance_id
  group       = "billing"
  topic       = "orders"
  position    = "earliest"
}
