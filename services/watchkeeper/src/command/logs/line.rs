//! An event as lines of text.

use jiff::tz::TimeZone;
use serde_json::Value;
use std::borrow::Cow;
use std::env;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use watchkeeper_domain::event::{Condition, Field, Fields, Test};
use watchkeeper_domain::{Level, text};
use watchkeeper_wire::json::EventJson;

/// Before the further lines of a message.
const INDENT: &str = "    ";
const RESET: &str = "\x1b[0m";
const DIM: &str = "\x1b[2m";

/// How events are shown.
#[derive(Clone, Debug)]
pub(super) struct Style {
    pub(super) has_colours: bool,
    /// Of the times.
    pub(super) zone: TimeZone,
}

impl Style {
    /// With colours on a terminal alone, unless `NO_COLOR` says otherwise (<https://no-color.org>).
    pub(super) fn of_stdout() -> Self {
        let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        let has_colours = io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb;
        Self { has_colours, zone: TimeZone::system() }
    }

    /// `2026-11-29 10:00:00.123 WARN  shop@web-1 message key=value`, and the further lines of the message below it.
    pub(super) fn shown(&self, event: &EventJson) -> String {
        let level = event.level.parse().unwrap_or_default();
        let mut lines = event.message.lines();
        let mut shown = self.coloured(DIM, &self.time(&event.time)).into_owned();
        shown.push(' ');
        shown.push_str(&self.coloured(colour(level), &format!("{:<5}", word(level))));
        shown.push(' ');
        shown.push_str(&text::line(&origin(event)));
        if let Some(first) = lines.next().filter(|first| !first.is_empty()) {
            shown.push(' ');
            shown.push_str(&self.coloured(message_colour(level), &text::line(first)));
        }
        self.push_fields(&mut shown, "", &event.fields);
        for line in lines {
            let _ = write!(shown, "\n{INDENT}{}", self.coloured(message_colour(level), &text::line(line)));
        }
        shown
    }

    /// In local time, with milliseconds.
    fn time(&self, time: &str) -> String {
        time.parse::<jiff::Timestamp>().map_or_else(
            |_| text::line(time).into_owned(),
            |at| at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S%.3f").to_string(),
        )
    }

    /// By name, each as the term of a query that finds it, as far as there is one.
    fn push_fields(&self, shown: &mut String, above: &str, fields: &Fields) {
        let mut fields: Vec<_> = fields.iter().collect();
        fields.sort_unstable_by_key(|(name, _)| *name);
        for (name, value) in fields {
            let path = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
            match value {
                Value::Object(inner) if !inner.is_empty() => self.push_fields(shown, &path, inner),
                value => {
                    shown.push(' ');
                    shown.push_str(&self.coloured(DIM, &text::line(&term(path, value))));
                }
            }
        }
    }

    fn coloured<'t>(&self, colour: &str, text: &'t str) -> Cow<'t, str> {
        if self.has_colours && !colour.is_empty() {
            Cow::Owned(format!("{colour}{text}{RESET}"))
        } else {
            Cow::Borrowed(text)
        }
    }
}

fn term(path: String, value: &Value) -> String {
    let field = Field::Other(path);
    let equals = |value: String| Test::Equals(value);
    match value {
        Value::String(text) => Condition::Field(field, equals(text.clone())).to_string(),
        Value::Number(_) | Value::Bool(_) => Condition::Field(field, equals(value.to_string())).to_string(),
        // `name=*` is the term for all that have the field.
        Value::Null | Value::Array(_) | Value::Object(_) => {
            let name = Condition::Field(field, Test::Exists).to_string();
            format!("{}{value}", name.trim_end_matches('*'))
        }
    }
}

fn origin(event: &EventJson) -> String {
    match (event.service.as_str(), event.host.as_str()) {
        ("", "") => "-".to_owned(),
        (service, "") => service.to_owned(),
        (service, host) => format!("{service}@{host}"),
    }
}

fn word(level: Level) -> String {
    if level == Level::Unknown { "-".to_owned() } else { level.name().to_uppercase() }
}

const fn colour(level: Level) -> &'static str {
    match level {
        Level::Unknown | Level::Info => "",
        Level::Trace | Level::Debug => DIM,
        Level::Notice => "\x1b[36m",
        Level::Warn => "\x1b[33m",
        Level::Error => "\x1b[31m",
        Level::Critical | Level::Alert | Level::Emergency => "\x1b[1;31m",
    }
}

/// Of what is severe, or routine of developers, the whole line stands out, or back.
const fn message_colour(level: Level) -> &'static str {
    match level {
        Level::Unknown | Level::Info | Level::Notice => "",
        level => colour(level),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(message: &str, fields: Value) -> EventJson {
        let Value::Object(fields) = fields else { panic!("{fields}") };
        EventJson {
            id: "019adf3c-5d20-7000-8000-00003a5f1c2b".to_owned(),
            time: "2026-11-29T10:00:00.123456Z".to_owned(),
            level: "warn".to_owned(),
            service: "shop".to_owned(),
            host: "web-1".to_owned(),
            message: message.to_owned(),
            fields,
        }
    }

    fn plain() -> Style {
        Style { has_colours: false, zone: TimeZone::UTC }
    }

    #[test]
    fn an_event_is_one_line_with_its_fields_as_terms_of_queries() {
        let fields = json!({
            "status": 504, "path": "/cart", "agent": "curl/8 (x86)", "ok": false, "tags": ["a", 1], "none": null,
            "ctx": {"user": {"id": 7}, "x y": "z", "empty": {}}
        });
        assert_eq!(
            plain().shown(&event("timed out", fields)),
            "2026-11-29 10:00:00.123 WARN  shop@web-1 timed out agent=\"curl/8 (x86)\" ctx.empty={} ctx.user.id=7 \
             \"ctx.x y\"=z none=null ok=false path=/cart status=504 tags=[\"a\",1]"
        );
    }

    #[test]
    fn further_lines_of_a_message_are_indented_and_what_is_missing_takes_no_place() {
        let trace = event("Trace:\n  at a()\n\nend", json!({"n": 1}));
        assert_eq!(
            plain().shown(&trace),
            "2026-11-29 10:00:00.123 WARN  shop@web-1 Trace: n=1\n      at a()\n    \n    end"
        );
        let (service, host) = (String::new(), String::new());
        let bare = EventJson { service, level: "unknown".into(), ..event("", json!({"n": 1})) };
        assert_eq!(plain().shown(&bare), "2026-11-29 10:00:00.123 -     @web-1 n=1");
        assert_eq!(plain().shown(&EventJson { host, ..bare }), "2026-11-29 10:00:00.123 -     - n=1");
    }

    #[test]
    fn times_are_local() {
        let zone = TimeZone::get("Asia/Tokyo").unwrap();
        let shown = Style { zone, ..plain() }.shown(&event("x", json!({})));
        assert!(shown.starts_with("2026-11-29 19:00:00.123 "), "{shown}");
    }

    #[test]
    fn a_terminal_is_told_colours_and_nothing_that_an_event_says() {
        let event = EventJson {
            service: "a\u{202e}b".to_owned(),
            ..event("\u{1b}[2Jx\n\u{9b}y", json!({"k\u{1b}": "v\u{7}", "l": ["\u{1b}"]}))
        };
        let shown = plain().shown(&event);
        assert!(shown.chars().all(|c| text::is_plain(c) || c == '\n'), "{shown:?}");
        let coloured = Style { has_colours: true, ..plain() }.shown(&event);
        assert!(coloured.contains("\x1b[33mWARN \x1b[0m"), "{coloured:?}");
        let without = ["\x1b[33m", DIM, RESET].iter().fold(coloured, |text, code| text.replace(code, ""));
        assert_eq!(without, shown);
    }
}
