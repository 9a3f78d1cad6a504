//! Static files, embedded in the executable.

use super::Console;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use std::hash::{DefaultHasher, Hasher as _};
use std::sync::OnceLock;
use watchkeeper_runtime::http::Problem;

/// File names contain a hash of the content, so a cached file never goes stale.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The stylesheet: tokens and frame, then the pages.
const STYLE: &str = concat!(
    include_str!("../../assets/console.css"),
    include_str!("../../assets/overview.css"),
    include_str!("../../assets/alerts.css"),
    include_str!("../../assets/series.css"),
    include_str!("../../assets/notice.css"),
    include_str!("../../assets/explore.css"),
    include_str!("../../assets/events.css"),
);

#[derive(Debug)]
pub(crate) struct Assets {
    pub(crate) style: Asset,
    pub(crate) script: Asset,
    /// The script of pages with charts.
    pub(crate) charts: Asset,
    /// The script of the search of events.
    pub(crate) events: Asset,
    pub(crate) icon: Asset,
}

#[derive(Debug)]
pub(crate) struct Asset {
    /// Its path: `/assets/console-0123456789abcdef.css`.
    pub(crate) path: String,
    etag: String,
    content_type: &'static str,
    content: &'static str,
}

impl Assets {
    pub(crate) fn get() -> &'static Self {
        static ASSETS: OnceLock<Assets> = OnceLock::new();
        ASSETS.get_or_init(|| Self {
            style: Asset::new("css", "text/css; charset=utf-8", STYLE),
            script: Asset::new(
                "js",
                "text/javascript; charset=utf-8",
                include_str!("../../assets/console.js"),
            ),
            charts: Asset::new(
                "js",
                "text/javascript; charset=utf-8",
                include_str!("../../assets/explore.js"),
            ),
            events: Asset::new(
                "js",
                "text/javascript; charset=utf-8",
                include_str!("../../assets/events.js"),
            ),
            icon: Asset::new("svg", "image/svg+xml", include_str!("../../assets/console.svg")),
        })
    }

    fn at(&self, path: &str) -> Option<&Asset> {
        let all = [&self.style, &self.script, &self.charts, &self.events, &self.icon];
        all.into_iter().find(|asset| asset.path == path)
    }
}

/// The files of status pages, which need no token.
#[derive(Debug)]
pub(crate) struct StatusAssets {
    pub(crate) style: Asset,
    pub(crate) icon: Asset,
}

/// Tokens and components of the other pages, and what only status pages have.
const STATUS_STYLE: &str =
    concat!(include_str!("../../assets/console.css"), include_str!("../../assets/status.css"));

impl StatusAssets {
    pub(crate) fn get() -> &'static Self {
        static ASSETS: OnceLock<StatusAssets> = OnceLock::new();
        ASSETS.get_or_init(|| Self {
            style: Asset::at("/status/assets/status", "css", "text/css; charset=utf-8", STATUS_STYLE),
            icon: Asset::at(
                "/status/assets/status",
                "svg",
                "image/svg+xml",
                include_str!("../../assets/console.svg"),
            ),
        })
    }

    /// The file of this name.
    pub(super) fn serve(&self, file: &str, headers: &HeaderMap) -> Response {
        let path = format!("/status/assets/{file}");
        match [&self.style, &self.icon].into_iter().find(|asset| asset.path == path) {
            Some(asset) => asset.answer(headers),
            None => Problem::not_found("file of that name").into_response(),
        }
    }
}

impl Asset {
    fn answer(&self, headers: &HeaderMap) -> Response {
        let caching = [(CACHE_CONTROL, FOR_EVER), (ETAG, self.etag.as_str())];
        if headers.get(IF_NONE_MATCH).is_some_and(|known| known == self.etag.as_str()) {
            return (StatusCode::NOT_MODIFIED, caching).into_response();
        }
        (caching, [(CONTENT_TYPE, self.content_type)], self.content).into_response()
    }

    fn new(extension: &str, content_type: &'static str, content: &'static str) -> Self {
        Self::at("/assets/console", extension, content_type, content)
    }

    fn at(path: &str, extension: &str, content_type: &'static str, content: &'static str) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(content.as_bytes());
        let hash = format!("{:016x}", hasher.finish());
        let path = format!("{path}-{hash}.{extension}");
        Self { path, etag: format!("\"{hash}\""), content_type, content }
    }
}

pub(super) async fn serve(
    State(console): State<Console>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(asset) = console.assets.at(&format!("/assets/{file}")) else {
        return Problem::not_found("file of that name").into_response();
    };
    asset.answer(&headers)
}
