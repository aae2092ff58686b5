//! HTTP to the services: one request and its response, signed or unsigned. The client above makes retries.
//!
//! `request.rs` (what to send) → `exchange.rs` ([`Sender`]: sign, send, classify) → `headers.rs` → `transport.rs`
//! (connections, with `proxy.rs`, `no_proxy.rs` and `certificates.rs`) → `response.rs` (bounded body, decoding).
//! `service_clock.rs` reads the `Date` of responses.

mod certificates;
mod exchange;
mod headers;
mod no_proxy;
mod proxy;
mod request;
mod response;
mod retry_after;
mod service_clock;
mod transport;

pub use certificates::CaCertificates;
pub(super) use exchange::Sender;
pub(super) use proxy::Proxies;
pub(super) use request::Request;
pub(super) use response::Response;
#[cfg(any(test, feature = "fuzzing"))]
pub(super) use retry_after::read_retry_after;
pub use service_clock::MAX_CLOCK_SKEW;
pub(super) use transport::TransportSettings;
