# One reset during an incident, and its rollback. Correct the values in `locals`, then follow the incident card.

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

locals {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
}

variable "roll_back" {
  description = "Move the group back to its offsets before the reset."
  type        = bool
  default     = false
}

resource "huaweicloud_kafka_offset_reset" "incident" {
  instance_id       = local.instance_id
  group             = local.group
  topic             = local.topic
  datetime          = "2024-01-01T00:02:00Z" # The target: see the table on the incident card.
  wait_for_inactive = "5m"
  preview           = true

  lifecycle {
    create_before_destroy = true # Keeps the old offsets if you change the target.
  }
}

resource "huaweicloud_kafka_offset_reset" "roll_back" {
  count = var.roll_back ? 1 : 0

  instance_id       = local.instance_id
  group             = local.group
  topic             = local.topic
  wait_for_inactive = "5m"
  preview           = true
  partition_offsets = huaweicloud_kafka_offset_reset.incident.before[local.topic]
}

output "moved" {
  description = "Offsets before and after the reset, and the number of messages that it replays and skips."
  value = {
    before   = huaweicloud_kafka_offset_reset.incident.before
    after    = huaweicloud_kafka_offset_reset.incident.after
    replayed = huaweicloud_kafka_offset_reset.incident.replayed_messages
    skipped  = huaweicloud_kafka_offset_reset.incident.skipped_messages
  }
}

output "moved_back" {
  description = "Offsets after the rollback."
  value       = one(huaweicloud_kafka_offset_reset.roll_back[*].after)
}
