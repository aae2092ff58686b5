//! What an `Authorization` header claims.

use super::{ALGORITHM, Denied};
use crate::message::Request;

/// The three parts of the header, cut but not yet believed.
pub(super) struct Claim<'a> {
    pub(super) access_key: &'a str,
    /// Lower case, sorted, no name twice.
    pub(super) signed_headers: Vec<&'a str>,
    pub(super) signature: Vec<u8>,
}

impl<'a> Claim<'a> {
    pub(super) fn of(request: &'a Request) -> Result<Self, Denied> {
        let header = request.header("authorization").ok_or(Denied::NoAuthorization)?;
        let bad =
            Denied::Malformed("Authorization must read `SDK-HMAC-SHA256 Access=.., SignedHeaders=.., Signature=..`");
        let (algorithm, rest) = header.split_once(' ').ok_or(bad.clone())?;
        if algorithm != ALGORITHM {
            return Err(Denied::Malformed("the algorithm must be SDK-HMAC-SHA256"));
        }
        let mut parts = rest.split(", ");
        let mut part = |prefix: &str| parts.next()?.strip_prefix(prefix);
        let fields = (part("Access="), part("SignedHeaders="), part("Signature="));
        let (Some(access_key), Some(names), Some(signature)) = fields else {
            return Err(bad);
        };
        if parts.next().is_some() {
            return Err(bad);
        }
        Ok(Self { access_key, signed_headers: signed_headers(names)?, signature: signature_bytes(signature)? })
    }

    /// The signed headers with the values that were sent.
    pub(super) fn headers(&self, request: &'a Request) -> Result<Vec<(&'a str, &'a str)>, Denied> {
        let value = |name: &&'a str| {
            let sent = request.header(name);
            sent.map(|value| (*name, value)).ok_or_else(|| Denied::SignedHeaderMissing((*name).to_owned()))
        };
        self.signed_headers.iter().map(value).collect()
    }
}

/// The access key that a request names, believed or not: for the journal.
pub(crate) fn claimed_access_key(request: &Request) -> Option<&str> {
    Claim::of(request).ok().map(|claim| claim.access_key)
}

fn signed_headers(names: &str) -> Result<Vec<&str>, Denied> {
    let names: Vec<&str> = names.split(';').collect();
    if !names.windows(2).all(|pair| pair[0] < pair[1]) {
        return Err(Denied::Malformed("SignedHeaders must be sorted and name nothing twice"));
    }
    if names.iter().any(|name| name.bytes().any(|byte| byte.is_ascii_uppercase())) {
        return Err(Denied::Malformed("SignedHeaders must be in lower case"));
    }
    Ok(names)
}

fn signature_bytes(text: &str) -> Result<Vec<u8>, Denied> {
    let bad = Denied::Malformed("Signature must be 64 lower-case hexadecimal digits");
    if text.len() != 64 || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(bad);
    }
    hex::decode(text).map_err(|_| bad)
}
