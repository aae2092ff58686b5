//! Decodes the partitions assigned to a member, in the consumer protocol of Kafka.

use std::collections::BTreeMap;

/// The assigned partitions by topic. `None` if the bytes are not a `ConsumerProtocolAssignment`.
///
/// According to the message definitions of Kafka, that is a version of 16 bits, an array of topics (a string, an array
/// of partitions), and user data, which are ignored.
pub(super) fn decode(bytes: &[u8]) -> Option<BTreeMap<String, Vec<i32>>> {
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

    /// Written by hand from the message definition: version 0, `orders` with 0 and 2, `t` with 7, no user data.
    const BYTES: &[u8] =
        b"\0\0\0\0\0\x02\0\x06orders\0\0\0\x02\0\0\0\0\0\0\0\x02\0\x01t\0\0\0\x01\0\0\0\x07\xff\xff\xff\xff";

    #[test]
    fn topics_and_partitions_are_decoded() {
        let expected = BTreeMap::from([("orders".to_owned(), vec![0, 2]), ("t".to_owned(), vec![7])]);
        assert_eq!(decode(BYTES), Some(expected));
    }

    #[test]
    fn truncated_bytes_are_not_decoded() {
        let complete = BYTES.len() - 4;
        for length in 0..complete {
            assert_eq!(decode(&BYTES[..length]), None, "{length} bytes");
        }
        assert_eq!(decode(b"\0\0\0\0\0\x01\xff\xff"), None, "a negative length");
    }
}
