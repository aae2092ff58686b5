# A replay and its rollback in one configuration:
#   terraform apply                       # replays
#   terraform apply -var roll_back=true   # rolls back; stop the group's clients again first

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

variable "roll_back" {
  description = "Move the group back to its offsets before the replay."
  type        = bool
  default     = false
}

# Do not change this reset when you roll back. A replacement would record the current offsets as the old ones.
resource "huaweicloud_kafka_offset_reset" "replay" {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  datetime    = "2024-01-01T00:02:00Z"

  # A changed reset is a new reset. Keep this one, with the old offsets, until the new one is done.
  lifecycle {
    create_before_destroy = true
  }
}

resource "huaweicloud_kafka_offset_reset" "back" {
  count = var.roll_back ? 1 : 0

  instance_id       = "00000000-0000-4000-8000-00000000d305"
  group             = "billing"
  topic             = "orders"
  partition_offsets = huaweicloud_kafka_offset_reset.replay.before["orders"]
  preview           = true # Previews the rollback in the plan.
}
