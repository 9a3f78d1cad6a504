//! Splits a sample into its fields, without decoding them.

use super::value::{Kind, Text};
use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use watchkeeper_domain::Violation;

/// What to do with unknown fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownFields {
    /// Refuse the sample: the sender probably misspelled a field.
    Refuse,
    /// Ignore the field: other producers on the bus may have more fields.
    Ignore,
}

/// Maximum length of an unknown field name in an error, in characters.
const MAX_NAME_SHOWN: usize = 64;

/// The JSON of each field, if present. `null` in an optional field counts as missing, because Go writes an empty map
/// this way.
#[derive(Default)]
pub(super) struct Fields<'a> {
    pub(super) source: Option<&'a RawValue>,
    pub(super) name: Option<&'a RawValue>,
    pub(super) unit: Option<&'a RawValue>,
    pub(super) labels: Option<&'a RawValue>,
    pub(super) value: Option<&'a RawValue>,
    pub(super) collected_at: Option<&'a RawValue>,
    pub(super) note: Option<&'a RawValue>,
}

impl<'a> Fields<'a> {
    /// Splits one JSON object. Both spellings of a field are the same field, which may be given once; `id` is accepted
    /// and ignored, because every record already has an offset.
    pub(super) fn of(json: &'a str, unknown: UnknownFields) -> Result<Self, Violation> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let fields = deserializer.deserialize_map(Apart { unknown });
        let fields = fields.and_then(|fields| deserializer.end().map(|()| fields));
        fields.map_err(|error| no_object(json, &error))?
    }

    fn slot(&mut self, name: &str) -> Option<&mut Option<&'a RawValue>> {
        Some(match name {
            "source" | "Source" => &mut self.source,
            "name" | "Name" => &mut self.name,
            "unit" | "Unit" => &mut self.unit,
            "labels" | "Labels" => &mut self.labels,
            "value" | "Value" => &mut self.value,
            "collected_at" | "CollectedAt" => &mut self.collected_at,
            "note" | "Note" => &mut self.note,
            _ => return None,
        })
    }
}

/// A required field.
pub(super) fn required<'a>(field: &str, json: Option<&'a RawValue>) -> Result<&'a RawValue, Violation> {
    json.ok_or_else(|| Violation::new(field, "is missing"))
}

/// An optional field.
pub(super) fn optional(json: Option<&RawValue>) -> Option<&RawValue> {
    json.filter(|json| Kind::of(json.get()) != Kind::Null)
}

/// The visitor returns no errors of its own, so a `Data` error means that the value is not an object.
fn no_object(json: &str, error: &serde_json::Error) -> Violation {
    if error.is_data() {
        let found = Kind::of(json.trim_ascii_start());
        return Violation::new("sample", format!("must be an object, is {found}"));
    }
    Violation::new("sample", format!("is not valid JSON: {error}"))
}

struct Apart {
    unknown: UnknownFields,
}

impl<'de> Visitor<'de> for Apart {
    /// The first error. Reading continues, because a later syntax error takes precedence.
    type Value = Result<Fields<'de>, Violation>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Fields::default();
        let mut refusal = None;
        while let Some(Text(name)) = map.next_key()? {
            match fields.slot(&name) {
                Some(slot @ None) => *slot = Some(map.next_value()?),
                Some(Some(_)) => {
                    map.next_value::<IgnoredAny>()?;
                    refusal.get_or_insert_with(|| Violation::new(name, "is given twice"));
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                    if self.unknown == UnknownFields::Refuse && name != "id" && name != "ID" {
                        refusal.get_or_insert_with(|| unknown_field(&name));
                    }
                }
            }
        }
        Ok(refusal.map_or(Ok(fields), Err))
    }
}

fn unknown_field(name: &str) -> Violation {
    let shown: String = name.chars().take(MAX_NAME_SHOWN).collect();
    Violation::new(shown, "is unknown: a sample has source, name, unit, labels, value, collected_at and note")
}
