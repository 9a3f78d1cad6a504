//! Values that are odd numbers.

use super::{Item, sample_with, timed_sample_with};

/// What is sent, and what is on the bus.
const TAKEN: [(&str, &str, &str); 18] = [
    ("zero", "0", "0"),
    ("minus zero", "-0", "-0.0"),
    ("zero with a fraction", "0.000", "0"),
    ("a negative number", "-273.15", "-273.15"),
    ("a whole number with a fraction", "125000.0", "125000"),
    ("a capital exponent", "1.25E5", "125000"),
    ("a signed exponent", "125e+3", "125000"),
    ("a negative exponent", "5e-1", "0.5"),
    ("an exponent of leading zeros", "1e0003", "1000"),
    ("a whole number past 2^53", "9007199254740993", "9007199254740992"),
    ("a whole number past 2^64", "18446744073709551616", "1.8446744073709552e+19"),
    ("a number of thirty digits", "123456789012345678901234567890", "1.2345678901234568e+29"),
    ("more digits than a float has", "0.1000000000000000055511151231257827021181583404541015625", "0.1"),
    ("the largest float", "1.7976931348623157e308", "1.7976931348623157e+308"),
    ("the smallest float", "5e-324", "5e-324"),
    ("a number too small for a float", "1e-400", "0"),
    ("an exponent of many digits below zero", "1e-99999999999999999999", "0"),
    ("zero with an exponent of many digits", "0e99999999999999999999", "0"),
];

/// What is no finite float.
const REFUSED: [(&str, &str); 5] = [
    ("a number just too large for a float", "1.8e308"),
    ("a number too large for a float", "1e309"),
    ("a negative number too large for a float", "-1e309"),
    ("an exponent of many digits", "1e99999999999999999999"),
    ("a negative number with an exponent of many digits", "-1e99999999999999999999"),
];

pub(crate) fn items() -> Vec<Item> {
    let taken = TAKEN.into_iter().map(|(name, json, number)| {
        let record = format!(
            r#"{{"source":"test","name":"odd","labels":{{}},"value":{number},"CollectedAt":"2024-11-20T10:00:00Z"}}"#
        );
        Item::taken(name, timed_sample_with("value", json), record)
    });
    let finite = "must be a finite number";
    let refused = REFUSED
        .into_iter()
        .map(|(name, json)| Item::refused(name, sample_with("value", json), "value", finite));
    let long = [
        ("a number of 400 digits", "9".repeat(400)),
        ("a number of a million digits", "9".repeat(1_000_000)),
    ];
    let long = long
        .into_iter()
        .map(|(name, json)| Item::refused(name, sample_with("value", &json), "value", finite));
    let strings =
        [("a number in quotes", r#""1""#), ("NaN in quotes", r#""NaN""#), ("an empty string", r#""""#)];
    let strings = strings.into_iter().map(|(name, json)| {
        Item::refused(name, sample_with("value", json), "value", "must be a number, is a string")
    });
    let fraction = format!("0.{}", "3".repeat(100_000));
    let record = r#"{"source":"test","name":"odd","labels":{},"value":0.3333333333333333,"CollectedAt":"2024-11-20T10:00:00Z"}"#;
    let fraction = Item::taken("a fraction of 100,000 digits", timed_sample_with("value", &fraction), record);
    taken.chain(refused).chain(long).chain(strings).chain([fraction]).collect()
}
