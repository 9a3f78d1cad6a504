//! The fields of one sample, told apart but not yet read.

use super::value::{Kind, Text};
use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use watchkeeper_domain::Violation;

/// What to do about a field that no sample has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownFields {
    /// Refuse the sample: whoever sends it has misspelt something, and can be told.
    Refuse,
    /// Leave the field out: other producers on the bus may say more than we ask.
    Ignore,
}

/// The most of an unknown field's name that a refusal repeats, in characters.
const MAX_NAME_SHOWN: usize = 64;

/// Each field's JSON, if it was given. `null` for a field that may be missing counts as missing, because
/// that is how Go writes an empty map.
#[derive(Default)]
pub(super) struct Fields<'a> {
    pub(super) source: Option<&'a RawValue>,
    pub(super) name: Option<&'a RawValue>,
    pub(super) unit: Option<&'a RawValue>,
    pub(super) labels: Option<&'a RawValue>,
    pub(super) value: Option<&'a RawValue>,
    pub(super) collected_at: Option<&'a RawValue>,
}

impl<'a> Fields<'a> {
    /// Takes one JSON object apart. Both spellings of a field are the same field, and a field may be
    /// given once; `id` is known and left out, because every record has a position already.
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
            _ => return None,
        })
    }
}

/// A field that must be there.
pub(super) fn required<'a>(field: &str, json: Option<&'a RawValue>) -> Result<&'a RawValue, Violation> {
    json.ok_or_else(|| Violation::new(field, "is missing"))
}

/// A field that need not be there.
pub(super) fn optional(json: Option<&RawValue>) -> Option<&RawValue> {
    json.filter(|json| Kind::of(json.get()) != Kind::Null)
}

/// The visitor raises no error of its own, so a `Data` error means that there is no object.
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
    /// The first refusal is kept while reading goes on: a syntax error further on matters more.
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
    Violation::new(shown, "is unknown: a sample has source, name, unit, labels, value and collected_at")
}
