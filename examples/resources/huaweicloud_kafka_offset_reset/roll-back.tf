# Rolls back the reset in resource.tf. If that reset was wrong, copy this file beside it, stop the group again, and
# apply.
#
# Do not change the first reset in the same apply. A replacement would record the current offsets as the old ones.
# Later, remove both. That sends nothing.
resource "huaweicloud_kafka_offset_reset" "back" {
  instance_id       = "00000000-0000-4000-8000-00000000d305"
  group             = "billing"
  topic             = "orders"
  partition_offsets = huaweicloud_kafka_offset_reset.replay.before["orders"]
}
