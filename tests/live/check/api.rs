//! Sends signed requests to the service or the emulator, without the provider's HTTP client.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Value, json};
use terraform_provider_huaweicloud_kafka::huaweicloud::signing::{SignableRequest, encode_segment, sign};
use terraform_provider_huaweicloud_kafka::huaweicloud::{Client, Credentials, Secret, Service};
use testkit::process;
use tokio::runtime::Runtime;

use super::settings::Settings;

/// How many times the check sends a request that has to wait for a rate limit, a background task, or an effect.
const REPEATS: usize = 24;

/// One side of the comparison: the service or an emulator.
pub(crate) struct Side {
    pub(super) client: Client,
    pub(super) project: String,
    /// The names below are percent-encoded for use in paths.
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
pub(super) struct Response {
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
        let project = runtime.block_on(client.project_id(None))?.as_str().to_owned();
        let address = |service| anyhow::Ok((service, client.endpoint(service, None)?.to_string()));
        let addresses = Service::ALL.into_iter().map(address).collect::<Result<BTreeMap<_, _>>>()?;
        let is_local = addresses[&Service::Dms].starts_with("http://127.0.0.1:");
        let http =
            reqwest::Client::builder().timeout(Duration::from_secs(60)).redirect(reqwest::redirect::Policy::none());
        let http = if is_local { http.no_proxy() } else { http };
        let token = settings.security_token.as_deref().map(Secret::new);
        let credentials = Credentials::new(&*settings.access_key, Secret::new(&*settings.secret_key), token);
        Ok(Self {
            project,
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

    /// Sends a request, and repeats it if a rate limit refuses it.
    ///
    /// # Errors
    /// There is no response, or a signal arrives.
    pub(super) fn send(&self, request: &Request) -> Result<Response> {
        for _ in 1..REPEATS {
            process::check()?;
            let response = self.block_on(self.attempt(request))?;
            if response.status == 401 {
                // Several refusals in a row would lock the access key. A valid signature resets their count.
                self.block_on(self.attempt(&Request::get(self.of_group(""))))?;
            }
            if response.status != 429 {
                return Ok(response);
            }
            self.pause();
        }
        self.block_on(self.attempt(request))
    }

    async fn attempt(&self, request: &Request) -> Result<Response> {
        let mut headers = request.headers.clone();
        let mut add = |name, value: &str| {
            if !headers.iter().any(|(known, _)| *known == name) {
                headers.push((name, value.to_owned()));
            }
        };
        add("x-project-id", &self.project);
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
        let response = sent.body(body).send().await.with_context(|| format!("no response to {method} {path}"))?;
        let status = response.status().as_u16();
        let body = response.bytes().await.with_context(|| format!("no complete response to {method} {path}"))?;
        Ok(Response { status, body: serde_json::from_slice(&body).unwrap_or_default() })
    }

    /// The committed offsets of the group, by topic and partition.
    pub(super) fn offsets(&self) -> Result<BTreeMap<(String, i64), i64>> {
        let response = self.send(&Request::get(self.of_instance(&format!("/management/groups/{}", self.group))))?;
        let rows = response.body["group"]["group_message_offsets"]
            .as_array()
            .with_context(|| format!("the response for the group contains no offsets: {}", response.outcome()))?;
        let offset = |row: &Value| {
            let topic = row["topic"].as_str()?.to_owned();
            Some(((topic, number(&row["partition"])?), number(&row["message_current_offset"])?))
        };
        Ok(rows.iter().filter_map(offset).filter(|(_, offset)| *offset >= 0).collect())
    }

    /// The committed offsets on the topic, one per partition, -1 for none.
    pub(super) fn topic_offsets(&self, partitions: usize) -> Result<Vec<i64>> {
        let offsets = self.offsets()?;
        let offset = |partition| offsets.get(&(self.settings.topic.clone(), partition)).copied().unwrap_or(-1);
        Ok((0..).take(partitions).map(offset).collect())
    }

    pub(super) fn reset(&self, body: Value) -> Result<Response> {
        self.send(&Request::new("PUT", Service::Dms, self.of_group("/reset-message-offset")).body(body))
    }

    /// Sets the offset of one partition. Waits until no background task of the instance is running.
    pub(super) fn set_offset(&self, partition: usize, offset: i64) -> Result<()> {
        let body = json!({"topic": self.settings.topic, "partition": partition, "message_offset": offset});
        for _ in 1..REPEATS {
            let response = self.reset(body.clone())?;
            if response.body["error_code"] != "DMS.00400017" {
                ensure!(
                    response.status == 204,
                    "the service refuses a reset to offset {offset}: {}",
                    response.outcome()
                );
                return Ok(());
            }
            self.pause();
        }
        Err(anyhow!("a background task of the instance did not end in time"))
    }

    /// Reads the offsets until they differ from `before` and no task is running, or for two minutes.
    pub(super) fn offsets_after(&self, before: &[i64]) -> Result<Vec<i64>> {
        let mut offsets = before.to_vec();
        for _ in 1..REPEATS {
            let tasks = self.send(&Request::get(self.of_instance("/tasks")).query("start=1&limit=100"))?;
            let tasks = tasks.body["tasks"].as_array().cloned().unwrap_or_default();
            let is_running = |task: &Value| ["CREATED", "EXECUTING"].iter().any(|status| task["status"] == *status);
            offsets = self.topic_offsets(before.len())?;
            if offsets != before && !tasks.iter().any(is_running) {
                break;
            }
            self.pause();
        }
        Ok(offsets)
    }
}
