//! Fields at their limit, and past it.

use super::{Item, sample_with, timed_sample_with, with_labels};

/// Deep enough to overflow the stack of whoever reads it by recursion.
const DEPTH: usize = 100_000;

pub(crate) fn items() -> Vec<Item> {
    let mut items = lengths();
    items.extend(labels());
    items.extend(depths());
    items
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn record(source: &str, name: &str, between: &str) -> String {
    let between = with_labels(between);
    format!(
        r#"{{"source":"{source}","name":"{name}"{between},"value":1,"CollectedAt":"2024-11-20T10:00:00Z"}}"#
    )
}

fn lengths() -> Vec<Item> {
    let (source, name, unit) = ("s".repeat(64), "n".repeat(200), "u".repeat(32));
    let past = |what: &str, field: &'static str, text: String, limit: usize| {
        let reason = format!("has {} bytes, the limit is {limit}", text.len());
        Item::refused(what, sample_with(field, &quoted(&text)), field, reason)
    };
    vec![
        Item::taken(
            "the longest source",
            timed_sample_with("source", &quoted(&source)),
            record(&source, "odd", ""),
        ),
        past("a source past the limit", "source", source.clone() + "s", 64),
        Item::taken("the longest name", timed_sample_with("name", &quoted(&name)), record("test", &name, "")),
        past("a name past the limit", "name", name.clone() + "n", 200),
        Item::taken(
            "the longest unit",
            timed_sample_with("unit", &quoted(&unit)),
            record("test", "odd", &format!(r#","unit":"{unit}""#)),
        ),
        past("a unit past the limit", "unit", unit.clone() + "u", 32),
        Item::taken(
            "the longest source in letters of two bytes",
            timed_sample_with("source", &quoted(&"é".repeat(32))),
            record(&"é".repeat(32), "odd", ""),
        ),
        past("a source past the limit in bytes, not in letters", "source", "é".repeat(33), 64),
        past("a source of a megabyte", "source", "s".repeat(1 << 20), 64),
        past("a name of a megabyte", "name", "n".repeat(1 << 20), 200),
    ]
}

fn labels() -> Vec<Item> {
    let many = |count: usize| {
        let labels: Vec<_> = (0..count).map(|index| format!(r#""l{index:04}":"v""#)).collect();
        format!("{{{}}}", labels.join(","))
    };
    let large = |bytes: usize| {
        let labels: Vec<_> = (0..8).map(|index| format!(r#""l{index}":"{}""#, "v".repeat(bytes))).collect();
        format!("{{{}}}", labels.join(","))
    };
    let one = |name: usize, value: usize| format!(r#"{{"{}":"{}"}}"#, "l".repeat(name), "v".repeat(value));
    let taken = |name: &str, labels: String| {
        Item::taken(
            name,
            timed_sample_with("labels", &labels),
            record("test", "odd", &format!(r#","labels":{labels}"#)),
        )
    };
    let past = |name: &str, labels: String, field, reason: &str| {
        Item::refused(name, sample_with("labels", &labels), field, reason)
    };
    vec![
        taken("the most labels", many(32)),
        past("one label too many", many(33), "labels", "has 33 labels, the limit is 32"),
        past("ten thousand labels", many(10_000), "labels", "has 10000 labels, the limit is 32"),
        taken("the largest labels in all", large(1022)),
        past(
            "labels past the limit in all",
            large(1023),
            "labels",
            "have 8200 bytes in all, the limit is 8192",
        ),
        taken("the longest label", one(128, 1024)),
        past(
            "a label's name past the limit",
            one(129, 1),
            "labels",
            "a label's name has 129 bytes, the limit is 128",
        ),
        past("a label's value past the limit", one(1, 1025), "labels.l", "has 1025 bytes, the limit is 1024"),
        past(
            "a label's value past the limit in bytes, not in letters",
            format!(r#"{{"l":"{}"}}"#, "é".repeat(513)),
            "labels.l",
            "has 1026 bytes, the limit is 1024",
        ),
        past(
            "a label that is a number of more digits than the limit",
            format!(r#"{{"l":{}}}"#, "7".repeat(1025)),
            "labels.l",
            "has 1025 bytes, the limit is 1024",
        ),
        past("a label of a megabyte", one(1, 1 << 20), "labels.l", "the limit is 1024"),
        past("a label's name of a megabyte", one(1 << 20, 1), "labels", "the limit is 128"),
    ]
}

fn depths() -> Vec<Item> {
    let arrays = format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(DEPTH), "}".repeat(DEPTH));
    let deep = |name: &str, field: &'static str, json: &str, reason| {
        Item::refused(name, sample_with(field, json), field, reason)
    };
    vec![
        deep("a deep source", "source", &arrays, "must be a string, is an array"),
        deep("a deep value", "value", &objects, "must be a number, is an object"),
        deep("deep labels", "labels", &arrays, "must be an object, is an array"),
        deep("a deep unknown field", "deep", &objects, "is unknown"),
        Item::refused(
            "a deep label",
            sample_with("labels", &format!(r#"{{"a":{arrays}}}"#)),
            "labels.a",
            "has 200000 bytes, the limit is 1024",
        ),
        Item::refused("a deep sample", arrays, "sample", "must be an object, is an array"),
        Item::refused("a sample of deep objects", objects, "a", "is unknown"),
    ]
}
