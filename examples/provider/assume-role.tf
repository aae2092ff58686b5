terraform {
  required_providers {
    huaweicloud = {
      source = "terraform.internal/huaweicloud/huaweicloud-kafka"
    }
  }
}

# Keys of one account, from the environment, take on an agency of another one. Several blocks are taken on in order.
provider "huaweicloud" {
  region = "cn-north-4"

  assume_role {
    agency_name = "deploy"
    domain_name = "production"
  }
}
