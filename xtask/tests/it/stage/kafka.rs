//! Stand-ins for Java and Maven: a Kafka with one topic of two partitions with 50 messages each, and one group with the
//! same offset for both, which is stored in a file.

use crate::support::script;

use super::Stage;

impl Stage {
    /// The file with the group's offset.
    pub(crate) fn current(&self) -> String {
        self.path("current").display().to_string()
    }

    /// Shell code for `terraform apply`: moves the group to the offset of the newest resource. The time resolves to 30.
    pub(super) fn move_group(&self) -> String {
        let current = self.current();
        format!(
            "offset=0\nfor reset in time.tf:30 offset.tf:25 shift.tf:40; do\n\
             [ -e \"${{reset%:*}}\" ] && offset=${{reset#*:}}\ndone\necho $offset > '{current}'"
        )
    }

    pub(super) fn write_kafka(&self) {
        let bin = self.path("bin");
        script(&bin.join("mvn"), "");
        let current = self.current();
        let phases = ["format", "broker", "topic", "produce", "consume", "describe", "dry run"];
        let [format, broker, topic, produce, consume, describe, dry_run] =
            phases.map(|phase| self.action(&format!("kafka {phase}")));
        let text = format!(
            r#"offset=$(cat '{current}' 2> /dev/null || echo 0)
case "$*" in
-version) echo 'openjdk version "17.0.15" 2025-04-15' >&2 ;;
*StorageTool*) {format}
  mkdir data ;;
*kafka.Kafka*) {broker}
  echo 'Kafka Server started'
  exec sleep 1000 ;;
*TopicCommand*) {topic}
  ;;
*VerifiableProducer*) {produce}
  ;;
*ConsoleConsumer*) {consume}
  while [ "$offset" -lt 50 ]; do
    printf 'CreateTime:0\tPartition:%s\tOffset:%s\tx\n' 0 "$offset" 1 "$offset"
    offset=$((offset + 1))
  done
  echo 50 > '{current}' ;;
*--dry-run*) {dry_run}
  case "$*" in
  *--to-earliest*) new=0 ;;
  *"--to-datetime 2024-01-02"*) new=30 ;;
  *"--to-offset 25"*) new=25 ;;
  *"--shift-by -10"*) new=40 ;;
  esac
  echo "GROUP TOPIC PARTITION NEW-OFFSET"
  printf 'billing orders %s %s\n' 0 "$new" 1 "$new" ;;
*--describe*) {describe}
  echo "GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG CONSUMER-ID HOST CLIENT-ID"
  for partition in 0 1; do echo "billing orders $partition $offset 50 $((50 - offset)) - - -"; done ;;
*) exit 9 ;;
esac"#
        );
        script(&bin.join("java"), &text);
    }
}
