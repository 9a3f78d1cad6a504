//! Bad and odd inputs, each with what must come of it: over the router, down to the bus.
//!
//! An [`Item`] is sent three times: alone, between two good samples in an array, and between two good
//! lines. A [`Whole`] body is sent once. Whatever is sent, nothing panics, no status is 5xx, a refusal
//! names field and reason, and what is on the bus afterwards is exactly what was accepted.

mod bodies;
mod codings;
mod content_types;
mod fields;
mod limits;
mod numbers;
mod syntax;
mod text;
mod times;

use crate::stage::{Answer, Stage, sample, send};
use axum::body::Body;
use axum::http::Request;
use std::collections::BTreeSet;
use watchkeeper_ingest::IngestConfig;

/// The corpus holds at least that many inputs.
const LEAST_CASES: usize = 200;

/// One item of a body.
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) json: String,
    pub(crate) expected: Verdict,
}

/// What one item comes to.
pub(crate) enum Verdict {
    /// It is a sample, with this record on the bus.
    Taken(String),
    /// This field is refused, for a reason that holds this text.
    Refused(&'static str, String),
    /// It is no JSON, so an array that holds it is none either; the reason holds this text.
    Broken(&'static str),
}

/// A whole body with its headers.
pub(crate) struct Whole {
    pub(crate) name: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) expected: Outcome,
}

/// What a whole body comes to.
pub(crate) enum Outcome {
    /// This many items are accepted and the others refused, each with `field: reason` that begins so.
    Taken(usize, &'static [&'static str]),
    /// It is refused with a status; `field: reason` of the problem begins so.
    Refused(u16, &'static str),
}

impl Item {
    pub(crate) fn taken(name: impl Into<String>, json: impl Into<String>, record: impl Into<String>) -> Self {
        Self { name: name.into(), json: json.into(), expected: Verdict::Taken(record.into()) }
    }

    pub(crate) fn refused(
        name: impl Into<String>,
        json: impl Into<String>,
        field: &'static str,
        reason: impl Into<String>,
    ) -> Self {
        Self { name: name.into(), json: json.into(), expected: Verdict::Refused(field, reason.into()) }
    }

    pub(crate) fn broken(name: impl Into<String>, json: impl Into<String>, reason: &'static str) -> Self {
        Self { name: name.into(), json: json.into(), expected: Verdict::Broken(reason) }
    }
}

impl Whole {
    /// A body without headers.
    pub(crate) fn of(name: impl Into<String>, body: impl Into<Vec<u8>>, expected: Outcome) -> Self {
        Self { name: name.into(), headers: Vec::new(), body: body.into(), expected }
    }

    pub(crate) fn with(mut self, header: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((header, value.into()));
        self
    }

    /// The same as lines.
    pub(crate) fn lines(self) -> Self {
        self.with("content-type", "application/x-ndjson")
    }
}

/// A good sample with one field in place of its own, or added.
pub(crate) fn sample_with(field: &str, json: &str) -> String {
    let own = [("source", r#""test""#), ("name", r#""odd""#), ("value", "1")];
    let mut fields: Vec<_> = own
        .into_iter()
        .filter(|(name, _)| *name != field)
        .map(|(name, value)| format!("{name:?}:{value}"))
        .collect();
    fields.push(format!("{field:?}:{json}"));
    format!("{{{}}}", fields.join(","))
}

/// The same with a time, so that its record is known.
pub(crate) fn timed_sample_with(field: &str, json: &str) -> String {
    let sample = sample_with(field, json);
    format!(r#"{},"collected_at":"2024-11-20T10:00:00Z"}}"#, &sample[..sample.len() - 1])
}

/// What a record has between its name and its value: an object of labels, also when there are none.
pub(crate) fn with_labels(between: &str) -> String {
    let labels = if between.contains(r#""labels":"#) { "" } else { r#","labels":{}"# };
    format!("{between}{labels}")
}

/// The role, and how many records of its bus have been looked at.
struct Checker {
    stage: Stage,
    seen: u64,
}

impl Checker {
    fn new() -> Self {
        Self { stage: Stage::new(IngestConfig::default()), seen: 0 }
    }

    /// The answer to a body, and the records that came with it.
    async fn post(
        &mut self,
        name: &str,
        headers: &[(&'static str, String)],
        body: impl Into<Body>,
    ) -> (Answer, Vec<(String, String)>) {
        let request = headers
            .iter()
            .fold(Request::post("/v1/samples"), |request, (header, value)| request.header(*header, value));
        let answer = send(&self.stage.router, request.body(body.into()).unwrap()).await;
        assert!(answer.status < 500, "{name}: {answer:?}");
        let records = self.stage.records(self.seen).await;
        self.seen += records.len() as u64;
        (answer, records)
    }

    async fn check_item(&mut self, Item { name, json, expected }: &Item) {
        let (answer, records) = self.post(name, &[], json.clone()).await;
        match expected {
            Verdict::Taken(record) => {
                assert_eq!(answer.status, 202, "{name}: {answer:?}");
                assert_eq!(values(&records), [record], "{name}");
            }
            Verdict::Refused(field, reason) => assert_refused(name, &answer, 400, field, reason),
            Verdict::Broken(reason) => assert_refused(name, &answer, 400, "body", reason),
        }
        assert_eq!(records.len(), usize::from(answer.status == 202), "{name}");

        let (before, after) = (sample("before"), sample("after"));
        self.check_among(name, expected, &[], format!("[{before},{json},{after}]"), true).await;
        if !json.contains('\n') {
            let lines = [("content-type", "application/x-ndjson".to_owned())];
            self.check_among(name, expected, &lines, format!("{before}\n{json}\n{after}"), false).await;
        }
    }

    /// The item stands between two good ones.
    async fn check_among(
        &mut self,
        name: &str,
        expected: &Verdict,
        headers: &[(&'static str, String)],
        body: String,
        in_array: bool,
    ) {
        let (answer, records) = self.post(name, headers, body).await;
        let (field, reason) = match expected {
            Verdict::Taken(record) => {
                assert_eq!((answer.status, answer.accepted()), (202, Some(3)), "{name}: {answer:?}");
                assert_eq!((records.len(), &records[1].1), (3, record), "{name}");
                return;
            }
            Verdict::Broken(_) if in_array => {
                assert_refused(name, &answer, 400, "body", "is not valid JSON");
                assert!(records.is_empty(), "{name}: {records:?}");
                return;
            }
            Verdict::Broken(reason) => ("sample", *reason),
            Verdict::Refused(field, reason) => (*field, reason.as_str()),
        };
        assert_refused(name, &answer, 207, field, reason);
        assert_eq!((answer.accepted(), answer.indices()), (Some(2), vec![1]), "{name}");
        let keys: Vec<_> = records.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["test/before", "test/after"], "{name}");
    }

    async fn check_whole(&mut self, Whole { name, headers, body, expected }: &Whole) {
        let (answer, records) = self.post(name, headers, body.clone()).await;
        match expected {
            Outcome::Refused(status, refusal) => {
                let (field, reason) = refusal.split_once(": ").unwrap();
                assert_refused(name, &answer, *status, field, reason);
                assert!(records.is_empty(), "{name}: {records:?}");
            }
            Outcome::Taken(accepted, refusals) => {
                let status = if refusals.is_empty() { 202 } else { 207 };
                assert_eq!(
                    (answer.status, answer.accepted()),
                    (status, Some(*accepted as u64)),
                    "{name}: {answer:?}"
                );
                assert_eq!(answer.refusals().len(), refusals.len(), "{name}: {answer:?}");
                for (found, expected) in answer.refusals().iter().zip(*refusals) {
                    assert!(found.starts_with(expected), "{name}: {found}");
                }
                assert_eq!(records.len(), *accepted, "{name}");
            }
        }
    }
}

/// One refusal, which names the field and says why.
fn assert_refused(name: &str, answer: &Answer, status: u16, field: &str, reason: &str) {
    assert_eq!(answer.status, status, "{name}: {answer:?}");
    let [refusal] = &answer.refusals()[..] else { panic!("{name}: {answer:?}") };
    let found = refusal.strip_prefix(field).and_then(|rest| rest.strip_prefix(": "));
    assert!(found.is_some_and(|found| found.contains(reason)), "{name}: {refusal}");
}

fn values(records: &[(String, String)]) -> Vec<&String> {
    records.iter().map(|(_, value)| value).collect()
}

async fn check_items(items: Vec<Item>) {
    let mut checker = Checker::new();
    for item in &items {
        checker.check_item(item).await;
    }
}

async fn check_wholes(wholes: Vec<Whole>) {
    let mut checker = Checker::new();
    for whole in &wholes {
        checker.check_whole(whole).await;
    }
}

#[tokio::test]
async fn what_is_no_json_is_refused() {
    check_items(syntax::items()).await;
}

#[tokio::test]
async fn fields_are_told_apart_and_named() {
    check_items(fields::items()).await;
}

#[tokio::test]
async fn each_limit_is_reached_and_passed() {
    check_items(limits::items()).await;
}

#[tokio::test]
async fn numbers_are_finite_or_refused() {
    check_items(numbers::items()).await;
}

#[tokio::test]
async fn times_are_instants_or_refused() {
    check_items(times::items()).await;
}

#[tokio::test]
async fn text_is_text() {
    check_items(text::items()).await;
    check_wholes(text::wholes()).await;
}

#[tokio::test]
async fn bodies_of_every_shape_are_taken_or_refused() {
    check_wholes(bodies::wholes()).await;
}

#[tokio::test]
async fn compressed_bodies_are_taken_or_refused() {
    check_wholes(codings::wholes()).await;
}

#[tokio::test]
async fn content_types_are_taken_or_refused() {
    check_wholes(content_types::wholes()).await;
}

#[test]
fn the_corpus_is_large_and_each_input_has_a_name_of_its_own() {
    let items =
        [syntax::items(), fields::items(), limits::items(), numbers::items(), times::items(), text::items()];
    let wholes = [text::wholes(), bodies::wholes(), codings::wholes(), content_types::wholes()];
    let items = items.iter().flatten().map(|item| item.name.as_str());
    let names: Vec<_> = items.chain(wholes.iter().flatten().map(|whole| whole.name.as_str())).collect();
    println!("{} inputs", names.len());
    assert!(names.len() >= LEAST_CASES);
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
}
