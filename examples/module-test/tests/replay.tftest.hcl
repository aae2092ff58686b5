# Start the emulator first: `cargo run -p dms-emulator -- --listen 127.0.0.1:8480`. Then run `terraform init` and
# `terraform test`. Before another run, restart the emulator, because it keeps the offsets of the last run.

variables {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  since       = "2024-01-01T00:02:00Z"
}

# The credentials of the emulator's demo. They are not valid anywhere else.
provider "huaweicloud" {
  region     = "cn-north-4"
  access_key = "EMULATORACCESSKEY001"
  secret_key = "not-a-secret-for-the-emulator-only-00001"
  endpoints = {
    dms = "http://127.0.0.1:8480"
    iam = "http://127.0.0.1:8480"
  }
}

run "replays_two_minutes_into_the_log" {
  assert {
    condition     = huaweicloud_kafka_offset_reset.this.after["orders"] == tomap({ "0" = 120, "1" = 120, "2" = 4000000120 })
    error_message = "The group is not at the first message of that time."
  }

  assert {
    condition     = output.offsets_before == tomap({ "0" = 140, "1" = 190, "2" = 4000000500 })
    error_message = "The rollback does not restore the old offsets."
  }
}

# Another time replaces the resource, which resets again.
run "replays_all_that_is_left" {
  variables {
    since = "2023-12-31T00:00:00Z"
  }

  assert {
    condition     = huaweicloud_kafka_offset_reset.this.after["orders"] == tomap({ "0" = 0, "1" = 100, "2" = 4000000000 })
    error_message = "The group is not at the first message of each partition."
  }
}
