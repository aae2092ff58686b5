# Read the last two and a half hours again, counted back from the moment of the apply. A partition with no message since
# then goes to its end, with a warning; so do those of the emulator, whose messages are of 2024.
resource "huaweicloud_kafka_offset_reset" "last_hours" {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  by_duration = "PT2H30M"
}
