//! Keeps events within their limits while fields are added.

use crate::Failure;
use serde_json::Value;
use watchkeeper_domain::event::{Fields, MARKS, MAX_FIELDS, MAX_FIELDS_BYTES};

/// How many fields there are at all depths, and how many bytes their names and texts have, as
/// [`Event::checked`](watchkeeper_domain::Event::checked) counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Weight {
    fields: usize,
    bytes: usize,
}

impl Weight {
    fn of_fields(fields: &Fields, is_root: bool) -> Self {
        let counted = fields.iter().filter(|(name, _)| !is_root || *name != MARKS);
        counted.map(|(name, value)| Self { fields: 1, bytes: name.len() }.plus(Self::of_value(value))).sum()
    }

    fn of_value(value: &Value) -> Self {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => Self::default(),
            Value::String(text) => Self { fields: 0, bytes: text.len() },
            Value::Array(items) => {
                items.iter().map(|item| Self { fields: 1, bytes: 0 }.plus(Self::of_value(item))).sum()
            }
            Value::Object(fields) => Self::of_fields(fields, false),
        }
    }

    fn plus(self, other: Self) -> Self {
        Self { fields: self.fields + other.fields, bytes: self.bytes + other.bytes }
    }
}

impl std::iter::Sum for Weight {
    fn sum<I: Iterator<Item = Self>>(weights: I) -> Self {
        weights.fold(Self::default(), Self::plus)
    }
}

/// Checks that `more` fits beside `fields`, with what it replaces counted twice.
pub(crate) fn check_fields(fields: &Fields, more: &Fields) -> Result<(), Failure> {
    check(Weight::of_fields(fields, true).plus(Weight::of_fields(more, true)))
}

/// The same for one field.
pub(crate) fn check_field(fields: &Fields, name: &str, value: &Value) -> Result<(), Failure> {
    let one = Weight { fields: 1, bytes: name.len() }.plus(Weight::of_value(value));
    check(Weight::of_fields(fields, true).plus(one))
}

fn check(weight: Weight) -> Result<(), Failure> {
    if weight.fields > MAX_FIELDS {
        let reason = format!("the event would have {} fields, the limit is {MAX_FIELDS}", weight.fields);
        return Err(Failure::new(reason));
    }
    if weight.bytes > MAX_FIELDS_BYTES {
        let reason = format!("the fields would have {} bytes, the limit is {MAX_FIELDS_BYTES}", weight.bytes);
        return Err(Failure::new(reason));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Fields {
        let Value::Object(fields) = value else { panic!("an object") };
        fields
    }

    #[test]
    fn as_many_fields_as_the_limit_fit_and_one_more_does_not() {
        let many: Fields = (0..MAX_FIELDS - 1).map(|number| (format!("f{number}"), number.into())).collect();
        assert_eq!(check_field(&many, "a", &json!(1)), Ok(()));
        let refused = check_field(&many, "a", &json!([1])).unwrap_err().to_string();
        assert_eq!(refused, "the event would have 257 fields, the limit is 256");
    }

    #[test]
    fn as_many_bytes_as_the_limit_fit_and_one_more_does_not() {
        let half = "x".repeat(MAX_FIELDS_BYTES / 2 - 1);
        let (one, other) = (fields(json!({"a": half, MARKS: ["cut"]})), fields(json!({"b": half})));
        assert_eq!(check_fields(&one, &other), Ok(()));
        let other = fields(json!({"bc": half}));
        let refused = check_fields(&one, &other).unwrap_err().to_string();
        assert_eq!(refused, "the fields would have 262145 bytes, the limit is 262144");
    }
}
