//! `NO_PROXY`: the hosts that are reached without a proxy, matched as Go's `httpproxy` does.

use std::net::{IpAddr, Ipv6Addr};

use url::{Host, Url};

/// The entries of `NO_PROXY`. Loopback is always exempt.
#[derive(Debug, Default)]
pub(super) struct NoProxy(Vec<Exemption>);

#[derive(Debug)]
enum Exemption {
    /// `*`
    Everything,
    /// `10.0.0.0/8`
    Network { address: IpAddr, prefix: u8 },
    /// `10.0.0.1`, `10.0.0.1:8443`. An empty port is any port.
    Address { address: IpAddr, port: String },
    /// `.example.com`, with a leading dot: every subdomain. `and_itself`: the domain too. An empty port is any port.
    Domain { suffix: String, and_itself: bool, port: String },
}

impl NoProxy {
    /// Reads entries separated by commas. Like Go, it ignores what it cannot read: such an entry exempts no host.
    pub(super) fn parse(list: &str) -> Self {
        Self(list.split(',').filter_map(|entry| Exemption::parse(&entry.trim().to_lowercase())).collect())
    }

    /// Whether requests to `url` bypass the proxy.
    pub(super) fn exempts(&self, url: &Url) -> bool {
        let port = url.port_or_known_default().map(|port| port.to_string()).unwrap_or_default();
        match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || self.0.iter().any(|it| it.is_domain_of(name, &port)),
            Some(Host::Ipv4(address)) => self.exempts_address(address.into(), &port),
            Some(Host::Ipv6(address)) => self.exempts_address(address.into(), &port),
            None => false,
        }
    }

    fn exempts_address(&self, address: IpAddr, port: &str) -> bool {
        // `::ffff:10.0.0.1` is the same address as `10.0.0.1`.
        let address = address.to_canonical();
        address.is_loopback() || self.0.iter().any(|it| it.is_address_of(address, port))
    }
}

impl Exemption {
    /// `entry` is trimmed and in lower case.
    fn parse(entry: &str) -> Option<Self> {
        if entry == "*" {
            return Some(Self::Everything);
        }
        if let Some(network) = parse_network(entry) {
            return Some(network);
        }
        let (host, port) = split_port(entry);
        let port = port.to_owned();
        if let Ok(address) = host.parse::<IpAddr>() {
            return Some(Self::Address { address: address.to_canonical(), port });
        }
        let host = host.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(host);
        let (domain, and_itself) = match host.strip_prefix('.') {
            Some(domain) => (domain, false),
            None => (host, true),
        };
        // The host of a request is in ASCII.
        let domain = match Host::parse(domain) {
            Ok(Host::Domain(ascii)) if !domain.is_ascii() => ascii,
            _ => domain.to_owned(),
        };
        (!host.is_empty()).then(|| Self::Domain { suffix: format!(".{domain}"), and_itself, port })
    }

    fn is_domain_of(&self, name: &str, request_port: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Domain { suffix, and_itself, port } => {
                let is_itself = *and_itself && suffix.strip_prefix('.') == Some(name);
                (is_itself || name.ends_with(suffix.as_str())) && fits(port, request_port)
            }
            Self::Network { .. } | Self::Address { .. } => false,
        }
    }

    fn is_address_of(&self, wanted: IpAddr, request_port: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Network { address, prefix } => first_bits(*address, *prefix) == first_bits(wanted, *prefix),
            Self::Address { address, port } => *address == wanted && fits(port, request_port),
            Self::Domain { .. } => false,
        }
    }
}

fn fits(port: &str, request_port: &str) -> bool {
    port.is_empty() || port == request_port
}

fn parse_network(entry: &str) -> Option<Exemption> {
    let (address, prefix) = entry.split_once('/')?;
    let (address, prefix): (IpAddr, u8) = (address.parse().ok()?, prefix.parse().ok()?);
    let canonical = address.to_canonical();
    let (prefix, most) = match (address, canonical) {
        (IpAddr::V6(_), IpAddr::V4(_)) => (prefix.checked_sub(96)?, 32),
        (IpAddr::V4(_), _) => (prefix, 32),
        (IpAddr::V6(_), IpAddr::V6(_)) => (prefix, 128),
    };
    (prefix <= most).then_some(Exemption::Network { address: canonical, prefix })
}

/// Whether an address is IPv4, and its first `prefix` bits.
fn first_bits(address: IpAddr, prefix: u8) -> (bool, u128) {
    let (bits, is_v4) = match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)) << 96, true),
        IpAddr::V6(address) => (u128::from(Ipv6Addr::from(address.octets())), false),
    };
    let others = 128_u32.saturating_sub(prefix.into());
    (is_v4, bits.checked_shr(others).unwrap_or_default())
}

/// Host and port of `host:port` and `[address]:port`; anything else is a host, with an empty port.
fn split_port(entry: &str) -> (&str, &str) {
    let bracketed = entry.strip_prefix('[').and_then(|rest| rest.split_once("]:"));
    match bracketed.or_else(|| entry.split_once(':')) {
        Some((host, port)) if !port.contains(':') => (host, port),
        _ => (entry, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each list with URLs that use the proxy, and URLs that do not. The expected values are the results of
    /// `httpproxy.FromEnvironment().ProxyFunc()` of golang.org/x/net v0.47.0 for the same lists and URLs.
    const TABLE: [(&str, &[&str], &[&str]); 42] = [
        (
            "",
            &["https://a.localhost/", "https://localhost./", "https://0.0.0.0/", "https://[::]/", "https://128.0.0.1/"],
            &["https://localhost/", "http://localhost:8080/", "http://127.9.9.9:1/", "https://[::1]/"],
        ),
        ("", &["https://dms.example/"], &["https://[::ffff:127.0.0.1]/"]),
        ("*", &[], &["https://dms.example/", "https://10.0.0.1/", "https://[2001:db8::1]/"]),
        ("a.example, * ", &[], &["https://dms.example/"]),
        (
            "Example.COM",
            &["https://notexample.com/", "https://example.com.org/", "https://example.com./"],
            &["https://example.com/", "https://www.example.com/", "https://a.b.example.com/", "http://example.com:80/"],
        ),
        (".example.com", &["https://example.com/", "https://notexample.com/"], &["https://www.example.com/"]),
        ("*.example.com", &["https://example.com/", "https://notexample.com/"], &["https://a.b.example.com/"]),
        ("*example.com", &["https://notexample.com/", "https://www.example.com/", "https://example.com/"], &[]),
        ("w*.example.com", &["https://www.example.com/"], &[]),
        (
            "example.com:443",
            &["https://example.com:8443/", "http://example.com/"],
            &["https://example.com/", "https://example.com:443/", "https://www.example.com/"],
        ),
        ("example.com:80", &["https://example.com/"], &["http://example.com/"]),
        (
            ".example.com:8443",
            &["https://a.example.com/", "https://example.com:8443/"],
            &["https://a.example.com:8443/"],
        ),
        (
            "*.example.com:8443",
            &["https://a.example.com/", "https://example.com:8443/"],
            &["https://a.example.com:8443/"],
        ),
        ("example.com:", &[], &["https://example.com/", "https://example.com:8443/"]),
        (":443", &["https://example.com/"], &[]),
        ("example.com:abc", &["https://example.com/"], &[]),
        ("a:b:c", &["https://a/"], &[]),
        ("10.0.0.1", &["https://10.0.0.2/", "https://10.0.0.1.example/"], &["https://10.0.0.1/", "http://10.0.0.1:1/"]),
        ("10.0.0.1:443", &["https://10.0.0.1:8443/"], &["https://10.0.0.1/"]),
        ("10.0.0.0/8", &["https://11.0.0.1/", "https://10.example/"], &["https://10.9.9.9/"]),
        ("10.1.2.3/8", &[], &["https://10.9.9.9/", "https://[::ffff:10.0.0.1]/"]),
        ("10.0.0.0/33", &["https://10.0.0.0/"], &[]),
        ("0.0.0.0/0", &["https://[2001:db8::1]/", "https://dms.example/"], &["https://10.9.9.9/"]),
        ("::/0", &["https://10.9.9.9/"], &["https://[2001:db8::1]/"]),
        ("2001:db8::/32", &["https://[2001:db9::1]/"], &["https://[2001:db8:1::1]/"]),
        ("2001:db8::1", &["https://[2001:db8::2]/"], &["https://[2001:db8:0:0::1]/"]),
        ("[2001:db8::1]", &["https://[2001:db8::1]/"], &[]),
        ("[2001:db8::1]:443", &["https://[2001:db8::1]:8443/"], &["https://[2001:db8::1]/"]),
        ("::ffff:10.0.0.1", &[], &["https://10.0.0.1/"]),
        ("::ffff:10.0.0.0/104", &[], &["https://10.0.0.1/"]),
        (" a.example , , b.example\t", &["https://c.example/"], &["https://a.example/", "https://b.example/"]),
        ("a.example b.example", &["https://a.example/", "https://b.example/"], &[]),
        ("a.example;b.example", &["https://a.example/"], &[]),
        ("bücher.example", &[], &["https://xn--bcher-kva.example/", "https://shop.xn--bcher-kva.example/"]),
        (".", &["https://example.com/"], &["https://example.com./"]),
        ("*.", &["https://example.com/"], &[]),
        ("com", &["https://example.org/"], &["https://example.com/"]),
        ("https://example.com", &["https://example.com/"], &[]),
        ("example.com/", &["https://example.com/"], &[]),
        ("..example.com", &["https://www.example.com/"], &[]),
        ("010.0.0.1", &["https://10.0.0.1/"], &[]),
        ("10.0.0", &["https://10.0.0.1/"], &[]),
    ];

    #[test]
    fn hosts_are_exempt_as_in_go() {
        for (list, proxied, direct) in TABLE {
            let no_proxy = NoProxy::parse(list);
            for (urls, exempt) in [(proxied, false), (direct, true)] {
                for url in urls {
                    assert_eq!(no_proxy.exempts(&Url::parse(url).unwrap()), exempt, "{list:?}, {url}: {no_proxy:?}");
                }
            }
        }
    }
}
