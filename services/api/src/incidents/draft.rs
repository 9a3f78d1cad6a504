//! Validates a request for an incident, or for an update of one.

use super::check_status;
use watchkeeper_config::{parse_duration, show_duration};
use watchkeeper_domain::{Incident, IncidentStatus, IncidentUpdate, Maintenance, Timestamp, Violation};
use watchkeeper_query::StatusPages;
use watchkeeper_query::{checked_id, line};
use watchkeeper_wire::json::{IncidentRequest, IncidentUpdateRequest};

/// The author of an update if it is unknown.
const ANYBODY: &str = "anybody";

/// An update that was checked, except whether its status fits the incident.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Update {
    pub(crate) at: Timestamp,
    /// That of the incident if it is `None`.
    pub(crate) status: Option<IncidentStatus>,
    pub(crate) text: String,
    pub(crate) by: String,
}

impl Update {
    pub(super) fn with(self, status: IncidentStatus) -> IncidentUpdate {
        IncidentUpdate { at: self.at, status, text: self.text, by: self.by }
    }
}

/// The incident requested at `now` with the token named `caller`, on some of these status pages.
pub(crate) fn read_request(
    request: IncidentRequest,
    pages: &StatusPages,
    caller: Option<&str>,
    now: Timestamp,
) -> Result<Incident, Violation> {
    let maintenance = maintenance(&request, now)?;
    let IncidentRequest { id, title, text, status, pages: on, affected, by, .. } = request;
    let update = read_update(IncidentUpdateRequest { status, text, by }, caller, now)?;
    let first = if maintenance.is_some() { IncidentStatus::Scheduled } else { IncidentStatus::Investigating };
    let status = update.status.unwrap_or(first);
    check_status(status, maintenance.is_some())?;
    Ok(Incident {
        id: checked_id(id, IncidentRequest::MAX_ID_BYTES)?,
        title: line("title", title, 1, IncidentRequest::MAX_TITLE_BYTES)?,
        pages: checked_pages(on, pages)?,
        affected: checked_affected(affected)?,
        maintenance,
        updates: vec![update.with(status)],
    })
}

/// The update requested at `now` with the token named `caller`.
pub(crate) fn read_update(
    request: IncidentUpdateRequest,
    caller: Option<&str>,
    now: Timestamp,
) -> Result<Update, Violation> {
    let IncidentUpdateRequest { status, text, by } = request;
    let parse = |text: String| {
        let status = text.parse::<IncidentStatus>();
        status.map_err(|error| Violation::new("status", format!("{error}, is {text:?}")))
    };
    let by = by.unwrap_or_else(|| caller.unwrap_or(ANYBODY).to_owned());
    Ok(Update {
        at: now,
        status: status.map(parse).transpose()?,
        text: paragraphs(&text)?,
        by: line("by", by, 1, IncidentRequest::MAX_BY_BYTES)?,
    })
}

/// Checks a text of several lines.
fn paragraphs(text: &str) -> Result<String, Violation> {
    let refused = |reason: String| Err(Violation::new("text", reason));
    let max = IncidentRequest::MAX_TEXT_BYTES;
    if text.trim().is_empty() {
        return refused(format!("must have 1 to {max} bytes, is empty"));
    }
    if text.len() > max {
        return refused(format!("has {} bytes, the limit is {max}", text.len()));
    }
    match text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        Some(found) => refused(format!("must not contain control characters but has {found:?}")),
        None => Ok(text.replace("\r\n", "\n").trim().to_owned()),
    }
}

fn checked_pages(named: Vec<String>, pages: &StatusPages) -> Result<Vec<String>, Violation> {
    let refused = |field: String, reason: String| Err(Violation::new(field, reason));
    if named.len() > IncidentRequest::MAX_PAGES {
        let reason = format!("has {} items, the limit is {}", named.len(), IncidentRequest::MAX_PAGES);
        return refused("pages".to_owned(), reason);
    }
    if pages.is_empty() {
        let reason = "there is no status page: configure a [[status_page]] first";
        return refused("pages".to_owned(), reason.to_owned());
    }
    for (index, name) in named.iter().enumerate() {
        if pages.named(name).is_none() {
            let all: Vec<_> = pages.iter().map(|page| page.name.as_str()).collect();
            let reason = format!("must be one of {}, is {name:?}", all.join(", "));
            return refused(format!("pages[{index}]"), reason);
        }
    }
    Ok(named)
}

fn checked_affected(affected: Vec<String>) -> Result<Vec<String>, Violation> {
    if affected.len() > IncidentRequest::MAX_AFFECTED {
        let reason = format!("has {} items, the limit is {}", affected.len(), IncidentRequest::MAX_AFFECTED);
        return Err(Violation::new("affected", reason));
    }
    let check =
        |(index, name)| line(&format!("affected[{index}]"), name, 1, IncidentRequest::MAX_AFFECTED_BYTES);
    affected.into_iter().enumerate().map(check).collect()
}

/// Start and end, if the request is for maintenance.
fn maintenance(request: &IncidentRequest, now: Timestamp) -> Result<Option<Maintenance>, Violation> {
    let instant = |field: &str, text: &Option<String>| {
        let parse = |text: &String| {
            text.parse::<Timestamp>().map_err(|error| Violation::new(field, format!("{error}, is {text:?}")))
        };
        text.as_ref().map(parse).transpose()
    };
    let starts_at = instant("starts_at", &request.starts_at)?;
    let (field, ends_at) = match (instant("ends_at", &request.ends_at)?, &request.duration) {
        (Some(_), Some(_)) => return Err(Violation::new("duration", "must not be combined with ends_at")),
        (Some(ends_at), None) => ("ends_at", ends_at),
        (None, Some(duration)) => {
            let duration = parse_duration(duration).map_err(|reason| Violation::new("duration", reason))?;
            ("duration", starts_at.map_or(now, |at| at.max(now)).plus(duration))
        }
        (None, None) if starts_at.is_some() => {
            let reason = "is only for maintenance, which needs duration or ends_at too";
            return Err(Violation::new("starts_at", reason));
        }
        (None, None) => return Ok(None),
    };
    let starts_at = starts_at.map_or(now, |at| at.max(now));
    if starts_at > now.plus(IncidentRequest::MAX_AHEAD) {
        let reason = format!("must be within {} from now", show_duration(IncidentRequest::MAX_AHEAD));
        return Err(Violation::new("starts_at", reason));
    }
    if ends_at <= starts_at {
        return Err(Violation::new(field, "must end the maintenance after its start and in the future"));
    }
    if ends_at > starts_at.plus(IncidentRequest::MAX_DURATION) {
        let reason =
            format!("must be at most {} after the start", show_duration(IncidentRequest::MAX_DURATION));
        return Err(Violation::new(field, reason));
    }
    Ok(Some(Maintenance { starts_at, ends_at }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use watchkeeper_config::Document;

    const NOW: &str = "2026-11-20T10:00:00Z";

    fn pages() -> StatusPages {
        let text = "[[status_page]]\nname = \"shop\"\ntitle = \"Shop\"\ngroups = [\"shop\"]\n\
                    [[status_page]]\nname = \"office\"\ntitle = \"Office\"\ngroups = [\"office\"]\n";
        Document::parse("watchkeeper.toml", text).unwrap().read(StatusPages::read).unwrap()
    }

    /// A valid request.
    fn request() -> IncidentRequest {
        IncidentRequest {
            title: "The shop is slow".into(),
            text: "We look into it.\r\n\r\nMore soon.\n".into(),
            pages: vec!["shop".into()],
            by: Some("ops".into()),
            ..IncidentRequest::default()
        }
    }

    fn read(request: IncidentRequest) -> Result<Incident, String> {
        read_request(request, &pages(), Some("token"), NOW.parse().unwrap())
            .map_err(|violation| violation.to_string())
    }

    #[test]
    fn an_incident_is_investigated_and_maintenance_scheduled_unless_the_request_says_otherwise() {
        let incident = read(request()).unwrap();
        assert_eq!((incident.status(), incident.maintenance), (IncidentStatus::Investigating, None));
        assert_eq!(incident.updates[0].text, "We look into it.\n\nMore soon.");
        let identified = IncidentRequest { status: Some("identified".into()), ..request() };
        assert_eq!(read(identified).unwrap().status(), IncidentStatus::Identified);
        let planned = IncidentRequest {
            starts_at: Some("2026-11-21T22:00:00Z".into()),
            duration: Some("2h".into()),
            ..request()
        };
        let planned = read(planned).unwrap();
        let maintenance = planned.maintenance.unwrap();
        assert_eq!(planned.status(), IncidentStatus::Scheduled);
        assert_eq!(maintenance.starts_at.to_string(), "2026-11-21T22:00:00Z");
        assert_eq!(maintenance.ends_at.to_string(), "2026-11-22T00:00:00Z");
        let now = IncidentRequest { duration: Some("1h".into()), ..request() };
        assert_eq!(read(now).unwrap().maintenance.unwrap().starts_at.to_string(), NOW);
    }

    #[test]
    fn its_author_is_who_is_named_or_holds_the_token() {
        let by = |by: Option<&str>, caller| {
            let request = IncidentRequest { by: by.map(str::to_owned), ..request() };
            read_request(request, &pages(), caller, Timestamp::MIN).unwrap().updates.remove(0).by
        };
        let authors = [by(Some("ann"), Some("token")), by(None, Some("token")), by(None, None)];
        assert_eq!(authors, ["ann", "token", "anybody"]);
    }

    #[test]
    fn what_is_wrong_is_refused_by_its_field() {
        let long = |bytes: usize| "x".repeat(bytes);
        for (wrong, expected) in [
            (IncidentRequest { title: " ".into(), ..request() }, "title: must have 1 to 200 bytes, is empty"),
            (IncidentRequest { title: long(201), ..request() }, "title: has 201 bytes, the limit is 200"),
            (IncidentRequest { text: "\n".into(), ..request() }, "text: must have 1 to 4000 bytes, is empty"),
            (IncidentRequest { text: long(4_001), ..request() }, "text: has 4001 bytes, the limit is 4000"),
            (
                IncidentRequest { text: "a\u{1b}b".into(), ..request() },
                "text: must not contain control characters but has '\\u{1b}'",
            ),
            (
                IncidentRequest { status: Some("fixed".into()), ..request() },
                "status: must be investigating, identified, monitoring, scheduled or resolved, is \"fixed\"",
            ),
            (
                IncidentRequest { status: Some("scheduled".into()), ..request() },
                "status: must not be scheduled: this is not maintenance",
            ),
            (
                IncidentRequest { pages: vec!["shop".into(), "nobody".into()], ..request() },
                "pages[1]: must be one of shop, office, is \"nobody\"",
            ),
            (
                IncidentRequest { pages: vec!["shop".into(); 21], ..request() },
                "pages: has 21 items, the limit is 20",
            ),
            (
                IncidentRequest { affected: vec!["a".into(); 51], ..request() },
                "affected: has 51 items, the limit is 50",
            ),
            (
                IncidentRequest { affected: vec![long(201)], ..request() },
                "affected[0]: has 201 bytes, the limit is 200",
            ),
            (
                IncidentRequest { starts_at: Some(NOW.into()), ..request() },
                "starts_at: is only for maintenance, which needs duration or ends_at too",
            ),
            (
                IncidentRequest { ends_at: Some(NOW.into()), ..request() },
                "ends_at: must end the maintenance after its start and in the future",
            ),
            (
                IncidentRequest { duration: Some("32d".into()), ..request() },
                "duration: must be at most 31d after the start",
            ),
            (IncidentRequest { by: Some(long(101)), ..request() }, "by: has 101 bytes, the limit is 100"),
        ] {
            assert_eq!(read(wrong).unwrap_err(), expected);
        }
        let nowhere = read_request(request(), &StatusPages::default(), None, Timestamp::MIN).unwrap_err();
        assert!(nowhere.to_string().starts_with("pages: there is no status page"), "{nowhere}");
    }

    proptest! {
        #[test]
        fn any_request_is_read_or_refused_by_the_name_of_a_field(
            times in prop::array::uniform3(prop::option::of("\\PC{0,8}|[0-9]{1,4}[smhd]|20[0-9]{2}-01-01T00:00:00Z")),
            words in prop::array::uniform3("\\PC{0,8}"),
            status in prop::option::of("[a-z]{0,9}|resolved"),
        ) {
            let ([starts_at, ends_at, duration], [title, text, affected]) = (times, words);
            let request = IncidentRequest {
                title, text, status, affected: vec![affected], starts_at, ends_at, duration, ..request()
            };
            if let Err(refused) = read(request) {
                let fields = ["title", "text", "status", "affected", "starts_at", "ends_at", "duration"];
                prop_assert!(fields.iter().any(|field| refused.starts_with(field)), "{}", refused);
            }
        }
    }
}
