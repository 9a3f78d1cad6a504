//! The ratio of two series with the same source and labels.

use super::past::{Past, Seen};
use super::threshold::Threshold;
use crate::words::{amount, amount_text, rounded, time};
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;
use watchkeeper_config::{Section, show_duration};
use watchkeeper_domain::limits::{MAX_NAME_BYTES, MAX_UNIT_BYTES};
use watchkeeper_domain::{Matchers, Series};

/// Bounds of the age of the divisor.
const MAX_AGE: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(24 * 60 * 60);
const MAX_AGE_DEFAULT: Duration = Duration::from_secs(5 * 60);
const PERCENT: f64 = 100.0;

/// The value, divided by that of another series, is above or below a limit.
///
/// The divisor is the series with the same source and labels, and another name. It is taken as of the time of the
/// value. Without a divisor, or with 0, there is no verdict: a firing alert goes on firing, and nothing else fires.
#[derive(Clone, Debug, PartialEq)]
pub struct Ratio {
    /// The name of the series that is divided, which the matchers of the rule require.
    pub of: String,
    /// The name of the divisor.
    pub to: String,
    /// The units of the divided series and the divisor, if they differ.
    pub units: Option<(String, String)>,
    /// Whether the limits are in percent.
    pub percent: bool,
    /// The limits of the ratio.
    pub limits: Threshold,
    /// How much older or newer than the value the divisor may be.
    pub max_age: Duration,
}

impl Ratio {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let to = section.required_text("to", MAX_NAME_BYTES);
        let unit = section.optional_text("unit", MAX_UNIT_BYTES);
        Self {
            of: String::new(),
            to,
            units: unit.map(|unit| (String::new(), unit)),
            percent: section.boolean("percent", false),
            limits: Threshold::read(section),
            max_age: section.duration("max_age", MAX_AGE, MAX_AGE_DEFAULT),
        }
    }

    /// Completes it with the name and unit that the matchers of its rule require.
    ///
    /// # Errors
    /// What the matchers lack: from a divisor, the one series that it divides must follow, because each may be in
    /// another partition.
    pub(crate) fn complete(&mut self, matchers: &Matchers) -> Result<(), &'static str> {
        let exact =
            |field| matchers.iter().find(|one| one.field() == field).and_then(|one| one.exact_value());
        let name = exact("name").ok_or("must have name=\"NAME\" for a ratio: the series to divide")?;
        name.clone_into(&mut self.of);
        if let Some((unit, _)) = &mut self.units {
            let exact =
                exact("unit").ok_or("must have unit=\"UNIT\" for a ratio whose divisor has another unit")?;
            exact.clone_into(unit);
        } else if self.of == self.to {
            return Err("must have another name than `to` of the ratio");
        }
        Ok(())
    }

    /// The series that `divisor` divides; `None` if it is not a divisor.
    pub(crate) fn dividend(&self, divisor: &Series) -> Option<Series> {
        if divisor.name() != self.to {
            return None;
        }
        let unit = match &self.units {
            None => divisor.unit(),
            Some((unit, of_divisor)) if of_divisor == divisor.unit() => unit,
            Some(_) => return None,
        };
        let labels: Vec<(&str, &str)> = divisor.labels().collect();
        Series::new(divisor.source(), &self.of, unit, &labels).ok()
    }

    /// The divisor of `dividend`.
    pub(crate) fn divisor(&self, dividend: &Series) -> Option<Series> {
        let unit = self.units.as_ref().map_or(dividend.unit(), |(_, unit)| unit);
        let labels: Vec<(&str, &str)> = dividend.labels().collect();
        Series::new(dividend.source(), &self.to, unit, &labels).ok()
    }

    /// Whether `divisor` is one of the series `dividend`, which has the same source and labels.
    pub(crate) fn divides(&self, dividend: &Series, divisor: &Series) -> bool {
        let units = match &self.units {
            None => dividend.unit() == divisor.unit(),
            Some((unit, of_divisor)) => dividend.unit() == unit && divisor.unit() == of_divisor,
        };
        units && dividend.name() == self.of && divisor.name() == self.to
    }

    /// Whether it holds with the newest value; `None` if there is no verdict.
    pub(super) fn observe(&self, past: &mut Past, fires: bool, seen: Seen) -> Option<bool> {
        if *past == Past::Gone {
            *past = Past::Nothing;
        }
        Some(self.limits.passes(fires, self.value(past, seen).ok()?))
    }

    /// The ratio, or why there is none.
    fn value(&self, past: &Past, seen: Seen) -> Result<f64, String> {
        let is_recent =
            |divisor: &&Seen| seen.at.since(divisor.at).max(divisor.at.since(seen.at)) <= self.max_age;
        let divisor = match past {
            Past::Divisor(divisor) => Some(&**divisor).filter(is_recent),
            _ => None,
        };
        let Some(divisor) = divisor else {
            return Err(format!("there is no {} within {}", self.to, time(self.max_age)));
        };
        let ratio = seen.value / divisor.value * if self.percent { PERCENT } else { 1.0 };
        if ratio.is_finite() { Ok(ratio) } else { Err(format!("{} is {}", self.to, divisor.value)) }
    }

    /// `is 5 % of disk_total, below 10 %`
    pub(super) fn why(&self, past: &Past, holds: bool, fires: bool, seen: Seen, unit: &str) -> String {
        match self.value(past, seen) {
            Ok(ratio) => {
                let (unit, of) = if self.percent { ("percent", "of") } else { ("", "times") };
                let side = self.limits.side_of(ratio, unit, (holds, fires));
                format!("is {} {of} {}, {side}", amount_text(&rounded(ratio), unit), self.to)
            }
            Err(reason) => format!("is {}, no verdict: {reason}", amount(seen.value, unit)),
        }
    }

    pub(super) fn clears_when(&self) -> String {
        self.limits.clears_when().replace("the value", "the ratio")
    }
}

/// `ratio to disk_total in percent below 10`
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = if self.percent { " in percent" } else { "" };
        write!(f, "ratio to {}", self.to)?;
        self.units.iter().try_for_each(|(_, unit)| write!(f, " ({unit})"))?;
        write!(f, "{percent} {}", self.limits)?;
        if self.max_age == MAX_AGE_DEFAULT {
            return Ok(());
        }
        write!(f, ", {} at most {} apart", self.to, show_duration(self.max_age))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::Timestamp;

    fn ratio() -> Ratio {
        Ratio {
            of: "disk_available".to_owned(),
            to: "disk_total".to_owned(),
            units: None,
            percent: true,
            limits: Threshold { is_above: false, limit: 10.0, clear_at: 10.0 },
            max_age: Duration::from_secs(60),
        }
    }

    fn seen(second: u64, value: f64) -> Seen {
        Seen { at: Timestamp::MIN.plus(Duration::from_secs(second)), value }
    }

    fn verdict(divisor: Option<Seen>, value: Seen) -> (Option<bool>, String) {
        let mut past = divisor.map_or(Past::Nothing, |divisor| Past::Divisor(Box::new(divisor)));
        let holds = ratio().observe(&mut past, false, value);
        (holds, ratio().why(&past, holds == Some(true), false, value, "bytes"))
    }

    #[test]
    fn a_value_is_divided_by_the_divisor_of_its_time() {
        let why = "is 5 % of disk_total, below 10 %".to_owned();
        assert_eq!(verdict(Some(seen(100, 200.0)), seen(100, 10.0)), (Some(true), why));
        let why = "is 50 % of disk_total, not below 10 %".to_owned();
        assert_eq!(verdict(Some(seen(100, 20.0)), seen(160, 10.0)), (Some(false), why));
    }

    #[test]
    fn a_divisor_that_is_missing_old_or_0_gives_no_verdict() {
        let none = "is 10 bytes, no verdict: there is no disk_total within 1 min".to_owned();
        assert_eq!(verdict(None, seen(100, 10.0)), (None, none.clone()));
        assert_eq!(verdict(Some(seen(100, 20.0)), seen(161, 10.0)), (None, none.clone()));
        assert_eq!(verdict(Some(seen(161, 20.0)), seen(100, 10.0)), (None, none));
        let zero = "is 10 bytes, no verdict: disk_total is 0".to_owned();
        assert_eq!(verdict(Some(seen(100, 0.0)), seen(100, 10.0)), (None, zero));
        assert_eq!(verdict(Some(seen(100, 0.0)), seen(100, 0.0)).0, None);
    }

    #[test]
    fn a_divisor_divides_the_series_of_its_own_source_and_labels() {
        let divides = |key: &str| {
            let dividend = ratio().dividend(&key.parse().unwrap());
            dividend.map(|series| series.key().to_owned())
        };
        assert_eq!(
            divides(r#"host/disk_total{host="a",mount="/"} bytes"#).as_deref(),
            Some(r#"host/disk_available{host="a",mount="/"} bytes"#)
        );
        assert_eq!(divides("host/disk_read bytes"), None);
        let units = Some(("requests".to_owned(), "errors".to_owned()));
        let other = Ratio { units, ..ratio() };
        let key = |key: &str| other.dividend(&key.parse().unwrap()).map(|series| series.key().to_owned());
        assert_eq!(key("app/disk_total errors").as_deref(), Some("app/disk_available requests"));
        assert_eq!(key("app/disk_total bytes"), None);
    }
}
