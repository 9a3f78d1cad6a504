//! Monitors of Uptime Kuma.

use super::json_path::pointer;
use super::notification::Receivers;
use super::{id, is_on, number, text};
use crate::headers::{header, password, without_login};
use crate::model::{Heartbeat, Secrets, Site};
use crate::names;
use crate::text::{literal, missing};
use crate::value::Toml;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The first of the days before the expiry of a certificate on which Uptime Kuma notifies by default.
const CERTIFICATE_DAYS: u64 = 21;
/// The default timeout, in milliseconds, and that of Uptime Kuma: this share of the interval.
const TIMEOUT_MS: u64 = 10_000;
const DEFAULT_INTERVAL_SECONDS: u64 = 60;
/// Most redirects that are followed: the default, and the limit.
const REDIRECTS: (u64, u64) = (5, 10);
/// Most ranges of expected status codes.
const MAX_EXPECTED: usize = 20;

/// The name of a monitor.
pub(super) fn name(monitor: &Value) -> String {
    text(monitor, "name").unwrap_or("without a name").to_owned()
}

/// The target, or why it cannot be taken.
pub(super) fn read(
    monitor: &Value,
    names_by_id: &BTreeMap<i64, &str>,
    receivers: &Receivers,
    secrets: &mut Secrets,
) -> Result<Site, String> {
    refuse_odd(monitor)?;
    let name = names::shown(&name(monitor)).ok_or("has no name")?;
    let parent = monitor["parent"].as_i64().and_then(|parent| names_by_id.get(&parent).copied());
    let mut site = Site { name, group: parent.and_then(names::shown), ..Site::default() };
    site.probe = probe(monitor, &mut site, secrets)?;
    let interval = number(monitor, "interval").unwrap_or(DEFAULT_INTERVAL_SECONDS).saturating_mul(1000);
    site.set_interval(interval);
    if let Some(seconds) = monitor["timeout"].as_f64().filter(|seconds| *seconds > 0.0) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive, and saturates"
        )]
        let timeout = (seconds * 1000.0).round() as u64;
        // Uptime Kuma's default is four fifths of the interval.
        if timeout != TIMEOUT_MS && timeout != interval / 5 * 4 {
            site.set_timeout(timeout);
        }
    }
    site.set_threshold("failures", number(monitor, "maxretries").unwrap_or(0).saturating_add(1));
    if is_on(monitor, "expiryNotification") && site.probe.1.starts_with("https://") {
        site.certificate_days = Some(CERTIFICATE_DAYS);
    }
    tags(monitor, &mut site);
    of_receivers(monitor, receivers, &mut site);
    Ok(site)
}

/// The heartbeat of a monitor of type push, or why it cannot be taken.
pub(super) fn read_heartbeat(monitor: &Value, receivers: &Receivers) -> Result<Heartbeat, String> {
    refuse_odd(monitor)?;
    let every = number(monitor, "interval").unwrap_or(DEFAULT_INTERVAL_SECONDS).saturating_mul(1000);
    let mut site = Site { name: name(monitor), ..Site::default() };
    of_receivers(monitor, receivers, &mut site);
    Ok(Heartbeat::of(site, every, "/api/push/TOKEN".to_owned()))
}

fn refuse_odd(monitor: &Value) -> Result<(), String> {
    let is_paused = !monitor["active"].is_null() && !is_on(monitor, "active");
    match (is_paused, is_on(monitor, "upsideDown")) {
        (true, _) => Err("it is paused".to_owned()),
        (false, true) => Err(missing("upside down mode")),
        (false, false) => Ok(()),
    }
}

fn probe(monitor: &Value, site: &mut Site, secrets: &mut Secrets) -> Result<(&'static str, String), String> {
    let host = || text(monitor, "hostname").map(bracketed).ok_or("has no hostname");
    let address =
        || Ok::<_, String>(format!("{}:{}", host()?, number(monitor, "port").ok_or("has no port")?));
    match text(monitor, "type").unwrap_or("without a type") {
        kind @ ("http" | "keyword" | "json-query") => http(kind, monitor, site, secrets),
        "port" => Ok(("tcp", address()?)),
        "ping" => Ok(("url", format!("icmp://{}", host()?))),
        "dns" => {
            let resolver = text(monitor, "dns_resolve_server").unwrap_or("1.1.1.1");
            let record = text(monitor, "dns_resolve_type").unwrap_or("A");
            if record != "A" {
                site.key("record", Toml::text(record));
            }
            let port = number(monitor, "port").filter(|port| *port != 53).map(|port| format!(":{port}"));
            Ok(("url", format!("dns://{}{}/{}", bracketed(resolver), port.unwrap_or_default(), host()?)))
        }
        "grpc-keyword" => {
            site.note("the method and the keyword were left out: the health service is asked instead");
            let scheme = if is_on(monitor, "grpcEnableTls") { "grpcs" } else { "grpc" };
            let url = text(monitor, "grpcUrl").or(text(monitor, "grpc_url")).ok_or("has no gRPC address")?;
            Ok(("url", format!("{scheme}://{url}")))
        }
        other => Err(missing(&format!("a monitor of type {other}"))),
    }
}

/// An IPv6 address in brackets.
fn bracketed(host: &str) -> String {
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() }
}

fn http(
    kind: &str,
    monitor: &Value,
    site: &mut Site,
    secrets: &mut Secrets,
) -> Result<(&'static str, String), String> {
    let url = text(monitor, "url").ok_or("has no URL")?;
    let url = without_login(url, &site.name, &mut site.keys, secrets);
    status(monitor, site);
    match kind {
        "keyword" => keyword(monitor, site)?,
        "json-query" => json_query(monitor, site)?,
        _ => {}
    }
    request(monitor, site, secrets);
    authentication(monitor, site, secrets)?;
    let redirects = number(monitor, "maxredirects").unwrap_or(REDIRECTS.0).min(REDIRECTS.1);
    if redirects != REDIRECTS.0 {
        site.key("max_redirects", Toml::number(redirects));
    }
    if is_on(monitor, "ignoreTls") && url.starts_with("https://") {
        site.note("`ignore TLS errors` was left out: certificates are always checked; name the authority or the certificate in ca_file");
    }
    if !monitor["proxyId"].is_null() || !monitor["proxy_id"].is_null() {
        site.note("the proxy was left out");
    }
    Ok(("url", url))
}

fn status(monitor: &Value, site: &mut Site) {
    let codes = monitor["accepted_statuscodes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let codes: Vec<&str> = codes.iter().filter_map(Value::as_str).take(MAX_EXPECTED).collect();
    if !codes.is_empty() && codes != ["200-299"] {
        site.key("expect_status", Toml::list(codes));
    }
}

fn keyword(monitor: &Value, site: &mut Site) -> Result<(), String> {
    let keyword = text(monitor, "keyword").ok_or("has no keyword")?;
    if is_on(monitor, "invertKeyword") {
        return Err(missing("a keyword that must not be there"));
    }
    site.key("body_contains", Toml::text(keyword));
    Ok(())
}

fn json_query(monitor: &Value, site: &mut Site) -> Result<(), String> {
    let path = text(monitor, "jsonPath").unwrap_or("$");
    let operator = text(monitor, "jsonPathOperator").unwrap_or("==");
    let expected = match &monitor["expectedValue"] {
        Value::String(text) => text.clone(),
        Value::Null => return Err("has no expected value".to_owned()),
        other => other.to_string(),
    };
    let pointer = pointer(path).ok_or_else(|| missing(&format!("the JSON query {path}")))?;
    match operator {
        "==" => site.key("body_json", Toml::table([(pointer, Toml::text(&expected))])),
        "contains" if pointer.is_empty() => site.key("body_matches", Toml::text(&literal(&expected))),
        other => return Err(missing(&format!("the JSON query with {other}"))),
    }
    Ok(())
}

fn request(monitor: &Value, site: &mut Site, secrets: &mut Secrets) {
    let body = text(monitor, "body");
    let method = text(monitor, "method").unwrap_or("GET").to_uppercase();
    if let Some(body) = body {
        site.key("body", Toml::text(body));
    }
    if method != "GET" || body.is_some() {
        site.key("method", Toml::text(&method));
    }
    let given: Map<String, Value> =
        text(monitor, "headers").and_then(|headers| serde_json::from_str(headers).ok()).unwrap_or_default();
    let mut headers = Vec::new();
    for (name, value) in given {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        header(&name, &value, &mut headers, site, secrets);
    }
    let has_type = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if body.is_some() && !has_type {
        let is_xml = text(monitor, "httpBodyEncoding").or(text(monitor, "http_body_encoding")) == Some("xml");
        let kind = if is_xml { "text/xml; charset=utf-8" } else { "application/json" };
        headers.push(("content-type".to_owned(), Toml::text(kind)));
    }
    if !headers.is_empty() {
        site.key("headers", Toml::table(headers));
    }
}

fn authentication(monitor: &Value, site: &mut Site, secrets: &mut Secrets) -> Result<(), String> {
    match text(monitor, "authMethod") {
        None => {}
        Some("basic") => {
            let user = text(monitor, "basic_auth_user").ok_or("has no user for basic authentication")?;
            site.keys.retain(|(key, _)| !matches!(*key, "token_file" | "username" | "password_file"));
            password(user, &site.name, &mut site.keys, secrets);
        }
        Some(other) => return Err(missing(&format!("authentication by {other}"))),
    }
    Ok(())
}

/// A tag without a value is a label with the value `true`.
fn tags(monitor: &Value, site: &mut Site) {
    for tag in monitor["tags"].as_array().into_iter().flatten() {
        if let Some(name) = text(tag, "name") {
            site.label(name, text(tag, "value").unwrap_or("true"));
        }
    }
}

fn of_receivers(monitor: &Value, receivers: &Receivers, site: &mut Site) {
    let chosen = monitor["notificationIDList"].as_object();
    let chosen = chosen.into_iter().flatten().filter(|(_, is_on)| **is_on != Value::Bool(false));
    for (id, _) in chosen {
        match receivers.get(id) {
            Some(name) => drop(site.receivers.insert(name.clone())),
            None => site.note("one of its notifications was left out"),
        }
    }
    if id(monitor).is_some()
        && number(monitor, "resendInterval")
            .or(number(monitor, "resend_interval"))
            .is_some_and(|every| every > 0)
    {
        site.note("its resend interval was left out: set repeat_interval in a rule");
    }
}
