//! States over time as a strip, instead of a line that jumps between two values.

use super::axis::{percent, share_of};
use crate::explore::Span;
use crate::gather::Lines;
use crate::sparkline::usual_distance;
use std::time::Duration;
use watchkeeper_domain::{Series, Timestamp};

/// A state lasts until the next point, but at most this many times the usual distance.
const HOLD_FACTOR: f64 = 2.5;

/// Whether something was up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Up,
    Down,
    /// Both in one window.
    Mixed,
}

/// A stretch of one state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Block {
    /// Percent of the width from the left.
    pub(crate) x: String,
    /// Percent of the width.
    pub(crate) width: String,
    /// The CSS class.
    pub(crate) class: &'static str,
    /// The tooltip.
    pub(crate) title: String,
}

/// Whether `lines` of `series` are availabilities: each sample is 0 or 100 percent.
pub(super) fn is_availability(series: &Series, lines: &Lines) -> bool {
    let is_state = |value: f64| value.abs() < f64::EPSILON || (value - 100.0).abs() < f64::EPSILON;
    let extremes = || lines.smallest.iter().chain(&lines.largest);
    series.source() == "uptime"
        && series.unit() == "percent"
        && extremes().next().is_some()
        && extremes().all(|point| is_state(point.value))
}

/// The states of `lines` in windows of `step`, neighbours of the same state in one block.
pub(super) fn blocks(lines: &Lines, step: Duration, span: Span) -> Vec<Block> {
    let hold = step.max(usual_distance(&lines.mean).mul_f64(HOLD_FACTOR));
    let mut stretches: Vec<(State, Timestamp, Timestamp)> = Vec::new();
    for (index, point) in lines.mean.iter().enumerate() {
        let state = match point.value {
            100.0.. => State::Up,
            value if value > 0.0 => State::Mixed,
            _ => State::Down,
        };
        let next = lines.mean.get(index + 1).map(|next| next.at).filter(|next| next.since(point.at) <= hold);
        let end = next.unwrap_or_else(|| point.at.plus(step).min(span.to.max(point.at)));
        match stretches.last_mut() {
            Some((last, _, until)) if *last == state && *until == point.at => *until = end,
            _ => stretches.push((state, point.at, end)),
        }
    }
    stretches.into_iter().map(|(state, from, to)| Block::new(state, from, to, span)).collect()
}

/// `up 98.2 % of the time, down 2 times`
pub(super) fn title(lines: &Lines, blocks: &[Block]) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a line has at most thousands of points")]
    let points = lines.mean.len().max(1) as f64;
    let up = lines.mean.iter().map(|point| point.value / points).sum::<f64>();
    let down = blocks.iter().filter(|block| block.class != State::Up.class()).count();
    match down {
        0 => format!("up {up:.1} %"),
        1 => format!("up {up:.1} %, down once"),
        more => format!("up {up:.1} %, down {more} times"),
    }
}

impl State {
    const fn class(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Mixed => "mixed",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Mixed => "partly down",
        }
    }
}

impl Block {
    fn new(state: State, from: Timestamp, to: Timestamp, span: Span) -> Self {
        let (left, right) = (share_of(from, span), share_of(to, span));
        let clock = |at: Timestamp| {
            at.window_start(Duration::from_secs(1)).to_string().replace('T', " ").replace('Z', "")
        };
        Self {
            x: percent(left),
            width: percent(right - left),
            class: state.class(),
            title: format!("{} from {} to {} UTC", state.words(), clock(from), clock(to)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::Point;

    fn lines(values: &[(u64, f64)]) -> Lines {
        let at = |minute| Timestamp::MIN.plus(Duration::from_secs(60 * minute));
        let mean: Vec<Point> =
            values.iter().map(|&(minute, value)| Point { at: at(minute), value }).collect();
        Lines { smallest: mean.clone(), largest: mean.clone(), mean }
    }

    fn drawn(values: &[(u64, f64)]) -> Vec<(String, String, &'static str)> {
        let span = Span { from: Timestamp::MIN, to: Timestamp::MIN.plus(Duration::from_secs(6_000)) };
        let blocks = blocks(&lines(values), Duration::from_secs(60), span);
        blocks.into_iter().map(|block| (block.x, block.width, block.class)).collect()
    }

    #[test]
    fn neighbours_of_one_state_are_one_block_and_a_gap_is_none() {
        let owned = |(x, width, class): (&str, &str, &'static str)| (x.to_owned(), width.to_owned(), class);
        assert_eq!(
            drawn(&[(0, 100.0), (1, 100.0), (2, 0.0), (3, 50.0), (4, 100.0), (50, 100.0), (51, 100.0)]),
            [
                ("0.00", "2.00", "up"),
                ("2.00", "1.00", "down"),
                ("3.00", "1.00", "mixed"),
                ("4.00", "1.00", "up"),
                ("50.00", "2.00", "up"),
            ]
            .map(owned)
        );
    }

    #[test]
    fn a_strip_says_how_long_it_was_up_and_how_often_it_was_down() {
        let of = |values: &[(u64, f64)]| {
            let lines = lines(values);
            let span = Span { from: Timestamp::MIN, to: Timestamp::MIN.plus(Duration::from_secs(6_000)) };
            title(&lines, &blocks(&lines, Duration::from_secs(60), span))
        };
        assert_eq!(of(&[(0, 100.0), (1, 100.0)]), "up 100.0 %");
        assert_eq!(of(&[(0, 100.0), (1, 0.0)]), "up 50.0 %, down once");
        assert_eq!(of(&[(0, 0.0), (1, 100.0), (2, 0.0), (3, 100.0)]), "up 50.0 %, down 2 times");
    }

    #[test]
    fn only_states_of_uptime_are_a_strip() {
        let series = |key: &str| key.parse::<Series>().unwrap();
        let up = series(r#"uptime/availability_percent{target="shop"} percent"#);
        assert!(is_availability(&up, &lines(&[(0, 0.0), (1, 100.0)])));
        assert!(!is_availability(&up, &lines(&[(0, 99.0)])) && !is_availability(&up, &lines(&[])));
        assert!(!is_availability(&series("host/cpu percent"), &lines(&[(0, 0.0)])));
    }
}
