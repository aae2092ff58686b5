# The part that the resets beside this file share. `cargo xtask quickstart --kafka` adds the files one after the other
# and applies each, with a real Apache Kafka behind the emulator. The group reads messages in between. If all files were
# applied at once, the resets would run one after the other, and only the last one would have an effect.

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
