//! The status page for customers, its feed, badges and JSON.

mod badge;
mod contact;
mod days;
mod feed;
mod incident;
mod json;
mod overall;
mod text;
mod when;

pub(crate) use badge::Badge;
pub(crate) use feed::Feed;
pub(crate) use json::json;

use crate::gather::{Service, ServiceGroup, ServiceState, Shown};
use crate::http::StatusAssets;
use askama::Template;
use contact::Contact;
use days::DayBars;
use incident::{IncidentView, PastDay, past_days};
use overall::Overall;
use text::Piece;
use watchkeeper_domain::{Incident, IncidentPhase};
use watchkeeper_query::StatusPage;
use when::When;

/// Most open incidents that are shown, and most coming maintenance.
pub(crate) const MAX_OPEN_SHOWN: usize = 20;
/// Most ended incidents that are shown.
pub(crate) const MAX_ENDED_SHOWN: usize = 30;
/// Most updates of one incident that are shown, the newest first.
pub(crate) const MAX_UPDATES_SHOWN: usize = 20;

/// The page at `/status/NAME`.
#[derive(Template)]
#[template(path = "status_page.html", whitespace = "minimize")]
pub(crate) struct StatusPageView<'a> {
    assets: &'static StatusAssets,
    page: &'a StatusPage,
    contact: Option<Contact<'a>>,
    overall: Overall,
    as_of: When,
    open: Vec<IncidentView<'a>>,
    coming: Vec<IncidentView<'a>>,
    groups: Vec<GroupView<'a>>,
    past: Vec<PastDay<'a>>,
    has_more_past: bool,
}

struct GroupView<'a> {
    /// `None` if all services are without a group.
    name: Option<&'a str>,
    services: Vec<ServiceView<'a>>,
}

struct ServiceView<'a> {
    id: &'a str,
    name: &'a str,
    state: ServiceState,
    bars: DayBars,
}

impl<'a> StatusPageView<'a> {
    pub(crate) fn new(assets: &'static StatusAssets, page: &'a StatusPage, shown: &'a Shown) -> Self {
        let zone = &page.time_zone;
        let phase = |phase| move |incident: &&Incident| incident.phase(shown.at) == phase;
        let open = |wanted| {
            let found = shown.incidents.iter().filter(phase(wanted)).take(MAX_OPEN_SHOWN);
            found.map(|incident| IncidentView::new(incident, zone)).collect()
        };
        let ended: Vec<_> = shown.incidents.iter().filter(phase(IncidentPhase::Ended)).collect();
        let has_groups = shown.groups.iter().any(|group| group.name.is_some());
        let others = has_groups.then_some("Other services");
        let groups = shown.groups.iter().map(|group| GroupView::new(group, others, page, shown));
        Self {
            assets,
            page,
            contact: page.contact.as_deref().map(Contact::new),
            overall: Overall::of(shown),
            as_of: When::minute(shown.at, zone),
            open: open(IncidentPhase::Active),
            coming: open(IncidentPhase::Coming),
            groups: groups.collect(),
            has_more_past: ended.len() > MAX_ENDED_SHOWN,
            past: past_days(ended.into_iter().take(MAX_ENDED_SHOWN), zone),
        }
    }
}

impl<'a> GroupView<'a> {
    /// `others` is the name of the group of those without one.
    fn new(group: &'a ServiceGroup, others: Option<&'a str>, page: &StatusPage, shown: &Shown) -> Self {
        let services = group.services.iter().map(|service| ServiceView::new(service, page, shown));
        Self { name: group.name.as_deref().or(others), services: services.collect() }
    }
}

impl<'a> ServiceView<'a> {
    fn new(service: &'a Service, page: &StatusPage, shown: &Shown) -> Self {
        let Service { id, name, state, days } = service;
        Self { id, name, state: *state, bars: DayBars::new(days, page.history_days, shown.at) }
    }
}

impl ServiceState {
    /// In words, for readers.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Down => "Down",
            Self::Maintenance => "Maintenance",
            Self::Unknown => "Unknown",
            Self::Up => "Operational",
        }
    }

    /// The class of its mark, which has a shape of its own.
    const fn class(self) -> &'static str {
        match self {
            Self::Down => "degraded",
            Self::Maintenance => "maintained",
            Self::Unknown => "unknown",
            Self::Up => "well",
        }
    }
}

/// What is shown instead of a status page.
#[derive(Template)]
#[template(path = "status_notice.html", whitespace = "minimize")]
pub(crate) struct StatusNotice {
    assets: &'static StatusAssets,
    title: &'static str,
    text: &'static str,
}

impl StatusNotice {
    pub(crate) const fn no_such_page(assets: &'static StatusAssets) -> Self {
        let text = "There is no status page at this address. Check the address for a typing error.";
        Self { assets, title: "Page not found", text }
    }

    pub(crate) const fn not_now(assets: &'static StatusAssets) -> Self {
        let text = "The status cannot be shown at the moment. Please try again in a minute.";
        Self { assets, title: "Status not available", text }
    }
}
