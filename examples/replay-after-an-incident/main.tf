# After an incident, read again what was written since it began. Stop the clients of the group first.

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

# Who is in the group, and how many messages it has not read. Each plan reads it, before anything is sent.
data "huaweicloud_kafka_consumer_group" "billing" {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
}

output "clients" {
  description = "Clients that are still in the group. Stop them."
  value       = data.huaweicloud_kafka_consumer_group.billing.members[*].client_id
}

output "lag" {
  description = "How many messages the group has not read yet."
  value       = data.huaweicloud_kafka_consumer_group.billing.total_lag
}

resource "huaweicloud_kafka_offset_reset" "replay" {
  instance_id       = "00000000-0000-4000-8000-00000000d305"
  group             = "billing"
  topic             = "orders"
  datetime          = "2024-01-01T00:02:00Z"
  wait_for_inactive = "5m"
  note              = "Invoices of that night were lost."

  # Another time makes another reset. This one, with the old offsets, stays until the new one is done.
  lifecycle {
    create_before_destroy = true
  }
}

output "read_again" {
  description = "How many offsets each partition was moved back. A negative number was skipped."
  value = {
    # null: nothing was committed on the partition.
    for it in coalesce(huaweicloud_kafka_offset_reset.replay.offsets, []) :
    it.partition => try(it.before - it.after, null)
  }
}
