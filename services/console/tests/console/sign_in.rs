//! Who sees the pages, signing in and out.

use crate::markup::assert_sound;
use crate::visit::{Answer, ask, get, ports};
use crate::world::World;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use std::sync::Arc;
use watchkeeper_config::{Document, Reloadable};
use watchkeeper_console::Console;
use watchkeeper_letters::Letters;
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::RoleContext;
use watchkeeper_runtime::http::{Access, Tokens};

const PAGES: [&str; 5] = ["/", "/system", "/explore", "/series?source=a&name=b", "/alerts"];
const SHA256_OF_FOO: &str = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
const SHA256_OF_BAR: &str = "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9";

/// The pages, for a reader with the token `foo` and a sender with the token `bar`.
async fn closed() -> Router {
    let text = format!(
        "[[token]]\nname = \"reader\"\nscopes = [\"read\"]\nsha256 = \"{SHA256_OF_FOO}\"\n\
         [[token]]\nname = \"sender\"\nscopes = [\"ingest\"]\nsha256 = \"{SHA256_OF_BAR}\"\n"
    );
    let access = Access::new(Document::parse("test.toml", &text).unwrap().read(Tokens::read).unwrap());
    let world = World::default().kept().await;
    let letters = Letters::new(world.bus.clone());
    let rules = Reloadable::new(RuleSet::default());
    let context = RoleContext::detached("console");
    Console::new(context, ports(&world), letters, rules, Arc::default()).router(&access)
}

async fn post(router: &Router, path: &str, fields: &str) -> Answer {
    let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    ask(router, request.body(Body::from(fields.to_owned())).unwrap()).await
}

#[tokio::test]
async fn only_those_who_may_read_see_the_pages() {
    let router = closed().await;
    for path in PAGES {
        assert_eq!(get(&router, path).await.status, StatusCode::UNAUTHORIZED, "{path}");
        let known = Request::get(path).header("authorization", "Bearer foo").body(Body::empty()).unwrap();
        assert_eq!(ask(&router, known).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn a_browser_signs_in_with_its_token_returns_to_its_page_and_signs_out() {
    let router = closed().await;
    let form = get(&router, "/sign-in?next=/alerts").await;
    assert_sound(&form.body);
    form.assert_has(r#"<input type="hidden" name="next" value="/alerts"/>"#);

    let signed_in = post(&router, "/sign-in", "token=foo&next=%2Falerts%3Fa%3Db").await;
    assert_eq!((signed_in.status, signed_in.header("location")), (StatusCode::SEE_OTHER, "/alerts?a=b"));
    let cookie = signed_in.header("set-cookie").split(';').next().unwrap();
    let with_cookie = |path: &str| Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap();
    for path in PAGES {
        let page = ask(&router, with_cookie(path)).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        page.assert_has("Signed in as <bdi>reader</bdi>");
    }

    let signed_out = post(&router, "/sign-out", "").await;
    assert_eq!((signed_out.status, signed_out.header("location")), (StatusCode::SEE_OTHER, "/"));
    assert!(signed_out.header("set-cookie").contains("Max-Age=0"));
}

#[tokio::test]
async fn a_token_that_is_not_known_or_may_not_read_is_refused_in_the_form() {
    let router = closed().await;
    for (token, status, error) in [
        ("wrong", StatusCode::UNAUTHORIZED, "No such token."),
        ("bar", StatusCode::FORBIDDEN, "This token does not have the scope `read`."),
    ] {
        let answer = post(&router, "/sign-in", &format!("token={token}&next=//evil.example")).await;
        assert_sound(&answer.body);
        assert_eq!((answer.status, answer.header("set-cookie")), (status, ""));
        answer.assert_has(error);
        answer.assert_has(r#"name="next" value="/"/>"#);
        answer.assert_lacks(token);
    }
}

#[tokio::test]
async fn the_browser_may_ask_for_the_token_itself() {
    let router = closed().await;
    assert_eq!(get(&router, "/sign-in-basic").await.status, StatusCode::UNAUTHORIZED);
    let known = Request::get("/sign-in-basic").header("authorization", "Basic OmZvbw==");
    let answer = ask(&router, known.body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/"));
}

#[tokio::test]
async fn pages_and_files_are_compressed_for_those_who_ask() {
    let router = closed().await;
    let request =
        Request::get("/alerts").header("authorization", "Bearer foo").header("accept-encoding", "gzip");
    let (parts, _) =
        tower::ServiceExt::oneshot(router, request.body(Body::empty()).unwrap()).await.unwrap().into_parts();
    assert_eq!((parts.status, parts.headers["content-encoding"].as_bytes()), (StatusCode::OK, &b"gzip"[..]));
}
