//! Why a probe failed, in words for whoever is notified.

use super::body::cut;
use crate::target::CollectError;
pub(super) use crate::target::spelled;
use std::io;
use std::net::IpAddr;
use std::time::Duration;
use tokio_rustls::rustls::{CertificateError, Error as TlsError};
use ureq::Error as RequestError;
use watchkeeper_http_client::{NotConnected, describe, describe_io};

/// Most addresses that a reason names; the others are counted.
const MAX_NAMED: usize = 3;
/// What every reason about a certificate begins with.
const CERTIFICATE: &str = "certificate ";

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

/// Stands before the host of a redirect.
const REDIRECTED: &str = ", after a redirect to ";

/// Whether a reason is about the certificate of the target itself.
pub(super) fn is_about_certificate(reason: &str) -> bool {
    reason.starts_with(CERTIFICATE) && !reason.contains(REDIRECTED)
}

/// Of another host, to which the target redirects.
pub(super) fn after_redirect(reason: &str, host: &str) -> String {
    format!("{reason}{REDIRECTED}{host}")
}

/// Of a name lookup: `name not found: shop.example`.
pub(super) fn of_lookup(error: &io::Error, host: &str) -> String {
    let text = error.to_string();
    if is_unknown_name(&text) {
        return format!("name not found: {host}");
    }
    let reason = text.rsplit(": ").next().unwrap_or_default();
    format!("cannot look up {host}: {reason}")
}

/// Whether a lookup was answered, with no address. The error has no code; this is what glibc and musl say for
/// `EAI_NONAME` and `EAI_NODATA`.
pub(super) fn is_unknown_name(text: &str) -> bool {
    let unknown = ["not known", "No address associated", "does not resolve", "has no usable address"];
    unknown.iter().any(|part| text.contains(part))
}

/// Of a connection: `connection refused`.
pub(super) fn of_connection(error: &io::Error) -> String {
    of_secured_connection(error, false)
}

/// The same, where the connection may have failed for the certificate of the server; `is_self_signed` tells of it.
fn of_secured_connection(error: &io::Error, is_self_signed: bool) -> String {
    let inner = error.get_ref();
    if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<TlsError>()) {
        return of_tls(error, is_self_signed);
    }
    if let Some(NotConnected(failures)) = inner.and_then(|inner| inner.downcast_ref()) {
        let failures = failures.iter().map(|(address, error)| (address.ip(), describe_io(error)));
        return of_addresses(&failures.collect::<Vec<_>>());
    }
    describe_io(error)
}

/// Of a connection that ended too early: `closed the connection after "220"`.
pub(super) fn closed_early(received: &[u8]) -> String {
    match received {
        [] => "closed the connection without an answer".to_owned(),
        bytes => format!("closed the connection after {:?}", cut(&String::from_utf8_lossy(bytes))),
    }
}

/// A name of a status as its protocol spells it: `PermissionDenied` becomes `PERMISSION_DENIED`.
pub(super) fn shouted(name: &str) -> String {
    let mut shouted = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !shouted.is_empty() {
            shouted.push('_');
        }
        shouted.push(character.to_ascii_uppercase());
    }
    shouted
}

/// Of all addresses of a host, each with why it cannot be reached: `connection refused at 192.0.2.1 and 2001:db8::1`.
pub(super) fn of_addresses(failures: &[(IpAddr, String)]) -> String {
    match failures {
        [] => return "the host name has no address".to_owned(),
        [(_, reason)] => return reason.clone(),
        _ => {}
    }
    let mut by_reason: Vec<(&str, Vec<String>)> = Vec::new();
    for (address, reason) in failures.iter().take(MAX_NAMED) {
        match by_reason.iter_mut().find(|(known, _)| known == reason) {
            Some((_, addresses)) => addresses.push(address.to_string()),
            None => by_reason.push((reason, vec![address.to_string()])),
        }
    }
    let each = by_reason.iter().map(|(reason, addresses)| format!("{reason} at {}", listed(addresses)));
    let each = each.collect::<Vec<_>>().join(", ");
    match failures.len().saturating_sub(MAX_NAMED) {
        0 => each,
        more => format!("{each}, and {more} more"),
    }
}

/// Of a TLS handshake; `is_self_signed` tells of the certificate of the server.
pub(super) fn of_tls(error: &TlsError, is_self_signed: bool) -> String {
    match error {
        TlsError::InvalidCertificate(error) => {
            format!("{CERTIFICATE}{}", of_certificate(error, is_self_signed))
        }
        TlsError::InvalidMessage(_) => "did not answer with TLS".to_owned(),
        TlsError::AlertReceived(alert) => {
            format!("the server refused TLS: {}", spaced(&format!("{alert:?}")))
        }
        error => format!("TLS failed: {error}"),
    }
}

fn of_certificate(error: &CertificateError, is_self_signed: bool) -> String {
    match error {
        CertificateError::Expired => "expired".to_owned(),
        CertificateError::ExpiredContext { time, not_after } => {
            format!("expired {} ago", span(time.as_secs().saturating_sub(not_after.as_secs())))
        }
        CertificateError::NotValidYet => "not valid yet".to_owned(),
        CertificateError::NotValidYetContext { time, not_before } => {
            format!("not valid yet: begins in {}", span(not_before.as_secs().saturating_sub(time.as_secs())))
        }
        CertificateError::Revoked => "revoked".to_owned(),
        CertificateError::NotValidForName => "is for another name".to_owned(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            format!("is not for {}, {}", expected.to_str(), names(presented))
        }
        // One that also claims to be an authority is refused for that first.
        CertificateError::UnknownIssuer | CertificateError::Other(_) if is_self_signed => {
            "not trusted: self-signed".to_owned()
        }
        CertificateError::UnknownIssuer => "not trusted: unknown issuer".to_owned(),
        error => format!("not accepted: {error}"),
    }
}

/// `only for a.example and b.example`, from what rustls presents: `DnsName("a.example")`.
fn names(presented: &[String]) -> String {
    let plain = |name: &String| name.split('"').nth(1).unwrap_or(name).to_owned();
    let named: Vec<_> = presented.iter().take(MAX_NAMED).map(plain).collect();
    match (named.is_empty(), presented.len().saturating_sub(MAX_NAMED)) {
        (true, _) => "and names no host".to_owned(),
        (false, 0) => format!("only for {}", listed(&named)),
        (false, more) => format!("only for {} and {more} more", named.join(", ")),
    }
}

/// `a, b and c`.
fn listed(names: &[String]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        names => names.concat(),
    }
}

/// A name of a TLS alert in words: `HandshakeFailure` becomes `handshake failure`.
fn spaced(name: &str) -> String {
    shouted(name).to_ascii_lowercase().replace('_', " ")
}

/// In the largest whole unit: `2 days`.
pub(super) fn span(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..HOUR => return "less than an hour".to_owned(),
        HOUR..DAY => (seconds / HOUR, "hour"),
        _ => (seconds / DAY, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// Of an HTTP request to `host`; `is_self_signed` tells of the certificate of the server.
pub(super) fn of_request(error: &RequestError, host: &str, within: Duration, is_self_signed: bool) -> String {
    match error {
        RequestError::Timeout(_) => CollectError::TimedOut(within).to_string(),
        RequestError::HostNotFound => format!("name not found: {host}"),
        RequestError::Io(error) if is_of_lookup(error) => of_lookup(error, host),
        RequestError::Io(error) => of_secured_connection(error, is_self_signed),
        RequestError::Rustls(error) => of_tls(error, is_self_signed),
        RequestError::ConnectionFailed => "connection failed".to_owned(),
        RequestError::Protocol(error) => format!("did not answer with HTTP: {error}"),
        RequestError::ConnectProxyFailed(reason) => of_proxy(reason),
        RequestError::LargeResponseHeader(..) => describe(error).to_lowercase(),
        error => describe(error),
    }
}

/// The library writes `proxy server responded 403/403`.
fn of_proxy(reason: &str) -> String {
    match reason.rsplit_once('/') {
        Some((_, status)) => format!("the proxy answered {status}"),
        None => "the proxy did not answer".to_owned(),
    }
}

/// The standard library marks it by its text only.
fn is_of_lookup(error: &io::Error) -> bool {
    error.to_string().starts_with("failed to lookup address")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio_rustls::rustls::AlertDescription;
    use tokio_rustls::rustls::pki_types::UnixTime;

    #[test]
    fn a_name_that_is_not_known_differs_from_a_resolver_that_is_away() {
        let of = |text: &str| of_lookup(&io::Error::other(text), "shop.example");
        let prefix = "failed to lookup address information: ";
        assert_eq!(of(&format!("{prefix}Name or service not known")), "name not found: shop.example");
        assert_eq!(
            of(&format!("{prefix}Temporary failure in name resolution")),
            "cannot look up shop.example: Temporary failure in name resolution"
        );
    }

    #[test]
    fn one_address_is_not_named_and_of_many_a_few_are() {
        let failed = |address: &str, reason: &str| (address.parse().unwrap(), reason.to_owned());
        let (one, two) = (failed("192.0.2.1", "refused"), failed("2001:db8::1", "refused"));
        assert_eq!(of_addresses(std::slice::from_ref(&one)), "refused");
        assert_eq!(of_addresses(&[one.clone(), two]), "refused at 192.0.2.1 and 2001:db8::1");
        let other = failed("2001:db8::1", "no route to host");
        assert_eq!(
            of_addresses(&[one.clone(), other]),
            "refused at 192.0.2.1, no route to host at 2001:db8::1"
        );
        let many = vec![one; MAX_NAMED + 2];
        assert_eq!(of_addresses(&many), "refused at 192.0.2.1, 192.0.2.1 and 192.0.2.1, and 2 more");
    }

    #[test]
    fn a_certificate_says_for_how_long_it_has_been_expired() {
        let time = UnixTime::since_unix_epoch(Duration::from_secs(10 * DAY));
        let expired = |ago| {
            let not_after = UnixTime::since_unix_epoch(Duration::from_secs(10 * DAY - ago));
            of_tls(&CertificateError::ExpiredContext { time, not_after }.into(), false)
        };
        assert_eq!(expired(2 * DAY + HOUR), "certificate expired 2 days ago");
        assert_eq!(expired(DAY), "certificate expired 1 day ago");
        assert_eq!(expired(DAY - 1), "certificate expired 23 hours ago");
        assert_eq!(expired(HOUR - 1), "certificate expired less than an hour ago");
    }

    #[test]
    fn a_certificate_says_when_it_begins_to_be_valid() {
        let time = UnixTime::since_unix_epoch(Duration::from_secs(10 * DAY));
        let not_before = UnixTime::since_unix_epoch(Duration::from_secs(13 * DAY));
        let error = CertificateError::NotValidYetContext { time, not_before };
        assert_eq!(of_tls(&error.into(), false), "certificate not valid yet: begins in 3 days");
    }

    #[test]
    fn an_alert_is_said_in_words() {
        let alert = TlsError::AlertReceived(AlertDescription::HandshakeFailure);
        assert_eq!(of_tls(&alert, false), "the server refused TLS: handshake failure");
    }

    #[test]
    fn a_certificate_of_a_host_behind_a_redirect_is_not_that_of_the_target() {
        let reason = "certificate expired 2 days ago";
        assert!(is_about_certificate(reason));
        let elsewhere = after_redirect(reason, "other.test");
        assert_eq!(elsewhere, "certificate expired 2 days ago, after a redirect to other.test");
        assert!(!is_about_certificate(&elsewhere));
    }

    #[test]
    fn a_certificate_for_another_name_says_which_names_it_is_for() {
        let names = |count: usize| {
            let presented = (0..count).map(|number| format!("DnsName(\"{number}.example\")")).collect();
            let expected = "shop.example".try_into().unwrap();
            let error = CertificateError::NotValidForNameContext { expected, presented };
            of_tls(&error.into(), false)
        };
        assert_eq!(names(0), "certificate is not for shop.example, and names no host");
        assert_eq!(names(2), "certificate is not for shop.example, only for 0.example and 1.example");
        assert_eq!(
            names(4),
            "certificate is not for shop.example, only for 0.example, 1.example, 2.example and 1 more"
        );
    }
}
