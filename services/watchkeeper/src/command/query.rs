//! `watchkeeper query`.

use super::client::{Client, Parameters};
use super::table::{labels, print_json, print_table, value};
use crate::cli::{ListArgs, Output, QueryArgs, Question, RangeArgs, RollupsArgs, SamplesArgs};
use watchkeeper_wire::json::{RangeAnswer, RollupList, SampleJson, SampleList, SeriesJson, SeriesList};

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
    let series = Client::new(&args.server)?.all_pages("/v1/series", selection, PAGE, open)?;
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
    let latest = Client::new(&args.server)?.all_pages("/v1/latest", selection, PAGE, open)?;
    print_samples(&latest, &args.output, NO_SERIES)
}

fn samples(args: &SamplesArgs) -> anyhow::Result<()> {
    let mut parameters = Parameters::selecting(&args.selection);
    parameters.set("last", args.last.to_string());
    let list: SampleList = Client::new(&args.server)?.get("/v1/samples", &parameters)?;
    print_samples(&list.samples, &args.output, NO_SAMPLES)
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
    let mut rows = Vec::new();
    for found in &answer.series {
        for (at, point) in &found.points {
            let point = point.map_or_else(|| "out of range".to_owned(), |point| value(point, &found.series));
            let SeriesJson { source, name, .. } = &found.series;
            rows.push([source.clone(), name.clone(), labels(&found.series), at.clone(), point]);
        }
    }
    print_table(["SOURCE", "NAME", "LABELS", "FROM", &args.aggregate.to_uppercase()], rows, NO_SAMPLES)?;
    Ok(())
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
        [source.clone(), name.clone(), labels(&sample.series), value, sample.collected_at.clone()]
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
