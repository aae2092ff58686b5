# Previews a reset without creating one. Each plan reads the group again.

terraform {
  required_version = ">= 1.5"

  required_providers {
    huaweicloud = {
      source = "terraform.internal/huaweicloud/huaweicloud-kafka"
    }
  }
}

# Credentials come from HW_ACCESS_KEY and HW_SECRET_KEY.
provider "huaweicloud" {
  region = "cn-north-4"
}

data "huaweicloud_kafka_offset_reset" "preview" {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  datetime    = "2024-01-01T00:02:00Z"
}

output "preview" {
  description = "The effect of the reset, and the state of the group."
  value = {
    before   = data.huaweicloud_kafka_offset_reset.preview.before["orders"]
    after    = data.huaweicloud_kafka_offset_reset.preview.after["orders"]
    replayed = data.huaweicloud_kafka_offset_reset.preview.replayed_messages
    skipped  = data.huaweicloud_kafka_offset_reset.preview.skipped_messages
    clamped  = data.huaweicloud_kafka_offset_reset.preview.clamped
    state    = data.huaweicloud_kafka_offset_reset.preview.state
  }
}

check "effect_of_the_reset" {
  assert {
    # Null if the number is not known.
    condition     = coalesce(data.huaweicloud_kafka_offset_reset.preview.replayed_messages, 1001) <= 1000
    error_message = "The reset would replay more than 1000 messages, or the number is not known."
  }
}
