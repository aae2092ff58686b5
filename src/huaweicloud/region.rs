//! The name of a region, which is part of host names.

use super::name::string_newtype;
use super::text::quote_bounded;

string_newtype! {
    /// A region such as `cn-north-4`: lower-case letters, digits and hyphens, starting with a letter, not ending with a
    /// hyphen, at most 63 characters. There is no list of regions, so a new region needs no release.
    Region, |text| {
        let is_valid = text.len() <= 63
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && !text.ends_with('-')
            && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if is_valid {
            return Ok(());
        }
        Err(format!(
            "region {} is not a valid region name: use lower-case letters, digits and hyphens, such as \"cn-north-4\"",
            quote_bounded(text)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::huaweicloud::error::ErrorKind;

    /// Names of real regions: the official SDKs' list for Kafka.
    #[test]
    fn real_regions_are_valid() {
        for name in ["cn-north-4", "eu-west-101", "my-kualalumpur-1", "ae-ad-1"] {
            assert_eq!(Region::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn names_that_cannot_be_part_of_a_host_are_invalid() {
        let long = "a".repeat(64);
        for name in ["", " ", "CN-North-4", "4-cn", "-cn", "cn-", "cn.north", "cn/x", "cn north", &long] {
            let error = Region::parse(name).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            let expected = format!(
                "region {name:?} is not a valid region name: use lower-case letters, digits and hyphens, such as \
                 \"cn-north-4\""
            );
            assert_eq!(error.report(), expected);
        }
    }
}
