//! What is known of the heartbeats of one job.
//!
//! Nothing is missing before it is known that it could have been received: time passes with [`Heard`] only. When
//! heartbeats could not be received while one was expected, it may have been lost, and the next one is waited for.

use super::{FAILED, Heartbeat, STARTED};
use crate::condition::past::{Seen, Unreadable, read_time};
use bytes::{Buf, BufMut};
use watchkeeper_domain::Timestamp;

/// A heartbeat is expected from this part of `every` before its time on, because runs take longer or shorter.
const EARLY: u32 = 4;
/// How often in a row the next heartbeat is put off: otherwise a restart every night would hide a job that has stopped.
const MAX_PUT_OFF: u8 = 2;

/// A time during which heartbeats could be received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) since: Timestamp,
    pub(crate) until: Timestamp,
}

/// The heartbeats of one job so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Beats {
    /// The last report of an end.
    pub(crate) last: Option<Timestamp>,
    /// The next is due `every` after this: the last report, or when it was possible to receive one.
    pub(crate) from: Timestamp,
    /// The first start since the last end.
    pub(crate) started: Option<Timestamp>,
    /// Until when heartbeats could be received.
    heard_until: Timestamp,
    /// How often `from` was put off since the last report of an end, at most [`MAX_PUT_OFF`].
    put_off: u8,
}

impl Beats {
    /// Those of a job of which nothing is known before `from`.
    pub(super) fn new(from: Timestamp) -> Self {
        Self { last: None, from, started: None, heard_until: from, put_off: 0 }
    }

    /// Returns whether the run failed; `None` at its start.
    pub(super) fn observe(&mut self, seen: Seen) -> Option<bool> {
        if seen.value >= STARTED {
            self.started.get_or_insert(seen.at);
            return None;
        }
        // Not at a start: a job that starts again and again and never ends would be put off without end.
        (self.last, self.from, self.started, self.put_off) = (Some(seen.at), seen.at, None, 0);
        Some(seen.value <= FAILED)
    }

    pub(super) fn listen(&mut self, heartbeat: &Heartbeat, heard: Heard) {
        if self.heard_until < heard.since {
            self.miss(heartbeat, self.heard_until, heard.since);
        }
        self.heard_until = self.heard_until.max(heard.until);
    }

    /// Nothing was received in this time: what was expected then may have been lost.
    fn miss(&mut self, heartbeat: &Heartbeat, begin: Timestamp, end: Timestamp) {
        let is_expected = match self.started {
            Some(started) => started < end,
            None => self.from < end && self.expected_from(heartbeat) <= end && begin <= self.due(heartbeat),
        };
        if is_expected && self.put_off < MAX_PUT_OFF {
            (self.from, self.started, self.put_off) = (end, None, self.put_off + 1);
        }
    }

    fn expected_from(&self, heartbeat: &Heartbeat) -> Timestamp {
        let early = heartbeat.grace.max(heartbeat.every / EARLY);
        self.from.plus(heartbeat.every.saturating_sub(early))
    }

    /// When the end of the run, or the next heartbeat, is missing.
    pub(super) fn due(&self, heartbeat: &Heartbeat) -> Timestamp {
        match self.started {
            Some(started) => started.plus(heartbeat.max_run),
            None => self.from.plus(heartbeat.every).plus(heartbeat.grace),
        }
    }

    /// Since when something is missing that would have been received.
    pub(super) fn missing(&self, heartbeat: &Heartbeat) -> Option<Timestamp> {
        Some(self.due(heartbeat)).filter(|due| *due <= self.heard_until)
    }

    pub(crate) fn write(&self, out: &mut impl BufMut) {
        out.put_i64(self.from.as_micros());
        out.put_i64(self.heard_until.as_micros());
        out.put_u8(self.put_off);
        for at in [self.last, self.started] {
            out.put_u8(u8::from(at.is_some()));
            if let Some(at) = at {
                out.put_i64(at.as_micros());
            }
        }
    }

    pub(crate) fn read(bytes: &mut &[u8]) -> Result<Self, Unreadable> {
        let (from, heard_until) = (read_time(bytes)?, read_time(bytes)?);
        let put_off = bytes.try_get_u8()?;
        if put_off > MAX_PUT_OFF {
            return Err(Unreadable::Wrong("a count"));
        }
        let mut read_optional = || if read_flag(bytes)? { read_time(bytes).map(Some) } else { Ok(None) };
        Ok(Self { last: read_optional()?, started: read_optional()?, from, heard_until, put_off })
    }
}

fn read_flag(bytes: &mut &[u8]) -> Result<bool, Unreadable> {
    match bytes.try_get_u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Unreadable::Wrong("a flag")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::heartbeat::SUCCEEDED;
    use std::time::Duration;

    const HOUR: u64 = 3_600;

    fn at(second: u64) -> Timestamp {
        Timestamp::MIN.plus(Duration::from_secs(second))
    }

    /// Every hour, with ten minutes of grace and runs of up to half an hour.
    fn hourly() -> Heartbeat {
        let [every, grace, max_run] = [HOUR, 600, 1_800].map(Duration::from_secs);
        Heartbeat { job: "backup".to_owned(), every, grace, max_run }
    }

    /// A job that reported an end at second 0, and nothing since; heard during each of `heard`.
    fn missing_after(heard: &[(u64, u64)]) -> Option<u64> {
        let mut beats = Beats::new(at(0));
        beats.observe(Seen { at: at(0), value: SUCCEEDED });
        let missing = heard.iter().find_map(|&(since, until)| {
            beats.listen(&hourly(), Heard { since: at(since), until: at(until) });
            beats.missing(&hourly())
        });
        missing.map(|missing| missing.since(at(0)).as_secs())
    }

    #[test]
    fn grace_counts_from_the_time_at_which_the_heartbeat_is_due() {
        assert_eq!(missing_after(&[(0, 4_199)]), None);
        assert_eq!(missing_after(&[(0, 4_200)]), Some(4_200));
    }

    #[test]
    fn nothing_is_missing_of_a_time_in_which_it_could_not_be_received() {
        assert_eq!(missing_after(&[]), None);
        // From 50 minutes on for a day: the heartbeat at the hour may have been lost.
        assert_eq!(missing_after(&[(0, 3_000), (90_000, 94_199)]), None);
        assert_eq!(missing_after(&[(0, 3_000), (90_000, 94_200)]), Some(94_200));
    }

    #[test]
    fn a_break_at_another_time_puts_nothing_off() {
        assert_eq!(missing_after(&[(0, 1_000), (1_100, 4_200)]), Some(4_200));
        assert_eq!(missing_after(&[(0, 4_200), (5_000, 5_100)]), Some(4_200));
    }

    #[test]
    fn a_third_break_in_a_row_does_not_hide_that_a_job_has_stopped() {
        let first = [(0, 3_590), (3_610, 7_190), (7_210, 10_790)];
        assert_eq!(missing_after(&[&first[..], &[(10_810, 11_409)]].concat()), None);
        assert_eq!(missing_after(&[&first[..], &[(10_810, 11_410)]].concat()), Some(11_410));
        // However long it is.
        assert_eq!(missing_after(&[&first[..], &[(90_000, 90_010)]].concat()), Some(11_410));
    }

    #[test]
    fn a_start_puts_the_end_of_a_run_off_no_more_often() {
        let mut beats = Beats::new(at(0));
        for second in [0, 1_000, 2_000, 3_000] {
            beats.listen(&hourly(), Heard { since: at(second), until: at(second + 10) });
            beats.observe(Seen { at: at(second + 10), value: STARTED });
        }
        beats.listen(&hourly(), Heard { since: at(3_000), until: at(3_809) });
        assert_eq!(beats.missing(&hourly()), None);
        beats.listen(&hourly(), Heard { since: at(3_000), until: at(3_810) });
        assert_eq!(beats.missing(&hourly()), Some(at(3_810)), "half an hour after the third start");
    }

    #[test]
    fn an_end_lets_two_more_breaks_put_the_next_off() {
        let mut beats = Beats::new(at(0));
        for round in 1..=2 {
            beats.miss(&hourly(), at(round * HOUR - 10), at(round * HOUR + 10));
        }
        assert_eq!(beats.put_off, MAX_PUT_OFF);
        beats.observe(Seen { at: at(3 * HOUR), value: FAILED });
        assert_eq!(beats.put_off, 0);
    }

    #[test]
    fn the_end_of_a_run_may_have_been_lost_in_any_break() {
        let mut beats = Beats::new(at(0));
        assert_eq!(beats.observe(Seen { at: at(0), value: STARTED }), None);
        beats.listen(&hourly(), Heard { since: at(0), until: at(60) });
        beats.listen(&hourly(), Heard { since: at(61), until: at(2_000) });
        assert_eq!((beats.missing(&hourly()), beats.started), (None, None));
    }

    #[test]
    fn a_run_that_starts_again_and_again_and_never_ends_is_missing_after_its_limit() {
        let mut beats = Beats::new(at(0));
        for second in [0, 600, 1_200] {
            beats.observe(Seen { at: at(second), value: STARTED });
        }
        beats.listen(&hourly(), Heard { since: at(0), until: at(1_800) });
        assert_eq!(beats.missing(&hourly()), Some(at(1_800)));
    }

    #[test]
    fn what_is_known_survives_the_store_and_is_refused_wherever_it_is_cut() {
        let mut beats = Beats::new(at(5));
        beats.observe(Seen { at: at(7), value: FAILED });
        beats.observe(Seen { at: at(9), value: STARTED });
        let mut bytes = Vec::new();
        beats.write(&mut bytes);
        assert_eq!(Beats::read(&mut &bytes[..]), Ok(beats));
        for end in 0..bytes.len() {
            assert!(Beats::read(&mut &bytes[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn how_often_it_was_put_off_survives_the_store_up_to_the_limit() {
        let read = |put_off| {
            let mut bytes = Vec::new();
            Beats { put_off, ..Beats::new(at(5)) }.write(&mut bytes);
            Beats::read(&mut &bytes[..]).map(|beats| beats.put_off)
        };
        assert_eq!([0, 1, MAX_PUT_OFF].map(read), [Ok(0), Ok(1), Ok(MAX_PUT_OFF)]);
        assert_eq!(read(MAX_PUT_OFF + 1), Err(Unreadable::Wrong("a count")));
    }
}
