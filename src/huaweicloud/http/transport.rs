//! Connections: sets up the HTTP library at the first request, and classifies its errors.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Proxy, redirect, retry};
use tokio::sync::OnceCell;
use tokio_rustls::rustls;
use url::Url;

use super::certificates::CaCertificates;
use super::proxy::Proxies;
use super::request::Request;
use crate::huaweicloud::error::{BoxError, Delivery, Error, ErrorKind};
use crate::huaweicloud::redact::Redactor;
use crate::huaweicloud::secret::Secret;
use crate::huaweicloud::system::off_thread;

const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// Shorter than the usual idle timeout of gateways, so that requests rarely use a connection that is being closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Validated settings. Does not implement `Debug`, because the address of a proxy may contain a password.
pub(in crate::huaweicloud) struct TransportSettings {
    pub(in crate::huaweicloud) request_timeout: Duration,
    pub(in crate::huaweicloud) connect_timeout: Duration,
    /// Trusted instead of the system's certificates.
    pub(in crate::huaweicloud) ca_certificates: Option<CaCertificates>,
    pub(in crate::huaweicloud) accept_any_certificate: bool,
    pub(in crate::huaweicloud) proxies: Proxies,
}

/// Connection pools, one each for plain and encrypted connections, direct and through a proxy. Only `https` needs the
/// system's certificates, so only `https` takes the time to load them, and fails without them.
pub(super) struct Transport {
    settings: TransportSettings,
    plain: Pools,
    encrypted: Pools,
}

#[derive(Default)]
struct Pools {
    direct: OnceCell<reqwest::Client>,
    proxied: OnceCell<reqwest::Client>,
}

impl Transport {
    pub(super) fn new(settings: TransportSettings) -> Self {
        Self { settings, plain: Pools::default(), encrypted: Pools::default() }
    }

    /// The secrets in the addresses of proxies.
    pub(super) fn secrets(&self) -> &[Secret] {
        &self.settings.proxies.secrets
    }

    /// Sends the request with these headers. Returns when the head of the response has arrived.
    ///
    /// # Errors
    /// The error of the connection, or [`ErrorKind::Config`] for settings that cannot be used.
    pub(super) async fn send(
        &self,
        request: &Request,
        headers: HeaderMap,
        redactor: &Redactor,
    ) -> Result<reqwest::Response, Error> {
        let encrypted = request.url.scheme() == "https";
        let pools = if encrypted { &self.encrypted } else { &self.plain };
        let proxy = if request.direct { None } else { self.settings.proxies.of(&request.url)? };
        let pool = if proxy.is_some() { &pools.proxied } else { &pools.direct };
        let client = pool.get_or_try_init(|| self.settings.build(encrypted, proxy)).await?;
        let mut message = reqwest::Request::new(request.method.clone(), request.url.clone());
        *message.headers_mut() = headers;
        *message.timeout_mut() = Some(self.settings.request_timeout);
        *message.body_mut() = request.body.as_ref().map(|body| body.to_vec().into());
        client.execute(message).await.map_err(|error| failure(&request.describe(redactor), error))
    }
}

impl TransportSettings {
    async fn build(&self, encrypted: bool, proxy: Option<&Url>) -> Result<reqwest::Client, Error> {
        let mut builder = reqwest::Client::builder()
            .http1_only()
            .user_agent(USER_AGENT)
            // A redirect would send the signature and the token to another host.
            .redirect(redirect::Policy::none())
            .referer(false)
            // Each retry needs a new signature, so the client makes retries itself.
            .retry(retry::never())
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(IDLE_TIMEOUT)
            // The library must not read the proxies of the process; the settings have them.
            .no_proxy();
        if let Some(address) = proxy {
            builder = builder.proxy(Proxy::all(address.clone()).map_err(|error| unusable(error.without_url()))?);
        }
        if self.accept_any_certificate {
            builder = builder.tls_danger_accept_invalid_certs(true);
        } else if let Some(certificates) = &self.ca_certificates {
            builder = builder.tls_certs_only(certificates.iter());
        } else if !encrypted && proxy.is_none_or(|address| address.scheme() != "https") {
            builder = builder.tls_certs_only([]);
        }
        // Reads the system's certificates. On Linux, they are files, which SSL_CERT_FILE and SSL_CERT_DIR can name.
        off_thread(move || builder.build()).await.map_err(unusable)?.map_err(unusable)
    }
}

fn unusable(error: impl Into<BoxError>) -> Error {
    let what = "the HTTP client cannot be set up; check that this computer has CA certificates";
    Error::new(ErrorKind::Config, what).with_source(error)
}

/// The error of a request without a response. It counts as possibly delivered, unless it certainly occurred before the
/// first byte was sent.
fn failure(request: &str, error: reqwest::Error) -> Error {
    let (kind, delivery, what) = if error.is_builder() {
        (ErrorKind::Config, Delivery::NotSent, "the request cannot be sent")
    } else if error.is_connect() && error.is_timeout() {
        (ErrorKind::Timeout, Delivery::NotSent, "timed out while connecting")
    } else if error.is_connect() {
        (ErrorKind::Connect, Delivery::NotSent, "connection failed")
    } else if error.is_timeout() {
        (ErrorKind::Timeout, Delivery::Unknown, "timed out while waiting for the response")
    } else {
        (ErrorKind::Interrupted, Delivery::Unknown, "the connection was closed before a response arrived")
    };
    let permanent = is_permanent(&error);
    let failure =
        Error::new(kind, format!("{request}: {what}")).with_delivery(delivery).with_source(error.without_url());
    if permanent { failure.permanent() } else { failure }
}

/// Whether a retry would fail in the same way: the certificate is not trusted, or the host name does not exist.
fn is_permanent(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        // The resolver's errors have no separate type, so these are the messages of glibc, musl and macOS about an
        // unknown host. Other errors may be temporary. Windows has one error for an unknown host and for a missing
        // network, so the provider retries it.
        let text = error.to_string();
        if is_bad_certificate(error)
            || text.contains("Name or service not known")
            || text.contains("Name does not resolve")
            || text.contains("nodename nor servname provided")
        {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Also looks into wrapped I/O errors, because `io::Error` does not return the wrapped error as its source.
fn is_bad_certificate(error: &(dyn std::error::Error + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return matches!(error, rustls::Error::InvalidCertificate(_));
    }
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    wrapped.is_some_and(|wrapped| is_bad_certificate(wrapped))
}

/// The error of a successful response whose body is incomplete.
pub(super) fn incomplete(request: &str, error: reqwest::Error) -> Error {
    let (kind, what) = if error.is_timeout() {
        (ErrorKind::Timeout, "timed out before the response was complete")
    } else {
        (ErrorKind::Interrupted, "the connection was closed before the response was complete")
    };
    Error::new(kind, format!("{request}: {what}")).with_delivery(Delivery::Responded).with_source(error.without_url())
}
