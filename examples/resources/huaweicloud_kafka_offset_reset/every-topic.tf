# Skip everything that is waiting, in every topic of the group. The service does it in the background, and the apply
# waits for its end. Clients get five minutes to leave.
resource "huaweicloud_kafka_offset_reset" "everything" {
  instance_id       = "00000000-0000-4000-8000-00000000d305"
  group             = "billing"
  position          = "latest"
  wait_for_inactive = "5m"

  timeouts {
    create = "1h"
  }
}
