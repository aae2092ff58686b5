# Terraform 1.14 or later. Older versions and OpenTofu cannot load a module that contains such a block.

# Each time it is invoked, read the last two hours again:
#   terraform apply -invoke=action.huaweicloud_kafka_offset_reset.last_two_hours
# The output has the old offsets as `partition_offsets`. Keep it, to be able to roll back.
action "huaweicloud_kafka_offset_reset" "last_two_hours" {
  config {
    instance_id       = "00000000-0000-4000-8000-00000000d305"
    group             = "billing"
    topic             = "orders"
    by_duration       = "PT2H"
    wait_for_inactive = "5m"
    timeout           = "10m"
  }
}

variable "consumers" {
  description = "How many consumers run. 0 stops them."
  type        = number
  default     = 2
}

# Stands for what runs the consumers, such as a deployment. When it was scaled down to 0, the offsets are reset:
#   terraform apply -var consumers=0
resource "terraform_data" "consumers" {
  input = var.consumers

  lifecycle {
    action_trigger {
      events    = [after_update]
      condition = var.consumers == 0
      actions   = [action.huaweicloud_kafka_offset_reset.last_two_hours]
    }
  }
}
