# Replay every message written since this time, and again whenever `triggers` changes.
resource "huaweicloud_kafka_offset_reset" "replay" {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  datetime    = "2024-01-01T08:02:00+08:00"

  triggers = {
    release = "2.4.1"
  }
  note = "Prices were rounded wrongly before 2.4.1."
}

# The offsets to roll back to. `terraform output before` prints them again.
output "before" {
  value = huaweicloud_kafka_offset_reset.replay.before
}
