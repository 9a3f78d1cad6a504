//! The HTTP routes of the console.

mod acting;
mod address;
mod alerts;
mod assets;
mod events;
mod explore;
mod fields;
mod problems;
mod question;
mod sign_in;
mod status_page;

pub(crate) use assets::{Assets, StatusAssets};
pub use explore::MAX_CSV_SERIES;

use crate::gather::{Sources, instead_of, one_series, overview, platform, target};
use crate::page::{NoSeriesPage, OverviewPage, SeriesPage, Shell, SystemPage, TargetPage};
use crate::ports::ConsolePorts;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use question::SeriesQuestion;
use status_page::{Kept, Made};
use std::sync::Arc;
use std::time::Instant;
use tower_http::compression::CompressionLayer;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::Timestamp;
use watchkeeper_letters::{Letters, Refused};
use watchkeeper_ports::Consumers;
use watchkeeper_query::{REFRESH_EVERY, SilenceChanges, StatusPages};
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::http::{Access, Checked, Problem, ProblemPage, Scope, body_limit};
use watchkeeper_runtime::{RoleContext, RoleResult, Rounds, host_name};

/// The largest form: a silence with its longest matchers and comment, percent-encoded.
const MAX_FORM_BYTES: usize = 64 * 1_024;

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
    /// Who may use the pages: they show buttons to those who may press them.
    access: Access,
    status_pages: Reloadable<StatusPages>,
    /// What was made of the status pages.
    made: Arc<Kept<Arc<Made>>>,
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
            status_pages: Reloadable::new(StatusPages::default()),
            made: Arc::default(),
        }
    }

    /// Also shows what ingest has refused in the same process.
    #[must_use]
    pub fn with_refused(self, refused: Refused) -> Self {
        Self { sources: self.sources.with_refused(refused), ..self }
    }

    /// Shares the lock of silences with the other roles of the process.
    #[must_use]
    pub fn with_silence_changes(self, silence_changes: SilenceChanges) -> Self {
        Self { sources: self.sources.with_silence_changes(silence_changes), ..self }
    }

    /// Also serves these status pages.
    #[must_use]
    pub fn with_status_pages(self, status_pages: Reloadable<StatusPages>) -> Self {
        Self { status_pages, ..self }
    }

    /// Serves the pages, which require the read scope; the forms of the alerts pages, which require the admin scope; what
    /// a browser needs to sign in; and the status pages, of which public ones require nothing.
    pub fn router(&self, access: &Access) -> Router {
        let forms = Router::new()
            .route("/alerts/silence", post(acting::silence))
            .route("/alerts/silence/end", post(acting::end_silence))
            .route("/alerts/acknowledge", post(acting::acknowledge))
            .route("/alerts/unacknowledge", post(acting::unacknowledge))
            .route("/alerts/retry", post(acting::retry))
            .route_layer(access.require(Scope::Admin))
            .layer(body_limit(MAX_FORM_BYTES));
        let pages = Router::new()
            .route("/", get(overview_page))
            .route("/system", get(system_page))
            .route("/explore", get(explore::page))
            .route("/explore/complete", get(explore::completions))
            .route("/explore.csv", get(explore::csv))
            .route("/events", get(events::page))
            .route("/events/complete", get(events::completions))
            .route("/events/{id}", get(events::event_page))
            .route("/series", get(series_page))
            .route("/target", get(target_page))
            .route("/alerts", get(alerts::alerts_page))
            .route("/alerts/alert", get(alerts::alert_page))
            .route("/alerts/rule", get(alerts::rule_page))
            .route("/alerts/silence", get(alerts::silence_page))
            .route_layer(access.require(Scope::Read));
        let for_all = Router::new()
            .route("/assets/{file}", get(assets::serve))
            .route("/sign-in", get(sign_in::form).post(sign_in::sign_in))
            .route("/sign-in-basic", get(sign_in::basic))
            .route("/sign-out", post(sign_in::sign_out));
        pages
            .merge(forms)
            .merge(for_all)
            .layer(CompressionLayer::new())
            .layer(axum::middleware::map_response(with_policy))
            .with_state(Self { access: access.clone(), ..self.clone() })
            .merge(status_page::router(self, access))
    }

    /// The page that tells a browser of a problem.
    pub fn problem_page() -> ProblemPage {
        problems::page(Assets::get())
    }

    /// Follows the dead-letter topics, and keeps the history of the targets up to date, until shutdown.
    ///
    /// # Errors
    /// None.
    pub async fn run(self) -> RoleResult {
        tokio::try_join!(self.sources.letters.follow(&self.context), self.refresh_targets())?;
        Ok(())
    }

    async fn refresh_targets(&self) -> RoleResult {
        let heartbeat = self.context.heartbeat("targets");
        let mut rounds = Rounds::every(REFRESH_EVERY, &self.context, &heartbeat);
        // What fails is said on the page.
        let refresh = async || {
            self.sources.targets.refresh(Timestamp::now()).await;
            Ok(())
        };
        while rounds.next(refresh()).await? {}
        Ok(())
    }

    /// Whether a request with these headers may change something.
    fn may_act(&self, headers: &HeaderMap) -> bool {
        self.access.allows(headers, Scope::Admin)
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
    let found = overview(&console.sources, &console.rules.current(), now).await;
    let roles = console.context.roster().roles();
    render(&OverviewPage::new(console.shell("/", &headers, now), &roles, found, now))
}

async fn system_page(State(console): State<Console>, headers: HeaderMap) -> Result<Response, Problem> {
    let now = Timestamp::now();
    let platform = platform(&console.sources, now).await;
    let roles = console.context.roster().roles();
    render(&SystemPage::new(console.shell("/system", &headers, now), &roles, platform, now))
}

async fn series_page(
    State(console): State<Console>,
    Checked(Query(question)): Checked<Query<Vec<(String, String)>>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let now = Timestamp::now();
    let SeriesQuestion { series, range, points } = SeriesQuestion::read(&question, now)?;
    let answers = one_series(&console.sources, &series, range, points, now).await;
    let shell = console.shell("/series", &headers, now);
    if let Some(similar) = instead_of(&console.sources, &series, &answers, now).await {
        let page = render(&NoSeriesPage::new(shell, &series, &similar))?;
        return Ok((StatusCode::NOT_FOUND, page).into_response());
    }
    render(&SeriesPage::new(shell, &series, range, answers, &console.rules.current(), now))
}

async fn target_page(
    State(console): State<Console>,
    Checked(Query(question)): Checked<Query<Vec<(String, String)>>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (now, rules) = (Timestamp::now(), console.rules.current());
    let SeriesQuestion { series, range, points } = SeriesQuestion::read(&question, now)?;
    let found = target(&console.sources, &series, range, points, &rules, now).await;
    let shell = console.shell("/target", &headers, now);
    render(&TargetPage::new(shell, &series, range, found, &rules, now))
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
