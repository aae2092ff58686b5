//! A cursor over untrusted msgpack bytes, which checks each length before it uses it.

use rmp::Marker;
use rmp::decode::{self, ValueReadError};

use crate::tf_provider::value::error::mismatch;
use crate::tf_provider::value::{Number, ValueError};

/// The bytes that are not read yet.
///
/// Each method returns an error if the next value has another kind or the bytes end too early.
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The kind of the next value. Does not advance.
    pub(super) fn peek(&self) -> Result<Marker, ValueError> {
        self.rest.first().map(|byte| Marker::from_u8(*byte)).ok_or_else(truncated)
    }

    /// Skips a nil.
    pub(super) fn nil(&mut self) -> Result<(), ValueError> {
        decode::read_nil(&mut self.rest).map_err(|_| truncated())
    }

    /// Skips an extension of any size and type.
    pub(super) fn extension(&mut self) -> Result<(), ValueError> {
        let header = decode::read_ext_meta(&mut self.rest).map_err(|_| truncated())?;
        self.take(header.size).map(|_| ())
    }

    pub(super) fn bool(&mut self) -> Result<bool, ValueError> {
        decode::read_bool(&mut self.rest).map_err(unreadable("a bool"))
    }

    pub(super) fn number(&mut self) -> Result<Number, ValueError> {
        let rest = &mut self.rest;
        let float = match Marker::from_u8(*rest.first().ok_or_else(truncated)?) {
            Marker::F32 => f64::from(decode::read_f32(rest).map_err(|_| truncated())?),
            Marker::F64 => decode::read_f64(rest).map_err(|_| truncated())?,
            Marker::U64 => return decode::read_u64(rest).map(Number::from).map_err(|_| truncated()),
            marker if kind(marker) == NUMBER => {
                return decode::read_int::<i64, _>(rest).map(Number::from).map_err(|_| truncated());
            }
            _ => {
                let text = self.string(NUMBER)?;
                return text.parse::<Number>().map_err(|error| ValueError::at_root(error.to_string()));
            }
        };
        Number::from_f64(float).ok_or_else(|| ValueError::at_root("the number is not finite"))
    }

    /// The text of the next str or bin. `required` names the expected value in errors.
    pub(super) fn string(&mut self, required: &str) -> Result<&'a str, ValueError> {
        let length = match self.peek()? {
            Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => decode::read_bin_len(&mut self.rest),
            _ => decode::read_str_len(&mut self.rest),
        };
        let bytes = self.take(length.map_err(unreadable(required))?)?;
        str::from_utf8(bytes).map_err(|_| ValueError::at_root("the text is not valid UTF-8"))
    }

    /// The number of elements of the next array. `required` names the expected value in errors.
    pub(super) fn array(&mut self, required: &str) -> Result<usize, ValueError> {
        let length = decode::read_array_len(&mut self.rest).map_err(unreadable(required))?;
        self.plausible(length, 1)
    }

    /// The number of entries of the next map. `required` names the expected value in errors.
    pub(super) fn map(&mut self, required: &str) -> Result<usize, ValueError> {
        let length = decode::read_map_len(&mut self.rest).map_err(unreadable(required))?;
        self.plausible(length, 2)
    }

    fn take(&mut self, length: u32) -> Result<&'a [u8], ValueError> {
        let length = usize::try_from(length).map_err(|_| truncated())?;
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Checks that `count` parts of at least `size` bytes each can follow.
    fn plausible(&self, count: u32, size: usize) -> Result<usize, ValueError> {
        match usize::try_from(count) {
            Ok(count) if count <= self.rest.len() / size => Ok(count),
            _ => Err(truncated()),
        }
    }
}

fn truncated() -> ValueError {
    ValueError::at_root("the data ends in the middle of a value")
}

/// The error for a value that is incomplete, or is not what `required` names.
fn unreadable(required: &str) -> impl Fn(ValueReadError) -> ValueError {
    move |error| match error {
        ValueReadError::TypeMismatch(found) => ValueError::at_root(mismatch(required, kind(found))),
        _ => truncated(),
    }
}

const NUMBER: &str = "a number";

/// The name of a value in messages.
fn kind(marker: Marker) -> &'static str {
    match marker {
        Marker::Null => "null",
        Marker::Reserved => "invalid msgpack",
        Marker::True | Marker::False => "a bool",
        Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => "a string",
        Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => "bytes",
        Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => "a list",
        Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => "a map",
        _ if is_extension(marker) => "a value that is not known yet",
        _ => NUMBER,
    }
}

/// Whether the value is an extension, which stands for an unknown value.
pub(super) fn is_extension(marker: Marker) -> bool {
    use Marker::{Ext8, Ext16, Ext32, FixExt1, FixExt2, FixExt4, FixExt8, FixExt16};
    matches!(marker, FixExt1 | FixExt2 | FixExt4 | FixExt8 | FixExt16 | Ext8 | Ext16 | Ext32)
}
