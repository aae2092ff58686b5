terraform {
  required_providers {
    huaweicloud = {
      source = "terraform.internal/huaweicloud/huaweicloud-kafka"
    }
  }
}

# Credentials come from HW_ACCESS_KEY and HW_SECRET_KEY, so that no file contains them.
provider "huaweicloud" {
  region = "cn-north-4"
}
