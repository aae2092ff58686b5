# A reset that was applied, and turned out to be wrong.
resource "huaweicloud_kafka_offset_reset" "replay" {
  instance_id = "7ba6d6d3-5c4d-4e0a-b0b0-6f6e3d1c9a55"
  group       = "billing"
  topic       = "orders"
  datetime    = "2026-03-01T06:00:00Z"
}

# The way back: add this beside it, and apply again. Do not change the first one in the same apply: replaced, it would
# say where the group stands now, not where it came from. Once all is well, remove both; that sends nothing.
resource "huaweicloud_kafka_offset_reset" "back" {
  instance_id = "7ba6d6d3-5c4d-4e0a-b0b0-6f6e3d1c9a55"
  group       = "billing"
  topic       = "orders"
  partition_offsets = {
    for it in huaweicloud_kafka_offset_reset.replay.offsets : it.partition => it.before
  }
}

# After a reset of every topic: one way back for each topic. Here it has to be a second apply: what `for_each` stands
# for must be known.
resource "huaweicloud_kafka_offset_reset" "replay_everything" {
  instance_id = "7ba6d6d3-5c4d-4e0a-b0b0-6f6e3d1c9a55"
  group       = "billing"
  by_duration = "P1D"
}

resource "huaweicloud_kafka_offset_reset" "back_by_topic" {
  for_each = toset(huaweicloud_kafka_offset_reset.replay_everything.offsets[*].topic)

  instance_id = "7ba6d6d3-5c4d-4e0a-b0b0-6f6e3d1c9a55"
  group       = "billing"
  topic       = each.key
  partition_offsets = {
    for it in huaweicloud_kafka_offset_reset.replay_everything.offsets : it.partition => it.before
    if it.topic == each.key
  }
}
