//! Sends signed requests to the service or the emulator. Signs like the provider, but without its HTTP client, so that
//! requests can be wrong.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use serde_json::Value;
use terraform_provider_huaweicloud_kafka::huaweicloud::signing::{SignableRequest, encode_segment, sign};
use terraform_provider_huaweicloud_kafka::huaweicloud::{
    Client, Credentials, GroupAddress, GroupName, InstanceAddress, InstanceId, Secret, Service,
};
use testkit::process;
use tokio::runtime::Runtime;

use super::choices::Finding;
use super::settings::Settings;

/// How many times the check tries again, with pauses, while it waits for a rate limit, a background task, or an effect.
pub(super) const REPEATS: usize = 24;

/// One side of the comparison: the service or an emulator.
pub(crate) struct Side {
    pub(super) client: Client,
    pub(super) project: String,
    pub(super) address: GroupAddress,
    /// The texts below are percent-encoded for use in paths.
    pub(super) instance: String,
    pub(super) topic: String,
    pub(super) group: String,
    pub(super) online_group: Option<String>,
    runtime: Runtime,
    http: reqwest::Client,
    credentials: Credentials,
    addresses: BTreeMap<Service, String>,
    pause: Duration,
    settings: Settings,
}

/// A request before it is signed.
pub(super) struct Request {
    method: &'static str,
    service: Service,
    path: String,
    query: String,
    headers: Vec<(&'static str, String)>,
    body: Option<Value>,
    secret_key: Option<&'static str>,
}

impl Request {
    pub(super) fn new(method: &'static str, service: Service, path: impl Into<String>) -> Self {
        let (path, query, headers) = (path.into(), String::new(), Vec::new());
        Self { method, service, path, query, headers, body: None, secret_key: None }
    }

    pub(super) fn get(path: impl Into<String>) -> Self {
        Self::new("GET", Service::Dms, path)
    }

    /// Sets the query, which the caller has encoded.
    pub(super) fn query(self, query: impl Into<String>) -> Self {
        Self { query: query.into(), ..self }
    }

    /// Adds a signed header, or replaces the usual one.
    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    pub(super) fn wrong_signature(self) -> Self {
        Self { secret_key: Some("not-the-secret-key"), ..self }
    }
}

/// A response with its body, which is null if it is not JSON.
pub(crate) struct Response {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Response {
    /// Status and error code, with the name of the field that has the code unless it is `error_code`.
    pub(super) fn outcome(&self) -> String {
        let codes = ["/error_code", "/errorCode", "/code", "/error/code"];
        let found = codes.iter().find_map(|at| Some((at, self.body.pointer(at)?)));
        match found {
            _ if self.status < 400 => self.status.to_string(),
            None => format!("{} without a code", self.status),
            Some((at, code)) => {
                let code = code.as_str().map_or_else(|| code.to_string(), str::to_owned);
                let form =
                    if *at == "/error_code" { String::new() } else { format!(" in `{}`", at[1..].replace('/', ".")) };
                format!("{} `{code}`{form}", self.status)
            }
        }
    }

    fn code(&self) -> &str {
        self.body["error_code"].as_str().unwrap_or_default()
    }

    /// The gateway also responds with 403 to a wrong project, which is a finding.
    fn is_missing_permission(&self) -> bool {
        self.status == 403 && !self.code().starts_with("APIG")
    }

    fn is_busy(&self) -> bool {
        self.status == 429 || self.status == 503 && self.code() == "DMS.111501025"
    }

    /// Status and error code, or the names and types of the body's fields.
    pub(super) fn shape(&self) -> String {
        if self.status < 400 { format!("{} `{}`", self.status, shape(&self.body)) } else { self.outcome() }
    }
}

/// Names and types, without values. The first element describes a list.
pub(super) fn shape(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        Value::Number(_) => "number".to_owned(),
        Value::String(_) => "string".to_owned(),
        Value::Array(list) => format!("[{}]", list.first().map(shape).unwrap_or_default()),
        Value::Object(fields) => {
            let sorted: BTreeMap<_, _> = fields.iter().collect();
            let fields: Vec<_> = sorted.iter().map(|(name, value)| format!("{name}: {}", shape(value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}

/// A number, or one in a string.
pub(super) fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

impl Side {
    pub(crate) fn new(settings: &Settings) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let client = settings.client()?;
        let project_id = runtime.block_on(client.project_id(None))?;
        let instance_id = InstanceId::parse(&settings.instance_id)?;
        let address = |service| anyhow::Ok((service, client.endpoint(service, None)?.to_string()));
        let addresses = Service::ALL.into_iter().map(address).collect::<Result<BTreeMap<_, _>>>()?;
        let is_local = addresses[&Service::Dms].starts_with("http://127.0.0.1:");
        let http =
            reqwest::Client::builder().timeout(Duration::from_secs(60)).redirect(reqwest::redirect::Policy::none());
        let http = if is_local { http.no_proxy() } else { http };
        let token = settings.security_token.as_deref().map(Secret::new);
        let credentials = Credentials::new(&*settings.access_key, Secret::new(&*settings.secret_key), token);
        Ok(Self {
            project: project_id.as_str().to_owned(),
            address: GroupAddress {
                instance: InstanceAddress { project_id, region: None, instance_id },
                group: GroupName::parse(&settings.group)?,
            },
            instance: encode_segment(&settings.instance_id)?,
            topic: encode_segment(&settings.topic)?,
            group: encode_segment(&settings.group)?,
            online_group: settings.online_group.as_deref().map(encode_segment).transpose()?,
            runtime,
            http: http.build()?,
            credentials: credentials.map_err(|_| anyhow!("the credentials are malformed"))?,
            addresses,
            // A local emulator responds at once.
            pause: if is_local { Duration::from_millis(20) } else { Duration::from_secs(5) },
            client,
            settings: settings.clone(),
        })
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn has_token(&self) -> bool {
        self.settings.security_token.is_some()
    }

    /// `/v2/{project}/instances/{instance}…`
    pub(super) fn of_instance(&self, suffix: &str) -> String {
        format!("/v2/{}/instances/{}{suffix}", self.project, self.instance)
    }

    /// `/v2/kafka/{project}/instances/{instance}/groups/{group}…`
    pub(super) fn of_group(&self, suffix: &str) -> String {
        format!("/v2/kafka/{}/instances/{}/groups/{}{suffix}", self.project, self.instance, self.group)
    }

    /// `/v2/{project}/instances/{instance}/management/topics/{topic}…`
    pub(super) fn of_topic(&self, suffix: &str) -> String {
        self.of_instance(&format!("/management/topics/{}{suffix}", self.topic))
    }

    pub(super) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    pub(super) fn pause(&self) {
        thread::sleep(self.pause);
    }

    /// Sends a request, and repeats it while the service is busy.
    ///
    /// # Errors
    /// A [`Finding`] if there is no response, the service stays busy, or a permission is missing; or a signal arrives.
    pub(super) fn send(&self, request: &Request) -> Result<Response> {
        for _ in 0..REPEATS {
            process::check()?;
            let response = self.block_on(self.attempt(request))?;
            if response.status == 401 {
                // Several refusals in a row lock the access key. Most likely, a valid signature resets their count.
                self.block_on(self.attempt(&Request::get(self.of_group(""))))?;
            }
            if response.is_missing_permission() {
                bail!(Finding::NotProbed(format!("possibly for lack of a permission: {}", response.outcome())));
            }
            if !response.is_busy() {
                return Ok(response);
            }
            self.pause();
        }
        bail!(Finding::NotProbed("the service stayed busy".to_owned()))
    }

    async fn attempt(&self, request: &Request) -> Result<Response> {
        let mut headers = request.headers.clone();
        let mut add = |name, value: &str| {
            if !headers.iter().any(|(known, _)| *known == name) {
                headers.push((name, value.to_owned()));
            }
        };
        if request.service == Service::Dms {
            add("x-project-id", &self.project);
        }
        if let Some(token) = self.credentials.security_token() {
            add("x-security-token", token.expose());
        }
        let body = request.body.as_ref().map(Value::to_string).unwrap_or_default();
        let signed: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
        let Request { method, path, query, .. } = request;
        let signable = SignableRequest { method, path, query, headers: &signed, body: body.as_bytes() };
        let credentials = match request.secret_key {
            Some(wrong) => Credentials::new(self.credentials.access_key(), Secret::new(wrong), None)
                .map_err(|_| anyhow!("the access key is malformed"))?,
            None => self.credentials.clone(),
        };
        let signature = sign(&signable, &credentials, self.client.now())?;
        let mark = if query.is_empty() { "" } else { "?" };
        let url = format!("{}{path}{mark}{query}", self.addresses[&request.service]);
        let mut sent = self.http.request(method.parse()?, &url).header("content-type", "application/json");
        for (name, value) in signed {
            sent = sent.header(name, value);
        }
        sent = sent.header("x-sdk-date", signature.date).header("authorization", signature.authorization);
        // Errors of the HTTP client contain the URL, which has ids.
        let lost = |_| Finding::NotProbed("no response".to_owned());
        let response = sent.body(body).send().await.map_err(lost)?;
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(lost)?;
        Ok(Response { status, body: serde_json::from_slice(&body).unwrap_or_default() })
    }
}
