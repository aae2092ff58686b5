# Replay the whole topic, from the earliest message that is left.
resource "huaweicloud_kafka_offset_reset" "from_the_start" {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  position    = "earliest"
}
