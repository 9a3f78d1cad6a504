//! Fields that are missing, of the wrong type, given twice, or unknown.

use super::{Item, sample_with, timed_sample_with, with_labels};

/// A value of each type of JSON.
const TYPES: [(&str, &str); 6] = [
    ("null", "null"),
    ("a boolean", "true"),
    ("a number", "7"),
    ("a string", r#""text""#),
    ("an array", "[1]"),
    ("an object", r#"{"a":1}"#),
];

/// Each field, its type, and the types that it may not have.
const WANTED: [(&str, &str, &[&str]); 6] = [
    ("source", "a string", &["null", "a boolean", "a number", "an array", "an object"]),
    ("name", "a string", &["null", "a boolean", "a number", "an array", "an object"]),
    ("unit", "a string", &["a boolean", "a number", "an array", "an object"]),
    ("labels", "an object", &["a boolean", "a number", "a string", "an array"]),
    ("value", "a number", &["null", "a boolean", "a string", "an array", "an object"]),
    ("collected_at", "a string", &["a boolean", "a number", "an array", "an object"]),
];

pub(crate) fn items() -> Vec<Item> {
    let mut items = wrong_types();
    items.extend(missing());
    items.extend(twice());
    items.extend(unknown());
    items.extend(wrong_characters());
    items.extend(odd());
    items
}

fn wrong_types() -> Vec<Item> {
    let mut items = Vec::new();
    for (field, wanted, wrong) in WANTED {
        for (kind, json) in TYPES.into_iter().filter(|(kind, _)| wrong.contains(kind)) {
            let reason = format!("must be {wanted}, is {kind}");
            items.push(Item::refused(format!("{field} is {kind}"), sample_with(field, json), field, reason));
        }
    }
    for (kind, json) in TYPES.into_iter().filter(|(kind, _)| !matches!(*kind, "an array" | "an object")) {
        items.push(Item::refused(
            format!("the sample is {kind}"),
            json,
            "sample",
            format!("must be an object, is {kind}"),
        ));
    }
    items
}

fn missing() -> [Item; 7] {
    let missing = |name, json, field| Item::refused(name, json, field, "is missing");
    [
        missing("no source", r#"{"name":"n","value":1}"#, "source"),
        missing("no name", r#"{"source":"test","value":1}"#, "name"),
        missing("no value", r#"{"source":"test","name":"n"}"#, "value"),
        missing("no field at all", "{}", "source"),
        missing("only an id", r#"{"id":"7"}"#, "source"),
        Item::refused(
            "an empty source",
            sample_with("source", r#""""#),
            "source",
            "must have 1 to 64 bytes, is empty",
        ),
        Item::refused(
            "an empty name",
            sample_with("name", r#""""#),
            "name",
            "must have 1 to 200 bytes, is empty",
        ),
    ]
}

fn twice() -> Vec<Item> {
    let twice = |name: &str, added: &str, field| {
        let sample = timed_sample_with("labels", r#"{"a":"1"}"#);
        let json = format!(r#"{},"unit":"x",{added}}}"#, &sample[..sample.len() - 1]);
        Item::refused(name, json, field, "is given twice")
    };
    vec![
        twice("source twice", r#""source":"test""#, "source"),
        twice("name twice", r#""name":"n""#, "name"),
        twice("unit twice", r#""unit":"x""#, "unit"),
        twice("labels twice", r#""labels":{}"#, "labels"),
        twice("value twice", r#""value":1"#, "value"),
        twice("collected_at twice", r#""collected_at":"2024-11-20T10:00:00Z""#, "collected_at"),
        twice("a field in both spellings", r#""Value":1"#, "Value"),
        twice("a field twice, once with an escape", r#""valu\u0065":1"#, "value"),
        twice("a field twice, once null", r#""unit":null"#, "unit"),
        Item::refused(
            "a label twice",
            sample_with("labels", r#"{"a":"1","b":"2","a":"1"}"#),
            "labels.a",
            "is given twice",
        ),
        Item::refused(
            "a label twice, once with an escape",
            sample_with("labels", r#"{"a":1,"\u0061":1}"#),
            "labels.a",
            "is given twice",
        ),
    ]
}

fn unknown() -> Vec<Item> {
    let known = "is unknown: a sample has source, name, unit, labels, value, collected_at and note";
    let unknown =
        |name: &str, field: &'static str| Item::refused(name, sample_with(field, "1"), field, known);
    let long: &'static str = "x".repeat(64).leak();
    vec![
        unknown("a misspelt field", "valeu"),
        unknown("a field in capitals", "SOURCE"),
        unknown("a field in camel case", "collectedAt"),
        unknown("a timestamp", "timestamp"),
        unknown("tags", "tags"),
        unknown("a field with a space", "value "),
        unknown("a field of another script", "значение"),
        Item::refused("an unknown object", sample_with("meta", r#"{"a":[{}]}"#), "meta", known),
        Item::refused(
            "an unknown field of great length",
            sample_with(&"x".repeat(100_000), "1"),
            long,
            known,
        ),
        Item::refused(
            "a wrapper",
            format!(r#"{{"sample":{}}}"#, sample_with("unit", "null")),
            "sample",
            known,
        ),
    ]
}

fn wrong_characters() -> Vec<Item> {
    let marks = "may have only letters, digits and any of _.:-";
    let refused = |name: &str, field: &'static str, json: &str| {
        Item::refused(name, sample_with(field, json), field, marks)
    };
    vec![
        refused("a source with a space", "source", r#""a b""#),
        refused("a source with a slash", "source", r#""a/b""#),
        refused("a source with a quote", "source", r#""a\"b""#),
        refused("a source with a line end", "source", r#""a\nb""#),
        refused("a source of an emoji", "source", r#""🌡""#),
        refused("a source of spaces", "source", r#""  ""#),
        refused("a name with a space", "name", r#""a b""#),
        refused("a name with a brace", "name", r#""a{b""#),
        refused("a name with an equals sign", "name", r#""a=b""#),
        refused("a name with a comma", "name", r#""a,b""#),
        refused("a name with a backslash", "name", r#""a\\b""#),
        refused("a label's name with a space", "labels", r#"{"a b":"1"}"#),
        refused("a label's name with a quote", "labels", r#"{"a\"":"1"}"#),
        refused("a label's name with an equals sign", "labels", r#"{"a=b":"1"}"#),
        Item::refused(
            "an empty label's name",
            sample_with("labels", r#"{"":"1"}"#),
            "labels",
            "a label's name must have 1 to 128 bytes, is empty",
        ),
    ]
}

/// Odd, but samples.
fn odd() -> Vec<Item> {
    let odd = |name: &str, field: &str, json: &str, added: &str| {
        let added = with_labels(added);
        let record = format!(
            r#"{{"source":"test","name":"odd"{added},"value":1,"CollectedAt":"2024-11-20T10:00:00Z"}}"#
        );
        Item::taken(name, timed_sample_with(field, json), record)
    };
    vec![
        odd("a unit of null", "unit", "null", ""),
        odd("an empty unit", "unit", r#""""#, ""),
        odd("labels of null", "labels", "null", ""),
        odd("labels of none", "labels", "{}", ""),
        odd("an id of any type", "id", r#"{"a":[1,null]}"#, ""),
        odd("an ID of Go", "ID", "7", ""),
        odd("space everywhere", "labels", "  { \"a\" :\t\"1\" }  ", r#","labels":{"a":"1"}"#),
        odd("a label of an empty value", "labels", r#"{"a":""}"#, r#","labels":{"a":""}"#),
        odd("a label that is null", "labels", r#"{"a":null}"#, r#","labels":{"a":"null"}"#),
        odd("a label that is a boolean", "labels", r#"{"a":false}"#, r#","labels":{"a":"false"}"#),
        odd("a label that is a number", "labels", r#"{"a":1.50}"#, r#","labels":{"a":"1.50"}"#),
        odd(
            "a label that is an object",
            "labels",
            r#"{"a":{ "b" : [1] }}"#,
            r#","labels":{"a":"{\"b\":[1]}"}"#,
        ),
        odd("labels out of order", "labels", r#"{"b":"2","a":"1"}"#, r#","labels":{"a":"1","b":"2"}"#),
        odd("a unit of a sign", "unit", r#""°C""#, r#","unit":"°C""#),
    ]
}
