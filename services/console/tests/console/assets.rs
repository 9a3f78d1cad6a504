//! Files, headers, and who may see them.

use crate::markup::elements;
use crate::visit::{ask, console, get, ports};
use crate::world::World;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use std::sync::Arc;
use watchkeeper_config::{Document, Reloadable};
use watchkeeper_console::Console;
use watchkeeper_letters::Letters;
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::RoleContext;
use watchkeeper_runtime::http::{Access, Tokens};

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The files that the page refers to.
async fn files(router: &axum::Router) -> Vec<String> {
    let page = get(router, "/").await;
    let elements = elements(&page.body);
    let addresses = elements.iter().flat_map(|element| [element.attribute("src"), element.attribute("href")]);
    let mut files: Vec<_> =
        addresses.flatten().filter(|path| path.starts_with("/assets/")).map(str::to_owned).collect();
    files.sort();
    files.dedup();
    files
}

#[tokio::test]
async fn every_file_that_a_page_refers_to_is_there_for_ever() {
    let router = console(World::default()).await;
    let files = files(&router).await;
    assert_eq!(files.len(), 3);
    for path in files {
        let answer = get(&router, &path).await;
        assert_eq!(answer.status, StatusCode::OK);
        let kind = match path.rsplit_once('.').unwrap().1 {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert_eq!(answer.header("content-type"), kind);
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        let known = Request::get(&path).header("if-none-match", answer.header("etag"));
        let again = ask(&router, known.body(Body::empty()).unwrap()).await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    }
}

#[tokio::test]
async fn nothing_else_is_served() {
    let router = console(World::default()).await;
    for path in ["/favicon.ico", "/index.html", "/assets/console.css", "/assets/..%2fCargo.toml", "/assets/"]
    {
        assert_eq!(get(&router, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn every_answer_has_the_policy() {
    let router = console(World::default()).await;
    for path in [
        "/",
        "/series",
        "/series?source=a&name=b",
        "/alerts",
        "/assets/console.css",
        "/explore?after=x&after=y",
    ] {
        assert_eq!(get(&router, path).await.header("content-security-policy"), POLICY, "{path}");
    }
}

#[tokio::test]
async fn only_those_who_may_read_see_the_page() {
    let sha256_of_foo = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
    let text = format!("[[token]]\nname = \"reader\"\nscopes = [\"read\"]\nsha256 = \"{sha256_of_foo}\"\n");
    let access = Access::new(Document::parse("test.toml", &text).unwrap().read(Tokens::read).unwrap());
    let context = RoleContext::detached("console");
    let world = World::default().kept().await;
    let letters = Letters::new(world.bus.clone());
    let rules = Reloadable::new(RuleSet::default());
    let router = Console::new(context, ports(&world), letters, rules, Arc::default()).router(&access);
    let shown = console(World::default()).await;
    let files = files(&shown).await;
    for path in ["/", "/system", "/explore", "/series?source=a&name=b", "/alerts"]
        .into_iter()
        .chain(files.iter().map(String::as_str))
    {
        assert_eq!(get(&router, path).await.status, StatusCode::UNAUTHORIZED, "{path}");
        let known = Request::get(path).header("authorization", "Bearer foo").body(Body::empty()).unwrap();
        assert_eq!(ask(&router, known).await.status, StatusCode::OK, "{path}");
    }
}
