//! Connections: the HTTP library, set up at the first request, and what its failures mean.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Proxy, redirect, retry};
use tokio::sync::OnceCell;
use tokio_rustls::rustls;
use url::Url;

use super::certificates::CaCertificates;
use super::proxy::Proxies;
use super::request::Request;
use crate::huaweicloud::credentials::Secret;
use crate::huaweicloud::error::{BoxError, Delivery, Error, ErrorKind, Redactor};
use crate::huaweicloud::system::off_thread;

/// Shorter than the idle time after which gateways usually hang up, so that a request rarely meets
/// a connection that is just being closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Checked settings. Without `Debug`: a proxy's address may hold a password.
pub(super) struct Settings {
    pub(super) request_timeout: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) user_agent: HeaderValue,
    /// Trusted instead of the system's.
    pub(super) ca_certificates: Option<CaCertificates>,
    pub(super) accept_any_certificate: bool,
    pub(super) proxies: Proxies,
}

/// Connection pools, with and without certificates and with and without a proxy. Only `https` needs the system's
/// certificates, so only `https` spends the time to load them, and fails without them.
pub(super) struct Transport {
    settings: Settings,
    plain: Pools,
    encrypted: Pools,
}

#[derive(Default)]
struct Pools {
    direct: OnceCell<reqwest::Client>,
    proxied: OnceCell<reqwest::Client>,
}

impl Transport {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings, plain: Pools::default(), encrypted: Pools::default() }
    }

    /// What goes to a proxy and must not be shown.
    pub(super) fn secrets(&self) -> &[Secret] {
        &self.settings.proxies.secrets
    }

    /// Sends the request with these headers; returns as soon as the answer's head is there.
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

impl Settings {
    async fn build(&self, encrypted: bool, proxy: Option<&Url>) -> Result<reqwest::Client, Error> {
        let mut builder = reqwest::Client::builder()
            .http1_only()
            .user_agent(self.user_agent.clone())
            // A signature holds for one host: following would send it, and the token, to another.
            .redirect(redirect::Policy::none())
            .referer(false)
            // Retries are signed anew, so they are made above.
            .retry(retry::never())
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(IDLE_TIMEOUT)
            // Only the proxies of the environment that was handed in.
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
        // The system's certificates are files. SSL_CERT_FILE and SSL_CERT_DIR can name them.
        off_thread(move || builder.build()).await.map_err(unusable)?.map_err(unusable)
    }
}

fn unusable(error: impl Into<BoxError>) -> Error {
    let what = "the HTTP client cannot be set up (are there CA certificates on this computer?)";
    Error::new(ErrorKind::Config, what).with_source(error)
}

/// What a failure without an answer means. Whatever is not surely from before the first byte
/// counts as possibly delivered.
fn failure(request: &str, error: reqwest::Error) -> Error {
    let (kind, delivery, what) = if error.is_builder() {
        (ErrorKind::Config, Delivery::NotSent, "the request cannot be sent")
    } else if error.is_connect() && error.is_timeout() {
        (ErrorKind::Timeout, Delivery::NotSent, "no connection in time")
    } else if error.is_connect() {
        (ErrorKind::Connect, Delivery::NotSent, "no connection")
    } else if error.is_timeout() {
        (ErrorKind::Timeout, Delivery::Unknown, "no answer in time")
    } else {
        (ErrorKind::Interrupted, Delivery::Unknown, "the connection broke before an answer came")
    };
    let permanent = is_permanent(&error);
    let told = Error::new(kind, format!("{request}: {what}")).with_delivery(delivery).with_source(error.without_url());
    if permanent { told.permanent() } else { told }
}

/// A certificate that is not trusted, or a name that nobody knows: the next attempt would meet the same.
fn is_permanent(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        // The resolver's errors have no type of their own. These are its words where the name does not exist, on Linux
        // and on macOS; others are of the moment.
        let text = error.to_string();
        if is_bad_certificate(error)
            || text.contains("Name or service not known")
            || text.contains("nodename nor servname provided")
        {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The error may lie in errors of input and output, which do not name what they wrap as their cause.
fn is_bad_certificate(error: &(dyn std::error::Error + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return matches!(error, rustls::Error::InvalidCertificate(_));
    }
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    wrapped.is_some_and(|wrapped| is_bad_certificate(wrapped))
}

/// A successful answer whose body did not arrive whole.
pub(super) fn broken(request: &str, error: reqwest::Error) -> Error {
    let (kind, what) = if error.is_timeout() {
        (ErrorKind::Timeout, "the answer was not complete in time")
    } else {
        (ErrorKind::Interrupted, "the connection broke within the answer")
    };
    Error::new(kind, format!("{request}: {what}")).with_delivery(Delivery::Responded).with_source(error.without_url())
}
