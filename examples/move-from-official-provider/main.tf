# Moves a reset from the official provider to this one, without another reset. Needs Terraform 1.8 or later. If other
# resources need the official provider, keep it in required_providers.

terraform {
  required_version = ">= 1.8"

  required_providers {
    huaweicloud-kafka = {
      source = "terraform.internal/huaweicloud/huaweicloud-kafka"
    }
  }
}

provider "huaweicloud-kafka" {
  region = "cn-north-4"
}

moved {
  from = huaweicloud_dms_kafka_message_offset_reset.replay
  to   = huaweicloud_kafka_offset_reset.replay
}

# Replaces the old block, with the same values. A different value is planned as a new reset. Offsets and times are
# numbers here, and a topic that was "" is left out.
resource "huaweicloud_kafka_offset_reset" "replay" {
  provider = huaweicloud-kafka

  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  partition   = -1
  timestamp   = 1704067320000
}
