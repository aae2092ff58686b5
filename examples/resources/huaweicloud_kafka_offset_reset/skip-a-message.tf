# The consumers cannot read a message of partition 2. Their log names its offset, here 4000000500. Move the group to the
# next offset. Applying this more than once has the same effect as applying it once.
resource "huaweicloud_kafka_offset_reset" "skip" {
  instance_id    = "00000000-0000-4000-8000-00000000d305"
  group          = "billing"
  topic          = "orders"
  partition      = 2
  message_offset = 4000000501
}
