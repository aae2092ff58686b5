//! Terraform's numbers: decimal, exact, of any size.

mod decimal;

use std::fmt;
use std::str::FromStr;

use self::decimal::Decimal;

/// An exact decimal number.
///
/// Equality and hash are numeric: `1.0`, `1` and `10e-1` are the same number. `Display` writes plain digits
/// (`1000`, `-0.25`), or an exponent if plain digits would need more than a thousand zeros. Its output parses back to
/// the same number.
///
/// Memory grows with the number of digits, not with the exponent.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Number(Repr);

/// Each number has exactly one representation, so that derived equality is numeric.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    /// A whole number in range.
    Integer(i64),
    /// Any other number.
    Decimal(Box<Decimal>),
}

/// The text is not a number, or the number is too large or too small for Terraform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseNumberError {
    /// Not of the form `-12.5e+3`.
    Malformed,
    /// The exponent exceeds the range of Terraform's numbers.
    OutOfRange,
}

impl Number {
    /// Converts a floating-point number. `None` for infinities and NaN.
    ///
    /// Whole numbers are exact. Other numbers become the shortest decimal that rounds to the same float, such as 0.1
    /// instead of its 55-digit expansion, because Terraform compares numbers in this form. The results differ from
    /// Terraform's for subnormal numbers (below 2.3e-308), for which Terraform keeps all digits.
    #[must_use]
    pub fn from_f64(float: f64) -> Option<Self> {
        if !float.is_finite() {
            return None;
        }
        let text = if float.fract() == 0.0 { format!("{float:.0}") } else { format!("{float:e}") };
        text.parse().ok()
    }

    /// The number, if it is whole and in range.
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Integer(integer) => Some(integer),
            Repr::Decimal(_) => None,
        }
    }
}

impl FromStr for Number {
    type Err = ParseNumberError;

    /// Parses Terraform's decimal syntax: an optional sign, digits with an optional point, and an optional exponent.
    /// Spaces, other bases and infinities are not valid.
    fn from_str(text: &str) -> Result<Self, ParseNumberError> {
        Ok(match Decimal::parse(text)? {
            None => Self::from(0_i64),
            Some(decimal) => match decimal.to_integer() {
                Some(integer) => Self(Repr::Integer(integer)),
                None => Self(Repr::Decimal(Box::new(decimal))),
            },
        })
    }
}

impl From<u32> for Number {
    fn from(integer: u32) -> Self {
        Self(Repr::Integer(integer.into()))
    }
}

impl From<i64> for Number {
    fn from(integer: i64) -> Self {
        Self(Repr::Integer(integer))
    }
}

impl From<u64> for Number {
    fn from(integer: u64) -> Self {
        Self(match i64::try_from(integer) {
            Ok(integer) => Repr::Integer(integer),
            Err(_) => Repr::Decimal(Box::new(Decimal::from_u64(integer))),
        })
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Integer(integer) => fmt::Display::fmt(integer, f),
            Repr::Decimal(decimal) => fmt::Display::fmt(decimal, f),
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ParseNumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a decimal number",
            Self::OutOfRange => "the number's exponent is out of range",
        })
    }
}

impl std::error::Error for ParseNumberError {}
