# A reset that the official provider has applied becomes one of this provider, without another reset. Terraform 1.8 or
# later. Where the official provider is still needed for other resources, it stays in required_providers as it is.

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

# In place of the old block, with the same values: what is different is planned as a new reset. Offsets and times are
# numbers here, and a topic that was "" is left out.
resource "huaweicloud_kafka_offset_reset" "replay" {
  provider = huaweicloud-kafka

  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  partition   = -1
  timestamp   = 1704067320000
}
