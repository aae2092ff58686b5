data "huaweicloud_kafka_offset_reset" "preview" {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  datetime    = "2024-01-01T00:02:00Z"
}

output "preview" {
  value = {
    before   = data.huaweicloud_kafka_offset_reset.preview.before["orders"]
    after    = data.huaweicloud_kafka_offset_reset.preview.after["orders"]
    replayed = data.huaweicloud_kafka_offset_reset.preview.replayed_messages
    skipped  = data.huaweicloud_kafka_offset_reset.preview.skipped_messages
    clamped  = data.huaweicloud_kafka_offset_reset.preview.clamped
    state    = data.huaweicloud_kafka_offset_reset.preview.state
  }
}
