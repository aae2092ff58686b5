# A module that replays a topic. Its provider block is in the configuration that calls it, or in its test.

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
  description = "Time to reset to, in RFC 3339 with a time zone."
  type        = string
}

resource "huaweicloud_kafka_offset_reset" "this" {
  instance_id = var.instance_id
  group       = var.group
  topic       = var.topic
  datetime    = var.since
}

output "offsets_before" {
  description = "The partition_offsets that roll back the reset."
  value       = huaweicloud_kafka_offset_reset.this.before[var.topic]
}
