# Partition 2 holds a message that the consumers cannot read, and they have committed up to it. Go on after it.
# `shift_by` counts from where the group stands, so a second apply of it (`triggers`, -replace) skips another one.
resource "huaweicloud_kafka_offset_reset" "skip_the_next" {
  instance_id = "7ba6d6d3-5c4d-4e0a-b0b0-6f6e3d1c9a55"
  group       = "billing"
  topic       = "orders"
  partition   = 2
  shift_by    = 1
}

# The same, where the log of the consumers names the offset, here 4710: the next one. However often it is applied, it
# comes to the same.
resource "huaweicloud_kafka_offset_reset" "skip_by_offset" {
  instance_id    = "7ba6d6d3-5c4d-4e0a-b0b0-6f6e3d1c9a55"
  group          = "billing"
  topic          = "orders"
  partition      = 2
  message_offset = 4711
}
