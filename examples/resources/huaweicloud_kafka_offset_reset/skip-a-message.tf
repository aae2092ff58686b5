# Partition 2 holds a message that the consumers cannot read. Their log names its offset, here 4000000500: go on at the
# next one. However often it is applied, it comes to the same.
resource "huaweicloud_kafka_offset_reset" "skip" {
  instance_id    = "00000000-0000-4000-8000-00000000d305"
  group          = "billing"
  topic          = "orders"
  partition      = 2
  message_offset = 4000000501
}
