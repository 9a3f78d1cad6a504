//! The serialized evaluator state of one series.
//!
//! A version, the newest sample, and for each rule with state its name, the fingerprint of its condition, its phase
//! and the state of the condition. Big-endian.

use crate::condition::{Past, Seen, Unreadable, read_time};
use crate::phase::Phase;
use crate::rule::Rule;
use bytes::{Buf, BufMut};
use watchkeeper_domain::{Alert, Severity};

/// The version of the format.
const VERSION: u8 = 1;
/// The fingerprint of an unknown condition.
const NO_CONDITION: u64 = 0;

/// The state of one series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Remembered {
    pub(crate) latest: Seen,
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
        out.put_u8(VERSION);
        self.latest.write(out);
        self.rules.iter().for_each(|rule| rule.write(out));
    }

    /// # Errors
    /// Why the bytes cannot be read, if [`Self::write`] of this version did not write them.
    pub(crate) fn read(mut bytes: &[u8]) -> Result<Self, Unreadable> {
        if bytes.try_get_u8()? != VERSION {
            return Err(Unreadable::Wrong("the version"));
        }
        let latest = Seen::read(&mut bytes)?;
        let mut rules = Vec::new();
        while !bytes.is_empty() {
            rules.push(RememberedRule::read(&mut bytes)?);
        }
        Ok(Self { latest, rules })
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
