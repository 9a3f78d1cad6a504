//! `Nov 29 10:00:00 gate app[77]: message`.
//!
//! RFC 3164 describes what was seen, so little is certain: a text counts as host or tag only if it looks like one.

use super::{PROCID, insert_given};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use std::str::FromStr as _;
use watchkeeper_domain::Timestamp;
use watchkeeper_domain::event::{Draft, Fields};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// Longest tag, in bytes: RFC 3164 allows 32, and rsyslog sends longer ones.
const MAX_TAG_BYTES: usize = 64;
/// At most this long before or after its arrival, a time is of the same year as that.
const SURELY_NEAREST: i64 = 180 * 24 * 60 * 60 * 1_000_000;

/// Reads what follows the priority; `None` if it does not begin with a time.
pub(super) fn read(text: &str, arrived_at: Timestamp, zone: &TimeZone) -> Option<Draft> {
    let (occurred_at, rest) = time(text, arrived_at, zone)?;
    let (host, rest) = host(rest);
    let mut fields = Fields::new();
    let (service, message) = match tag(rest) {
        None => ("", rest),
        Some(Tag { name, procid, message }) => {
            insert_given(&mut fields, PROCID, procid);
            (name, message)
        }
    };
    let draft = Draft {
        occurred_at: Some(occurred_at),
        host: host.to_owned(),
        service: service.to_owned(),
        message: message.to_owned(),
        fields,
        ..Draft::default()
    };
    Some(draft)
}

/// The time that `text` begins with, and what follows it and a blank. Also one of RFC 3339, which rsyslog sends.
fn time<'t>(text: &'t str, arrived_at: Timestamp, zone: &TimeZone) -> Option<(Timestamp, &'t str)> {
    if text.as_bytes().first()?.is_ascii_digit() {
        let (time, rest) = text.split_once(' ')?;
        return Some((time.parse().ok()?, rest));
    }
    let (month, rest) = text.split_once(' ')?;
    let month = MONTHS.iter().position(|known| *known == month)?;
    // A day of one digit is padded with a blank.
    let (day, rest) = rest.strip_prefix(' ').unwrap_or(rest).split_once(' ')?;
    let (clock, rest) = rest.split_once(' ')?;
    let is_clock = clock.len() >= "10:00:00".len() && clock.as_bytes()[2] == b':';
    let clock = Time::from_str(clock).ok().filter(|_| is_clock)?;
    let at = nearest(i8::try_from(month + 1).ok()?, day.parse().ok()?, clock, arrived_at, zone)?;
    Some((at, rest))
}

/// The time in the year that brings it nearest to its arrival.
fn nearest(month: i8, day: i8, clock: Time, arrived_at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let arrival = jiff::Timestamp::from_microsecond(arrived_at.as_micros()).ok()?;
    let this_year = zone.to_datetime(arrival).year();
    let of_year = |year: i16| {
        let date = Date::new(year, month, day).ok()?;
        let at = zone.to_timestamp(date.to_datetime(clock)).ok()?;
        Timestamp::from_micros(at.as_microsecond())
    };
    let distance = |at: &Timestamp| (at.as_micros() - arrived_at.as_micros()).abs();
    let at = of_year(this_year);
    if at.is_some_and(|at| distance(&at) < SURELY_NEAREST) {
        return at;
    }
    let others = [this_year - 1, this_year + 1].into_iter().filter_map(of_year);
    others.chain(at).min_by_key(distance)
}

/// The host, if there is one, and what follows it. What ends like a tag is one: `logger` omits its own host.
fn host(text: &str) -> (&str, &str) {
    let is_host = |word: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':');
        !word.is_empty() && !word.ends_with(':') && word.bytes().all(is_plain)
    };
    text.split_once(' ').filter(|(word, _)| is_host(word)).unwrap_or(("", text))
}

/// `app[77]: message`.
#[derive(Debug, PartialEq, Eq)]
struct Tag<'t> {
    name: &'t str,
    procid: &'t str,
    message: &'t str,
}

/// The tag that `text` begins with: a word before `:` or `[`. Without either, the word belongs to the message.
fn tag(text: &str) -> Option<Tag<'_>> {
    let (name, rest) = text.split_at(text.find([':', '[', ' '])?);
    let begins_well =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/' | b'(' | b'.' | b'-');
    if name.len() > MAX_TAG_BYTES || !name.bytes().next().is_some_and(begins_well) {
        return None;
    }
    let (procid, rest) = match rest.strip_prefix('[') {
        Some(inner) => {
            let (procid, rest) = inner.split_once(']')?;
            (procid, rest.strip_prefix(':').unwrap_or(rest))
        }
        None => ("", rest.strip_prefix(':')?),
    };
    if procid.len() > MAX_TAG_BYTES || procid.contains([' ', '[']) {
        return None;
    }
    Some(Tag { name, procid, message: rest.strip_prefix(' ').unwrap_or(rest) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn tagged<'t>(name: &'t str, procid: &'t str, message: &'t str) -> Tag<'t> {
        Tag { name, procid, message }
    }

    #[test]
    fn a_tag_ends_in_a_colon_or_has_a_process() {
        assert_eq!(tag("app: hi"), Some(tagged("app", "", "hi")));
        assert_eq!(tag("postfix/smtpd[77]: hi: you"), Some(tagged("postfix/smtpd", "77", "hi: you")));
        assert_eq!(tag("app[77] hi"), Some(tagged("app", "77", "hi")));
        assert_eq!(tag("(systemd)[1]:  two"), Some(tagged("(systemd)", "1", " two")));
        for text in
            ["", "hello world", ": hi", "%ASA-6-302013: Built", "[1]: x", "a [1]: x", "app[1", "a[b c]: x"]
        {
            assert_eq!(tag(text), None, "{text}");
        }
    }

    #[test]
    fn a_tag_of_the_longest_length_is_one_and_a_longer_one_is_text() {
        let longest = "t".repeat(MAX_TAG_BYTES);
        assert!(tag(&format!("{longest}: x")).is_some());
        assert!(tag(&format!("{longest}t: x")).is_none());
    }

    #[test]
    fn a_word_is_a_host_unless_it_is_a_tag_or_has_other_characters() {
        assert_eq!(host("gate app: x"), ("gate", "app: x"));
        assert_eq!(host("2001:db8::7 app: x"), ("2001:db8::7", "app: x"));
        for text in ["app: x", "app[7]: x", "alone", "", " x", "%SYS x"] {
            assert_eq!(host(text), ("", text), "{text}");
        }
    }

    #[test]
    fn a_leap_day_is_in_the_nearest_year_that_has_it() {
        let arrived: Timestamp = "2027-01-10T00:00:00Z".parse().unwrap();
        let at = |text| time(text, arrived, &TimeZone::UTC).map(|(at, _)| at.to_string());
        assert_eq!(at("Feb 29 10:00:00 x").as_deref(), Some("2028-02-29T10:00:00Z"));
        assert_eq!(at("Mar 10 10:00:00 x").as_deref(), Some("2027-03-10T10:00:00Z"));
        for text in
            ["Feb 30 10:00:00 x", "Foo 1 10:00:00 x", "Jan 1 10:00 x", "Jan 1 25:00:00 x", "Jan 1", "10 x"]
        {
            assert_eq!(at(text), None, "{text}");
        }
    }
}
