//! Authorization of routes.

use super::token::{Scope, Token, TokenHash, Tokens};
use super::watched::Watch;
use super::{Problem, authorization};
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use parking_lot::RwLock;
use std::fmt;
use std::sync::Arc;
use subtle::{ConditionallySelectable, ConstantTimeEq};
use tower_http::validate_request::{ValidateRequest, ValidateRequestHeaderLayer};

/// Who may use the routes of a process. Clones share the tokens and their rate limits.
#[derive(Clone)]
pub struct Access {
    /// Whether everything is allowed while there are no tokens.
    open: bool,
    holders: Arc<RwLock<Holders>>,
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
        Self { open: tokens.0.is_empty(), holders: Arc::new(RwLock::new(holders(tokens))) }
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

    /// The caller if it has a token, or why it lacks `scope`.
    fn admit(&self, headers: &HeaderMap, scope: Scope) -> Result<Option<Caller>, Problem> {
        let holders = self.holders();
        if self.open && holders.is_empty() {
            return Ok(None);
        }
        let presented = authorization::presented(headers).ok_or_else(Problem::unauthorized)?;
        let holder = find(&holders, TokenHash::of(&presented)).ok_or_else(Problem::unauthorized)?;
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
}
