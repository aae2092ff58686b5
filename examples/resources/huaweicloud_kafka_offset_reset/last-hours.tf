# Replay the last two and a half hours before the apply. In a partition without a message since then, the offset moves
# to the end of the log, with a warning. In the emulator, that applies to every partition: its messages are from 2024.
resource "huaweicloud_kafka_offset_reset" "last_hours" {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  by_duration = "PT2H30M"
}
