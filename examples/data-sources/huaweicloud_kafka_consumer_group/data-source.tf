# The group as it is now. Each plan reads it.
data "huaweicloud_kafka_consumer_group" "billing" {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
}

# The plan fails while the group has members. Remove the precondition after the incident: every plan checks it, even
# after the reset is done and the group is running again.
resource "huaweicloud_kafka_offset_reset" "replay" {
  instance_id = data.huaweicloud_kafka_consumer_group.billing.instance_id
  group       = data.huaweicloud_kafka_consumer_group.billing.group
  topic       = "orders"
  datetime    = "2024-01-01T00:02:00Z"

  lifecycle {
    precondition {
      condition = data.huaweicloud_kafka_consumer_group.billing.state == "Empty"
      error_message = format(
        "Stop the group first. Members: %s.",
        join(", ", data.huaweicloud_kafka_consumer_group.billing.members[*].client_id)
      )
    }
  }
}

# You can keep this check, because a check only warns.
check "billing_keeps_up" {
  assert {
    condition     = data.huaweicloud_kafka_consumer_group.billing.total_lag < 10000
    error_message = "The group is ${data.huaweicloud_kafka_consumer_group.billing.total_lag} messages behind."
  }
}

# Lag of each topic.
output "lag" {
  value = data.huaweicloud_kafka_consumer_group.billing.lag
}
