# Replays every message written since an incident began. Stop the clients of the group first.

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
  instance_id       = "00000000-0000-4000-8000-00000000d305"
  group             = "billing"
  topic             = "orders"
  datetime          = "2024-01-01T00:02:00Z"
  wait_for_inactive = "5m"
  preview           = true # Previews the reset in the plan.
  note              = "Invoices of that night were lost."

  max_skipped_messages = 0 # Refuses a reset that would skip unread messages.

  # Changing `datetime` replaces this reset. Keep it, with the old offsets, until the new one is done.
  lifecycle {
    create_before_destroy = true
  }
}

output "replayed" {
  description = "Number of messages that the group reads again."
  value       = huaweicloud_kafka_offset_reset.replay.replayed_messages
}
