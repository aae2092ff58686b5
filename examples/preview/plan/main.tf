# Previews the reset in the plan. The limits refuse a reset that affects more messages than expected.

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

resource "huaweicloud_kafka_offset_reset" "replay" {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  datetime    = "2024-01-01T00:02:00Z"
  preview     = true

  max_replayed_messages = 1000
  max_skipped_messages  = 0

  # If the target changes later, keeps the old offsets in the state until the new reset is done.
  lifecycle {
    create_before_destroy = true
  }
}
