# The group reads every message again.
resource "huaweicloud_kafka_offset_reset" "earliest" {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  position    = "earliest"
}
