//! Problems as pages, for people.

use super::Problem;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;

/// Renders a problem, in answer to a request of this method for this address, as a complete response. The status and headers of the
/// problem are added, except for its content type.
pub type ProblemPage = Arc<dyn Fn(&Problem, &Method, &Uri) -> Response + Send + Sync>;

/// Replaces a problem by its page if the client prefers HTML, as browsers do when they open an address.
pub(super) async fn tell_in_html(
    State(page): State<Option<ProblemPage>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(page) = page.filter(|_| prefers_html(request.headers())) else {
        return next.run(request).await;
    };
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let response = next.run(request).await;
    match response.extensions().get::<Problem>() {
        Some(problem) => rendered(page(problem, &method, &uri), &response),
        None => response,
    }
}

/// The page, with the status and the other headers of `problem`.
fn rendered(mut page: Response, problem: &Response) -> Response {
    *page.status_mut() = problem.status();
    let own = page.headers().clone();
    let of_body = [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING, TRANSFER_ENCODING];
    for (name, value) in problem.headers() {
        if !of_body.contains(name) && !own.contains_key(name) {
            page.headers_mut().append(name, value.clone());
        }
    }
    page
}

/// Whether `text/html` is among the accepted types and JSON is not: programs that take anything get JSON.
fn prefers_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let types: Vec<_> = accepted
        .flat_map(|value| value.split(','))
        .map(|range| range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
        .collect();
    types.iter().any(|range| range == "text/html") && !types.iter().any(|range| range.ends_with("json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::http::{HeaderValue, StatusCode, header};
    use axum::response::{Html, IntoResponse as _};
    use axum::routing::get;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    async fn told(accept: &str, path: &str) -> Response {
        let page: ProblemPage = Arc::new(|problem, method, uri| {
            let text = format!("<p>{method} {uri}: {}</p>", problem.detail());
            ([(header::WWW_AUTHENTICATE, "Bearer")], Html(text)).into_response()
        });
        let routes = Router::new()
            .route("/", get(async || "fine"))
            .route("/closed", get(async || Problem::unauthorized()))
            .route(
                "/busy",
                get(async || Problem::unavailable("the store is away", crate::http::RETRY_UNAVAILABLE)),
            )
            .layer(axum::middleware::map_response(compressed))
            .layer(axum::middleware::from_fn_with_state(Some(page), tell_in_html));
        let request = Request::get(path).header(ACCEPT, accept).body(Body::empty()).unwrap();
        routes.oneshot(request).await.unwrap()
    }

    /// As a layer that compresses marks its body.
    async fn compressed(mut response: Response) -> Response {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        response
    }

    async fn text(response: Response) -> String {
        String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_page_has_the_status_and_the_headers_of_its_problem_unless_it_sets_its_own() {
        let busy = told("text/html", "/busy?a=b").await;
        assert_eq!(busy.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(busy.headers()[header::RETRY_AFTER], "5");
        assert_eq!(busy.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
        assert!(!busy.headers().contains_key(CONTENT_ENCODING), "the page is not what was compressed");
        assert_eq!(text(busy).await, "<p>GET /busy?a=b: the store is away</p>");
        let closed = told("text/html", "/closed").await;
        let challenges: Vec<_> = closed.headers().get_all(header::WWW_AUTHENTICATE).iter().collect();
        assert_eq!(challenges, ["Bearer"]);
    }

    #[tokio::test]
    async fn programs_get_the_problem_and_what_went_well_is_left_alone() {
        let closed = told("*/*", "/closed").await;
        assert_eq!(closed.headers()[CONTENT_TYPE], crate::http::PROBLEM_JSON);
        assert_eq!(text(told("text/html", "/").await).await, "fine");
    }

    #[test]
    fn browsers_get_pages_and_programs_do_not() {
        let prefers = |accept: &str| prefers_html(&[(ACCEPT, accept.parse().unwrap())].into_iter().collect());
        assert!(prefers("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"));
        assert!(prefers("Text/HTML"));
        for accept in ["*/*", "application/json", "application/json, text/html;q=0.1", "text/event-stream"] {
            assert!(!prefers(accept), "{accept}");
        }
        assert!(!prefers_html(&HeaderMap::new()));
    }
}
