# A module that replays a topic. It has no provider block: whoever calls it has one, and so has its test.

terraform {
  required_version = ">= 1.6"

  required_providers {
    huaweicloud = {
      source = "terraform.internal/huaweicloud/huaweicloud-kafka"
    }
  }
}

variable "instance_id" {
  description = "Id of the Kafka instance."
  type        = string
}

variable "group" {
  description = "Name of the consumer group."
  type        = string
}

variable "topic" {
  description = "Name of the topic."
  type        = string
}

variable "since" {
  description = "Time to go back to, in RFC 3339 with its zone."
  type        = string
}

resource "huaweicloud_kafka_offset_reset" "this" {
  instance_id = var.instance_id
  group       = var.group
  topic       = var.topic
  datetime    = var.since
}

output "way_back" {
  description = "The partition_offsets that take the group back."
  value       = { for it in huaweicloud_kafka_offset_reset.this.offsets : it.partition => it.before }
}
