# Resets to exactly the offsets that the plan shows, and again only if the incident changes.

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

variable "incident" {
  description = "Change this value to reset again, to the offsets that the data source shows at that time."
  type        = string
  default     = "INC-1"
}

resource "terraform_data" "incident" {
  input = var.incident
}

data "huaweicloud_kafka_offset_reset" "preview" {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  datetime    = "2024-01-01T00:02:00Z" # Or another target, such as by_duration = "2h".

  lifecycle {
    postcondition {
      condition     = alltrue([for offset in self.after["orders"] : offset != null])
      error_message = "The new offset of at least one partition cannot be determined."
    }
  }
}

resource "huaweicloud_kafka_offset_reset" "replay" {
  instance_id       = "00000000-0000-4000-8000-00000000d305"
  group             = "billing"
  topic             = "orders"
  partition_offsets = data.huaweicloud_kafka_offset_reset.preview.after["orders"]
  preview           = true

  max_skipped_messages = 0

  lifecycle {
    # Without these two arguments, an apply resets again whenever the preview has changed.
    ignore_changes       = [partition_offsets]
    replace_triggered_by = [terraform_data.incident]

    # Keeps the old offsets in the state until the new reset is done.
    create_before_destroy = true
  }
}
