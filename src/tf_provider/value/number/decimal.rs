//! Sign, digits and exponent: every number but zero, in one form each.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::ParseNumberError;

/// The largest power of ten of a first digit, either way. Terraform's numbers have a binary
/// exponent of 32 bits, which ends at about 10^646456993; beyond it they turn into infinity.
const MAX_EXPONENT: i64 = 600_000_000;

/// How many zeros `Display` pads with before it writes an exponent instead.
const MAX_ZEROS: i64 = 1_000;

/// ±`digits` × 10^`exponent`. Never zero.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Decimal {
    negative: bool,
    /// `0`–`9`, at least one, neither the first nor the last of them a zero.
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// Reads text such as `-12.5e+3`. `None` is zero.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, ParseNumberError> {
        let (negative, text) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (text, None),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let empty = whole.is_empty() && fraction.is_empty();
        if empty || !is_digits(whole) || !is_digits(fraction) {
            return Err(ParseNumberError::Malformed);
        }
        let exponent = exponent.map_or(Ok(Some(0)), parse_exponent)?;

        let mut digits = String::with_capacity(whole.len() + fraction.len());
        digits.push_str(whole);
        digits.push_str(fraction);
        let digits = digits.trim_start_matches('0');
        let significant = digits.trim_end_matches('0');
        if significant.is_empty() {
            return Ok(None);
        }
        let dropped = length(digits) - length(significant);
        let exponent = exponent
            .and_then(|exponent| exponent.checked_add(dropped - length(fraction)))
            .ok_or(ParseNumberError::OutOfRange)?;
        let decimal = Self { negative, digits: significant.to_owned(), exponent };
        if (-MAX_EXPONENT..=MAX_EXPONENT).contains(&(decimal.point() - 1)) {
            Ok(Some(decimal))
        } else {
            Err(ParseNumberError::OutOfRange)
        }
    }

    /// A number that is known not to be zero.
    pub(super) fn from_u64(integer: u64) -> Self {
        let digits = integer.to_string();
        let significant = digits.trim_end_matches('0');
        Self { negative: false, exponent: length(&digits) - length(significant), digits: significant.to_owned() }
    }

    pub(super) fn is_negative(&self) -> bool {
        self.negative
    }

    pub(super) fn is_integer(&self) -> bool {
        self.exponent >= 0
    }

    /// The number as a machine integer, if it is whole and fits.
    pub(super) fn to_integer<T: FromStr>(&self) -> Option<T> {
        // Twenty digits hold the largest 64-bit integer; longer ones are not worth writing out.
        (self.is_integer() && self.point() <= 20).then(|| self.to_string().parse().ok())?
    }

    /// How many digits stand before the decimal point; zero or less if the number begins
    /// with that many zeros after it. Saturation cannot happen for numbers in range.
    fn point(&self) -> i64 {
        length(&self.digits).saturating_add(self.exponent)
    }

    /// Order by distance from zero. Both start with a digit other than zero, so the one whose
    /// first digit weighs more is larger; on a tie, digits compare like text.
    fn magnitude(&self, other: &Self) -> Ordering {
        self.point().cmp(&other.point()).then_with(|| self.digits.cmp(&other.digits))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.magnitude(other),
            (true, true) => other.magnitude(self),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { negative, digits, exponent } = self;
        if *negative {
            f.write_str("-")?;
        }
        let point = self.point();
        let zeros = if *exponent >= 0 { *exponent } else { -point };
        if zeros > MAX_ZEROS {
            let (first, rest) = digits.split_at(1);
            let dot = if rest.is_empty() { "" } else { "." };
            return write!(f, "{first}{dot}{rest}e{}", point - 1);
        }
        let width = usize::try_from(zeros).unwrap_or(0);
        match usize::try_from(point) {
            _ if *exponent >= 0 => write!(f, "{digits}{:0<width$}", ""),
            Ok(point) if point > 0 => {
                let (whole, fraction) = digits.split_at(point);
                write!(f, "{whole}.{fraction}")
            }
            _ => write!(f, "0.{:0<width$}{digits}", ""),
        }
    }
}

/// Reads what follows the `e`. `None` is an exponent too long for 64 bits, which is still fine
/// for a mantissa of zero.
fn parse_exponent(text: &str) -> Result<Option<i64>, ParseNumberError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ParseNumberError::Malformed);
    }
    Ok(text.parse().ok())
}

/// The length of a text as a summand of exponents. Text in memory is far shorter than 2^63.
fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}
