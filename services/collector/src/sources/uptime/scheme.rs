//! URLs of checks other than HTTP.

use super::address::Address;
use super::config::{Check, parse};
use super::dns::{DnsCheck, RecordType};
use super::domain::DomainCheck;
use super::grpc::GrpcCheck;
use super::icmp::IcmpCheck;
use super::talk::{Exchange, Protocol, Security, TalkCheck};
use watchkeeper_config::Section;
use watchkeeper_http_client::Trust;

/// The other schemes.
const SCHEMES: [&str; 12] =
    ["icmp", "dns", "domain", "grpc", "grpcs", "tcp", "tls", "smtp", "smtps", "imap", "imaps", "ssh"];

/// Whether the URL has a scheme that is not of HTTP.
pub(super) fn is_other(url: &str) -> bool {
    url.split_once("://").is_some_and(|(scheme, _)| !matches!(scheme, "http" | "https"))
}

/// The check of a URL, and the default name of its target.
pub(super) fn read(section: &mut Section<'_>, url: &str) -> Option<(Check, String)> {
    let (scheme, rest) = url.split_once("://")?;
    let check = match scheme {
        "icmp" => host(section, rest).map(|host| Check::Icmp(IcmpCheck::read(section, host))),
        "dns" => DnsCheck::read(section, rest).map(Check::Dns),
        "grpc" | "grpcs" => GrpcCheck::read(section, rest, scheme == "grpcs").map(Check::Grpc),
        "tcp" => parse(section, "url", rest).map(|address| tcp(section, address)),
        "tls" => parse(section, "url", rest).map(|address| tls(section, address)),
        "smtp" => greeting(section, rest, 25, Protocol::Smtp, Security::StartTls),
        "smtps" => greeting(section, rest, 465, Protocol::Smtp, Security::Tls),
        "imap" => greeting(section, rest, 143, Protocol::Imap, Security::StartTls),
        "imaps" => greeting(section, rest, 993, Protocol::Imap, Security::Tls),
        "domain" => DomainCheck::read(section, rest).map(Check::Domain),
        "ssh" => greeting(section, rest, 22, Protocol::Ssh, |_| Security::None),
        _ => {
            let known = SCHEMES.join(", ");
            section.refuse("url", format!("must begin with http, https, {known}, and ://"));
            None
        }
    }?;
    let name = match &check {
        // One name may be asked for in several types.
        Check::Dns(dns) if dns.record != RecordType::A => format!("{url} {}", dns.record),
        _ => url.to_owned(),
    };
    Some((check, name))
}

/// A connection, on which something may be sent and expected.
pub(super) fn tcp(section: &mut Section<'_>, address: Address) -> Check {
    match Exchange::read(section) {
        None => Check::Tcp(address),
        Some(exchange) => Check::Talk(TalkCheck {
            address,
            security: Security::None,
            protocol: Protocol::Exchange(exchange),
        }),
    }
}

/// The same over TLS.
pub(super) fn tls(section: &mut Section<'_>, address: Address) -> Check {
    let trust = Trust::from(section.path("ca_file"));
    match Exchange::read(section) {
        None => Check::Tls(address, trust),
        Some(exchange) => Check::Talk(TalkCheck {
            address,
            security: Security::Tls(trust),
            protocol: Protocol::Exchange(exchange),
        }),
    }
}

fn greeting(
    section: &mut Section<'_>,
    rest: &str,
    port: u16,
    protocol: Protocol,
    security: impl FnOnce(Trust) -> Security,
) -> Option<Check> {
    let trust = if protocol == Protocol::Ssh { Trust::Web } else { Trust::from(section.path("ca_file")) };
    let address = Address::with_default_port(rest.trim_end_matches('/'), port);
    let address = address.map_err(|error| section.refuse("url", error.to_string())).ok()?;
    Some(Check::Talk(TalkCheck { address, security: security(trust), protocol }))
}

fn host(section: &mut Section<'_>, rest: &str) -> Option<Address> {
    // ICMP has no ports.
    let host = rest.trim_end_matches('/');
    let has_port = Address::with_default_port(host, 1)
        .map_or(true, |address| address.port() != 1 || host.ends_with(":1"));
    if has_port {
        section.refuse("url", "must be icmp://HOST, such as icmp://192.0.2.1 or icmp://[2001:db8::1]");
        return None;
    }
    Address::with_default_port(host, 1).ok()
}
