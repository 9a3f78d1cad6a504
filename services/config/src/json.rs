//! Values of any type.

use crate::section::Section;
use crate::value;
use serde_json::{Map, Number, Value};
use toml::de::DeValue;

impl Section<'_> {
    /// Whether the value of `key` is a section: for keys that take a short form, too.
    pub fn is_section(&mut self, key: &'static str) -> bool {
        self.has(key) && self.find(key).is_some_and(|found| found.get_ref().is_table())
    }

    /// Whether the value of `key` is `true` or `false`.
    pub fn is_switch(&mut self, key: &'static str) -> bool {
        self.has(key) && self.find(key).is_some_and(|found| found.get_ref().is_bool())
    }

    /// The listed choice that the value of `key` names, if the key is present.
    pub fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        self.take(key, |found| value::choice(found, choices))
    }

    /// A section with free keys and values of any type, as JSON, at most `max_entries`; empty without the section. A
    /// date or time becomes text.
    pub fn values(&mut self, key: &'static str, max_entries: usize) -> Map<String, Value> {
        self.entries(key, max_entries, json).into_iter().collect()
    }
}

fn json(value: &DeValue<'_>) -> Result<Value, String> {
    Ok(match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Integer(_) => value::integer(value, &(i64::MIN..=i64::MAX)).map(Value::from)?,
        DeValue::Float(digits) => {
            let number = value::number(value)?;
            Number::from_f64(number).map(Value::Number).ok_or_else(|| format!("{digits} is no number"))?
        }
        DeValue::Datetime(time) => Value::String(time.to_string()),
        DeValue::Array(items) => {
            Value::Array(items.iter().map(|item| json(item.get_ref())).collect::<Result<_, _>>()?)
        }
        DeValue::Table(entries) => {
            let entry = |(name, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
                let name: &std::borrow::Cow<'_, str> = name.get_ref();
                Ok((name.to_string(), json(value.get_ref())?))
            };
            Value::Object(entries.iter().map(entry).collect::<Result<_, String>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::Document;
    use serde_json::{Value, json};

    #[test]
    fn values_of_any_type_are_read_as_json() {
        let text = r#"set = { a = "x", b = 5, c = -1.5, d = true, e = ["y", 1], f.g = 2, h = 2026-11-29 }"#;
        let document = Document::parse("test.toml", text).unwrap();
        let values = document.read(|root| root.values("set", 10)).unwrap();
        let expected =
            json!({"a": "x", "b": 5, "c": -1.5, "d": true, "e": ["y", 1], "f": {"g": 2}, "h": "2026-11-29"});
        assert_eq!(Value::Object(values), expected);
    }

    #[test]
    fn what_json_cannot_say_is_an_error_at_its_key() {
        let document = Document::parse("test.toml", "set = { a = inf, b = 99999999999999999999 }").unwrap();
        let error = document.read(|root| root.values("set", 10)).unwrap_err();
        let keys: Vec<_> = error.first().iter().map(crate::ConfigError::key).collect();
        assert_eq!(keys, ["set.a", "set.b"]);
    }

    #[test]
    fn a_key_may_have_a_short_form() {
        let document = Document::parse("test.toml", "a = true\nb = {}").unwrap();
        let is = document.read(|root| ["a", "b", "c"].map(|key| (root.is_switch(key), root.is_section(key))));
        assert_eq!(is.unwrap(), [(true, false), (false, true), (false, false)]);
    }
}
