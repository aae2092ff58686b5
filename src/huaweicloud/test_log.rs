//! Log records as text, for tests that look for what must not be in them.

/// `LEVEL target message name=value …`
pub(super) fn line(record: &log::Record<'_>) -> String {
    struct Line(String);
    impl<'kvs> log::kv::VisitSource<'kvs> for Line {
        fn visit_pair(&mut self, key: log::kv::Key<'kvs>, value: log::kv::Value<'kvs>) -> Result<(), log::kv::Error> {
            self.0.push_str(&format!(" {key}={value}"));
            Ok(())
        }
    }
    let mut line = Line(format!("{} {} {}", record.level(), record.target(), record.args()));
    record.key_values().visit(&mut line).unwrap();
    line.0
}
