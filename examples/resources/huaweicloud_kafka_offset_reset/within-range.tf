# Send nothing if a partition has no message from before this time, or none since. Such a partition would move to its
# first message, or to its end.
resource "huaweicloud_kafka_offset_reset" "within_range" {
  instance_id     = "00000000-0000-4000-8000-00000000d305"
  group           = "billing"
  topic           = "orders"
  datetime        = "2024-01-01T00:02:00Z"
  on_out_of_range = "error"
}
