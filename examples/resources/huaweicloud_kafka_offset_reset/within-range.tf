# Send nothing if this time is before the first message of a partition or after its last one. By default, the offset
# would move to the nearer end of the log.
resource "huaweicloud_kafka_offset_reset" "within_range" {
  instance_id     = "00000000-0000-4000-8000-00000000d305"
  group           = "billing"
  topic           = "orders"
  datetime        = "2024-01-01T00:02:00Z"
  on_out_of_range = "error"
}
