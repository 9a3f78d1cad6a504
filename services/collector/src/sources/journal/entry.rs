//! From an entry to an event.

use super::config::JournalConfig;
use super::export::Entry;
use serde_json::Value;
use watchkeeper_domain::event::{CHANGED, CUT, Draft, Fields, clean_text};
use watchkeeper_domain::{Event, EventId, Level, Timestamp};
use watchkeeper_wire::syslog::facility_name;

/// What the name of a unit of a service ends in.
const SERVICE: &str = ".service";
/// What journald tells of syslog, and events have elsewhere or not at all.
const LEFT_OUT: [&str; 6] =
    ["MESSAGE", "PRIORITY", "SYSLOG_FACILITY", "SYSLOG_IDENTIFIER", "SYSLOG_PID", "SYSLOG_TIMESTAMP"];

/// The event of an entry, if the configuration takes it.
pub(super) fn event(
    entry: &Entry,
    cursor: &str,
    config: &JournalConfig,
    arrived_at: Timestamp,
) -> Option<Event> {
    let text = |name| text(entry.first(name).unwrap_or_default());
    let level = text("PRIORITY").parse().ok().and_then(Level::of_severity).unwrap_or_default();
    let unit = text("_SYSTEMD_UNIT");
    let about = [text("UNIT"), text("USER_UNIT"), text("OBJECT_SYSTEMD_UNIT")];
    let units: Vec<_> = std::iter::once(&unit).chain(&about).map(String::as_str).collect();
    if !config.takes(&units, level) {
        return None;
    }
    let micros = text("__REALTIME_TIMESTAMP").parse().ok();
    let mut draft = Draft {
        id: Some(id(cursor)),
        occurred_at: micros.and_then(Timestamp::from_micros),
        level,
        service: service(&unit, &text("SYSLOG_IDENTIFIER"), &text("_COMM")).to_owned(),
        host: text("_HOSTNAME"),
        ..Draft::default()
    };
    read_message(entry, &mut draft);
    if entry.is_cut {
        draft.marks.push(CUT);
    }
    let bare = draft.clone();
    draft.fields = fields(entry, &unit, &mut draft.marks);
    draft.arrived(|| id(cursor), arrived_at).ok().or_else(|| {
        // Fields that no event can have are left out.
        let mut event = bare.arrived(|| id(cursor), arrived_at).ok()?;
        event.mark(CUT);
        Some(event)
    })
}

/// The id of the event of an entry: the same each time it is read.
pub(super) fn id(cursor: &str) -> EventId {
    EventId::given(&format!("journal {cursor}"))
}

fn read_message(entry: &Entry, draft: &mut Draft) {
    let cleaned = clean_text(entry.first("MESSAGE").unwrap_or_default());
    let lines = cleaned.text.trim_end_matches(['\r', '\n']);
    lines.clone_into(&mut draft.message);
    if cleaned.is_changed {
        draft.marks.push(CHANGED);
    }
}

/// The unit, if it is a service of the system; else what the sender calls itself: many programs share a session.
fn service<'s>(unit: &'s str, identifier: &'s str, command: &'s str) -> &'s str {
    match unit.strip_suffix(SERVICE) {
        Some(name) if !name.starts_with("user@") && !name.is_empty() => name,
        _ if identifier.is_empty() => command,
        _ => identifier,
    }
}

/// Boot, unit and process, and what the service gives, in lower case.
fn fields(entry: &Entry, unit: &str, marks: &mut Vec<&'static str>) -> Fields {
    let mut fields = Fields::new();
    let text_of = |name| text(entry.first(name).unwrap_or_default());
    for (name, value) in [("boot_id", text_of("_BOOT_ID")), ("unit", unit.to_owned())] {
        if !value.is_empty() {
            fields.insert(name.to_owned(), value.into());
        }
    }
    if let Ok(pid) = text_of("_PID").parse::<u64>() {
        fields.insert("pid".to_owned(), pid.into());
    }
    if let Some(facility) = text_of("SYSLOG_FACILITY").parse().ok().and_then(facility_name) {
        fields.insert("facility".to_owned(), facility.into());
    }
    let given =
        entry.fields.iter().filter(|(name, _)| !name.starts_with('_') && !LEFT_OUT.contains(&&**name));
    for (name, value) in given {
        let cleaned = clean_text(value);
        if cleaned.is_changed && !marks.contains(&CHANGED) {
            marks.push(CHANGED);
        }
        insert(&mut fields, name.to_ascii_lowercase(), cleaned.text.into_owned());
    }
    fields
}

/// A field that is there twice has a list of its values.
fn insert(fields: &mut Fields, name: String, value: String) {
    match fields.get_mut(&name) {
        None => drop(fields.insert(name, value.into())),
        Some(Value::Array(values)) => values.push(value.into()),
        Some(first) => *first = Value::Array(vec![first.take(), value.into()]),
    }
}

fn text(bytes: &[u8]) -> String {
    clean_text(bytes).text.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::journal::export::Reader;
    use serde_json::json;
    use watchkeeper_domain::event::MAX_FIELDS_BYTES;

    fn read(bytes: &[u8]) -> Event {
        let mut entry = None;
        Reader::default().push(&[bytes, b"\n"].concat(), |found| entry = Some(found));
        event(&entry.unwrap(), "s=1;i=2", &JournalConfig::default(), Timestamp::MIN).unwrap()
    }

    #[test]
    fn bytes_are_readable_text_and_a_repeated_field_has_both_values() {
        let event = read(b"MESSAGE\n\x06\0\0\0\0\0\0\0caf\xE9!\r\nKEY=a\nKEY=b\n");
        assert_eq!(event.message, "caf\u{fffd}!");
        assert_eq!(event.fields["key"], json!(["a", "b"]));
        assert_eq!(event.marks().collect::<Vec<_>>(), [CHANGED]);
    }

    #[test]
    fn what_journald_and_the_service_tell_is_in_the_event() {
        let event = read(
            b"__REALTIME_TIMESTAMP=1795946400123456\n_BOOT_ID=76ca\n_HOSTNAME=web-1\nPRIORITY=4\n_PID=77\n_UID=0\n\
              _SYSTEMD_UNIT=shop.service\nSYSLOG_IDENTIFIER=node\nSYSLOG_FACILITY=3\nMESSAGE=two\n",
        );
        let event = Event { message: event.message.clone(), ..event };
        assert_eq!(event.occurred_at.to_string(), "2026-11-29T10:00:00.123456Z");
        assert_eq!(
            (event.level, event.service.as_str(), event.host.as_str()),
            (Level::Warn, "shop", "web-1")
        );
        assert_eq!(
            Value::Object(event.fields),
            json!({"boot_id": "76ca", "unit": "shop.service", "pid": 77, "facility": "daemon"})
        );
        assert_eq!(event.id, id("s=1;i=2"));
    }

    #[test]
    fn an_entry_of_no_service_is_of_what_its_sender_calls_itself() {
        for (fields, expected) in [
            ("_SYSTEMD_UNIT=session-3.scope\nSYSLOG_IDENTIFIER=sudo\n", "sudo"),
            ("_SYSTEMD_UNIT=user@1000.service\nSYSLOG_IDENTIFIER=pipewire\n", "pipewire"),
            ("_SYSTEMD_UNIT=getty@tty1.service\nSYSLOG_IDENTIFIER=agetty\n", "getty@tty1"),
            ("SYSLOG_IDENTIFIER=kernel\n", "kernel"),
            ("_COMM=python3\n", "python3"),
            ("_PID=1\n", ""),
        ] {
            assert_eq!(read(fields.as_bytes()).service, expected, "{fields}");
        }
    }

    #[test]
    fn an_entry_without_a_priority_or_a_message_is_an_event() {
        let event = read(b"KEY=a\n");
        assert_eq!((event.level, event.message.as_str()), (Level::Unknown, ""));
    }

    #[test]
    fn an_entry_whose_fields_no_event_can_have_keeps_its_message_and_is_marked() {
        let large = "x".repeat(MAX_FIELDS_BYTES / 2 + 1);
        let event = read(format!("A={large}\nB={large}\nMESSAGE=hi\n").as_bytes());
        assert_eq!((event.message.as_str(), event.fields.len()), ("hi", 1));
        assert_eq!(event.marks().collect::<Vec<_>>(), [CUT]);
    }
}
