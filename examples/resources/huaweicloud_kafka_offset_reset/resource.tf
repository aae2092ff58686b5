# Read the whole topic again, from the earliest message that is left.
resource "huaweicloud_kafka_offset_reset" "from_the_start" {
  instance_id = "7ba6d6d3-5c4d-4e0a-b0b0-6f6e3d1c9a55"
  group       = "billing"
  topic       = "orders"
  position    = "earliest"
}

# Read again what was written since then, and once more whenever `triggers` changes.
resource "huaweicloud_kafka_offset_reset" "since_the_release" {
  instance_id = "7ba6d6d3-5c4d-4e0a-b0b0-6f6e3d1c9a55"
  group       = "billing"
  topic       = "orders"
  datetime    = "2026-03-01T14:00:00+08:00"

  triggers = {
    release = "2.4.1"
  }
  note = "Prices were rounded wrongly before 2.4.1."
}

# Read the last two and a half hours again, but refuse if some partition has no message from before or since then:
# it would begin at its first message, or skip to its end.
resource "huaweicloud_kafka_offset_reset" "last_hours" {
  instance_id     = "7ba6d6d3-5c4d-4e0a-b0b0-6f6e3d1c9a55"
  group           = "billing"
  topic           = "orders"
  by_duration     = "PT2H30M"
  on_out_of_range = "error"
}

# Set each partition by itself. Partition 2 stays where it is.
resource "huaweicloud_kafka_offset_reset" "by_partition" {
  instance_id = "7ba6d6d3-5c4d-4e0a-b0b0-6f6e3d1c9a55"
  group       = "billing"
  topic       = "orders"
  partition_offsets = {
    0 = 140
    1 = 190
  }
}

# Skip everything that is waiting, in every topic of the group. The service does it in the background, and the apply
# waits for its end. Clients get five minutes to leave.
resource "huaweicloud_kafka_offset_reset" "every_topic" {
  instance_id       = "7ba6d6d3-5c4d-4e0a-b0b0-6f6e3d1c9a55"
  group             = "billing"
  position          = "latest"
  wait_for_inactive = "5m"

  timeouts {
    create = "1h"
  }
}
