//! Files, headers, and who may see them.

use crate::markup::elements;
use crate::visit::{ask, console, get};
use crate::world::World;
use axum::body::Body;
use axum::http::{Request, StatusCode};

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The files that the page refers to.
async fn files(router: &axum::Router) -> Vec<String> {
    let pages = [get(router, "/explore").await, get(router, "/events").await];
    let elements: Vec<_> = pages.iter().flat_map(|page| elements(&page.body)).collect();
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
    assert_eq!(files.len(), 5);
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
    for path in ["/", "/series", "/series?source=a&name=b", "/alerts", "/assets/console.css", "/explore?fn=x"]
    {
        assert_eq!(get(&router, path).await.header("content-security-policy"), POLICY, "{path}");
    }
}
