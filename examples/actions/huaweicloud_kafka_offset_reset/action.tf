# Needs Terraform 1.14 or later. Older versions and OpenTofu cannot load a module that contains an `action` block.

# Replays the last two hours each time it is invoked:
#   terraform apply -invoke=action.huaweicloud_kafka_offset_reset.last_two_hours
# Keep the output so that you can roll back. It lists the old offsets as `partition_offsets`.
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
  description = "Number of consumers. 0 stops them."
  type        = number
  default     = 2
}

# A placeholder for the resource that runs the consumers, such as a deployment. Scaling it down to 0 resets the offsets:
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
