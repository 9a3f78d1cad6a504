//! Whether the clock is kept right.

use super::config::HostConfig;
use super::part::Part;
use super::rate::float;
use crate::readings::Readings;
use crate::target::CollectError;
use std::io;
use std::time::Instant;

/// `clock_*`: what the kernel knows from the program that keeps the clock (chrony, ntpd, systemd-timesyncd).
pub(super) struct Clock;

/// The answer of `adjtimex(2)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Timex {
    state: i32,
    status: i32,
    /// In microseconds, or in nanoseconds by the status.
    offset: i64,
    /// In microseconds.
    max_error: i64,
}

impl Part for Clock {
    const NAME: &'static str = "host/clock";

    fn open(_: &HostConfig) -> Result<Self, CollectError> {
        Ok(Self)
    }

    fn read(&mut self, readings: &mut Readings, _: Instant) -> Result<(), CollectError> {
        match adjtimex() {
            Ok(timex) => timex.tell(readings),
            // Under systemd's `ProtectClock=` not even reading is permitted.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            Err(error) => return Err(CollectError::Unreachable(format!("cannot read the clock: {error}"))),
        }
        Ok(())
    }
}

impl Timex {
    fn tell(self, readings: &mut Readings) {
        let is_wrong = self.state == libc::TIME_ERROR || self.status & libc::STA_UNSYNC != 0;
        let per_second = if self.status & libc::STA_NANO == 0 { 1e6 } else { 1e9 };
        let offset = float(self.offset.unsigned_abs()) / per_second;
        let offset = if self.offset < 0 { -offset } else { offset };
        readings.add_count("clock_synchronised", "", &[], (!is_wrong).into());
        readings.add("clock_offset", "seconds", &[], offset);
        readings.add("clock_max_error", "seconds", &[], float(self.max_error.unsigned_abs()) / 1e6);
    }
}

#[expect(unsafe_code, reason = "no maintained library has a safe call that only reads adjtimex(2)")]
#[allow(clippy::useless_conversion, reason = "the fields have 32 bits on some platforms")]
fn adjtimex() -> io::Result<Timex> {
    // SAFETY: `timex` has only integers, of which zeros are valid; no mode is set, so that the call only writes to it.
    let (state, timex) = unsafe {
        let mut timex: libc::timex = std::mem::zeroed();
        (libc::adjtimex(&raw mut timex), timex)
    };
    if state < 0 {
        return Err(io::Error::last_os_error());
    }
    let (offset, max_error) = (i64::from(timex.offset), i64::from(timex.maxerror));
    Ok(Timex { state, status: timex.status, offset, max_error })
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::fixture::told;
    use super::*;

    pub(in super::super) fn tell_everything(readings: &mut Readings) {
        Timex { state: 0, status: 0, offset: 0, max_error: 0 }.tell(readings);
    }

    fn clock(timex: Timex) -> Vec<String> {
        told(|readings| timex.tell(readings))
    }

    #[test]
    fn a_synchronised_clock_has_an_offset_in_either_direction() {
        let timex = Timex { state: 0, status: libc::STA_NANO, offset: -1_500_000, max_error: 16_500 };
        assert_eq!(
            clock(timex),
            ["clock_max_error{} 0.0165 seconds", "clock_offset{} -0.0015 seconds", "clock_synchronised{} 1"]
        );
        let micros = Timex { status: 0, offset: 2_000, ..timex };
        assert!(clock(micros).contains(&"clock_offset{} 0.002 seconds".to_owned()));
    }

    #[test]
    fn a_clock_that_nothing_keeps_is_not_synchronised() {
        let right = Timex { state: 0, status: 0, offset: 0, max_error: 0 };
        for wrong in [Timex { state: libc::TIME_ERROR, ..right }, Timex { status: libc::STA_UNSYNC, ..right }]
        {
            assert!(clock(wrong).contains(&"clock_synchronised{} 0".to_owned()));
        }
    }

    #[test]
    fn the_clock_of_this_host_is_read_if_it_may_be() {
        match adjtimex() {
            Ok(timex) => assert_eq!(clock(timex).len(), 3),
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::PermissionDenied),
        }
    }
}
