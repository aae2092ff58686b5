# Skips one message that the consumers cannot read. Other partitions do not move.

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
  # Partition and offset of the message, from the log of the consumers.
  partition = 2
  poison    = 4000000500
}

resource "huaweicloud_kafka_offset_reset" "skip" {
  instance_id     = "00000000-0000-4000-8000-00000000d305"
  group           = "billing"
  topic           = "orders"
  partition       = local.partition
  message_offset  = local.poison + 1
  on_out_of_range = "error" # Refuses an offset outside the log.
  preview         = true

  # Refuses the reset unless the message is the next one that the group would read.
  max_skipped_messages  = 1
  max_replayed_messages = 0
}

output "skipped" {
  description = "Number of skipped messages. 0: the group had just passed the message, or had no committed offset."
  value       = huaweicloud_kafka_offset_reset.skip.skipped_messages
}
