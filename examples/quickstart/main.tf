terraform {
  required_providers {
    huaweicloud = {
      source = "terraform.internal/huaweicloud/huaweicloud-kafka"
    }
  }
}

provider "huaweicloud" {
  region = "cn-north-4"
}

resource "huaweicloud_kafka_offset_reset" "replay" {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  datetime    = "2024-01-01T00:02:00Z"
  preview     = true
}

output "before" {
  value = huaweicloud_kafka_offset_reset.replay.before
}

output "replayed_messages" {
  value = huaweicloud_kafka_offset_reset.replay.replayed_messages
}
