//! A normalized decimal number other than zero: sign, digits and exponent.

use std::fmt;

use super::ParseNumberError;

/// The maximum absolute decimal exponent of the first digit. Terraform's numbers have a binary exponent of 32 bits, so
/// they become infinite at about 10^646456993.
const MAX_EXPONENT: i64 = 600_000_000;

/// The maximum number of padding zeros in `Display`. Beyond it, `Display` writes an exponent.
const MAX_ZEROS: i64 = 1_000;

/// ±`digits` × 10^`exponent`. Never zero.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Decimal {
    negative: bool,
    /// One or more of `0`–`9`. Neither the first nor the last is a zero.
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// Parses text such as `-12.5e+3`. `None` is zero.
    ///
    /// # Errors
    ///
    /// If the text is not a decimal number or its exponent is out of range.
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

    /// Converts an integer, which must not be zero.
    pub(super) fn from_u64(integer: u64) -> Self {
        let digits = integer.to_string();
        let significant = digits.trim_end_matches('0');
        Self { negative: false, exponent: length(&digits) - length(significant), digits: significant.to_owned() }
    }

    /// The number as a machine integer, if it is whole and in range.
    pub(super) fn to_integer(&self) -> Option<i64> {
        // The largest 64-bit integer has nineteen digits. Skip the formatting of longer numbers.
        (self.exponent >= 0 && self.point() <= 19).then(|| self.to_string().parse().ok())?
    }

    /// The number of digits before the decimal point. Zero or negative: the number of zeros after it, negated. Numbers
    /// in range do not saturate.
    fn point(&self) -> i64 {
        length(&self.digits).saturating_add(self.exponent)
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

/// Parses the text after the `e`. `None` is an exponent that exceeds 64 bits, which is valid if the mantissa is zero.
fn parse_exponent(text: &str) -> Result<Option<i64>, ParseNumberError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ParseNumberError::Malformed);
    }
    Ok(text.parse().ok())
}

/// The length of a text as an `i64` for exponent arithmetic. Text in memory is far shorter than 2^63.
fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}
