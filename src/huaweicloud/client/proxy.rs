//! Proxies, from the variables that everybody uses: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`,
//! `NO_PROXY`, each also in lower case. Read from the environment handed in, so that a test is
//! never sent through somebody's proxy.

use reqwest::{NoProxy, Proxy};
use url::Url;

use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::host::Environment;

/// This computer is never reached through a proxy.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// The proxies to use, most specific first.
///
/// # Errors
/// [`ErrorKind::Config`]: names the variable; its value may hold a password, so it is not quoted.
pub(super) fn from_environment(environment: &Environment) -> Result<Vec<Proxy>, Error> {
    let exempt = match variable(environment, "NO_PROXY") {
        Some((_, hosts)) => format!("{hosts},{LOOPBACK}"),
        None => LOOPBACK.to_owned(),
    };
    let mut proxies = Vec::new();
    for (name, proxy) in [
        ("HTTPS_PROXY", Proxy::https as fn(Url) -> reqwest::Result<Proxy>),
        ("HTTP_PROXY", Proxy::http),
        ("ALL_PROXY", Proxy::all),
    ] {
        let Some((name, address)) = variable(environment, name) else {
            continue;
        };
        let proxy = proxy(parse(&name, address)?)
            .map_err(|error| wrong(&name, "cannot be used").with_source(error.without_url()))?;
        proxies.push(proxy.no_proxy(NoProxy::from_string(&exempt)));
    }
    Ok(proxies)
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
            let error = from_environment(&environment).unwrap_err();
            let text = format!("{} {error:?}", error.report());
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(text.contains(name), "{text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }
}
