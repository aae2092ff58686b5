terraform {
  required_providers {
    huaweicloud = {
      source = "terraform.internal/huaweicloud/huaweicloud-kafka"
    }
  }
}

# Keys come from HW_ACCESS_KEY and HW_SECRET_KEY, so that they are in no file.
provider "huaweicloud" {
  region = "cn-north-4"
}
