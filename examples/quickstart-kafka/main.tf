# The configuration that the resets beside this file share. `cargo xtask quickstart --kafka` adds the files one by one
# and applies each, with a real Apache Kafka behind the emulator. The group reads messages in between. If all files were
# applied at once, the resets would run one after the other, and only the last one would have an effect.

terraform {
  required_providers {
    huaweicloud = {
      source = "terraform.internal/huaweicloud/huaweicloud-kafka"
    }
  }
}

provider "huaweicloud" {
  region = "cn-north-4"
}
