# The group continues at the first message of that day, in every partition.
resource "huaweicloud_kafka_offset_reset" "time" {
  instance_id = var.instance_id
  group       = "billing"
  topic       = "orders"
  datetime    = "2024-01-02T00:00:00Z"
}
