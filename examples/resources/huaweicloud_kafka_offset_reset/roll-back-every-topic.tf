# Rolls back the reset in every-topic.tf, with one reset for each topic. Apply that reset first, because `for_each`
# needs to know the topics. Then copy this file into the same directory, stop the group again, and apply.
resource "huaweicloud_kafka_offset_reset" "back" {
  for_each = huaweicloud_kafka_offset_reset.everything.before

  instance_id       = "00000000-0000-4000-8000-00000000d305"
  group             = "billing"
  topic             = each.key
  partition_offsets = each.value
}
