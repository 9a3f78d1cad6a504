//! The serialized evaluator state of one series.
//!
//! A version, the newest sample, its note if the version is [`NOTED`], and for each rule with state its name, the
//! fingerprint of its condition, its phase and the state of the condition. Big-endian.

use crate::condition::{Past, Seen, Unreadable, read_time};
use crate::phase::Phase;
use crate::rule::Rule;
use bytes::{Buf, BufMut};
use watchkeeper_domain::{Alert, Note, Severity};

/// The version of the format without a note; versions of this program from before notes know only this one.
const PLAIN: u8 = 1;
/// The version with a note: its length in bytes, and its text.
const NOTED: u8 = 2;
/// The fingerprint of an unknown condition.
const NO_CONDITION: u64 = 0;

/// The state of one series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Remembered {
    pub(crate) latest: Seen,
    /// The note of the newest sample.
    pub(crate) note: Option<Note>,
    pub(crate) rules: Vec<RememberedRule>,
}

/// The state of one rule for the series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RememberedRule {
    pub(crate) name: String,
    /// Of the condition that the state belongs to.
    pub(crate) fingerprint: u64,
    pub(crate) severity: Severity,
    pub(crate) phase: Phase,
    pub(crate) past: Past,
}

impl Remembered {
    pub(crate) fn write(&self, out: &mut impl BufMut) {
        out.put_u8(if self.note.is_some() { NOTED } else { PLAIN });
        self.latest.write(out);
        if let Some(note) = &self.note {
            out.put_u16(u16::try_from(note.as_str().len()).expect("the length of a note is limited"));
            out.put_slice(note.as_str().as_bytes());
        }
        self.rules.iter().for_each(|rule| rule.write(out));
    }

    /// # Errors
    /// Why the bytes cannot be read, if [`Self::write`] of this version did not write them.
    pub(crate) fn read(mut bytes: &[u8]) -> Result<Self, Unreadable> {
        let version = bytes.try_get_u8()?;
        if ![PLAIN, NOTED].contains(&version) {
            return Err(Unreadable::Wrong("the version"));
        }
        let latest = Seen::read(&mut bytes)?;
        let note = if version == NOTED { read_note(&mut bytes)? } else { None };
        let mut rules = Vec::new();
        while !bytes.is_empty() {
            rules.push(RememberedRule::read(&mut bytes)?);
        }
        Ok(Self { latest, note, rules })
    }

    /// The state for `rule` as it is now. If its condition has changed, only the alert is kept, and the next sample
    /// decides about it.
    pub(crate) fn take(&mut self, rule: &Rule, fingerprint: u64) -> Option<(Phase, Past)> {
        let at = self.rules.iter().position(|remembered| remembered.name == rule.name)?;
        let remembered = self.rules.swap_remove(at);
        if remembered.fingerprint == fingerprint {
            return Some((remembered.phase, remembered.past));
        }
        let phase = if remembered.phase.is_firing() { remembered.phase } else { Phase::Resting };
        Some((phase, Past::Nothing))
    }
}

fn read_note(bytes: &mut &[u8]) -> Result<Option<Note>, Unreadable> {
    let length = usize::from(bytes.try_get_u16()?);
    let (note, rest) = bytes.split_at_checked(length).ok_or(Unreadable::Short)?;
    *bytes = rest;
    let note = str::from_utf8(note).map_err(|_| Unreadable::Wrong("a note"))?;
    Ok(Note::new(note))
}

impl RememberedRule {
    /// The state that follows from a firing alert.
    pub(crate) fn of(alert: &Alert) -> Self {
        Self {
            name: alert.rule.clone(),
            fingerprint: NO_CONDITION,
            severity: alert.severity,
            phase: Phase::Firing { since: alert.fired_at },
            past: Past::Nothing,
        }
    }

    fn write(&self, out: &mut impl BufMut) {
        out.put_u8(u8::try_from(self.name.len()).expect("the name of a rule has at most 64 bytes"));
        out.put_slice(self.name.as_bytes());
        out.put_u64(self.fingerprint);
        let severity = Severity::ALL.iter().position(|severity| *severity == self.severity);
        out.put_u8(severity.and_then(|index| u8::try_from(index).ok()).expect("one of three"));
        match self.phase {
            Phase::Resting => out.put_u8(0),
            Phase::Pending { since } => {
                out.put_u8(1);
                out.put_i64(since.as_micros());
            }
            Phase::Firing { since } => {
                out.put_u8(2);
                out.put_i64(since.as_micros());
            }
        }
        self.past.write(out);
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Unreadable> {
        let length = usize::from(bytes.try_get_u8()?);
        let (name, rest) = bytes.split_at_checked(length).ok_or(Unreadable::Short)?;
        *bytes = rest;
        Ok(Self {
            name: str::from_utf8(name).map_err(|_| Unreadable::Wrong("a rule's name"))?.to_owned(),
            fingerprint: bytes.try_get_u64()?,
            severity: *Severity::ALL
                .get(usize::from(bytes.try_get_u8()?))
                .ok_or(Unreadable::Wrong("a severity"))?,
            phase: match bytes.try_get_u8()? {
                0 => Phase::Resting,
                1 => Phase::Pending { since: read_time(bytes)? },
                2 => Phase::Firing { since: read_time(bytes)? },
                _ => return Err(Unreadable::Wrong("a phase")),
            },
            past: Past::read(bytes)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::Timestamp;

    fn state(note: Option<&str>) -> Remembered {
        let rule = RememberedRule {
            name: "site_down".into(),
            fingerprint: 7,
            severity: Severity::Critical,
            phase: Phase::Pending { since: Timestamp::MIN },
            past: Past::Nothing,
        };
        let latest = Seen { at: Timestamp::MIN, value: 0.0 };
        Remembered { latest, note: note.and_then(Note::new), rules: vec![rule] }
    }

    fn written(state: &Remembered) -> Vec<u8> {
        let mut bytes = Vec::new();
        state.write(&mut bytes);
        bytes
    }

    #[test]
    fn state_without_a_note_is_what_versions_before_notes_wrote_and_read() {
        let before = [
            &[1][..],
            &[0; 8],
            &[0; 8],
            &[9],
            b"site_down",
            &[0, 0, 0, 0, 0, 0, 0, 7],
            &[2, 1],
            &[0; 8],
            &[0],
        ]
        .concat();
        assert_eq!(written(&state(None)), before);
        assert_eq!(Remembered::read(&before), Ok(state(None)));
    }

    #[test]
    fn state_with_a_note_is_read_back_and_refused_wherever_it_is_cut() {
        let state = state(Some("answered 500, é"));
        let bytes = written(&state);
        assert_eq!(Remembered::read(&bytes), Ok(state));
        // Where the rules begin it may end: a series may have none.
        let rules_begin = 1 + 16 + 2 + "answered 500, é".len();
        for end in (0..bytes.len()).filter(|&end| end != rules_begin) {
            assert!(Remembered::read(&bytes[..end]).is_err(), "cut at {end}");
        }
    }
}
