//! Endpoints of Gatus.

use super::conditions::Conditions;
use super::{Alerting, has_variable, list, text};
use crate::headers::{header, without_login};
use crate::model::{Heartbeat, Secrets, Site};
use crate::names;
use crate::text::{go_duration, missing};
use crate::value::Toml;
use serde_json::Value;

/// The defaults of Gatus, in milliseconds.
const INTERVAL_MS: u64 = 60_000;
const TIMEOUT_MS: u64 = 10_000;

/// Group and name, as Gatus shows them.
pub(super) fn full_name(endpoint: &Value) -> String {
    let name = text(endpoint, "name").or(text(endpoint, "url")).unwrap_or("without a name");
    text(endpoint, "group").map_or_else(|| name.to_owned(), |group| format!("{group}/{name}"))
}

/// The target, or why it cannot be taken.
pub(super) fn read(endpoint: &Value, alerting: &Alerting, secrets: &mut Secrets) -> Result<Site, String> {
    if endpoint["enabled"] == Value::Bool(false) {
        return Err("it is not enabled in Gatus".to_owned());
    }
    let url = text(endpoint, "url").ok_or("has no url")?;
    if has_variable(url) {
        return Err("its URL has a variable of the environment, which only Gatus knows".to_owned());
    }
    let name = text(endpoint, "name").and_then(names::shown).ok_or("has no name")?;
    let group = text(endpoint, "group").and_then(names::shown);
    let conditions = list(endpoint, "conditions").iter().filter_map(Value::as_str);
    let mut conditions = Conditions::read(conditions);
    let mut site = Site { name, group, ..Site::default() };
    site.notes.append(&mut conditions.left);
    site.probe = probe(endpoint, url, &conditions, &mut site.keys, secrets)?;
    site.set_interval(duration(endpoint, "interval").unwrap_or(INTERVAL_MS));
    timeout(endpoint, &conditions, &mut site);
    site.certificate_days = conditions.certificate_days.filter(|_| has_certificate(&site));
    if url.starts_with("http") {
        conditions.apply(&mut site);
        request(endpoint, &mut site, secrets);
    } else if conditions.has_body()
        && site.probe.1.split_once("://").is_none_or(|(scheme, _)| scheme != "dns")
    {
        site.note("conditions on [BODY] were left out");
    }
    client(&endpoint["client"], &mut site);
    labels(endpoint, &mut site);
    super::alerting::of_endpoint(endpoint, alerting, &mut site);
    if !list(endpoint, "maintenance-windows").is_empty() {
        site.note("maintenance-windows were left out: add a [[notifier.maintenance]] for this target");
    }
    Ok(site)
}

/// The heartbeat of an external endpoint, or why it cannot be taken.
pub(super) fn read_heartbeat(endpoint: &Value, alerting: &Alerting) -> Result<Heartbeat, String> {
    if endpoint["enabled"] == Value::Bool(false) {
        return Err("it is not enabled in Gatus".to_owned());
    }
    let every = duration(&endpoint["heartbeat"], "interval").ok_or("has no heartbeat.interval")?;
    let mut site = Site { name: full_name(endpoint), ..Site::default() };
    super::alerting::of_endpoint(endpoint, alerting, &mut site);
    let before = format!("/api/v1/endpoints/{}/external", full_name(endpoint).replace(['/', ' '], "_"));
    Ok(Heartbeat::of(site, every, before))
}

/// The key and the value of what is probed.
fn probe(
    endpoint: &Value,
    url: &str,
    conditions: &Conditions,
    keys: &mut Vec<(&'static str, Toml)>,
    secrets: &mut Secrets,
) -> Result<(&'static str, String), String> {
    if endpoint["dns"].is_object() {
        return dns(&endpoint["dns"], url, conditions, keys);
    }
    let (scheme, rest) = url.split_once("://").ok_or("its URL has no scheme")?;
    let address = rest.trim_end_matches('/');
    match scheme {
        "http" | "https" => Ok(("url", without_login(url, &full_name(endpoint), keys, secrets))),
        "tcp" | "tls" if endpoint["body"].is_string() => Err(missing("sending a body over TCP")),
        "tcp" => Ok(("tcp", address.to_owned())),
        "tls" => Ok(("tls", address.to_owned())),
        "icmp" => Ok(("url", format!("icmp://{address}"))),
        "ssh" if endpoint["ssh"]["username"].as_str().is_none_or(str::is_empty) => {
            Ok(("url", format!("ssh://{address}")))
        }
        "grpc" | "grpcs" => Ok(("url", format!("{scheme}://{address}"))),
        "ssh" => Err(missing("SSH with a login")),
        other => Err(missing(&format!("the scheme {other}"))),
    }
}

fn dns(
    dns: &Value,
    resolver: &str,
    conditions: &Conditions,
    keys: &mut Vec<(&'static str, Toml)>,
) -> Result<(&'static str, String), String> {
    let name = text(dns, "query-name").ok_or("its DNS query has no name")?;
    let record = text(dns, "query-type").unwrap_or("A");
    if record != "A" {
        keys.push(("record", Toml::text(record)));
    }
    let answers: Vec<&String> =
        conditions.dns_answers.iter().filter(|answer| !answer.contains('(')).collect();
    if !answers.is_empty() {
        keys.push(("expect_answer", Toml::list(answers)));
    }
    let resolver = resolver.trim_start_matches("udp://").trim_start_matches("tcp://");
    Ok(("url", format!("dns://{resolver}/{}", name.trim_end_matches('.'))))
}

fn has_certificate(site: &Site) -> bool {
    site.probe.0 == "tls" || site.probe.1.starts_with("https://")
}

/// A response that is slower than a condition allows counts as none.
fn timeout(endpoint: &Value, conditions: &Conditions, site: &mut Site) {
    let timeout = duration(&endpoint["client"], "timeout").unwrap_or(TIMEOUT_MS);
    let timeout = conditions.response_ms.map_or(timeout, |limit| limit.min(timeout));
    if timeout != TIMEOUT_MS {
        site.set_timeout(timeout);
    }
}

/// Method, body and headers.
fn request(endpoint: &Value, site: &mut Site, secrets: &mut Secrets) {
    let body = text(endpoint, "body");
    let method = text(endpoint, "method").map(str::to_uppercase);
    let graphql = endpoint["graphql"] == Value::Bool(true);
    if let Some(body) = body.filter(|body| !has_variable(body)) {
        let body = if graphql { serde_json::json!({ "query": body }).to_string() } else { body.to_owned() };
        site.key("body", Toml::text(&body));
    } else if body.is_some() {
        site.note("the body was left out: it has a variable of the environment");
    }
    if method.as_deref() != Some("GET") || body.is_some() {
        let method = method.unwrap_or_else(|| if graphql { "POST" } else { "GET" }.to_owned());
        if method != "GET" || body.is_some() {
            site.key("method", Toml::text(&method));
        }
    }
    let mut headers = Vec::new();
    for (name, value) in endpoint["headers"].as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        header(name, &value, &mut headers, site, secrets);
    }
    if graphql && !headers.iter().any(|(name, _): &(String, Toml)| name.eq_ignore_ascii_case("content-type"))
    {
        headers.push(("content-type".to_owned(), Toml::text("application/json")));
    }
    if !headers.is_empty() {
        site.key("headers", Toml::table(headers));
    }
}

fn client(client: &Value, site: &mut Site) {
    if client["ignore-redirect"] == Value::Bool(true) {
        site.key("max_redirects", Toml::number(0));
    }
    if client["insecure"] == Value::Bool(true) {
        site.note("`insecure` was left out: certificates are always checked; name the authority or the certificate in ca_file");
    }
    for key in ["dns-resolver", "oauth2", "identity-aware-proxy", "proxy-url", "network", "tls", "tunnel"] {
        if !client[key].is_null() {
            site.note(format!("client.{key} was left out"));
        }
    }
}

fn labels(endpoint: &Value, site: &mut Site) {
    for (name, value) in endpoint["extra-labels"].as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        site.label(name, &value);
    }
}

fn duration(value: &Value, key: &str) -> Option<u64> {
    text(value, key).and_then(go_duration)
}
