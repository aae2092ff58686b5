# A complete configuration to try without an account. `cargo xtask quickstart` runs it against the emulator of the
# service. Without `endpoints`, it uses the service itself.

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
  description = "Addresses to use instead of the public ones: `dms` and `iam`."
  type        = map(string)
  default     = {}
}

# Credentials come from HW_ACCESS_KEY and HW_SECRET_KEY.
provider "huaweicloud" {
  region    = var.region
  endpoints = var.endpoints
}

# Moves every partition to offset 100, or to the nearest end of its log.
resource "huaweicloud_kafka_offset_reset" "billing" {
  instance_id    = var.instance_id
  group          = "billing"
  topic          = "orders"
  message_offset = 100
}

output "reset_at" {
  description = "Time at which the service accepted the reset."
  value       = huaweicloud_kafka_offset_reset.billing.reset_at
}

output "request_id" {
  description = "Id of the request, for the service's support."
  value       = huaweicloud_kafka_offset_reset.billing.request_id
}
