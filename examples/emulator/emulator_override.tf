# Points the provider block to the emulator: cargo run -p dms-emulator -- --listen 127.0.0.1:8480
# Terraform merges a file whose name ends in "_override.tf" over all others. Use the credentials that the emulator
# prints.
provider "huaweicloud" {
  endpoints = {
    dms = "http://127.0.0.1:8480"
    iam = "http://127.0.0.1:8480"
    sts = "http://127.0.0.1:8480"
  }
}
