# Read the whole topic again, from the earliest message that is left.
resource "huaweicloud_kafka_offset_reset" "from_the_start" {
  instance_id = "7ba6d6d3-5c4d-4e0a-b0b0-6f6e3d1c9a55"
  group       = "billing"
  topic       = "orders"
  timestamp   = 0
}

# Read again what was written since 2026-03-01T06:00:00Z, and once more whenever `triggers` changes.
resource "huaweicloud_kafka_offset_reset" "since_the_release" {
  instance_id = "7ba6d6d3-5c4d-4e0a-b0b0-6f6e3d1c9a55"
  group       = "billing"
  topic       = "orders"
  timestamp   = 1772344800000 # Unix milliseconds

  triggers = {
    release = "2.4.1"
  }
  note = "Prices were rounded wrongly before 2.4.1."
}

# Skip a message that the consumers cannot read: partition 2 goes on at offset 4711.
resource "huaweicloud_kafka_offset_reset" "skip_one_message" {
  instance_id    = "7ba6d6d3-5c4d-4e0a-b0b0-6f6e3d1c9a55"
  group          = "billing"
  topic          = "orders"
  partition      = 2
  message_offset = 4711

  timeouts {
    create = "10m"
  }
}
