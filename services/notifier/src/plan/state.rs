//! The stored state of one recipient's group.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::AlertKey;

/// The version of the format; others are not read.
const VERSION: u32 = 1;

/// The state of a group; [`State::default`] if nothing is pending or notified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// Since when a change waits to be notified.
    pub(super) waiting_since: Option<Timestamp>,
    /// What was notified.
    pub(super) episode: Option<Episode>,
    /// Since when firing alerts of an escalation are known.
    pub(super) known_since: BTreeMap<AlertKey, Timestamp>,
}

/// What was notified for a group, from its first notice to the recovery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Episode {
    /// The number of its first notice.
    pub(super) began: u64,
    /// The number of its last notice.
    pub(super) last: u64,
    /// When the last notice was created.
    pub(super) told_at: Timestamp,
    /// The alerts notified as firing, with the instant since which they fire.
    pub(super) told: BTreeMap<AlertKey, Timestamp>,
}

/// Stored state that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum StateError {
    #[error("is not the expected JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("is of version {0}, this program knows {VERSION}")]
    Version(u32),
    #[error("has an invalid timestamp: {0}")]
    Instant(i64),
}

/// The state in JSON, instants in microseconds since 1970.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    v: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waits: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    episode: Option<StoredEpisode>,
    /// Rule, series and since when; only of escalations, which versions before them do not have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    known: Vec<(String, String, i64)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredEpisode {
    began: u64,
    last: u64,
    at: i64,
    /// Rule, series and since when.
    told: Vec<(String, String, i64)>,
}

impl Episode {
    /// An episode whose first notice is created at `now`. Its number derives from `now`: so the group's next episode
    /// has other numbers although this one will be forgotten, as no group gets a notice every microsecond.
    pub(super) fn begin(now: Timestamp) -> Self {
        let began = now.as_micros().unsigned_abs();
        Self { began, last: began, told_at: now, told: BTreeMap::new() }
    }

    /// The same with a further notice at `now`.
    pub(super) fn next(self, now: Timestamp) -> Self {
        Self { last: self.last.saturating_add(1), told_at: now, ..self }
    }
}

impl State {
    pub(super) fn encode(&self) -> Bytes {
        let stored = Stored {
            v: VERSION,
            waits: self.waiting_since.map(Timestamp::as_micros),
            episode: self.episode.as_ref().map(StoredEpisode::of),
            known: stored(&self.known_since),
        };
        serde_json::to_vec(&stored).expect("texts and numbers can be written as JSON").into()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        // Alone at first: nothing else is known of another version.
        #[derive(Deserialize)]
        struct Versioned {
            v: u32,
        }
        let Versioned { v } = serde_json::from_slice(bytes)?;
        if v != VERSION {
            return Err(StateError::Version(v));
        }
        let stored: Stored = serde_json::from_slice(bytes)?;
        Ok(Self {
            waiting_since: stored.waits.map(instant).transpose()?,
            episode: stored.episode.map(StoredEpisode::read).transpose()?,
            known_since: read(stored.known)?,
        })
    }
}

impl StoredEpisode {
    fn of(episode: &Episode) -> Self {
        let Episode { began, last, told_at, told } = episode;
        Self { began: *began, last: *last, at: told_at.as_micros(), told: stored(told) }
    }

    fn read(self) -> Result<Episode, StateError> {
        Ok(Episode { began: self.began, last: self.last, told_at: instant(self.at)?, told: read(self.told)? })
    }
}

fn stored(since: &BTreeMap<AlertKey, Timestamp>) -> Vec<(String, String, i64)> {
    let stored =
        |(key, since): (&AlertKey, &Timestamp)| (key.rule.clone(), key.series_key.clone(), since.as_micros());
    since.iter().map(stored).collect()
}

fn read(stored: Vec<(String, String, i64)>) -> Result<BTreeMap<AlertKey, Timestamp>, StateError> {
    let read = |(rule, series_key, since)| instant(since).map(|since| (AlertKey { rule, series_key }, since));
    stored.into_iter().map(read).collect()
}

fn instant(micros: i64) -> Result<Timestamp, StateError> {
    Timestamp::from_micros(micros).ok_or(StateError::Instant(micros))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::option;
    use proptest::prelude::*;

    fn any_instant() -> impl Strategy<Value = Timestamp> {
        (0..=Timestamp::MAX.as_micros()).prop_map(|micros| Timestamp::from_micros(micros).unwrap())
    }

    fn any_state() -> impl Strategy<Value = State> {
        let since = || {
            let key =
                ("\\PC{0,6}", "\\PC{0,12}").prop_map(|(rule, series_key)| AlertKey { rule, series_key });
            proptest::collection::btree_map(key, any_instant(), 0..4)
        };
        let episode = (any::<u64>(), any::<u64>(), any_instant(), since())
            .prop_map(|(began, last, told_at, told)| Episode { began, last, told_at, told });
        (option::of(any_instant()), option::of(episode), since())
            .prop_map(|(waiting_since, episode, known_since)| State { waiting_since, episode, known_since })
    }

    #[test]
    fn a_state_is_stored_as_documented() {
        let key = AlertKey { rule: "busy".into(), series_key: "host/load".into() };
        let at = Timestamp::from_micros(7).unwrap();
        let episode = Episode { began: 1, last: 2, told_at: at, told: [(key, at)].into() };
        let state = State { waiting_since: Some(at), episode: Some(episode), ..State::default() };
        let expected =
            r#"{"v":1,"waits":7,"episode":{"began":1,"last":2,"at":7,"told":[["busy","host/load",7]]}}"#;
        assert_eq!(state.encode(), expected);
        assert_eq!(State::default().encode(), r#"{"v":1}"#);
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_the_reason() {
        let refused = |text: &str| State::decode(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(refused(r#"{"v":2,"new":1}"#), "is of version 2, this program knows 1");
        assert_eq!(refused(r#"{"v":1,"waits":-1}"#), "has an invalid timestamp: -1");
        for text in ["", "{}", r#"{"v":1,"new":1}"#, r#"{"v":1,"episode":{}}"#] {
            assert!(refused(text).starts_with("is not the expected JSON: "), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_state_survives_the_store(state in any_state()) {
            prop_assert_eq!(State::decode(&state.encode()).unwrap(), state);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = State::decode(&bytes);
        }
    }
}
