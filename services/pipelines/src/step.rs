//! One step of a pipeline.

mod cast;
mod count;
mod edit;
mod level;
mod route;
mod sample;
mod set;
mod time;

pub use count::{MAX_COUNT_FIELDS, MAX_COUNT_NAME_BYTES, MAX_COUNT_VALUE_BYTES, MAX_COUNTED, OTHER};
pub use sample::MAX_SAMPLED;
pub use set::MAX_TEMPLATE_BYTES;

use crate::Failure;
use crate::parser::{FORMATS, Groups, Parser};
use crate::place::Place;
use crate::redaction::Redaction;
use cast::Casts;
use count::Counting;
use edit::{Keep, Remove, Rename};
use level::LevelFrom;
use sample::Sampling;
use set::Set;
use std::fmt;
use time::TimeFrom;
use watchkeeper_config::Section;
use watchkeeper_domain::event::CountKey;
use watchkeeper_domain::{Event, EventFilter};
use watchkeeper_ports::Topic;

/// Most fields that one step names.
pub const MAX_STEP_FIELDS: usize = 64;

/// The keys of a section `[[pipeline.step]]`, exactly one of which says what it does.
const ACTIONS: [&str; 13] = [
    "parse", "rename", "set", "keep", "remove", "cast", "level", "time", "redact", "sample", "route",
    "count", "drop",
];

/// A step of a pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Which events it is for; all without it.
    when: Option<EventFilter>,
    action: Action,
}

#[derive(Clone, Debug, PartialEq)]
enum Action {
    Parse { parser: Parser, from: Place },
    Rename(Rename),
    Set(Set),
    Keep(Keep),
    Remove(Remove),
    Cast(Casts),
    Level(LevelFrom),
    Time(TimeFrom),
    Redact(Redaction),
    Sample(Sampling),
    Route(Topic),
    Count(Counting),
    Drop,
}

/// What a step does beside changing the event.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    pub(crate) route: Option<Topic>,
    pub(crate) counts: Vec<CountKey>,
}

/// What became of an event in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// The step was not for it.
    Passed,
    /// It goes on to the next step.
    Applied,
    /// It is not stored, and goes no further.
    Dropped,
}

impl Step {
    /// Reads a section `[[pipeline.step]]`; `None` is recorded as an error.
    pub(crate) fn read(section: &mut Section<'_>) -> Option<Self> {
        let when = section.parsed("when");
        let given: Vec<&'static str> = ACTIONS.into_iter().filter(|key| section.has(key)).collect();
        let [action] = given[..] else {
            let key = given.get(1).copied().unwrap_or(ACTIONS[0]);
            section.refuse(key, format!("exactly one of {} must be given", ACTIONS.join(", ")));
            return None;
        };
        let action = match action {
            "parse" => Some(read_parse(section)?),
            "rename" => Some(Action::Rename(Rename::read(section))),
            "set" => Some(Action::Set(Set::read(section))),
            "keep" => Some(Action::Keep(Keep::read(section))),
            "remove" => Some(Action::Remove(Remove::read(section))),
            "cast" => Some(Action::Cast(Casts::read(section))),
            "level" => LevelFrom::read(section).map(Action::Level),
            "time" => Some(Action::Time(section.section("time", TimeFrom::read))),
            "redact" => Some(Action::Redact(section.section("redact", Redaction::read))),
            "sample" => Some(Action::Sample(section.section("sample", Sampling::read))),
            "route" => route::read(section).map(Action::Route),
            "count" => section.section("count", Counting::read).map(Action::Count),
            _ => {
                if !section.boolean("drop", false) {
                    section.refuse("drop", "must be true; leave the step out to keep the events");
                }
                Some(Action::Drop)
            }
        };
        Some(Self { when, action: action? })
    }

    /// What failed, for marks: `parse:json`, `cast`.
    pub(crate) fn label(&self) -> String {
        match &self.action {
            Action::Parse { parser, .. } => format!("parse:{}", parser.name()),
            Action::Rename(_) => "rename".to_owned(),
            Action::Set(_) => "set".to_owned(),
            Action::Keep(_) => "keep".to_owned(),
            Action::Remove(_) => "remove".to_owned(),
            Action::Cast(_) => "cast".to_owned(),
            Action::Level(_) => "level".to_owned(),
            Action::Time(_) => "time".to_owned(),
            Action::Redact(_) => "redact".to_owned(),
            Action::Sample(_) => "sample".to_owned(),
            Action::Route(_) => "route".to_owned(),
            Action::Count(_) => "count".to_owned(),
            Action::Drop => "drop".to_owned(),
        }
    }

    /// The name under which it counts, if it does.
    pub(crate) fn count_name(&self) -> Option<&str> {
        match &self.action {
            Action::Count(counting) => Some(counting.name()),
            _ => None,
        }
    }

    /// Applies it; an event for which it fails stays as it was.
    pub(crate) fn apply(&self, event: &mut Event, effects: &mut Effects) -> Result<Flow, Failure> {
        if self.when.as_ref().is_some_and(|when| !when.matches(event)) {
            return Ok(Flow::Passed);
        }
        match &self.action {
            Action::Parse { parser, from } => {
                let text = from.text(event).ok_or_else(|| Failure::new(format!("has no {from}")))?;
                parser.parse(&text, event.occurred_at)?.add_to(event, *from == Place::Message)?;
            }
            Action::Rename(rename) => whole(event, |event| rename.apply(event))?,
            Action::Set(set) => whole(event, |event| set.apply(event))?,
            Action::Keep(keep) => keep.apply(event),
            Action::Remove(remove) => remove.apply(event),
            Action::Cast(casts) => whole(event, |event| casts.apply(event))?,
            Action::Level(level) => level.apply(event)?,
            Action::Time(time) => time.apply(event)?,
            Action::Redact(redaction) => {
                redaction.apply(event);
            }
            Action::Sample(sampling) if sampling.keeps(event) => {}
            Action::Sample(_) | Action::Drop => return Ok(Flow::Dropped),
            Action::Route(topic) => effects.route = Some(topic.clone()),
            Action::Count(counting) => effects.counts.push(counting.key_of(event)),
        }
        Ok(Flow::Applied)
    }
}

/// Changes the event as a whole or not at all.
fn whole(event: &mut Event, change: impl FnOnce(&mut Event) -> Result<(), Failure>) -> Result<(), Failure> {
    let mut changed = event.clone();
    change(&mut changed)?;
    *event = changed;
    Ok(())
}

fn read_parse(section: &mut Section<'_>) -> Option<Action> {
    let from = section.parsed("from").unwrap_or(Place::Message);
    let parser = if section.is_section("parse") {
        section.section("parse", |parse| {
            if !parse.has("regex") {
                parse.refuse("regex", "is missing");
            }
            parse.parsed::<Groups>("regex").map(Parser::from)
        })
    } else {
        section.choice("parse", &FORMATS).map(Parser::from)
    };
    Some(Action::Parse { parser: parser?, from })
}

/// Several names: `a, b, c`.
pub(crate) struct Listed<'l, T>(pub(crate) &'l [T]);

impl<T: fmt::Display> fmt::Display for Listed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.0.iter().enumerate() {
            write!(f, "{}{item}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// In plain words: `parse nginx`, `set env = "prod"`.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.action {
            Action::Parse { parser, from: Place::Message } => write!(f, "parse {parser}"),
            Action::Parse { parser, from } => write!(f, "parse {parser} from {from}"),
            Action::Rename(rename) => write!(f, "rename {rename}"),
            Action::Set(set) => write!(f, "set {set}"),
            Action::Keep(keep) => write!(f, "keep {keep}"),
            Action::Remove(remove) => write!(f, "remove {remove}"),
            Action::Cast(casts) => write!(f, "cast {casts}"),
            Action::Level(level) => write!(f, "level {level}"),
            Action::Time(time) => write!(f, "time {time}"),
            Action::Redact(redaction) => write!(f, "redact {redaction}"),
            Action::Sample(sampling) => write!(f, "sample {sampling}"),
            Action::Route(topic) => write!(f, "route to {topic}"),
            Action::Count(counting) => write!(f, "count {counting}"),
            Action::Drop => f.write_str("drop"),
        }?;
        match &self.when {
            Some(when) => write!(f, ", when {when}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
