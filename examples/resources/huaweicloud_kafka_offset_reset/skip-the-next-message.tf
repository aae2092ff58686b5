# The same as skip-a-message.tf where the offset is not known, and only for clients that commit exactly up to the
# message they fail on: `shift_by` counts from what is committed, and a second reset (`triggers`, -replace) skips
# another one.
resource "huaweicloud_kafka_offset_reset" "skip" {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  partition   = 2
  shift_by    = 1
}
