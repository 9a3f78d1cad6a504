//! The header `grpc-timeout`: how long a client waits for the end of its call.

use http::HeaderMap;
use std::time::Duration;
use watchkeeper_domain::Violation;

const HEADER: &str = "grpc-timeout";

/// Most digits of its number, per the specification of gRPC over HTTP/2.
pub const MAX_TIMEOUT_DIGITS: usize = 8;

/// Its value; `None` if it is missing: such a client waits without limit.
///
/// # Errors
/// If it is not a number of at most [`MAX_TIMEOUT_DIGITS`] digits with a unit, or is present twice.
pub(super) fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, Violation> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let parsed = value.to_str().ok().filter(|_| values.next().is_none()).and_then(parse);
    let reason = "must be 1 to 8 digits and one of the units H M S m u n, such as 10S";
    parsed.map(Some).ok_or_else(|| Violation::new(HEADER, reason))
}

/// A client whose deadline has already passed sends zero.
fn parse(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let is_number =
        (1..=MAX_TIMEOUT_DIGITS).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    let number: u64 = number.parse().ok().filter(|_| is_number)?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<Option<Duration>, String> {
        let headers = values.iter().map(|value| (HEADER.parse().unwrap(), value.parse().unwrap())).collect();
        timeout(&headers).map_err(|violation| violation.to_string())
    }

    #[test]
    fn every_unit_is_read_up_to_eight_digits() {
        assert_eq!(read(&[]), Ok(None));
        for (value, expected) in [
            ("1H", Duration::from_secs(3600)),
            ("2M", Duration::from_secs(120)),
            ("10S", Duration::from_secs(10)),
            ("500m", Duration::from_millis(500)),
            ("7u", Duration::from_micros(7)),
            ("0n", Duration::ZERO),
            ("99999999H", Duration::from_secs(99_999_999 * 3600)),
        ] {
            assert_eq!(read(&[value]), Ok(Some(expected)), "{value}");
        }
    }

    #[test]
    fn what_is_no_timeout_is_refused_by_name() {
        for value in ["", "S", "10", "10s", "10 S", "-1S", "+1S", "1.5S", "123456789S", "10S ", "１S", "10SS"]
        {
            let Ok(_) = value.parse::<http::HeaderValue>() else { continue };
            let error = read(&[value]).unwrap_err();
            assert!(error.starts_with("grpc-timeout: must be 1 to 8 digits and one of"), "{value}: {error}");
        }
        assert!(read(&["10S", "10S"]).is_err());
    }
}
