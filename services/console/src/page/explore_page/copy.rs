//! The same question for other programs: curl, the command line, CSV, a rule.

use crate::explore::{Group, NoRule, Origin, Question, Resolution, range_parameters_of_api, rule_text};
use crate::gather::Drawing;
use crate::links;
use watchkeeper_domain::{Series, SeriesFilter};

/// Most commands, one for each series.
const MAX_COMMANDS: usize = 5;

/// What can be copied.
pub(super) struct CopyPart {
    /// One call on each line.
    pub(super) curl: String,
    /// One command on each line; empty if there is none.
    pub(super) commands: String,
    /// Why there is no command, or not one for each series.
    pub(super) remark: Option<String>,
    pub(super) csv: String,
    pub(super) rule: Result<String, NoRule>,
}

impl CopyPart {
    /// For a client that reaches this console at `address`.
    pub(super) fn new(question: &Question, drawing: &Drawing, address: &str) -> Self {
        let csv = question.link("/explore.csv");
        let (curl, commands, remark) = if question.function.aggregate().is_some() && question.group.is_none()
        {
            of_api(question, drawing, address)
        } else {
            let remark = "The command line has neither rates nor groups: use the CSV.";
            (vec![format!("curl '{address}{csv}'")], Vec::new(), Some(remark.to_owned()))
        };
        let read: Vec<&Series> = drawing.read.iter().map(|series| &**series).collect();
        let values = drawing.lines.iter().flat_map(|line| &line.points).map(|point| point.value);
        let group: Option<&Group> = question.group.as_ref();
        let rule = rule_text(&read, question.function, group, values);
        Self { curl: curl.join("\n"), commands: commands.join("\n"), remark, csv, rule }
    }
}

/// The calls of the API and the commands that ask for the same, and a remark if there are too many.
fn of_api(
    question: &Question,
    drawing: &Drawing,
    address: &str,
) -> (Vec<String>, Vec<String>, Option<String>) {
    let filters = filters(question, drawing);
    let parameters = parameters(question, drawing.resolution);
    let shown = filters.iter().take(MAX_COMMANDS);
    let (curl, commands) = shown
        .map(|filter| {
            let link = links::api(path(drawing.resolution.origin), filter, &parameters);
            (format!("curl '{address}{link}'"), command(filter, &parameters, drawing.resolution, address))
        })
        .unzip();
    let remark = (filters.len() > MAX_COMMANDS)
        .then(|| format!("Of the first {MAX_COMMANDS} of {} series.", filters.len()));
    (curl, commands, remark)
}

/// The filters that select what is drawn: that of the question if it is enough, else one for each series.
fn filters(question: &Question, drawing: &Drawing) -> Vec<SeriesFilter> {
    if question.picked.is_empty() && question.words().is_empty() {
        return vec![question.filter.clone()];
    }
    drawing.read.iter().map(|series| SeriesFilter::with_labels_of(series)).collect()
}

const fn path(origin: Origin) -> &'static str {
    match origin {
        Origin::Samples => "/v1/range",
        Origin::Rollups(_) => "/v1/rollups",
    }
}

/// The parameters of the API, which are the options of the command line, too.
fn parameters(question: &Question, resolution: Resolution) -> Vec<(&'static str, String)> {
    let mut parameters = range_parameters_of_api(question.range);
    match resolution.origin {
        Origin::Samples => {
            parameters.push(("step", format!("{}s", resolution.step.as_secs())));
            parameters.push(("aggregate", question.function.name().to_owned()));
        }
        Origin::Rollups(window) => parameters.insert(0, ("window", window.name().to_owned())),
    }
    parameters
}

fn command(
    filter: &SeriesFilter,
    parameters: &[(&'static str, String)],
    resolution: Resolution,
    address: &str,
) -> String {
    let question = match resolution.origin {
        Origin::Samples => "range",
        Origin::Rollups(_) => "rollups",
    };
    let mut command = format!("watchkeeper query {question}");
    let mut push = |option: &str, value: &str| {
        command.push_str(" --");
        command.push_str(option);
        command.push(' ');
        command.push_str(&quoted(value));
    };
    for (option, value) in [("source", &filter.source), ("name", &filter.name)] {
        if let Some(value) = value {
            push(option, value);
        }
    }
    for (name, value) in &filter.labels {
        push("label", &format!("{name}={value}"));
    }
    for (option, value) in parameters {
        push(option, value);
    }
    push("url", address);
    command
}

/// A word for a shell (POSIX.1-2024, 2.2).
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Duration;
    use watchkeeper_domain::{Timestamp, Window};

    fn copied(query: &str, keys: &[&str], origin: Origin) -> CopyPart {
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let query: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let question = Question::parse(&query, now).unwrap();
        let read: Vec<Arc<Series>> = keys.iter().map(|key| Arc::new(key.parse().unwrap())).collect();
        let drawing = Drawing {
            lines: Vec::new(),
            span: question.range.span(now),
            resolution: Resolution { step: Duration::from_secs(15), origin },
            samples_per_point: None,
            asked: read.len(),
            all_lines: read.len(),
            read,
        };
        CopyPart::new(&question, &drawing, "http://watch.example:8460")
    }

    #[test]
    fn a_filter_is_one_command_and_found_series_are_one_each() {
        let of_filter =
            copied("source=host&label.mount=%2Fa+b&fn=max&over=24h", &["host/a", "host/b"], Origin::Samples);
        assert_eq!(
            of_filter.curl,
            "curl 'http://watch.example:8460/v1/range?source=host&label.mount=%2Fa+b&from=24h&step=15s&aggregate=max'"
        );
        assert_eq!(
            of_filter.commands,
            "watchkeeper query range --source host --label 'mount=/a b' --from 24h --step 15s --aggregate max \
              --url http://watch.example:8460"
        );
        assert_eq!(of_filter.remark, None);
        let keys: Vec<String> = (0..=MAX_COMMANDS).map(|index| format!("host/n{index}")).collect();
        let found = copied("q=n", &keys.iter().map(String::as_str).collect::<Vec<_>>(), Origin::Samples);
        assert_eq!(found.commands.lines().count(), MAX_COMMANDS);
        assert_eq!(found.remark.as_deref(), Some("Of the first 5 of 6 series."));
    }

    #[test]
    fn a_long_range_asks_for_the_rollups() {
        let rolled_up = copied("source=host&over=1y", &["host/a"], Origin::Rollups(Window::Day));
        assert_eq!(
            rolled_up.curl,
            "curl 'http://watch.example:8460/v1/rollups?source=host&window=day&from=365d'"
        );
        assert_eq!(
            rolled_up.commands,
            "watchkeeper query rollups --source host --window day --from 365d --url http://watch.example:8460"
        );
    }

    #[test]
    fn a_rate_or_a_group_is_only_in_the_csv() {
        let rate = copied("source=host&fn=rate", &["host/a"], Origin::Samples);
        assert_eq!(rate.curl, "curl 'http://watch.example:8460/explore.csv?source=host&fn=rate'");
        assert!(rate.commands.is_empty() && rate.remark.is_some());
    }

    #[test]
    fn a_word_is_quoted_for_the_shell() {
        assert_eq!(
            ["a=b", "", "it's", "$HOME", "[x]"].map(quoted),
            ["a=b", "''", r"'it'\''s'", "'$HOME'", "'[x]'"]
        );
    }
}
