//! Proxies, from the variables that everybody uses: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`,
//! `NO_PROXY`, each also in lower case. Read from the environment handed in, so that a test is
//! never sent through somebody's proxy.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::percent_decode_str;
use reqwest::{NoProxy, Proxy};
use url::Url;
use zeroize::Zeroizing;

use crate::huaweicloud::credentials::Secret;
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::host::Environment;

/// This computer is never reached through a proxy.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// What the environment says. Without `Debug`: it holds passwords.
#[derive(Default)]
pub(super) struct Proxies {
    /// Most specific first.
    pub(super) list: Vec<Proxy>,
    /// Every form in which their passwords are sent or written.
    pub(super) secrets: Vec<Secret>,
}

/// The proxies to use.
///
/// # Errors
/// [`ErrorKind::Config`]: names the variable; its value may hold a password, so it is not quoted.
pub(super) fn from_environment(environment: &Environment) -> Result<Proxies, Error> {
    let exempt = match variable(environment, "NO_PROXY") {
        Some((_, hosts)) => format!("{hosts},{LOOPBACK}"),
        None => LOOPBACK.to_owned(),
    };
    let mut proxies = Proxies::default();
    for (name, proxy) in [
        ("HTTPS_PROXY", Proxy::https as fn(Url) -> reqwest::Result<Proxy>),
        ("HTTP_PROXY", Proxy::http),
        ("ALL_PROXY", Proxy::all),
    ] {
        let Some((name, address)) = variable(environment, name) else {
            continue;
        };
        let address = parse(&name, address)?;
        proxies.secrets.extend(secrets(&address));
        let proxy = proxy(address).map_err(|error| wrong(&name, "cannot be used").with_source(error.without_url()))?;
        proxies.list.push(proxy.no_proxy(NoProxy::from_string(&exempt)));
    }
    Ok(proxies)
}

/// What must not be shown of a proxy's address, as it is written, decoded, and as a request carries it: a proxy that
/// refuses may quote the request.
fn secrets(address: &Url) -> Vec<Secret> {
    let user = address.username();
    if user.is_empty() && address.password().is_none() {
        return Vec::new();
    }
    let written = match address.password() {
        Some(password) => vec![Zeroizing::new(password.to_owned()), Zeroizing::new(format!("{user}:{password}"))],
        // A token may stand in the place of the user.
        None => vec![Zeroizing::new(user.to_owned())],
    };
    let decode = |text: &str| Zeroizing::new(percent_decode_str(text).decode_utf8_lossy().into_owned());
    let bytes: Vec<u8> = percent_decode_str(user)
        .chain(std::iter::once(b':'))
        .chain(percent_decode_str(address.password().unwrap_or_default()))
        .collect();
    // Without what fills it up at the end, which says nothing and is left out here and there.
    let sent = STANDARD_NO_PAD.encode(Zeroizing::new(bytes));
    let mut secrets: Vec<Secret> =
        written.iter().flat_map(|it| [Secret::from(&***it), Secret::from(&**decode(it))]).collect();
    secrets.push(Secret::new(sent));
    secrets
}

/// Name as found and value; upper case first.
fn variable<'a>(environment: &'a Environment, name: &str) -> Option<(String, &'a str)> {
    [name.to_owned(), name.to_ascii_lowercase()]
        .into_iter()
        .find_map(|name| environment.get(&name).map(|value| (name, value)))
}

fn parse(name: &str, address: &str) -> Result<Url, Error> {
    let with_scheme = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    let url = Url::parse(&with_scheme).map_err(|error| wrong(name, "is not an address").with_source(error))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        _ => Err(wrong(name, "must be an http or https address")),
    }
}

fn wrong(name: &str, what: &str) -> Error {
    Error::new(ErrorKind::Config, format!("the environment variable {name} {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_proxies_are_named_without_their_value() {
        for (name, value) in [
            ("HTTPS_PROXY", "http://user:hunter2@"),
            ("https_proxy", "socks5://user:hunter2@127.0.0.1:1"),
            ("ALL_PROXY", "ftp://user:hunter2@127.0.0.1:1"),
        ] {
            let environment = [(name, value)].into_iter().collect();
            let error = from_environment(&environment).err().expect("it is unusable");
            let text = format!("{} {error:?}", error.report());
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(text.contains(name), "{text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }

    /// The two letters that a lone colon is in base64 were redacted from every text.
    #[test]
    fn proxy_without_a_password_has_no_secrets() {
        let secrets = |address| {
            let environment = [("HTTP_PROXY", address)].into_iter().collect();
            from_environment(&environment).expect("a usable proxy").secrets.len()
        };
        assert_eq!(secrets("http://127.0.0.1:3128"), 0);
        assert!(secrets("http://u:p@127.0.0.1:3128") > 0);
    }
}
