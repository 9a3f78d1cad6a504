//! The pages of alerts.

use super::fields::Fields;
use super::{Console, render};
use crate::gather::{alerting, firing_by_rule, one_alert, past, unmatched};
use crate::page::{
    AlertPage, AlertView, AlertsPage, AlertsView, Back, Done, RulePage, SilenceForm, SilencePage, Typed,
};
use crate::recent::Recent;
use axum::Extension;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use std::sync::Arc;
use watchkeeper_domain::{Alert, Matchers, Series, SeriesFilter, Severity, Timestamp, Violation};
use watchkeeper_query::{NoAnswer, read_matchers, within_time};
use watchkeeper_runtime::http::{Caller, Checked, Problem, RETRY_UNAVAILABLE};

type Queried = Checked<Query<Vec<(String, String)>>>;

fn fields(Checked(Query(query)): Queried) -> Fields {
    Fields::of_query(query)
}

pub(super) async fn alerts_page(
    State(console): State<Console>,
    query: Queried,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (now, query) = (Timestamp::now(), fields(query));
    let recent = query.given("over").map_or(Ok(Recent::default()), |name| Recent::named(&name));
    let recent = recent.map_err(|violation| Problem::bad_request(violation.field, violation.reason))?;
    let view =
        AlertsView { recent, done: Done::named(query.one("done")), may_act: console.may_act(&headers) };
    let (answers, firing, past) = tokio::join!(
        alerting(&console.sources, now),
        firing_by_rule(&console.sources),
        past(&console.sources, recent, now)
    );
    let (shell, rules) = (console.shell("/alerts", &headers, now), console.rules.current());
    let unmatched = unmatched(&console.sources, &rules, &answers.silences).await;
    render(&AlertsPage::new(shell, &rules, (answers, past), &firing, &unmatched, view, now))
}

pub(super) async fn alert_page(
    State(console): State<Console>,
    query: Queried,
    caller: Option<Extension<Caller>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (now, query) = (Timestamp::now(), fields(query));
    let rule = query.given("rule").ok_or_else(|| Problem::bad_request("rule", "is missing"))?;
    let series = read_series(query.one("series"))?;
    let fired_at = query.given("fired_at");
    let at = fired_at.as_deref().map(str::parse::<Timestamp>).transpose();
    let at = at.map_err(|error| Problem::bad_request("fired_at", error.to_string()))?;
    let found = Box::pin(one_alert(&console.sources, &rule, &series, at, now)).await;
    let found = found.map_err(|reason| away(&reason))?;
    let missing = || match at {
        Some(at) => {
            format!("alert of rule {rule} for {series} that began to fire at {at}, or it is no longer kept")
        }
        None => format!("alert of rule {rule} for {series}: it has not fired, or that is no longer kept"),
    };
    let found = found.ok_or_else(|| Problem::not_found(&missing()))?;
    let view = AlertView {
        done: Done::named(query.one("done")),
        may_act: console.may_act(&headers),
        reader: name_of(caller),
        fired_at: fired_at.unwrap_or_default(),
    };
    let shell = console.shell("/alerts", &headers, now);
    render(&AlertPage::new(shell, found, &console.rules.current(), view, now))
}

pub(super) async fn rule_page(
    State(console): State<Console>,
    query: Queried,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (now, query) = (Timestamp::now(), fields(query));
    let name = query.given("name").ok_or_else(|| Problem::bad_request("name", "is missing"))?;
    let all = SeriesFilter::default();
    let explanation = within_time("store", console.sources.rule_queries.explain(&name, &all, now)).await;
    let explanation = match explanation {
        Ok(Some(explanation)) => Ok(explanation),
        Ok(None) => return Err(Problem::not_found(&format!("rule {name}"))),
        Err(reason) => Err(reason),
    };
    render(&RulePage::new(console.shell("/alerts", &headers, now), name, explanation))
}

/// The form, filled for the alert that the query names, or with the matchers in it.
pub(super) async fn silence_page(
    State(console): State<Console>,
    query: Queried,
    caller: Option<Extension<Caller>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = fields(query);
    let back = read_back(&query);
    let matchers = match (&back, query.one("matchers")) {
        (Some(back), "") => own_matchers(&back.rule, &back.series),
        (_, matchers) => matchers.to_owned(),
    };
    let typed = Typed { matchers, by: name_of(caller), ..Typed::default() };
    console.silence_form(typed, back, None, &headers).await
}

impl Console {
    /// The page with the form: with what was typed, how many alerts that would mute, and what is wrong with it.
    pub(super) async fn silence_form(
        &self,
        typed: Typed,
        back: Option<Back>,
        refused: Option<&Violation>,
        headers: &HeaderMap,
    ) -> Result<Response, Problem> {
        let matchers = read_matchers(&typed.matcher_lines());
        let mut form = SilenceForm::new(typed, back);
        if let Ok(matchers) = &matchers {
            form = form.with_matching(self.count_matching(matchers).await);
        }
        if let Some(refused) = refused {
            form = form.with_error(refused);
        }
        let shell = self.shell("/alerts", headers, Timestamp::now());
        render(&SilencePage::new(shell, self.may_act(headers), form))
    }

    async fn count_matching(&self, matchers: &Matchers) -> Result<u64, NoAnswer> {
        within_time("alerts", self.sources.alert_queries.count_matching(matchers)).await
    }
}

/// One matcher per line.
fn own_matchers(rule: &str, series: &Series) -> String {
    let alert = Alert {
        rule: rule.to_owned(),
        series: Arc::new(series.clone()),
        severity: Severity::default(),
        fired_at: Timestamp::MIN,
        cleared_at: None,
        value: None,
        reason: String::new(),
        acknowledged: None,
    };
    alert.matchers().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The alert that the fields name, to return to.
pub(super) fn read_back(fields: &Fields) -> Option<Back> {
    let (rule, series) = (fields.given("rule")?, fields.one("series").parse().ok()?);
    Some(Back { rule, series, fired_at: fields.one("fired_at").to_owned() })
}

fn read_series(key: &str) -> Result<Series, Problem> {
    key.parse().map_err(|_| Problem::bad_request("series", "must be the key of a series"))
}

/// The name of the reader's token; empty without one.
pub(super) fn name_of(caller: Option<Extension<Caller>>) -> String {
    caller.map(|Extension(Caller(name))| name.to_string()).unwrap_or_default()
}

/// The page is about nothing else.
fn away(reason: &NoAnswer) -> Problem {
    Problem::unavailable(reason.to_string(), RETRY_UNAVAILABLE)
}
