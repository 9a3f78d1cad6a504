//! Authorization of routes.

use super::session::{self, SESSION_KEY_BYTES, Sessions};
use super::token::{Scope, Token, TokenHash, Tokens};
use super::watched::Watch;
use super::{Problem, authorization};
use axum::body::Body;
use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, HeaderValue, Request};
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use parking_lot::RwLock;
use std::fmt;
use std::sync::Arc;
use subtle::{ConditionallySelectable, ConstantTimeEq};
use tower_http::validate_request::{ValidateRequest, ValidateRequestHeaderLayer};
use watchkeeper_domain::Timestamp;

/// Who may use the routes of a process. Clones share the tokens and their rate limits.
#[derive(Clone)]
pub struct Access {
    /// Whether everything is allowed while there are no tokens.
    open: bool,
    holders: Arc<RwLock<Holders>>,
    sessions: Sessions,
}

type Holders = Arc<[Holder]>;

/// The holder of a token.
struct Holder {
    caller: Caller,
    token: Token,
    rate: DefaultDirectRateLimiter,
}

/// The name of the token of a request: an extension of each request admitted by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller(pub Arc<str>);

impl Access {
    /// Everybody may do everything. Only accepted by listeners on loopback.
    pub fn open() -> Self {
        Self::new(Tokens::default())
    }

    /// The holders of `tokens` have the scopes of their tokens; without any tokens this is [`Access::open`].
    pub fn new(tokens: Tokens) -> Self {
        Self {
            open: tokens.0.is_empty(),
            holders: Arc::new(RwLock::new(holders(tokens))),
            sessions: Sessions::of_this_process(),
        }
    }

    /// Signs the sessions of browsers with this key, so that they outlive the process.
    #[must_use]
    pub fn with_session_key(self, key: &[u8; SESSION_KEY_BYTES]) -> Self {
        Self { sessions: Sessions::with_key(key), ..self }
    }

    /// Replaces the tokens from the next request on, here and in every clone. If there were tokens at first, an empty
    /// list admits nobody: the listener may be reachable from other hosts.
    pub fn replace(&self, tokens: Tokens) {
        *self.holders.write() = holders(tokens);
    }

    /// Whether it was created without tokens, so that other hosts must not reach it.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// A layer that admits only requests whose token has `scope`, at most as often as the token allows:
    /// `router.route_layer(access.require(Scope::Ingest))`.
    pub fn require(&self, scope: Scope) -> ValidateRequestHeaderLayer<Require> {
        ValidateRequestHeaderLayer::custom(Require { access: self.clone(), scope })
    }

    /// Begins a session of [`SESSION`](super::SESSION) for the holder of `token`: the header `Set-Cookie`. `headers` are
    /// those of the request; a browser that came over TLS will send the cookie only over TLS.
    ///
    /// # Errors
    /// If nobody has this token, or it lacks `scope`.
    pub fn sign_in(&self, token: &str, scope: Scope, headers: &HeaderMap) -> Result<HeaderValue, Problem> {
        let holders = self.holders();
        let holder = find(&holders, TokenHash::of(token)).ok_or_else(Problem::unauthorized)?;
        if !holder.token.grants(scope) {
            return Err(Problem::forbidden(scope));
        }
        let over_tls = headers.get(ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"));
        let Token { name, hash, .. } = &holder.token;
        Ok(self.sessions.cookie(name, *hash, Timestamp::now(), over_tls))
    }

    /// The header `Set-Cookie` that ends the session of a browser.
    pub fn signed_out() -> HeaderValue {
        session::ended()
    }

    /// Whose session the browser has, if it has one.
    pub fn signed_in(&self, headers: &HeaderMap) -> Option<Caller> {
        self.of_session(&self.holders(), headers).map(|holder| holder.caller.clone())
    }

    /// Whether a caller would be admitted for `scope` if it asked now; does not count as a request.
    pub fn allows(&self, headers: &HeaderMap, scope: Scope) -> bool {
        let holders = self.holders();
        (self.open && holders.is_empty())
            || self.holder(&holders, headers).is_some_and(|holder| holder.token.grants(scope))
    }

    /// The holder of the token that a request presents, or of its session.
    fn holder<'h>(&self, holders: &'h [Holder], headers: &HeaderMap) -> Option<&'h Holder> {
        match authorization::presented(headers) {
            Some(token) => find(holders, TokenHash::of(&token)),
            None => self.of_session(holders, headers),
        }
    }

    fn of_session<'h>(&self, holders: &'h [Holder], headers: &HeaderMap) -> Option<&'h Holder> {
        let session = session::presented(headers)?;
        let holder = holders.iter().find(|holder| holder.token.name == session.name)?;
        self.sessions.is_valid(&session, holder.token.hash, Timestamp::now()).then_some(holder)
    }

    /// The caller if it has a token, or why it lacks `scope`.
    fn admit(&self, headers: &HeaderMap, scope: Scope) -> Result<Option<Caller>, Problem> {
        let holders = self.holders();
        if self.open && holders.is_empty() {
            return Ok(None);
        }
        let holder = self.holder(&holders, headers).ok_or_else(Problem::unauthorized)?;
        holder.rate.check().map_err(|refused| {
            Problem::too_many_requests(refused.wait_time_from(DefaultClock::default().now()))
        })?;
        if holder.token.grants(scope) {
            Ok(Some(holder.caller.clone()))
        } else {
            Err(Problem::forbidden(scope))
        }
    }

    fn holders(&self) -> Holders {
        self.holders.read().clone()
    }
}

fn holders(Tokens(tokens): Tokens) -> Holders {
    let holders = tokens.into_iter().map(|token| Holder {
        caller: Caller(token.name.as_str().into()),
        rate: RateLimiter::direct(Quota::per_second(token.requests_per_second)),
        token,
    });
    holders.collect()
}

/// Compares with every token to the last byte, so that timing reveals neither whether one matched nor which.
fn find(holders: &[Holder], presented: TokenHash) -> Option<&Holder> {
    let mut found = u32::MAX;
    for (index, holder) in (0..).zip(holders) {
        found.conditional_assign(&index, holder.token.hash.0.ct_eq(&presented.0));
    }
    holders.get(usize::try_from(found).ok()?)
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.holders().iter().map(|holder| &holder.caller.0)).finish()
    }
}

/// The requirement of [`Access::require`].
#[derive(Clone, Debug)]
pub struct Require {
    access: Access,
    scope: Scope,
}

impl<B> ValidateRequest<B> for Require {
    type ResponseBody = Body;

    fn validate(&mut self, request: &mut Request<B>) -> Result<(), Response> {
        let admitted = self.access.admit(request.headers(), self.scope);
        let caller = admitted.map_err(IntoResponse::into_response)?;
        if let Some(watch) = request.extensions().get::<Watch>() {
            watch.let_in();
        }
        if let Some(caller) = caller {
            request.extensions_mut().insert(caller);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{StatusCode, header};
    use watchkeeper_config::Document;

    fn tokens(scopes: &[(&str, &str)]) -> Tokens {
        let section = |(name, scopes): &(&str, &str)| {
            let sha256 = data_encoding::HEXLOWER.encode(&TokenHash::of(name).0);
            format!("[[token]]\nname = {name:?}\nscopes = {scopes}\nsha256 = {sha256:?}\n")
        };
        let text: String = scopes.iter().map(section).collect();
        Document::parse("test.toml", &text).unwrap().read(Tokens::read).unwrap()
    }

    fn access(scopes: &[(&str, &str)]) -> Access {
        Access::new(tokens(scopes))
    }

    fn admitted(access: &Access, token: &str, scope: Scope) -> Result<String, StatusCode> {
        let headers =
            [(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap())].into_iter().collect();
        let caller = access.admit(&headers, scope).map_err(|problem| problem.status())?;
        Ok(caller.map_or("anybody".to_owned(), |caller| caller.0.to_string()))
    }

    #[test]
    fn admin_implies_the_other_scopes_and_nothing_else_implies_any() {
        let access = access(&[
            ("i", r#"["ingest"]"#),
            ("r", r#"["read"]"#),
            ("a", r#"["admin"]"#),
            ("ir", r#"["ingest", "read"]"#),
        ]);
        for (token, ingest, read, admin) in [
            ("i", true, false, false),
            ("r", false, true, false),
            ("a", true, true, true),
            ("ir", true, true, false),
        ] {
            for (scope, allowed) in [(Scope::Ingest, ingest), (Scope::Read, read), (Scope::Admin, admin)] {
                let expected = if allowed { Ok(token.to_owned()) } else { Err(StatusCode::FORBIDDEN) };
                assert_eq!(admitted(&access, token, scope), expected, "{token} {scope}");
            }
        }
    }

    #[test]
    fn a_token_that_is_not_configured_is_unknown() {
        let access = access(&[("one", r#"["admin"]"#), ("two", r#"["admin"]"#)]);
        for token in ["three", "", "on", "ones", "One"] {
            assert_eq!(admitted(&access, token, Scope::Read), Err(StatusCode::UNAUTHORIZED), "{token}");
        }
        assert_eq!(admitted(&access, "two", Scope::Read).as_deref(), Ok("two"));
    }

    #[test]
    fn what_is_shown_of_an_access_is_the_names() {
        assert_eq!(format!("{:?}", access(&[("one", r#"["read"]"#)])), r#"["one"]"#);
    }

    #[test]
    fn replaced_tokens_hold_at_once_and_never_open_what_was_closed() {
        let access = access(&[("old", r#"["read"]"#)]);
        let clone = access.clone();
        clone.replace(tokens(&[("new", r#"["read"]"#)]));
        assert_eq!(admitted(&access, "old", Scope::Read), Err(StatusCode::UNAUTHORIZED));
        assert_eq!(admitted(&access, "new", Scope::Read).as_deref(), Ok("new"));
        clone.replace(Tokens::default());
        assert_eq!(admitted(&access, "new", Scope::Read), Err(StatusCode::UNAUTHORIZED));
    }

    #[test]
    fn what_was_open_is_closed_by_tokens_and_opened_again_without() {
        let access = Access::open();
        assert_eq!(admitted(&access, "any", Scope::Admin).as_deref(), Ok("anybody"));
        access.replace(tokens(&[("one", r#"["read"]"#)]));
        assert_eq!(admitted(&access, "any", Scope::Read), Err(StatusCode::UNAUTHORIZED));
        access.replace(Tokens::default());
        assert_eq!(admitted(&access, "any", Scope::Admin).as_deref(), Ok("anybody"));
    }

    fn with_cookie(set_cookie: &HeaderValue) -> HeaderMap {
        let cookie = set_cookie.to_str().unwrap().split(';').next().unwrap().parse().unwrap();
        [(header::COOKIE, cookie)].into_iter().collect()
    }

    #[test]
    fn a_session_admits_as_its_token_does_until_the_token_is_replaced() {
        let access = access(&[("r", r#"["read"]"#), ("i", r#"["ingest"]"#)]);
        let sign_in = |token: &str| access.sign_in(token, Scope::Read, &HeaderMap::new());
        let headers = with_cookie(&sign_in("r").unwrap());
        let name = |caller: Option<Caller>| caller.map(|caller| caller.0.to_string());
        assert_eq!(name(access.admit(&headers, Scope::Read).unwrap()).as_deref(), Some("r"));
        assert_eq!(name(access.signed_in(&headers)).as_deref(), Some("r"));
        assert!(access.allows(&headers, Scope::Read) && !access.allows(&headers, Scope::Admin));
        assert_eq!(access.admit(&headers, Scope::Admin).unwrap_err().status(), StatusCode::FORBIDDEN);
        assert_eq!(sign_in("i").unwrap_err().status(), StatusCode::FORBIDDEN);
        assert_eq!(sign_in("x").unwrap_err().status(), StatusCode::UNAUTHORIZED);

        access.replace(tokens(&[("i", r#"["ingest"]"#)]));
        assert_eq!(access.admit(&headers, Scope::Read).unwrap_err().status(), StatusCode::UNAUTHORIZED);
        assert_eq!(access.signed_in(&headers), None);
    }

    #[test]
    fn a_token_in_the_request_counts_before_the_session() {
        let access = access(&[("r", r#"["read"]"#), ("a", r#"["admin"]"#)]);
        let mut headers = with_cookie(&access.sign_in("r", Scope::Read, &HeaderMap::new()).unwrap());
        headers.insert(header::AUTHORIZATION, "Bearer a".parse().unwrap());
        assert!(access.allows(&headers, Scope::Admin));
        headers.insert(header::AUTHORIZATION, "Bearer wrong".parse().unwrap());
        assert!(!access.allows(&headers, Scope::Read), "a wrong token is not covered by a session");
    }
}
