# The way back from the reset in resource.tf. Copy this file beside it once that reset was applied and turned out to be
# wrong, stop the group again, and apply.
#
# Leave the first reset as it is in the same apply: replaced, it would say where the group stands now, and not where it
# came from. Once all is well, remove both; that sends nothing.
resource "huaweicloud_kafka_offset_reset" "back" {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  partition_offsets = {
    for it in huaweicloud_kafka_offset_reset.replay.offsets : it.partition => it.before
  }
}
