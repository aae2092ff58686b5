# Send nothing if some partition has no message from before that time, or none since: it would begin at its first
# message, or skip to its end.
resource "huaweicloud_kafka_offset_reset" "within_range" {
  instance_id     = "00000000-0000-4000-8000-00000000d305"
  group           = "billing"
  topic           = "orders"
  datetime        = "2024-01-01T00:02:00Z"
  on_out_of_range = "error"
}
