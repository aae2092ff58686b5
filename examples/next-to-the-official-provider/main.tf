# Both providers in one configuration. The official provider keeps the local name "huaweicloud", by which Terraform
# finds it for its resources. The resources of this provider begin with the same word, so each one sets `provider`.

terraform {
  required_version = ">= 1.5"

  required_providers {
    huaweicloud = {
      source = "huaweicloud/huaweicloud"
    }
    huaweicloud-kafka = {
      source = "terraform.internal/huaweicloud/huaweicloud-kafka"
    }
  }
}

variable "region" {
  description = "Region of both providers."
  type        = string
  default     = "cn-north-4"
}

variable "endpoints" {
  description = "Addresses by service, instead of the public ones, for both providers."
  type        = map(string)
  default     = {}
}

# Both read HW_ACCESS_KEY, HW_SECRET_KEY, HW_REGION_NAME and HW_PROJECT_ID.
provider "huaweicloud" {
  region    = var.region
  endpoints = var.endpoints
}

provider "huaweicloud-kafka" {
  region    = var.region
  endpoints = var.endpoints
}

resource "huaweicloud_kafka_offset_reset" "replay" {
  provider = huaweicloud-kafka

  # With an instance of the official provider: huaweicloud_dms_kafka_instance.<name>.id
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  position    = "earliest"
}
