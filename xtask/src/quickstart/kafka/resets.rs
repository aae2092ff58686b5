//! The resets of the example: the options of Kafka's own tool, and the messages that the group reads again.

/// One reset.
pub(super) struct Reset {
    pub(super) title: &'static str,
    /// The file of the example with the resource.
    pub(super) file: &'static str,
    /// The equivalent options of `kafka-consumer-groups --reset-offsets`.
    pub(super) tool: &'static [&'static str],
    /// The number of messages to be read again. It follows from what was produced, not from the output of a tool, so
    /// that a wrongly parsed output is detected.
    pub(super) replayed: i64,
    /// A description of these messages.
    pub(super) which: &'static str,
}

/// The resets in order. Before each, the group has read everything.
pub(super) const RESETS: [Reset; 4] = [
    Reset {
        title: "Reset the group to the earliest messages",
        file: "earliest.tf",
        tool: &["--to-earliest"],
        replayed: 100,
        which: "all of them",
    },
    Reset {
        title: "Reset it by time: to the second day",
        file: "time.tf",
        tool: &["--to-datetime", "2024-01-02T00:00:00.000Z"],
        replayed: 40,
        which: "those of the second day",
    },
    Reset {
        title: "Reset it by offset: to 25",
        file: "offset.tf",
        tool: &["--to-offset", "25"],
        replayed: 50,
        which: "all but the first 25 of each partition",
    },
    Reset {
        title: "Reset it by a shift: back by 10",
        file: "shift.tf",
        tool: &["--shift-by", "-10"],
        replayed: 20,
        which: "the last 10 of each partition",
    },
];
