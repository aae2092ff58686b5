//! Parses the output of `terraform version`.

use std::fmt;

/// The program.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Product {
    /// HashiCorp Terraform.
    Terraform,
    /// OpenTofu, the fork of the Linux Foundation.
    OpenTofu,
}

impl Product {
    /// The oldest supported version.
    pub fn minimum(self) -> Version {
        match self {
            Self::Terraform => Version::new(1, 5, 0),
            Self::OpenTofu => Version::new(1, 6, 0),
        }
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Terraform => "Terraform",
            Self::OpenTofu => "OpenTofu",
        })
    }
}

/// A version, ordered. A suffix (`-rc1`, `-dev`) is ignored, so a preview counts as the version that it precedes.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Version {
    /// The major version.
    pub major: u32,
    /// The minor version.
    pub minor: u32,
    /// The patch version.
    pub patch: u32,
}

impl Version {
    /// Creates a version from its three numbers.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    fn parse(text: &str) -> Option<Self> {
        let numbers = text.split(['-', '+']).next()?;
        let mut numbers = numbers.split('.').map(|number| number.parse().ok());
        let version = Self::new(numbers.next()??, numbers.next()??, numbers.next()??);
        numbers.next().is_none().then_some(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// Parses the first line, like `Terraform v1.11.4`.
pub(super) fn parse_output(output: &str) -> Option<(Product, Version)> {
    let (product, version) = output.lines().next()?.trim_end().split_once(" v")?;
    let product = match product {
        "Terraform" => Product::Terraform,
        "OpenTofu" => Product::OpenTofu,
        _ => return None,
    };
    Some((product, Version::parse(version)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_output_of_real_programs_is_parsed() {
        // Printed by Terraform 1.11.4, 1.15.5 and OpenTofu 1.11.1. The form of previews is from the tags v1.16.0-rc2
        // and 1.17.0-dev.
        let table = [
            (
                "Terraform v1.11.4\non linux_amd64\n\nYour version of Terraform is out of date!",
                Product::Terraform,
                Version::new(1, 11, 4),
            ),
            (
                "Terraform v1.15.5\non linux_amd64\n+ provider example.com/a/b v0.1.0\n",
                Product::Terraform,
                Version::new(1, 15, 5),
            ),
            ("OpenTofu v1.11.1\non linux_amd64\n", Product::OpenTofu, Version::new(1, 11, 1)),
            ("Terraform v1.16.0-rc2\non darwin_arm64\n", Product::Terraform, Version::new(1, 16, 0)),
            ("Terraform v1.17.0-dev\r\n", Product::Terraform, Version::new(1, 17, 0)),
        ];
        for (output, product, version) in table {
            assert_eq!(parse_output(output), Some((product, version)), "{output}");
        }
    }

    #[test]
    fn other_output_is_rejected() {
        for output in [
            "",
            "\n",
            "GNU bash, version 5.2.15",
            "Terraform 1.11.4",
            "Terraform v1.11",
            "Terraform v1.11.4.2",
            "Terraform v1.x.4",
            "Terraform v-1.2.3",
            "Packer v1.11.4",
        ] {
            assert_eq!(parse_output(output), None, "{output}");
        }
    }

    #[test]
    fn versions_are_ordered_by_number() {
        assert!(Version::new(1, 9, 8) < Version::new(1, 11, 0));
        assert!(Version::new(1, 11, 4) < Version::new(1, 11, 10));
        assert!(Version::new(0, 15, 5) < Product::Terraform.minimum());
        assert_eq!(Version::new(1, 15, 5).to_string(), "1.15.5");
    }
}
