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

# Each plan reads the members of the group, and the number of messages that the group has not read.
data "huaweicloud_kafka_consumer_group" "billing" {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
}

output "clients" {
  description = "Clients that are still in the group. Stop them."
  value       = data.huaweicloud_kafka_consumer_group.billing.members[*].client_id
}

output "lag" {
  description = "Number of messages that the group has not read yet."
  value       = data.huaweicloud_kafka_consumer_group.billing.total_lag
}

resource "huaweicloud_kafka_offset_reset" "replay" {
  instance_id       = "00000000-0000-4000-8000-00000000d305"
  group             = "billing"
  topic             = "orders"
  datetime          = "2024-01-01T00:02:00Z"
  wait_for_inactive = "5m"
  note              = "Invoices of that night were lost."

  # Changing `datetime` replaces this reset. Keep it, with the old offsets, until the new one is done.
  lifecycle {
    create_before_destroy = true
  }
}

output "replayed" {
  description = "Number of messages that the group reads again."
  value       = huaweicloud_kafka_offset_reset.replay.replayed_messages
}

output "skipped" {
  description = "Number of unread messages that the reset skipped. Above 0: the group had not reached that time yet."
  value       = huaweicloud_kafka_offset_reset.replay.skipped_messages
}
