//! The HTTP routes of the console.

mod address;
mod assets;
mod problems;
mod question;
mod sign_in;

pub(crate) use assets::Assets;

use crate::gather::{Sources, alerting, firing_by_rule, one_series, platform, series_list, unmatched};
use crate::page::{AlertsPage, ExplorePage, OverviewPage, SeriesPage, Shell, SystemPage};
use crate::ports::ConsolePorts;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use question::{ListQuestion, SeriesQuestion};
use std::sync::Arc;
use std::time::Instant;
use tower_http::compression::CompressionLayer;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::Timestamp;
use watchkeeper_letters::{Letters, Refused};
use watchkeeper_ports::Consumers;
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::http::{Access, Checked, Problem, ProblemPage, Scope};
use watchkeeper_runtime::{RoleContext, RoleResult, host_name};

/// No other origins, nothing inline, no frames (Content Security Policy Level 3).
const CONTENT_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

/// The `console` role. Clones share all state.
#[derive(Clone)]
pub struct Console {
    context: RoleContext,
    sources: Sources,
    rules: Reloadable<RuleSet>,
    started: Instant,
    host: Arc<str>,
    assets: &'static Assets,
    access: Access,
}

impl Console {
    /// A console for the roles of `context`'s process, the data behind `ports`, the dead `letters` of the bus, `rules`,
    /// and the lag of `consumers`.
    pub fn new(
        context: RoleContext,
        ports: ConsolePorts,
        letters: Letters,
        rules: Reloadable<RuleSet>,
        consumers: Consumers,
    ) -> Self {
        context.set_status("serving the pages");
        Self {
            context,
            sources: Sources::new(ports, letters, consumers, rules.clone()),
            rules,
            started: Instant::now(),
            host: host_name().into(),
            assets: Assets::get(),
            access: Access::open(),
        }
    }

    /// Also shows what ingest has refused in the same process.
    #[must_use]
    pub fn with_refused(self, refused: Refused) -> Self {
        Self { sources: self.sources.with_refused(refused), ..self }
    }

    /// Serves the pages, which require the read scope, and what a browser needs to sign in.
    pub fn router(&self, access: &Access) -> Router {
        let pages = Router::new()
            .route("/", get(overview_page))
            .route("/system", get(system_page))
            .route("/explore", get(explore_page))
            .route("/series", get(series_page))
            .route("/alerts", get(alerts_page))
            .route_layer(access.require(Scope::Read));
        let for_all = Router::new()
            .route("/assets/{file}", get(assets::serve))
            .route("/sign-in", get(sign_in::form).post(sign_in::sign_in))
            .route("/sign-in-basic", get(sign_in::basic))
            .route("/sign-out", post(sign_in::sign_out));
        pages
            .merge(for_all)
            .layer(CompressionLayer::new())
            .layer(axum::middleware::map_response(with_policy))
            .with_state(Self { access: access.clone(), ..self.clone() })
    }

    /// The page that tells a browser of a problem.
    pub fn problem_page() -> ProblemPage {
        problems::page(Assets::get())
    }

    /// Follows the dead-letter topics until shutdown.
    ///
    /// # Errors
    /// None.
    pub async fn run(self) -> RoleResult {
        self.sources.letters.follow(&self.context).await
    }

    /// The frame of the page at `path`.
    fn shell(&self, path: &'static str, headers: &HeaderMap, now: Timestamp) -> Shell {
        let (host, address) = (self.host.to_string(), address::of(headers));
        let signed_in = self.access.signed_in(headers).map(|caller| caller.0.to_string());
        Shell::new(self.assets, host, self.started.elapsed(), address, path, signed_in, now)
    }
}

async fn overview_page(State(console): State<Console>, headers: HeaderMap) -> Result<Response, Problem> {
    let now = Timestamp::now();
    let platform = platform(&console.sources, now).await;
    let roles = console.context.roster().roles();
    render(&OverviewPage::new(console.shell("/", &headers, now), &roles, &platform, now))
}

async fn system_page(State(console): State<Console>, headers: HeaderMap) -> Result<Response, Problem> {
    let now = Timestamp::now();
    let platform = platform(&console.sources, now).await;
    let roles = console.context.roster().roles();
    render(&SystemPage::new(console.shell("/system", &headers, now), &roles, platform, now))
}

async fn explore_page(
    State(console): State<Console>,
    Checked(Query(question)): Checked<Query<ListQuestion>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (now, chosen) = (Timestamp::now(), question.chosen());
    let found = series_list(&console.sources, &chosen, now).await;
    render(&ExplorePage::new(console.shell("/explore", &headers, now), &chosen, found, now))
}

async fn series_page(
    State(console): State<Console>,
    Checked(Query(question)): Checked<Query<Vec<(String, String)>>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let SeriesQuestion { series, lookback } = SeriesQuestion::read(&question)?;
    let now = Timestamp::now();
    let answers = one_series(&console.sources, &series, lookback, now).await;
    let shell = console.shell("/series", &headers, now);
    render(&SeriesPage::new(shell, &series, lookback, answers, &console.rules.current(), now))
}

async fn alerts_page(State(console): State<Console>, headers: HeaderMap) -> Result<Response, Problem> {
    let now = Timestamp::now();
    let (answers, firing) = tokio::join!(alerting(&console.sources, now), firing_by_rule(&console.sources));
    let (shell, rules) = (console.shell("/alerts", &headers, now), console.rules.current());
    let unmatched = unmatched(&console.sources, &rules, &answers.silences).await;
    render(&AlertsPage::new(shell, &rules, answers, &firing, &unmatched, now))
}

fn render(page: &impl Template) -> Result<Response, Problem> {
    match page.render() {
        Ok(html) => Ok(Html(html).into_response()),
        Err(error) => {
            tracing::error!(%error, "cannot render a page");
            Err(Problem::internal())
        }
    }
}

async fn with_policy(mut response: Response) -> Response {
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, CONTENT_POLICY);
    response
}
