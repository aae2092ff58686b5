//! Parses the `Authorization` header.

use data_encoding::HEXLOWER;

use crate::message::Request;

use super::{ALGORITHM, AuthError};

/// The three fields of the header, parsed but not verified.
pub(super) struct Authorization<'a> {
    pub(super) access_key: &'a str,
    /// In lower case, sorted, without duplicates.
    pub(super) signed_headers: Vec<&'a str>,
    pub(super) signature: Vec<u8>,
}

impl<'a> Authorization<'a> {
    /// # Errors
    ///
    /// The header is missing, occurs twice, or is malformed.
    pub(super) fn parse(request: &'a Request) -> Result<Self, AuthError> {
        let header = request.header("authorization").ok_or(AuthError::NoAuthorization)?;
        let malformed = AuthError::Malformed(
            "Authorization must have the form `SDK-HMAC-SHA256 Access=.., SignedHeaders=.., Signature=..`",
        );
        let (algorithm, rest) = header.split_once(' ').ok_or(malformed.clone())?;
        if algorithm != ALGORITHM {
            return Err(AuthError::Malformed("the algorithm must be SDK-HMAC-SHA256"));
        }
        let mut parts = rest.split(", ");
        let mut part = |prefix: &str| parts.next()?.strip_prefix(prefix);
        let fields = (part("Access="), part("SignedHeaders="), part("Signature="));
        let (Some(access_key), Some(names), Some(signature)) = fields else {
            return Err(malformed);
        };
        if parts.next().is_some() {
            return Err(malformed);
        }
        Ok(Self { access_key, signed_headers: signed_headers(names)?, signature: signature_bytes(signature)? })
    }

    /// The signed headers with their values.
    ///
    /// # Errors
    ///
    /// A signed header is missing or occurs twice.
    pub(super) fn headers(&self, request: &'a Request) -> Result<Vec<(&'a str, &'a str)>, AuthError> {
        let value = |name: &&'a str| {
            let sent = request.header(name);
            sent.map(|value| (*name, value)).ok_or_else(|| AuthError::SignedHeaderMissing((*name).to_owned()))
        };
        self.signed_headers.iter().map(value).collect()
    }
}

/// The access key that a request names, whether or not its signature is valid.
pub(crate) fn claimed_access_key(request: &Request) -> Option<&str> {
    Authorization::parse(request).ok().map(|authorization| authorization.access_key)
}

fn signed_headers(names: &str) -> Result<Vec<&str>, AuthError> {
    let names: Vec<&str> = names.split(';').collect();
    if !names.windows(2).all(|pair| pair[0] < pair[1]) {
        return Err(AuthError::Malformed("SignedHeaders must be sorted and have no duplicates"));
    }
    if names.iter().any(|name| name.bytes().any(|byte| byte.is_ascii_uppercase())) {
        return Err(AuthError::Malformed("SignedHeaders must be in lower case"));
    }
    Ok(names)
}

fn signature_bytes(text: &str) -> Result<Vec<u8>, AuthError> {
    let malformed = AuthError::Malformed("Signature must have 64 lower-case hexadecimal digits");
    let signature = HEXLOWER.decode(text.as_bytes()).map_err(|_| malformed.clone())?;
    if signature.len() == 32 { Ok(signature) } else { Err(malformed) }
}
