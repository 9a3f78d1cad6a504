//! YAML as JSON values: anchors and merge keys are resolved, within a bound.

use crate::ImportError;
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Deepest nesting.
pub const MAX_YAML_DEPTH: usize = 64;
/// Most values, each alias counted as often as it is used.
pub const MAX_YAML_NODES: usize = 1_000_000;

/// The key whose mappings are added to the one that has it.
const MERGE: &str = "<<";

/// The first document of the text.
pub(crate) fn parse(text: &str) -> Result<Value, ImportError> {
    let mut reader = Reader { parser: Parser::new_from_str(text), anchors: HashMap::new(), nodes: 0 };
    loop {
        match reader.next()? {
            Event::StreamEnd => return Ok(Value::Null),
            Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
            event => return reader.value(event, 0),
        }
    }
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    /// The values of anchors, with the number of values in each.
    anchors: HashMap<usize, (Value, usize)>,
    nodes: usize,
}

/// How much of a text counts as a value: aliases repeat long texts, too.
const BYTES_PER_NODE: usize = 1024;

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Event<'t>, ImportError> {
        match self.parser.next_event() {
            Some(Ok((event, _))) => Ok(event),
            Some(Err(error)) => Err(ImportError::Yaml(error.to_string())),
            None => Ok(Event::StreamEnd),
        }
    }

    fn value(&mut self, event: Event<'t>, depth: usize) -> Result<Value, ImportError> {
        if depth > MAX_YAML_DEPTH {
            return Err(ImportError::Yaml(format!("nested deeper than {MAX_YAML_DEPTH} levels")));
        }
        let before = self.nodes;
        self.count(1)?;
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.count(text.len() / BYTES_PER_NODE)?;
                let is_text = tag.is_some_and(|tag| tag.suffix == "str");
                let plain = style == ScalarStyle::Plain && !is_text;
                (anchor, if plain { resolved(&text) } else { Value::from(text.into_owned()) })
            }
            Event::SequenceStart(anchor, _) => (anchor, self.sequence(depth)?),
            Event::MappingStart(anchor, _) => (anchor, self.mapping(depth)?),
            Event::Alias(anchor) => {
                let (value, nodes) = self
                    .anchors
                    .get(&anchor)
                    .cloned()
                    .ok_or_else(|| ImportError::Yaml("an alias within its own anchor".to_owned()))?;
                self.count(nodes)?;
                return Ok(value);
            }
            _ => return Err(ImportError::Yaml("ends within a value".to_owned())),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, (value.clone(), self.nodes - before));
        }
        Ok(value)
    }

    fn sequence(&mut self, depth: usize) -> Result<Value, ImportError> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(Value::Array(items)),
                event => items.push(self.value(event, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, ImportError> {
        let (mut own, mut merged) = (Map::new(), Map::new());
        loop {
            let key = match self.next()? {
                Event::MappingEnd => break,
                event => self.value(event, depth + 1)?,
            };
            let event = self.next()?;
            let value = self.value(event, depth + 1)?;
            match key {
                Value::String(key) if key == MERGE => merge(&mut merged, value),
                Value::String(key) => drop(own.insert(key, value)),
                other => drop(own.insert(other.to_string(), value)),
            }
        }
        merged.extend(own);
        Ok(Value::Object(merged))
    }

    fn count(&mut self, nodes: usize) -> Result<(), ImportError> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_YAML_NODES {
            return Err(ImportError::Yaml(format!("has more than {MAX_YAML_NODES} values")));
        }
        Ok(())
    }
}

/// Adds a mapping, or a list of mappings, of which the earlier count.
fn merge(all: &mut Map<String, Value>, more: Value) {
    match more {
        Value::Object(more) => more.into_iter().for_each(|(key, value)| {
            all.entry(key).or_insert(value);
        }),
        Value::Array(list) => list.into_iter().for_each(|more| merge(all, more)),
        _ => {}
    }
}

/// A plain scalar by the core schema of YAML 1.2.
fn resolved(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    if let Ok(number) = text.parse::<i64>() {
        return Value::from(number);
    }
    let looks_like_number = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    let number = text.parse::<f64>().ok().filter(|number| looks_like_number && number.is_finite());
    number.map_or_else(|| Value::from(text), Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_those_of_the_core_schema() {
        let text =
            "a: 1\nb: 1.5\nc: true\nd: ~\ne: '1'\nf: yes\ng: [x, \"y\"]\nh: |\n  two\n  lines\n1: key\n";
        let expected = json!({
            "a": 1, "b": 1.5, "c": true, "d": null, "e": "1", "f": "yes", "g": ["x", "y"], "h": "two\nlines\n", "1": "key"
        });
        assert_eq!(parse(text).unwrap(), expected);
        assert_eq!(parse("").unwrap(), Value::Null);
    }

    #[test]
    fn anchors_are_merged_and_own_keys_count() {
        let text = "base: &base\n  a: 1\n  b: 2\nother: &other {b: 3, c: 4}\none:\n  <<: *base\n  b: 9\ntwo: {<<: [*base, *other]}\n";
        let read = parse(text).unwrap();
        assert_eq!(read["one"], json!({ "a": 1, "b": 9 }));
        assert_eq!(read["two"], json!({ "a": 1, "b": 2, "c": 4 }));
    }

    #[test]
    fn aliases_of_aliases_are_bounded() {
        let level = |level: usize| {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            format!("a{level}: &a{level} [{aliases}]")
        };
        let levels: Vec<String> = (1..9).map(level).collect();
        let text = format!("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n{}\n", levels.join("\n"));
        assert!(parse(&text).unwrap_err().to_string().ends_with("has more than 1000000 values"));
    }

    #[test]
    fn nesting_is_bounded_and_what_is_not_yaml_is_refused() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(parse(&nested(MAX_YAML_DEPTH)).is_ok());
        assert!(
            parse(&nested(MAX_YAML_DEPTH + 2)).unwrap_err().to_string().contains("deeper than 64 levels")
        );
        for text in ["a: [1", "\"x", "a: b: c", "&a [*a]"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
