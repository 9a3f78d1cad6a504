//! The histogram of events.

use super::Tone;
use super::search::Search;
use crate::chart::{Time, percent, times};
use crate::explore::{Range, Span};
use crate::format::{count, round_up};
use std::time::Duration;
use watchkeeper_domain::{Level, Timestamp};
use watchkeeper_ports::Bar;
use watchkeeper_query::Histogram;

/// The height of the bars, in pixels.
pub(crate) const HEIGHT: f64 = 120.0;
/// The least height of a part of a bar: one error among a million other events is seen.
const LEAST_HEIGHT: f64 = 2.0;
/// Space between two bars, as a share of one.
const GAP: f64 = 0.12;
/// The shortest range of a page: the link of a shorter bar leads to so much around it.
const LEAST_RANGE: Duration = Duration::from_secs(10);
const MINUTE: Duration = Duration::from_secs(60);

/// The histogram.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bars {
    pub(crate) all: Vec<BarShown>,
    pub(crate) times: Vec<Time>,
    /// The number at the top.
    pub(crate) top: String,
    /// The text alternative.
    pub(crate) title: String,
    /// All events, and those of each tone that there are.
    pub(crate) total: String,
    pub(crate) tones: Vec<(Tone, String)>,
    /// The part of the width, in percent, that was not counted to its end.
    pub(crate) uncounted: Option<String>,
    /// The range, in milliseconds since the epoch.
    pub(crate) from: i64,
    pub(crate) to: i64,
}

/// A bar.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BarShown {
    /// Percent of the width.
    pub(crate) x: String,
    pub(crate) width: String,
    /// From the bottom up.
    pub(crate) parts: Vec<BarPart>,
    /// The search narrowed to it.
    pub(crate) link: String,
    pub(crate) title: String,
    /// RFC 3339, for the script that shows local time.
    pub(crate) at: String,
    /// In milliseconds since the epoch.
    pub(crate) from: i64,
    pub(crate) to: i64,
}

/// The events of one tone.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BarPart {
    pub(crate) class: &'static str,
    /// Pixels from the top.
    pub(crate) y: String,
    pub(crate) height: String,
}

impl Bars {
    /// `None` without bars.
    pub(crate) fn new(found: &Histogram, search: &Search) -> Option<Self> {
        let (from, to) = (*found.edges.first()?, *found.edges.last()?);
        let span = Span { from, to };
        let most = found.bars.iter().map(Bar::events).max()?;
        let top = top_of(most);
        let bars = found.edges.iter().zip(found.edges.iter().skip(1)).zip(&found.bars);
        let bars = bars
            .map(|((from, to), bar)| BarShown::new(bar, Span { from: *from, to: *to }, span, top, search));
        let mut all = Bar::default();
        for bar in &found.bars {
            for (sum, events) in all.by_level.iter_mut().zip(bar.by_level) {
                *sum += events;
            }
        }
        let share = found.since.since(from).as_secs_f64() / span.length().as_secs_f64();
        Some(Self {
            all: bars.collect(),
            times: times(span),
            top: count(top),
            title: format!("{} over time, {}", events(&all), search.range.title()),
            total: count(all.events()),
            tones: tones(&all).map(|(tone, events)| (tone, count(events))).collect(),
            uncounted: (found.since > from).then(|| percent(share.min(1.0))),
            from: millis(from),
            to: millis(to),
        })
    }
}

impl BarShown {
    fn new(bar: &Bar, of: Span, span: Span, top: u64, search: &Search) -> Self {
        let share = |at: Timestamp| at.since(span.from).as_secs_f64() / span.length().as_secs_f64();
        let (left, width) = (share(of.from), share(of.to) - share(of.from));
        let mut y = HEIGHT;
        let parts = tones(bar).map(|(tone, events)| {
            #[expect(clippy::cast_precision_loss, reason = "pixels need no more")]
            let height = (events as f64 / top as f64 * HEIGHT).max(LEAST_HEIGHT).min(y);
            y -= height;
            BarPart { class: tone.class(), y: format!("{y:.1}"), height: format!("{height:.1}") }
        });
        let parts = parts.collect();
        Self {
            x: percent(width.mul_add(GAP / 2.0, left)),
            width: percent(width * (1.0 - GAP)),
            parts,
            link: search.with_range(Range { between: Some(at_least(of)), ..search.range }).link("/events"),
            title: format!("{} from {}", events(bar), begin(of)),
            at: of.from.to_string(),
            from: millis(of.from),
            to: millis(of.to),
        }
    }
}

/// The number at the top: round, and no bar reaches above it.
fn top_of(most: u64) -> u64 {
    #[expect(clippy::cast_precision_loss, reason = "the top is a round number")]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let rounded = round_up(most as f64) as u64;
    rounded.max(most).max(1)
}

/// The tones that there are, the most severe first.
fn tones(bar: &Bar) -> impl Iterator<Item = (Tone, u64)> {
    Tone::ALL.into_iter().map(|tone| (tone, tone.count(&bar.by_level))).filter(|(_, events)| *events > 0)
}

/// `12 events (3 error, 5 warn)`: levels above info are named.
fn events(bar: &Bar) -> String {
    let all = bar.events();
    let levels = Level::ALL.into_iter().rev().filter(|level| *level >= Level::Warn);
    let named: Vec<String> = levels
        .map(|level| (level, bar.by_level[usize::from(level.number())]))
        .filter(|(_, events)| *events > 0)
        .map(|(level, events)| format!("{} {level}", count(events)))
        .collect();
    let noun = if all == 1 { "event" } else { "events" };
    let named = if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) };
    format!("{} {noun}{named}", count(all))
}

/// When a bar begins, with seconds if bars are shorter than a minute. The script knows this form.
fn begin(of: Span) -> String {
    let text = of.from.to_string().replace('T', " ");
    let end = if of.length() < MINUTE { 19 } else { 16 };
    format!("{} UTC", text.get(..end).unwrap_or_default())
}

/// The range of a bar, or so much around it that a page can show it.
fn at_least(of: Span) -> Span {
    let missing = LEAST_RANGE.saturating_sub(of.length());
    let from = of.from.minus(missing / 2);
    Span { from, to: of.to.max(from.plus(LEAST_RANGE)) }
}

fn millis(at: Timestamp) -> i64 {
    at.as_micros() / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn bar(levels: &[(Level, u64)]) -> Bar {
        let mut bar = Bar::default();
        for (level, events) in levels {
            bar.by_level[usize::from(level.number())] = *events;
        }
        bar
    }

    fn found(bars: &[Bar]) -> Histogram {
        let from = at("2026-11-20T10:00:00Z");
        let edges: Vec<_> =
            (0..=bars.len()).map(|bar| from.plus(MINUTE * u32::try_from(bar).unwrap())).collect();
        Histogram { edges, bars: bars.to_vec(), since: from }
    }

    #[test]
    fn a_bar_is_made_of_the_levels_of_its_events_the_most_severe_below() {
        let bars = [bar(&[(Level::Error, 25), (Level::Critical, 25), (Level::Info, 50)]), Bar::default()];
        let shown = Bars::new(&found(&bars), &Search::of("x".to_owned())).unwrap();
        let parts: Vec<_> = shown.all[0]
            .parts
            .iter()
            .map(|part| (part.class, part.y.as_str(), part.height.as_str()))
            .collect();
        assert_eq!(parts, [("error", "60.0", "60.0"), ("info", "0.0", "60.0")]);
        assert_eq!(shown.all[0].title, "100 events (25 critical, 25 error) from 2026-11-20 10:00 UTC");
        assert_eq!((shown.total.as_str(), shown.top.as_str()), ("100", "100"));
        assert_eq!(shown.all[1].title, "0 events from 2026-11-20 10:01 UTC");
        assert!(shown.all[1].parts.is_empty());
    }

    #[test]
    fn a_bar_leads_to_its_own_time() {
        let shown = Bars::new(&found(&[bar(&[(Level::Info, 1)])]), &Search::of("a b".to_owned())).unwrap();
        assert_eq!(
            shown.all[0].link,
            "/events?query=a+b&from=2026-11-20T10%3A00%3A00Z&to=2026-11-20T10%3A01%3A00Z"
        );
        let short = Span { from: at("2026-11-20T10:00:10Z"), to: at("2026-11-20T10:00:11Z") };
        let wide = at_least(short);
        assert_eq!(wide.length(), LEAST_RANGE);
        assert!(wide.from < short.from && wide.to > short.to);
    }

    #[test]
    fn one_error_among_a_million_is_seen_and_nothing_reaches_above_the_top() {
        let bars = [bar(&[(Level::Error, 1), (Level::Info, 999_999)])];
        let shown = Bars::new(&found(&bars), &Search::default()).unwrap();
        let parts: Vec<_> =
            shown.all[0].parts.iter().map(|part| (part.height.as_str(), part.y.as_str())).collect();
        assert_eq!(parts, [("2.0", "118.0"), ("118.0", "0.0")]);
        assert_eq!([0, 1, 321, 100].map(top_of), [1, 1, 330, 100]);
    }

    #[test]
    fn what_was_not_counted_is_a_part_of_the_width() {
        let mut counted = found(&[Bar::default(), Bar::default()]);
        assert_eq!(Bars::new(&counted, &Search::default()).unwrap().uncounted, None);
        counted.since = at("2026-11-20T10:01:30Z");
        assert_eq!(Bars::new(&counted, &Search::default()).unwrap().uncounted.as_deref(), Some("75.00"));
    }

    #[test]
    fn a_day_of_25_hours_is_one_wider_bar() {
        let edges = ["2026-10-23T22:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"].map(at).to_vec();
        let found = Histogram { since: edges[0], edges, bars: vec![Bar::default(); 2] };
        let shown = Bars::new(&found, &Search::default()).unwrap();
        let widths: Vec<f64> = shown.all.iter().map(|bar| bar.width.parse().unwrap()).collect();
        assert!((widths[1] / widths[0] - 25.0 / 24.0).abs() < 0.001, "{widths:?}");
    }
}
