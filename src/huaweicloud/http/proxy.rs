//! Proxies, from the same environment variables as in Go programs (`httpproxy`).
//!
//! The variables are `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, each also in lower case. They are read from the given
//! environment, so that tests never use a proxy of the machine.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::percent_decode_str;
use url::Url;
use zeroize::Zeroizing;

use super::no_proxy::NoProxy;
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::secret::Secret;
use crate::huaweicloud::system::Environment;

/// The proxies of an environment. Does not implement `Debug`, because it contains passwords.
#[derive(Default)]
pub(in crate::huaweicloud) struct Proxies {
    /// For `https`. Errors state why the proxy cannot be used. They do not quote its address, which may contain a
    /// password.
    https: Option<Result<Url, String>>,
    /// For `http`.
    http: Option<Result<Url, String>>,
    exempt: NoProxy,
    /// Every form in which the passwords are sent or written.
    pub(super) secrets: Vec<Secret>,
}

impl Proxies {
    /// Reads the variables. An unusable variable is an error only of the requests that need it.
    pub(in crate::huaweicloud) fn from_environment(environment: &Environment) -> Self {
        let read = |name| variable(environment, name).map(|(name, address)| parse(&name, address));
        let (https, mut http) = (read("HTTPS_PROXY"), read("HTTP_PROXY"));
        if http.is_some() && environment.get("REQUEST_METHOD").is_some() {
            let why = "the environment variable HTTP_PROXY is refused while REQUEST_METHOD is set, because in a CGI \
                program it can come from the Proxy header of a request; unset one of them";
            http = Some(Err(why.to_owned()));
        }
        let secrets = [&https, &http].into_iter().flatten().flatten().flat_map(secrets).collect();
        let exempt = variable(environment, "NO_PROXY").map(|(_, list)| NoProxy::parse(list)).unwrap_or_default();
        Self { https, http, exempt, secrets }
    }

    /// The proxy for requests to `url`. `None`: they use no proxy.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: the variable cannot be used.
    pub(super) fn of(&self, url: &Url) -> Result<Option<&Url>, Error> {
        let proxy = match url.scheme() {
            "https" => &self.https,
            "http" => &self.http,
            _ => &None,
        };
        match proxy {
            Some(_) if self.exempt.exempts(url) => Ok(None),
            Some(Ok(address)) => Ok(Some(address)),
            Some(Err(why)) => Err(Error::new(ErrorKind::Config, why.as_str())),
            None => Ok(None),
        }
    }
}

/// The secrets in a proxy's address, as written, decoded, and encoded as in a request, which a proxy may quote.
fn secrets(address: &Url) -> Vec<Secret> {
    let user = address.username();
    if user.is_empty() && address.password().is_none() {
        return Vec::new();
    }
    let written = match address.password() {
        Some(password) => vec![Zeroizing::new(password.to_owned()), Zeroizing::new(format!("{user}:{password}"))],
        // The user name can be a token.
        None => vec![Zeroizing::new(user.to_owned())],
    };
    let decode = |text: &str| Zeroizing::new(percent_decode_str(text).decode_utf8_lossy().into_owned());
    let bytes: Vec<u8> = percent_decode_str(user)
        .chain(std::iter::once(b':'))
        .chain(percent_decode_str(address.password().unwrap_or_default()))
        .collect();
    // Without padding, because some texts omit it.
    let sent = STANDARD_NO_PAD.encode(Zeroizing::new(bytes));
    let mut secrets: Vec<Secret> =
        written.iter().flat_map(|it| [Secret::from(&***it), Secret::from(&**decode(it))]).collect();
    secrets.push(Secret::new(sent));
    secrets
}

/// The name and value of a variable, in upper case, otherwise in lower case.
fn variable<'a>(environment: &'a Environment, name: &str) -> Option<(String, &'a str)> {
    [name.to_owned(), name.to_ascii_lowercase()]
        .into_iter()
        .find_map(|name| environment.get(&name).map(|value| (name, value)))
}

fn parse(name: &str, address: &str) -> Result<Url, String> {
    let unusable = |what: &str| format!("the environment variable {name} {what}");
    let with_scheme = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    let url = Url::parse(&with_scheme).map_err(|error| unusable(&format!("is not an address: {error}")))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        _ => Err(unusable(
            "must contain an http or https address, because other proxies (such as socks5) are not supported; change \
             it, or list the service's host in NO_PROXY",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The proxy of a URL, or the error's message.
    fn proxy_of(variables: &[(&str, &str)], url: &str) -> Result<Option<String>, String> {
        let proxies = Proxies::from_environment(&variables.iter().copied().collect());
        let found = proxies.of(&Url::parse(url).unwrap());
        found.map(|proxy| proxy.map(|it| it.as_str().trim_end_matches('/').to_owned())).map_err(|error| {
            assert_eq!(error.kind(), ErrorKind::Config);
            let text = format!("{} {error:?}", error.report());
            assert!(!text.contains("hunter2"), "{text}");
            error.report()
        })
    }

    const HTTPS: &str = "https://dms.cn-north-4.myhuaweicloud.com/v2";
    const HTTP: &str = "http://dms.example/";

    /// The expected values are the results of `httpproxy.FromEnvironment().ProxyFunc()` of golang.org/x/net v0.47.0 for
    /// the same variables and URLs. On Windows, two names that differ in case are one variable.
    #[test]
    fn variables_are_read_as_in_go() {
        let direct = None;
        for (variables, url, expected) in [
            (
                &[("HTTPS_PROXY", "http://upper:1"), ("https_proxy", "http://lower:1")][..],
                HTTPS,
                Some("http://upper:1"),
            ),
            #[cfg(unix)]
            (&[("HTTPS_PROXY", ""), ("https_proxy", "http://lower:1")], HTTPS, Some("http://lower:1")),
            (&[("https_proxy", "http://lower:1")], HTTP, direct),
            (&[("HTTP_PROXY", "http://upper:1"), ("http_proxy", "http://lower:1")], HTTP, Some("http://upper:1")),
            (&[("HTTP_PROXY", "http://upper:1")], HTTPS, direct),
            (&[("ALL_PROXY", "http://all:1"), ("all_proxy", "http://all:1")], HTTPS, direct),
            (&[("ALL_PROXY", "http://all:1"), ("all_proxy", "http://all:1")], HTTP, direct),
            (&[("HTTPS_PROXY", "proxy.example:3128")], HTTPS, Some("http://proxy.example:3128")),
            (&[("HTTPS_PROXY", "proxy.example")], HTTPS, Some("http://proxy.example")),
            (&[("HTTPS_PROXY", "localhost:3128")], HTTPS, Some("http://localhost:3128")),
            (&[("HTTPS_PROXY", "[::1]:3128")], HTTPS, Some("http://[::1]:3128")),
            (&[("HTTPS_PROXY", "u:p@proxy.example:3128")], HTTPS, Some("http://u:p@proxy.example:3128")),
            (&[("HTTPS_PROXY", "http://p:1"), ("REQUEST_METHOD", "GET")], HTTPS, Some("http://p:1")),
            #[cfg(unix)]
            (&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", ""), ("no_proxy", "*")], HTTPS, direct),
            (&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "x"), ("no_proxy", "*")], HTTPS, Some("http://p:1")),
        ] {
            assert_eq!(proxy_of(variables, url), Ok(expected.map(str::to_owned)), "{variables:?}, {url}");
        }
    }

    #[test]
    fn unusable_proxy_fails_only_requests_that_need_it() {
        let mut errors = Vec::new();
        for (name, value, url) in [
            ("HTTPS_PROXY", "http://user:hunter2@", HTTPS),
            ("https_proxy", "socks5://user:hunter2@127.0.0.1:1", HTTPS),
            ("HTTP_PROXY", "ftp://user:hunter2@127.0.0.1:1", HTTP),
        ] {
            errors.push(proxy_of(&[(name, value)], url).unwrap_err());
            let other = if url == HTTPS { HTTP } else { HTTPS };
            for unaffected in [other, "https://localhost/", "http://127.0.0.1:8080/"] {
                assert_eq!(proxy_of(&[(name, value)], unaffected), Ok(None), "{name}, {unaffected}");
            }
            assert_eq!(proxy_of(&[(name, value), ("NO_PROXY", "*")], url), Ok(None), "{name}");
        }
        let mut errors = errors.join("\n");
        if cfg!(windows) {
            // There, both names are the same variable.
            errors = errors.replace("HTTPS_PROXY must", "https_proxy must");
        }
        insta::assert_snapshot!(errors, @r"
        the environment variable HTTPS_PROXY is not an address: empty host
        the environment variable https_proxy must contain an http or https address, because other proxies (such as socks5) are not supported; change it, or list the service's host in NO_PROXY
        the environment variable HTTP_PROXY must contain an http or https address, because other proxies (such as socks5) are not supported; change it, or list the service's host in NO_PROXY
        ");
    }

    /// As in Go: in a CGI program, the caller sets HTTP_PROXY from the Proxy header.
    #[test]
    fn http_proxy_is_refused_in_a_cgi_program() {
        let variables = [("HTTP_PROXY", "http://p:1"), ("REQUEST_METHOD", "GET")];
        insta::assert_snapshot!(proxy_of(&variables, HTTP).unwrap_err(), @"the environment variable HTTP_PROXY is refused while REQUEST_METHOD is set, because in a CGI program it can come from the Proxy header of a request; unset one of them");
        assert_eq!(proxy_of(&variables, "http://localhost/"), Ok(None));
    }

    /// Otherwise, the base64 form of a lone colon would be redacted from every text.
    #[test]
    fn proxy_without_a_password_has_no_secrets() {
        let secrets = |address| {
            let environment = [("HTTP_PROXY", address)].into_iter().collect();
            Proxies::from_environment(&environment).secrets.len()
        };
        assert_eq!(secrets("http://127.0.0.1:3128"), 0);
        assert!(secrets("http://u:p@127.0.0.1:3128") > 0);
    }
}
