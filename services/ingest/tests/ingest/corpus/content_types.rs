//! What bodies are said to be.

use super::{Outcome, Whole};
use crate::stage::sample;

const JSON: [&str; 6] = [
    "application/json",
    "application/json;charset=utf-8",
    "application/json; charset=\"UTF-8\"",
    "APPLICATION/JSON",
    "application/json; version=1",
    "application/json ; charset=utf-8",
];

const LINES: [&str; 4] = [
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-ndjson; charset=utf-8",
];

const UNKNOWN: [&str; 17] = [
    "",
    "json",
    "application",
    "application/",
    "/json",
    "application/*",
    "*/*",
    "text/plain",
    "text/json",
    "text/csv",
    "application/xml",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/vnd.api+json",
    "application/json, text/plain",
    "application/gzip",
];

const CHARSETS: [&str; 4] = [
    "application/json; charset=latin1",
    "application/json; charset=utf-16",
    "application/x-ndjson; charset=us-ascii",
    "application/json; charset=\"\"",
];

pub(crate) fn wholes() -> Vec<Whole> {
    let said = |content_type: &str, expected| {
        let body = format!("{}\n", sample("a"));
        Whole::of(format!("the content type {content_type:?}"), body, expected)
            .with("content-type", content_type)
    };
    let mut wholes: Vec<_> =
        JSON.iter().chain(&LINES).map(|taken| said(taken, Outcome::Taken(1, &[]))).collect();
    let must = "Content-Type: must be one of application/json, application/x-ndjson, ";
    wholes.extend(UNKNOWN.map(|unknown| said(unknown, Outcome::Refused(415, must))));
    wholes.extend(
        CHARSETS.map(|charset| said(charset, Outcome::Refused(415, "Content-Type: charset must be utf-8"))),
    );
    wholes.push(Whole::of("no content type", sample("a"), Outcome::Taken(1, &[])));
    wholes.push(
        Whole::of(
            "two content types",
            sample("a"),
            Outcome::Refused(415, "Content-Type: is given more than once"),
        )
        .with("content-type", "application/json")
        .with("content-type", "application/json"),
    );
    wholes
}
