//! One exchange with a service: a signed or unsigned request out, its classified response back.

use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use tokio::time::Instant;

use super::headers::{TOKEN_HEADER, base_headers, header_map};
use super::request::Request;
use super::response::{Response, request_id};
use super::service_clock::{MAX_CLOCK_SKEW, ServiceClock};
use super::transport::{Transport, TransportSettings};
use crate::huaweicloud::endpoint::{Endpoint, Endpoints, Service};
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::redact::Redactor;
use crate::huaweicloud::region::Region;
use crate::huaweicloud::secret::Secret;
use crate::huaweicloud::signing::{self, Credentials, DATE_HEADER};
use crate::huaweicloud::system::System;

/// Sends single requests to the services. It holds no credentials, because the lookup of credentials uses
/// it and must not wait for itself.
pub(in crate::huaweicloud) struct Sender {
    region: Option<Region>,
    endpoints: Endpoints,
    transport: Transport,
    service_clock: ServiceClock,
    system: System,
    redactor: Redactor,
}

/// A request with all its headers.
pub(in crate::huaweicloud) struct Message<'a> {
    request: &'a Request,
    headers: HeaderMap,
    redactor: Redactor,
}

impl Sender {
    pub(in crate::huaweicloud) fn new(
        region: Option<Region>,
        endpoints: Endpoints,
        settings: TransportSettings,
        system: System,
    ) -> Self {
        let (service_clock, redactor) = (ServiceClock::default(), Redactor::default());
        Self { region, endpoints, transport: Transport::new(settings), service_clock, system, redactor }
    }

    /// The default region.
    pub(in crate::huaweicloud) fn region(&self) -> Option<&Region> {
        self.region.as_ref()
    }

    /// The address of `service` in `region`, or in the default region.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: as for [`Endpoints::resolve`].
    pub(in crate::huaweicloud) fn endpoint(
        &self,
        service: Service,
        region: Option<&Region>,
    ) -> Result<Endpoint, Error> {
        self.endpoints.resolve(service, region, self.region())
    }

    pub(in crate::huaweicloud) fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    pub(in crate::huaweicloud) fn system(&self) -> &System {
        &self.system
    }

    /// Redacts every secret that was part of a message.
    pub(in crate::huaweicloud) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// The time by the clock of the DMS service, to the second. `None`: no response with a date so far.
    pub(in crate::huaweicloud) fn service_time(&self) -> Option<Timestamp> {
        self.service_clock.now()
    }

    /// The time by the service's clock if that is known and plausible, otherwise by this computer's.
    pub(in crate::huaweicloud) fn time(&self) -> Timestamp {
        let local = self.system.now();
        let is_plausible = |time: &Timestamp| time.duration_since(local).abs() <= MAX_CLOCK_SKEW;
        self.service_time().filter(is_plausible).unwrap_or(local)
    }

    /// Signs a request with the current time.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: a header cannot be sent.
    pub(in crate::huaweicloud) fn sign<'a>(
        &self,
        request: &'a Request,
        credentials: &Credentials,
    ) -> Result<Message<'a>, Error> {
        let mut to_sign = base_headers(request);
        if let Some(token) = credentials.security_token() {
            to_sign.push((TOKEN_HEADER, token.expose()));
        }
        let signed = signing::sign(
            &signing::SignableRequest {
                method: request.method.as_str(),
                path: request.url.path(),
                query: request.url.query().unwrap_or_default(),
                headers: &to_sign,
                body: request.body.as_ref().map_or(&[], |body| body.as_slice()),
            },
            credentials,
            self.system.now(),
        )
        .map_err(|error| Error::new(ErrorKind::Config, "the request cannot be signed").with_source(error))?;

        to_sign.push((DATE_HEADER, &signed.date));
        let mut headers = header_map(&to_sign)?;
        headers.insert(AUTHORIZATION, signed.authorization);
        self.redactor.learn([credentials.secret_key()].into_iter().chain(credentials.security_token()));
        Ok(Message { request, headers, redactor: self.redactor.with(&Secret::new(signed.signature)) })
    }

    /// A message without a signature, for requests that carry their own proof or need none.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: a header cannot be sent.
    pub(in crate::huaweicloud) fn unsigned<'a>(&self, request: &'a Request) -> Result<Message<'a>, Error> {
        Ok(Message { request, headers: header_map(&base_headers(request))?, redactor: self.redactor.clone() })
    }

    /// Sends the message once and classifies the response.
    ///
    /// # Errors
    /// Every error of a connection or of a service.
    pub(in crate::huaweicloud) async fn send(&self, message: Message<'_>) -> Result<Response, Error> {
        let Message { request, headers, redactor } = message;
        redactor.learn(request.secrets.iter().chain(self.transport.secrets()));
        let start = Instant::now();
        let result = self.transport.send(request, headers, &redactor).await;
        log_result(request, &result, start, &redactor);
        // Only requests to DMS have a project. The clocks of other services do not matter.
        if let (Ok(response), Some(_)) = (&result, &request.project_id) {
            self.service_clock.update(response.headers());
        }
        Response::classify(request.describe(&redactor), result?, redactor, self.system.now()).await
    }
}

/// Does not log headers, bodies or queries.
fn log_result(request: &Request, result: &Result<reqwest::Response, Error>, start: Instant, redactor: &Redactor) {
    let method = request.method.as_str();
    let host = request.host();
    let path = &*redactor.redact_name(request.url.path());
    let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    match result {
        Ok(response) => {
            let request_id = request_id(response.headers(), redactor);
            log::debug!(
                method, host, path, milliseconds,
                status = response.status().as_u16(),
                request_id = request_id.as_deref();
                "response received"
            );
        }
        Err(error) => log::debug!(
            method, host, path, milliseconds,
            kind:? = error.kind(),
            delivery:? = error.delivery();
            "request failed"
        ),
    }
}
