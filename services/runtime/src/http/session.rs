//! Sessions of browsers: a signed cookie instead of a token in each request.
//!
//! A session is stateless: the name of the token, when the session ends, and an HMAC-SHA-256 over both and the hash of the
//! token. So it ends when its token is removed or replaced, survives a restart if the key does, and is worth nothing to
//! another program on the same host that is sent the cookie, which browsers do not separate by port.

use super::token::TokenHash;
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use data_encoding::BASE64URL_NOPAD;
use ring::hmac;
use ring::rand::SystemRandom;
use std::time::Duration;
use watchkeeper_domain::Timestamp;

/// How long a session lasts.
pub const SESSION: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Length of the key that signs sessions, in bytes.
pub const SESSION_KEY_BYTES: usize = 32;
/// The name of the cookie.
const NAME: &str = "watchkeeper_session";
/// Longest value that is looked at, in bytes: a name, a time and a signature.
const MAX_BYTES: usize = 256;

/// Signs and checks sessions.
#[derive(Clone, Debug)]
pub(super) struct Sessions(hmac::Key);

/// A cookie as it was sent, not checked yet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Presented<'h> {
    /// The name of the token.
    pub(super) name: String,
    signed: &'h str,
    ends: u64,
    signature: Vec<u8>,
}

impl Sessions {
    /// With a key of its own: sessions end with the process.
    pub(super) fn of_this_process() -> Self {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        Self(key.expect("the system has random numbers"))
    }

    /// With a key that outlives the process.
    pub(super) fn with_key(key: &[u8; SESSION_KEY_BYTES]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The value of a cookie for the holder of the token `name`.
    fn sign(&self, name: &str, token: TokenHash, ends: u64) -> String {
        let signed = format!("{}.{ends}", BASE64URL_NOPAD.encode(name.as_bytes()));
        let signature = hmac::sign(&self.0, &message(&signed, token));
        format!("{signed}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
    }

    /// The header `Set-Cookie` of a session that begins `now`. Other sites cannot make a browser send it with a request
    /// that changes something; a link in a mail still works.
    pub(super) fn cookie(&self, name: &str, token: TokenHash, now: Timestamp, over_tls: bool) -> HeaderValue {
        let value = self.sign(name, token, seconds(now.plus(SESSION)));
        set_cookie(&value, SESSION, over_tls)
    }

    /// Whether the session is one of this token and has not ended.
    pub(super) fn is_valid(&self, presented: &Presented<'_>, token: TokenHash, now: Timestamp) -> bool {
        let signed = message(presented.signed, token);
        seconds(now) < presented.ends && hmac::verify(&self.0, &signed, &presented.signature).is_ok()
    }
}

/// The header `Set-Cookie` that ends a session.
pub(super) fn ended() -> HeaderValue {
    set_cookie("", Duration::ZERO, false)
}

fn set_cookie(value: &str, lasts: Duration, over_tls: bool) -> HeaderValue {
    let secure = if over_tls { "; Secure" } else { "" };
    let cookie =
        format!("{NAME}={value}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}", lasts.as_secs());
    HeaderValue::from_str(&cookie).expect("a session is ASCII")
}

/// The session cookie of a request, if it has a readable one.
pub(super) fn presented(headers: &HeaderMap) -> Option<Presented<'_>> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let value = cookies.flat_map(|value| value.split(';')).find_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == NAME).then_some(value)
    })?;
    if value.len() > MAX_BYTES {
        return None;
    }
    let (signed, signature) = value.rsplit_once('.')?;
    let (name, ends) = signed.split_once('.')?;
    Some(Presented {
        name: String::from_utf8(BASE64URL_NOPAD.decode(name.as_bytes()).ok()?).ok()?,
        signed,
        ends: ends.parse().ok()?,
        signature: BASE64URL_NOPAD.decode(signature.as_bytes()).ok()?,
    })
}

fn message(signed: &str, token: TokenHash) -> Vec<u8> {
    [signed.as_bytes(), b".", &token.0].concat()
}

/// Whole seconds since 1970.
fn seconds(at: Timestamp) -> u64 {
    at.since(Timestamp::MIN).as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> Timestamp {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    fn headers(cookie: &str) -> HeaderMap {
        [(COOKIE, HeaderValue::from_str(cookie).unwrap())].into_iter().collect()
    }

    /// What a browser sends back.
    fn sent_back(set_cookie: &HeaderValue) -> HeaderMap {
        let set_cookie = set_cookie.to_str().unwrap();
        headers(&format!("theme=dark; {}; other=1", set_cookie.split(';').next().unwrap()))
    }

    #[test]
    fn a_session_is_of_its_token_and_ends_after_thirty_days() {
        let (sessions, token) = (Sessions::with_key(&[7; 32]), TokenHash::of("secret"));
        let cookie = sessions.cookie("on call", token, now(), false);
        let text = cookie.to_str().unwrap();
        assert!(text.ends_with("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"), "{text}");
        let headers = sent_back(&cookie);
        let session = presented(&headers).unwrap();
        assert_eq!(session.name, "on call");
        assert!(sessions.is_valid(&session, token, now()));
        assert!(Sessions::with_key(&[7; 32]).is_valid(&session, token, now()), "after a restart");
        let second = Duration::from_secs(1);
        assert!(sessions.is_valid(&session, token, now().plus(SESSION).minus(second)));
        assert!(!sessions.is_valid(&session, token, now().plus(SESSION)));
        assert!(!sessions.is_valid(&session, TokenHash::of("another"), now()), "the token was replaced");
        assert!(!Sessions::of_this_process().is_valid(&session, token, now()), "another key");
    }

    #[test]
    fn a_session_that_was_changed_is_not_valid() {
        let (sessions, token) = (Sessions::with_key(&[7; 32]), TokenHash::of("secret"));
        let value = sessions.sign("reader", token, 4_000_000_000);
        let longer = value.replace("4000000000", "5000000000");
        let admin = value.replace(&BASE64URL_NOPAD.encode(b"reader"), &BASE64URL_NOPAD.encode(b"admin!"));
        for changed in [longer, admin] {
            let headers = headers(&format!("{NAME}={changed}"));
            assert!(!sessions.is_valid(&presented(&headers).unwrap(), token, now()), "{changed}");
        }
    }

    #[test]
    fn a_cookie_is_sent_only_over_tls_if_it_came_over_tls() {
        let sessions = Sessions::of_this_process();
        let over_tls = sessions.cookie("a", TokenHash::of("a"), now(), true);
        assert!(over_tls.as_bytes().ends_with(b"; Secure"));
        assert!(ended().as_bytes().starts_with(b"watchkeeper_session=; Path=/; Max-Age=0;"));
    }

    #[test]
    fn a_cookie_that_is_too_long_is_not_looked_at() {
        let sessions = Sessions::of_this_process();
        let name_of = |bytes: usize| "n".repeat(bytes);
        for (bytes, is_read) in [(64, true), (256, false)] {
            let value = sessions.sign(&name_of(bytes), TokenHash::of("a"), 1);
            assert_eq!(presented(&headers(&format!("{NAME}={value}"))).is_some(), is_read, "{bytes}");
        }
    }

    proptest! {
        #[test]
        fn any_cookie_is_read_or_ignored(value in "[ -~]{0,80}") {
            let _ = presented(&headers(&value));
            let _ = presented(&headers(&format!("{NAME}={value}")));
        }
    }
}
