//! Text that is nearly JSON.

use super::Item;

/// A sample, from its first byte to what is left of it.
const CUT: [(&str, &str); 27] = [
    ("cut after the brace", "{"),
    ("cut in a name", r#"{"sou"#),
    ("cut after a name", r#"{"source""#),
    ("cut after a colon", r#"{"source":"#),
    ("cut after an opening quote", r#"{"source":""#),
    ("cut in a string", r#"{"source":"te"#),
    ("cut after a backslash", r#"{"source":"te\"#),
    ("cut in an escape", r#"{"source":"te\u00"#),
    ("cut after a string", r#"{"source":"test""#),
    ("cut after a comma", r#"{"source":"test","#),
    ("cut after labels", r#"{"source":"test","name":"n","labels":{"#),
    ("cut in a label's name", r#"{"source":"test","name":"n","labels":{"a"#),
    ("cut after a label's name", r#"{"source":"test","name":"n","labels":{"a":"#),
    ("cut in a label's value", r#"{"source":"test","name":"n","labels":{"a":"b"#),
    ("cut after a label", r#"{"source":"test","name":"n","labels":{"a":"b""#),
    ("cut after a label's comma", r#"{"source":"test","name":"n","labels":{"a":"b","#),
    ("cut after the labels", r#"{"source":"test","name":"n","labels":{"a":"b"}"#),
    ("cut before the value", r#"{"source":"test","name":"n","value":"#),
    ("cut after a minus", r#"{"source":"test","name":"n","value":-"#),
    ("cut in a number", r#"{"source":"test","name":"n","value":1"#),
    ("cut after a point", r#"{"source":"test","name":"n","value":1."#),
    ("cut in an exponent", r#"{"source":"test","name":"n","value":1e"#),
    ("cut after the sign of an exponent", r#"{"source":"test","name":"n","value":1e+"#),
    ("cut in true", r#"{"source":"test","name":"n","value":tr"#),
    ("cut in null", r#"{"source":"test","name":"n","unit":nul"#),
    ("cut in a time", r#"{"source":"test","name":"n","value":1,"collected_at":"2026-11-"#),
    (
        "cut before the last brace",
        r#"{"source":"test","name":"n","value":1,"collected_at":"2024-11-20T10:00:00Z""#,
    ),
];

/// A sample with something that JSON has not, and what is said of it.
const WRONG: [(&str, &str, &str); 38] = [
    ("a comma before a brace", r#"{"source":"test","name":"n","value":1,}"#, "is not valid JSON: "),
    ("a comma after a brace", r#"{"source":"test","name":"n","value":1};"#, "trailing characters"),
    ("no comma between fields", r#"{"source":"test" "name":"n","value":1}"#, "expected `,` or `}`"),
    ("two commas between fields", r#"{"source":"test",,"name":"n","value":1}"#, "key must be a string"),
    ("no colon", r#"{"source" "test"}"#, "expected `:`"),
    ("an equals sign for a colon", r#"{"source"="test"}"#, "expected `:`"),
    ("single quotes", "{'source':'test'}", "key must be a string"),
    ("a name without quotes", r#"{source:"test"}"#, "key must be a string"),
    ("a string without quotes", r#"{"source":test}"#, "is not valid JSON: "),
    ("a number as a name", r#"{1:"test"}"#, "key must be a string"),
    ("a line comment", r#"{"source":"test"} // a sample"#, "trailing characters"),
    ("a block comment", r#"/* a sample */ {"source":"test"}"#, "expected value"),
    ("a hash comment", r#"# {"source":"test"}"#, "expected value"),
    ("NaN", r#"{"source":"test","name":"n","value":NaN}"#, "expected value"),
    ("Infinity", r#"{"source":"test","name":"n","value":Infinity}"#, "expected value"),
    ("minus Infinity", r#"{"source":"test","name":"n","value":-Infinity}"#, "invalid number"),
    ("a plus sign", r#"{"source":"test","name":"n","value":+1}"#, "expected value"),
    ("a number without a whole part", r#"{"source":"test","name":"n","value":.5}"#, "expected value"),
    ("a number without a fraction", r#"{"source":"test","name":"n","value":1.}"#, "invalid number"),
    ("a number without an exponent", r#"{"source":"test","name":"n","value":1e}"#, "invalid number"),
    ("a leading zero", r#"{"source":"test","name":"n","value":01}"#, "invalid number"),
    ("a hexadecimal number", r#"{"source":"test","name":"n","value":0x10}"#, "is not valid JSON: "),
    ("an underscore in a number", r#"{"source":"test","name":"n","value":1_000}"#, "is not valid JSON: "),
    ("a comma in a number", r#"{"source":"test","name":"n","value":1,5}"#, "key must be a string"),
    ("a unit after a number", r#"{"source":"test","name":"n","value":21.5C}"#, "is not valid JSON: "),
    ("True", r#"{"source":"test","name":"n","value":True}"#, "expected value"),
    ("undefined", r#"{"source":"test","name":"n","value":undefined}"#, "expected value"),
    ("an unknown escape", r#"{"source":"te\xst"}"#, "invalid escape"),
    ("an escape of three digits and a letter", r#"{"source":"te\u12G4"}"#, "invalid escape"),
    ("a tab in a string", "{\"source\":\"te\tst\"}", "control character"),
    ("a NUL in a string", "{\"source\":\"te\0st\"}", "control character"),
    ("a NUL after the sample", "{\"source\":\"test\"}\0", "trailing characters"),
    ("one brace too many", r#"{"source":"test"}}"#, "trailing characters"),
    ("a bracket for a brace", r#"{"source":"test"]"#, "expected `,` or `}`"),
    ("a form feed for a space", "{\u{c}\"source\":\"test\"}", "key must be a string"),
    ("a no-break space for a space", "{\u{a0}\"source\":\"test\"}", "key must be a string"),
    ("a byte order mark", "\u{feff}{\"source\":\"test\",\"name\":\"n\",\"value\":1}", "expected value"),
    (
        "a record separator (RFC 7464)",
        "\u{1e}{\"source\":\"test\",\"name\":\"n\",\"value\":1}",
        "expected value",
    ),
];

/// Not meant to be JSON at all.
const OTHER: [(&str, &str); 9] = [
    ("a word", "hello"),
    ("a form", "source=test&name=n&value=1"),
    ("a line of Graphite", "test.n 1 1795168800"),
    ("a line of InfluxDB", "n,source=test value=1 1795168800000000000"),
    ("a line of StatsD", "test.n:1|g"),
    ("a line of Prometheus", r#"n{source="test"} 1"#),
    ("XML", "<sample source='test' name='n'>1</sample>"),
    ("YAML", "source: test"),
    ("CSV", "test,n,1"),
];

pub(crate) fn items() -> Vec<Item> {
    let cut = CUT.into_iter().map(|(name, json)| Item::broken(name, json, "is not valid JSON: "));
    let wrong = WRONG.into_iter().map(|(name, json, reason)| Item::broken(name, json, reason));
    let other = OTHER.into_iter().map(|(name, json)| Item::broken(name, json, "is not valid JSON: "));
    cut.chain(wrong).chain(other).collect()
}
