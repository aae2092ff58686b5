//! SHA-256 in lower-case hexadecimal.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest(&SHA256, bytes).as_ref())
}
