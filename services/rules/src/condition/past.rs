//! The state of conditions for one series.

use super::anomaly::Statistics;
use super::change::Extremes;
use super::dead_letters::LastLetter;
use super::forecast::Trend;
use super::heartbeat::Beats;
use super::rate::Increase;
use bytes::{Buf, BufMut, TryGetError};
use watchkeeper_domain::Timestamp;

/// A sample, without its series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) at: Timestamp,
    pub(crate) value: f64,
}

/// The state of one condition for one series; small, because there are many.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Past {
    /// Nothing.
    #[default]
    Nothing,
    /// The series is stale and is no longer waited for.
    Gone,
    /// Of a change.
    Extremes(Box<Extremes>),
    /// Of an anomaly.
    Statistics(Box<Statistics>),
    /// Of dead letters.
    LastLetter(Box<LastLetter>),
    /// Of a rate.
    Increase(Box<Increase>),
    /// Of a forecast.
    Trend(Box<Trend>),
    /// Of a ratio: the newest value of the divisor.
    Divisor(Box<Seen>),
    /// Of heartbeats.
    Beats(Box<Beats>),
}

/// Invalid bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    /// They are truncated.
    #[error("it ends too early")]
    Short,
    /// A part of them is invalid.
    #[error("{0} cannot be that")]
    Wrong(&'static str),
}

impl From<TryGetError> for Unreadable {
    fn from(_: TryGetError) -> Self {
        Self::Short
    }
}

impl Seen {
    pub(crate) fn write(self, out: &mut impl BufMut) {
        out.put_i64(self.at.as_micros());
        out.put_f64(self.value);
    }

    pub(crate) fn read(bytes: &mut &[u8]) -> Result<Self, Unreadable> {
        Ok(Self { at: read_time(bytes)?, value: bytes.try_get_f64()? })
    }
}

pub(crate) fn read_time(bytes: &mut &[u8]) -> Result<Timestamp, Unreadable> {
    Timestamp::from_micros(bytes.try_get_i64()?).ok_or(Unreadable::Wrong("a time"))
}

impl Past {
    pub(crate) fn write(&self, out: &mut impl BufMut) {
        match self {
            Self::Nothing => out.put_u8(0),
            Self::Gone => out.put_u8(1),
            Self::Extremes(extremes) => {
                out.put_u8(2);
                extremes.write(out);
            }
            Self::Statistics(statistics) => {
                out.put_u8(3);
                statistics.write(out);
            }
            Self::LastLetter(letter) => {
                out.put_u8(4);
                letter.write(out);
            }
            Self::Increase(increase) => {
                out.put_u8(5);
                increase.write(out);
            }
            Self::Trend(trend) => {
                out.put_u8(6);
                trend.write(out);
            }
            Self::Divisor(divisor) => {
                out.put_u8(7);
                divisor.write(out);
            }
            Self::Beats(beats) => {
                out.put_u8(8);
                beats.write(out);
            }
        }
    }

    pub(crate) fn read(bytes: &mut &[u8]) -> Result<Self, Unreadable> {
        Ok(match bytes.try_get_u8()? {
            0 => Self::Nothing,
            1 => Self::Gone,
            2 => Self::Extremes(Box::new(Extremes::read(bytes)?)),
            3 => Self::Statistics(Box::new(Statistics::read(bytes)?)),
            4 => Self::LastLetter(Box::new(LastLetter::read(bytes)?)),
            5 => Self::Increase(Box::new(Increase::read(bytes)?)),
            6 => Self::Trend(Box::new(Trend::read(bytes)?)),
            7 => Self::Divisor(Box::new(Seen::read(bytes)?)),
            8 => Self::Beats(Box::new(Beats::read(bytes)?)),
            _ => return Err(Unreadable::Wrong("what a condition remembers")),
        })
    }
}
