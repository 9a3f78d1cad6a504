//! A cached sample: its instant and its expiry, of 20 digits each so that they compare as text, and its JSON.

use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_wire::sample::{SampleDecoder, write_sample};

/// Digits of an instant: those of the largest 64-bit number.
const DIGITS: usize = 20;

/// An instant as text that sorts like instants.
pub(crate) fn instant(at: Timestamp) -> String {
    format!("{:0DIGITS$}", at.as_micros())
}

pub(crate) fn write(sample: &Sample, expires: Timestamp) -> Vec<u8> {
    let mut entry = (instant(sample.collected_at) + &instant(expires)).into_bytes();
    write_sample(&mut entry, sample);
    entry
}

/// The sample of an entry, unless it has expired.
pub(crate) fn read(
    decoder: &mut SampleDecoder,
    entry: &[u8],
    now: Timestamp,
) -> Result<Option<Sample>, String> {
    let (head, json) = entry.split_at_checked(2 * DIGITS).ok_or("an entry is truncated")?;
    if head[DIGITS..] <= *instant(now).as_bytes() {
        return Ok(None);
    }
    decoder.decode(json).map(Some).map_err(|violation| violation.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Duration;
    use watchkeeper_domain::Series;

    #[test]
    fn an_entry_reads_back_until_it_expires() {
        let series = Arc::new(Series::new("host", "load", "", &[("host", "a")]).unwrap());
        let sample = Sample::new(series, Timestamp::MAX, 0.1);
        let expires = Timestamp::MAX.minus(Duration::from_secs(1));
        let entry = write(&sample, expires);
        let read = |now| read(&mut SampleDecoder::default(), &entry, now);
        assert_eq!(read(expires.minus(Duration::from_micros(1))), Ok(Some(sample)));
        assert_eq!(read(expires), Ok(None));
    }

    #[test]
    fn what_is_no_entry_is_said_to_be_none() {
        let mut decoder = SampleDecoder::default();
        assert!(read(&mut decoder, b"short", Timestamp::MIN).is_err());
        let broken = format!("{}{}[]", instant(Timestamp::MIN), instant(Timestamp::MAX));
        assert!(read(&mut decoder, broken.as_bytes(), Timestamp::MIN).is_err());
    }
}
