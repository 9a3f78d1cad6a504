use super::*;

const LIMITS: SeriesLimits = SeriesLimits { per_token: 3, in_all: 5 };

/// Senders of series, and a clock.
struct Stage {
    recent: RecentSeries,
    limits: SeriesLimits,
    begun: Instant,
}

impl Stage {
    fn new(limits: SeriesLimits) -> Self {
        let begun = Instant::now();
        Self { recent: RecentSeries::new(begun), limits, begun }
    }

    /// Why the series is refused, if it is.
    fn note_at(&self, after: Duration, sender: &str, series: &str) -> Option<String> {
        let sender = Sender::named(sender);
        let noted = self.recent.of(&sender, self.limits, self.begun + after).note(series);
        noted.err().map(|violation| violation.to_string())
    }

    fn note(&self, sender: &str, series: &str) -> Option<String> {
        self.note_at(Duration::ZERO, sender, series)
    }

    fn counts(&self) -> Vec<(String, usize)> {
        let counts = self.recent.counts().into_iter();
        counts.map(|(sender, series)| (sender.name().to_owned(), series)).collect()
    }
}

#[test]
fn a_token_may_send_as_many_series_as_the_limit_and_go_on_with_them() {
    let stage = Stage::new(LIMITS);
    assert_eq!(["a", "b", "c"].map(|series| stage.note("shop", series)), [None, None, None]);
    let refused = "series: is new, and token \"shop\" has sent 3 recently, the limit set by `max_series_per_token` in \
        [ingest]: remove labels that change with every sample";
    assert_eq!(stage.note("shop", "d").as_deref(), Some(refused));
    assert_eq!(["c", "a"].map(|series| stage.note("shop", series)), [None, None]);
    assert_eq!(stage.note("other", "d"), None);
    assert_eq!(stage.counts(), [("other".into(), 1), ("shop".into(), 3)]);
}

#[test]
fn all_may_send_as_many_series_as_the_limit_and_go_on_with_them() {
    let stage = Stage::new(LIMITS);
    for (sender, series) in [("1", "a"), ("1", "b"), ("1", "c"), ("2", "a"), ("2", "b")] {
        assert_eq!(stage.note(sender, series), None);
    }
    let refused = "series: is new, and all senders have sent 5 recently, the limit set by `max_series` in [ingest]: \
        remove labels that change with every sample";
    assert_eq!(stage.note("2", "c").as_deref(), Some(refused));
    assert_eq!(stage.note("3", "a").as_deref(), Some(refused));
    assert_eq!(stage.note("2", "b"), None);
    assert_eq!(stage.counts(), [("1".into(), 3), ("2".into(), 2)]);
}

#[test]
fn a_series_counts_until_it_was_not_sent_for_long() {
    let stage = Stage::new(LIMITS);
    let second = Duration::from_secs(1);
    for series in ["a", "b", "c"] {
        assert_eq!(stage.note("shop", series), None);
    }
    assert_eq!(stage.note_at(FORGET_EVERY, "shop", "a"), None);
    assert!(stage.note_at((2 * FORGET_EVERY).saturating_sub(second), "shop", "d").is_some());
    assert_eq!(stage.note_at(2 * FORGET_EVERY, "shop", "d"), None, "b and c are forgotten");
    assert_eq!(stage.counts(), [("shop".into(), 2)]);
    assert_eq!(stage.note_at(9 * FORGET_EVERY, "other", "d"), None);
    assert_eq!(stage.counts(), [("other".into(), 1)], "who sends nothing is forgotten");
    assert_eq!(stage.note_at((10 * FORGET_EVERY).saturating_sub(second), "other", "e"), None);
    assert_eq!(stage.counts(), [("other".into(), 2)], "what was forgotten late is not forgotten twice");
}

#[test]
fn a_series_takes_few_bytes() {
    const SERIES: usize = 200_000;
    const BYTES_OF_SERIES: usize = 24;
    let stage = Stage::new(SeriesLimits { per_token: SERIES, in_all: SERIES });
    let sender = Sender::named("shop");
    let mut key = String::new();
    let cost = allocation_counter::measure(|| {
        for number in 0..SERIES {
            use std::fmt::Write as _;
            key.clear();
            write!(key, "shop/requests{{user=\"{number}\"}}").unwrap();
            stage.recent.of(&sender, stage.limits, stage.begun).note(&key).unwrap();
        }
    });
    assert!(stage.recent.of(&sender, stage.limits, stage.begun).note("one/more").is_err());
    let kept = usize::try_from(cost.bytes_current).unwrap();
    assert!(kept <= BYTES_OF_SERIES * SERIES, "{} bytes", kept / SERIES);
}

#[test]
fn the_operator_is_told_of_the_limit_that_is_nearly_reached() {
    let told = |counts: &[(&str, usize)]| {
        let counts: Vec<_> = counts.iter().map(|&(name, count)| (Sender::named(name), count)).collect();
        nearly_full(&counts, SeriesLimits { per_token: 1_000, in_all: 10_000 }).unwrap_or_default()
    };
    assert_eq!(told(&[]), "");
    assert_eq!(told(&[("a", 899), ("b", 1)]), "");
    let most = "token \"b\": 950 series of at most 1,000 (`max_series_per_token` in [ingest])";
    assert_eq!(told(&[("a", 900), ("b", 950), ("c", 3)]), most);
    let all = "all senders: 9,000 series of at most 10,000 (`max_series` in [ingest])";
    assert_eq!(told(&[("1", 900); 10]), all);
}
