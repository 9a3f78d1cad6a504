//! Instants that are still to come.

use std::time::Duration;
use watchkeeper_domain::Timestamp;

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `14:30:00 UTC`, with the date before it if that is not the one of `now`.
pub(crate) fn clock(at: Timestamp, now: Timestamp) -> String {
    let text = at.window_start(SECOND).to_string().replace('T', " ").replace('Z', " UTC");
    if at.window_start(DAY) == now.window_start(DAY) {
        text.split_once(' ').map(|(_, time)| time.to_owned()).unwrap_or(text)
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_of_another_day_has_its_date() {
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let later = |hours: u64| clock(now.plus(Duration::from_secs(hours * 3_600) + SECOND / 2), now);
        assert_eq!([later(4), later(14)], ["14:00:00 UTC", "2026-11-21 00:00:00 UTC"]);
    }
}
