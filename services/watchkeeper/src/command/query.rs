//! `watchkeeper query`.

use super::client::{Client, Parameters};
use super::print_line;
use super::table::{labels, print_json, print_table, series as named, time, value};
use crate::cli::{ListArgs, Output, QueryArgs, Question, RangeArgs, RollupsArgs, SamplesArgs};
use std::cmp::Ordering;
use std::io;
use watchkeeper_domain::Natural;
use watchkeeper_wire::json::{
    RangeAnswer, RangeSeries, RollupList, SampleJson, SampleList, SeriesJson, SeriesList,
};

/// Items per page.
const PAGE: u32 = 1_000;
const NO_SERIES: &str = "No series match.";
const NO_SAMPLES: &str = "No samples match.";
const NO_ROLLUPS: &str = "No rollups match.";

pub(crate) fn run(args: &QueryArgs) -> anyhow::Result<()> {
    match &args.question {
        Question::Series(args) => series(args),
        Question::Latest(args) => latest(args),
        Question::Samples(args) => samples(args),
        Question::Range(args) => range(args),
        Question::Rollups(args) => rollups(args),
    }
}

fn series(args: &ListArgs) -> anyhow::Result<()> {
    let open = |page: SeriesList| (page.series, page.next_page);
    let selection = Parameters::selecting(&args.selection);
    let mut series = Client::new(&args.server)?.all_pages("/v1/series", selection, PAGE, open)?;
    series.sort_by(in_natural_order);
    if args.output.json {
        return print_json(&series);
    }
    let row = |series: &SeriesJson| {
        [series.source.clone(), series.name.clone(), series.unit.clone(), labels(series)]
    };
    print_table(["SOURCE", "NAME", "UNIT", "LABELS"], series.iter().map(row).collect(), NO_SERIES)?;
    Ok(())
}

fn latest(args: &ListArgs) -> anyhow::Result<()> {
    let open = |page: SampleList| (page.samples, page.next_page);
    let selection = Parameters::selecting(&args.selection);
    let client = Client::new(&args.server)?;
    let mut latest = client.all_pages("/v1/latest", selection, PAGE, open)?;
    latest.sort_by(|one, other| in_natural_order(&one.series, &other.series));
    print_samples(&latest, &args.output, NO_SERIES)?;
    let mut newest = Parameters::selecting(&args.selection);
    newest.set("last", "1");
    // The values are printed; a server that refuses this question, as for too many series, has no more to say.
    if let Ok(list) = client.get::<SampleList>("/v1/samples", &newest) {
        warn_of_future(&list);
    }
    Ok(())
}

/// By source, name and labels, as the pages have it: the API pages by key.
fn in_natural_order(one: &SeriesJson, other: &SeriesJson) -> Ordering {
    fn labels(series: &SeriesJson) -> impl Iterator<Item = (Natural<'_>, Natural<'_>)> {
        series.labels.iter().map(|(name, value)| (Natural(name), Natural(value)))
    }
    Natural(&one.source)
        .cmp(&Natural(&other.source))
        .then_with(|| Natural(&one.name).cmp(&Natural(&other.name)))
        .then_with(|| labels(one).cmp(labels(other)))
}

fn samples(args: &SamplesArgs) -> anyhow::Result<()> {
    let mut parameters = Parameters::selecting(&args.selection);
    parameters.set("last", args.last.to_string());
    let list: SampleList = Client::new(&args.server)?.get("/v1/samples", &parameters)?;
    print_samples(&list.samples, &args.output, NO_SAMPLES)?;
    warn_of_future(&list);
    Ok(())
}

/// Says on stderr that there are samples of a clock that ran ahead.
fn warn_of_future(list: &SampleList) {
    if let Some(until) = &list.future_until {
        super::notice(&format!(
            "there are samples from the future, up to {until}: a clock ran ahead when they were collected. They are not \
             shown as the latest before their time"
        ));
    }
}

fn range(args: &RangeArgs) -> anyhow::Result<()> {
    let mut parameters = Parameters::selecting(&args.selection);
    parameters.set("from", &args.from);
    parameters.set_some("to", args.to.as_ref());
    parameters.set("step", &args.step);
    parameters.set("aggregate", &args.aggregate);
    let answer: RangeAnswer = Client::new(&args.server)?.get("/v1/range", &parameters)?;
    if let Some(limit) = answer.series_limit {
        super::notice(&format!(
            "only the first {limit} series are shown: narrow the selection, or raise api.range_series"
        ));
    }
    if args.output.json {
        return print_json(&answer.series);
    }
    if answer.series.is_empty() {
        print_line(NO_SAMPLES)?;
    }
    for (index, found) in answer.series.iter().enumerate() {
        if index > 0 {
            print_line("")?;
        }
        print_range(found, &args.aggregate)?;
    }
    Ok(())
}

/// The series, and a line for each window.
fn print_range(found: &RangeSeries, aggregate: &str) -> io::Result<()> {
    print_line(&named(&found.series))?;
    let rows = found.points.iter().map(|(at, point)| {
        let point = point.map_or_else(|| "out of range".to_owned(), |point| value(point, &found.series));
        [time(at), point]
    });
    print_table(["FROM", &aggregate.to_uppercase()], rows.collect(), NO_SAMPLES)
}

fn rollups(args: &RollupsArgs) -> anyhow::Result<()> {
    let mut parameters = Parameters::selecting(&args.selection);
    parameters.set("window", &args.window);
    parameters.set_some("from", args.from.as_ref());
    parameters.set_some("to", args.to.as_ref());
    let open = |page: RollupList| (page.series, page.next_page);
    let found = Client::new(&args.server)?.all_pages("/v1/rollups", parameters, PAGE, open)?;
    if args.output.json {
        return print_json(&found);
    }
    let mut rows = Vec::new();
    for of_series in &found {
        let series = &of_series.series;
        let shown = |number: f64| value(number, series);
        for rollup in &of_series.rollups {
            rows.push([
                series.source.clone(),
                series.name.clone(),
                labels(series),
                rollup.start.clone(),
                rollup.avg.map_or_else(|| "out of range".to_owned(), shown),
                shown(rollup.min),
                shown(rollup.max),
                shown(rollup.p95),
                rollup.count.to_string(),
            ]);
        }
    }
    let headings = ["SOURCE", "NAME", "LABELS", "FROM", "AVG", "MIN", "MAX", "P95", "COUNT"];
    print_table(headings, rows, NO_ROLLUPS)?;
    Ok(())
}

/// Of samples without a note.
const COLUMNS: [&str; 5] = ["SOURCE", "NAME", "LABELS", "VALUE", "COLLECTED AT"];

fn print_samples(samples: &[SampleJson], output: &Output, empty: &str) -> anyhow::Result<()> {
    if output.json {
        return print_json(samples);
    }
    let row = |sample: &SampleJson| {
        let SeriesJson { source, name, .. } = &sample.series;
        let value = value(sample.value, &sample.series);
        [source.clone(), name.clone(), labels(&sample.series), value, time(&sample.collected_at)]
    };
    let rows = samples.iter().map(row);
    // Most sources have nothing to say.
    if samples.iter().all(|sample| sample.note.is_none()) {
        return Ok(print_table(COLUMNS, rows.collect(), empty)?);
    }
    let noted = |([source, name, labels, value, at], sample): ([String; 5], &SampleJson)| {
        [source, name, labels, value, at, sample.note.clone().unwrap_or_default()]
    };
    let [source, name, labels, value, at] = COLUMNS;
    let headings = [source, name, labels, value, at, "NOTE"];
    print_table(headings, rows.zip(samples).map(noted).collect(), empty)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_listed_in_natural_order() {
        let series = |name: &str, labels: &[(&str, &str)]| SeriesJson {
            source: "demo".to_owned(),
            name: name.to_owned(),
            unit: String::new(),
            labels: labels.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect(),
        };
        let expected = [
            series("a", &[]),
            series("a", &[("x", "5")]),
            series("a", &[("x", "10")]),
            series("answer", &[]),
        ];
        let mut shuffled = expected.clone();
        shuffled.reverse();
        shuffled.sort_by(in_natural_order);
        assert_eq!(shuffled, expected);
    }
}
