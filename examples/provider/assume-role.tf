terraform {
  required_providers {
    huaweicloud = {
      source = "terraform.internal/huaweicloud/huaweicloud-kafka"
    }
  }
}

# Credentials of one account, from the environment, assume an agency of another account. Several blocks are assumed in
# order.
provider "huaweicloud" {
  region = "cn-north-4"

  assume_role {
    agency_name = "deploy"
    domain_name = "production"
  }
}
