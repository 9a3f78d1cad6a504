//! Proxies of HTTP checks.

use super::config::parse;
use super::reach::Reach;
use std::net::IpAddr;
use ureq::{Error, Proxy, ProxyProtocol};
use watchkeeper_config::{HttpUrl, MAX_URL_BYTES, Section};

/// Hosts that no proxy is asked for, also when a redirect leads there.
const OWN: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Reads the key `proxy`.
pub(super) fn read(section: &mut Section<'_>) -> Option<HttpUrl> {
    let text = section.optional_text("proxy", MAX_URL_BYTES)?;
    let proxy: HttpUrl = parse(section, "proxy", &text)?;
    if proxy.is_https() || proxy.expose().trim_end_matches('/').matches('/').count() > 2 {
        section.refuse("proxy", "must be http://HOST:PORT");
        return None;
    }
    Some(proxy)
}

/// The proxy for a target: none if the target is on this host.
pub(super) fn of(proxy: Option<&HttpUrl>, target: &HttpUrl) -> Result<Option<Proxy>, Error> {
    let Some(proxy) = proxy.filter(|_| !is_own(target.host())) else { return Ok(None) };
    let builder = Proxy::builder(ProxyProtocol::Http).host(proxy.host()).port(proxy.port());
    OWN.iter().fold(builder, |builder, own| builder.no_proxy(own)).build().map(Some)
}

fn is_own(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    let is_name = host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost");
    is_name || host.parse::<IpAddr>().is_ok_and(|address| Reach::of(address) == Reach::Host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_on_this_host_is_asked_without_a_proxy() {
        let proxy: HttpUrl = "http://proxy.test:3128".parse().unwrap();
        let of = |target: &str| of(Some(&proxy), &target.parse().unwrap()).unwrap();
        for target in ["http://localhost/", "http://127.0.0.2:80/", "http://[::1]/", "http://a.localhost/"] {
            assert!(of(target).is_none(), "{target}");
        }
        let used = of("https://shop.test/").unwrap();
        assert_eq!((used.host(), used.port()), ("proxy.test", 3128));
    }
}
