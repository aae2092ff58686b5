//! What a member of a group reads, in the bytes of Kafka's consumer protocol.

use std::collections::BTreeMap;

/// Topics with their partitions. The bytes are `ConsumerProtocolAssignment` of Kafka's message
/// definitions: a version of 16 bits, a counted list of topics (a counted name, a counted list of
/// partitions), then data of the user, which are left aside. `None`: they are something else.
pub(super) fn read(bytes: &[u8]) -> Option<BTreeMap<String, Vec<i32>>> {
    let mut rest = bytes;
    take::<2>(&mut rest)?;
    let topics = int(&mut rest)?;
    let mut assignment = BTreeMap::new();
    for _ in 0..topics {
        let length = usize::try_from(i16::from_be_bytes(take(&mut rest)?)).ok()?;
        let (name, after) = rest.split_at_checked(length)?;
        rest = after;
        let name = std::str::from_utf8(name).ok()?.to_owned();
        let count = int(&mut rest)?;
        let partitions = (0..count).map(|_| int(&mut rest)).collect::<Option<Vec<i32>>>()?;
        assignment.insert(name, partitions);
    }
    Some(assignment)
}

fn int(bytes: &mut &[u8]) -> Option<i32> {
    Some(i32::from_be_bytes(take(bytes)?))
}

fn take<const LENGTH: usize>(bytes: &mut &[u8]) -> Option<[u8; LENGTH]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by hand after the message definition: version 0, `orders` with 0 and 2, `t` with 7, no user data.
    const BYTES: &[u8] =
        b"\0\0\0\0\0\x02\0\x06orders\0\0\0\x02\0\0\0\0\0\0\0\x02\0\x01t\0\0\0\x01\0\0\0\x07\xff\xff\xff\xff";

    #[test]
    fn topics_and_partitions_are_read() {
        let expected = BTreeMap::from([("orders".to_owned(), vec![0, 2]), ("t".to_owned(), vec![7])]);
        assert_eq!(read(BYTES), Some(expected));
    }

    #[test]
    fn bytes_that_break_off_are_no_assignment() {
        let whole = BYTES.len() - 4;
        for length in 0..whole {
            assert_eq!(read(&BYTES[..length]), None, "{length} bytes");
        }
        assert_eq!(read(b"\0\0\0\0\0\x01\xff\xff"), None, "a negative length");
    }
}
