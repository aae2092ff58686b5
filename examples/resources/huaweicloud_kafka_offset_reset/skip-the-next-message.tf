# Skip a message whose offset you do not know. Use this only for clients that commit exactly up to the message on which
# they fail, because `shift_by` counts from the committed offset. A second reset (`triggers`, -replace) skips one more
# message.
resource "huaweicloud_kafka_offset_reset" "skip" {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  partition   = 2
  shift_by    = 1
}
