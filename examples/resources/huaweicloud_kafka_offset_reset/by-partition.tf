# Set an offset for each partition. Partition 2 is not listed, so it keeps its offset.
resource "huaweicloud_kafka_offset_reset" "by_partition" {
  instance_id = "00000000-0000-4000-8000-00000000d305"
  group       = "billing"
  topic       = "orders"
  partition_offsets = {
    0 = 120
    1 = 150
  }
}
