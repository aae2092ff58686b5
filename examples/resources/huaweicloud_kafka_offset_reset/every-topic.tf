# Skip all unread messages, in every topic of the group. The service does this in a background task, and the apply waits
# for the end of the task. Clients have five minutes to leave the group.
resource "huaweicloud_kafka_offset_reset" "everything" {
  instance_id       = "00000000-0000-4000-8000-00000000d305"
  group             = "billing"
  position          = "latest"
  wait_for_inactive = "5m"

  timeouts {
    create = "1h"
  }
}
