terraform {
  required_providers {
    huaweicloud = {
      source = "terraform.internal/huaweicloud/huaweicloud-kafka"
    }
  }
}

# Without an access key, as in a pipeline: a token of an identity provider assumes an agency. The token comes from
# HW_ASSUME_ROLE_ID_TOKEN, or from the file that HW_ASSUME_ROLE_ID_TOKEN_FILE names.
provider "huaweicloud" {
  region = "cn-north-4"

  assume_role_with_oidc {
    idp_id      = "pipeline"
    agency_name = "deploy"
    domain_id   = "0d0e0f00000000000000000000000002"
  }
}
