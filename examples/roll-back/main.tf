# A replay, and the way back from it, in one configuration:
#   terraform apply                       # replays
#   terraform apply -var roll_back=true   # takes the group back; stop its clients again before

terraform {
  required_version = ">= 1.5"

  required_providers {
    huaweicloud = {
      source = "terraform.internal/huaweicloud/huaweicloud-kafka"
    }
  }
}

# Keys come from HW_ACCESS_KEY and HW_SECRET_KEY.
provider "huaweicloud" {
  region = "cn-north-4"
}

variable "roll_back" {
  description = "Take the group back to where it stood before the replay."
  type        = bool
  default     = false
}

# Leave it as it is when you roll back: replaced, it would say where the group stands by then.
resource "huaweicloud_kafka_offset_reset" "replay" {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  datetime    = "2024-01-01T00:02:00Z"

  # Changed, it is another reset. This one, with its way back, stays until that is done.
  lifecycle {
    create_before_destroy = true
  }
}

resource "huaweicloud_kafka_offset_reset" "back" {
  count = var.roll_back ? 1 : 0

  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  partition_offsets = {
    for it in huaweicloud_kafka_offset_reset.replay.offsets : it.partition => it.before
  }
}
