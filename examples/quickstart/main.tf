# A complete configuration to try without an account: `cargo xtask quickstart` runs it against the
# emulator of the cloud. Without `endpoints` it talks to the cloud itself.

terraform {
  required_version = ">= 1.5"

  required_providers {
    huaweicloud = {
      source = "terraform.internal/huaweicloud/huaweicloud-kafka"
    }
  }
}

variable "region" {
  description = "Region of the Kafka instance."
  type        = string
}

variable "instance_id" {
  description = "Id of the Kafka instance."
  type        = string
}

variable "endpoints" {
  description = "Addresses to use instead of the cloud's own: `dms` and `iam`."
  type        = map(string)
  default     = {}
}

# Keys come from HW_ACCESS_KEY and HW_SECRET_KEY.
provider "huaweicloud" {
  region    = var.region
  endpoints = var.endpoints
}

# The group reads on from offset 100 in every partition, or from the nearest offset that is there.
resource "huaweicloud_kafka_offset_reset" "billing" {
  instance_id    = var.instance_id
  group          = "billing"
  topic          = "orders"
  message_offset = 100
}

output "reset_at" {
  description = "When the cloud accepted the reset."
  value       = huaweicloud_kafka_offset_reset.billing.reset_at
}

output "request_id" {
  description = "What to tell the cloud's support."
  value       = huaweicloud_kafka_offset_reset.billing.request_id
}
