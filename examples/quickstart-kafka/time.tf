# The group continues at the first message of that day, in every partition.
resource "huaweicloud_kafka_offset_reset" "time" {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  datetime    = "2024-01-02T00:00:00Z"
}
