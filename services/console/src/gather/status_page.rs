//! The data of a status page: what readers may see, and nothing else.

use super::Sources;
use std::collections::HashMap;
use watchkeeper_domain::{Incident, IncidentPhase, Series, Timestamp, Window};
use watchkeeper_query::{
    Answer, Board, DayChecks, Kind, State, StatusPage, Target, recent_incidents, within_time,
};
use watchkeeper_rules::RuleSet;

/// What a status page shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shown {
    pub(crate) at: Timestamp,
    /// By name; services without a group are the last one.
    pub(crate) groups: Vec<ServiceGroup>,
    /// Those on this page: active ones, then coming ones, then ended ones.
    pub(crate) incidents: Vec<Incident>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ServiceGroup {
    pub(crate) name: Option<String>,
    pub(crate) services: Vec<Service>,
}

/// A target, as readers know it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Service {
    /// Its name in addresses, unique on the page: lower-case letters, digits and `-`.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) state: ServiceState,
    /// The days of the history that have checks, oldest first; the last may be today.
    pub(crate) days: Vec<DayChecks>,
}

/// The state of a service, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ServiceState {
    Down,
    Maintenance,
    Unknown,
    Up,
}

impl Shown {
    pub(crate) fn services(&self) -> impl Iterator<Item = &Service> {
        self.groups.iter().flat_map(|group| &group.services)
    }

    pub(crate) fn count(&self, state: ServiceState) -> usize {
        self.services().filter(|service| service.state == state).count()
    }
}

/// Reads what the page shows at `now`.
pub(crate) async fn status_page(
    sources: &Sources,
    rules: &RuleSet,
    page: &StatusPage,
    now: Timestamp,
) -> Answer<Shown> {
    // Heartbeats are not shown, so their alerts are not needed.
    let (board, incidents) = tokio::join!(
        sources.targets.board(rules, &[], now),
        within_time("incidents", recent_incidents(&*sources.incidents, now)),
    );
    let daily = sources.targets.daily(now);
    Ok(shown(&board?, |series| daily.of(series), incidents?, page, now))
}

fn shown(
    board: &Board,
    daily: impl Fn(&Series) -> Vec<DayChecks>,
    mut incidents: Vec<Incident>,
    page: &StatusPage,
    now: Timestamp,
) -> Shown {
    incidents.retain(|incident| incident.is_on(&page.name));
    let from = Window::Day.start(now).minus(Window::Day.length() * (page.history_days - 1));
    let mut names = Names::default();
    let groups = board.groups.iter().filter_map(|group| {
        let targets = group.targets.iter();
        let targets = targets.filter(|target| target.kind != Kind::Heartbeat && page.shows(&target.series));
        let services = targets.map(|target| {
            let (id, name) = names.next(page.display_name(&target.series));
            let mut days = daily(&target.series);
            days.retain(|day| day.start >= from);
            let state = state(target, &name, &incidents, now);
            Service { id, name, state, days }
        });
        let mut services: Vec<_> = services.collect();
        services.sort_by_cached_key(|service| service.name.to_lowercase());
        (!services.is_empty()).then(|| ServiceGroup { name: group.name.clone(), services })
    });
    let groups = groups.collect();
    Shown { at: now, groups, incidents }
}

/// A service that maintenance affects is not called down while the work lasts.
fn state(target: &Target, name: &str, incidents: &[Incident], now: Timestamp) -> ServiceState {
    let is_named = |affected: &String| affected == name || Some(affected) == target.group.as_ref();
    let affects = |incident: &&Incident| {
        incident.maintenance.is_some()
            && incident.phase(now) == IncidentPhase::Active
            && (incident.affected.is_empty() || incident.affected.iter().any(is_named))
    };
    match target.state {
        State::Up => ServiceState::Up,
        _ if incidents.iter().any(|incident| affects(&incident)) => ServiceState::Maintenance,
        State::Down => ServiceState::Down,
        State::CannotSee | State::NoData | State::NotYet => ServiceState::Unknown,
    }
}

/// Gives each service an id of its own.
#[derive(Default)]
struct Names(HashMap<String, usize>);

impl Names {
    /// The id and name of a service; a number if it has no name for readers.
    fn next(&mut self, name: Option<&str>) -> (String, String) {
        const UNNAMED: &str = "Unnamed service";
        let slug = slug(name.unwrap_or(UNNAMED));
        let count = self.0.entry(slug.clone()).or_default();
        *count += 1;
        let id = if *count == 1 { slug } else { format!("{slug}-{count}") };
        let name = name.map_or_else(|| format!("{UNNAMED} {count}"), str::to_owned);
        (id, name)
    }
}

/// `Web shop (EU)` as `web-shop-eu`.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    if slug.is_empty() { "service".to_owned() } else { slug }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_has_an_id_of_its_own_made_of_its_name() {
        let mut names = Names::default();
        let known = [Some("Web shop (EU)"), Some("web-shop-eu"), Some("監視"), None, None];
        let given = known.map(|name| names.next(name));
        let expected = [
            ("web-shop-eu", "Web shop (EU)"),
            ("web-shop-eu-2", "web-shop-eu"),
            ("service", "監視"),
            ("unnamed-service", "Unnamed service 1"),
            ("unnamed-service-2", "Unnamed service 2"),
        ];
        assert_eq!(given, expected.map(|(id, name)| (id.to_owned(), name.to_owned())));
    }
}
