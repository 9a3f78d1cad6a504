//! Checks responses against the OpenAPI document: every field is described and has the right type.

use serde_json::Value;

/// An OpenAPI document.
pub(crate) struct Document(Value);

/// A schema and the document that it refers to.
pub(crate) struct Schema<'d> {
    document: &'d Value,
    schema: &'d Value,
}

impl Document {
    pub(crate) fn new(document: Value) -> Self {
        Self(document)
    }

    /// The response schema of a method on a path.
    pub(crate) fn answer_schema(&self, method: &str, path: &str, status: &str) -> Schema<'_> {
        let content = self.0["paths"][path][method]["responses"][status]["content"].as_object().unwrap();
        let schema = &content.values().next().unwrap()["schema"];
        Schema { document: &self.0, schema }
    }

    /// All references can be resolved.
    pub(crate) fn assert_whole(&self) {
        self.assert_whole_within(&self.0);
    }

    fn assert_whole_within(&self, part: &Value) {
        match part {
            Value::Object(fields) => {
                if let Some(Value::String(reference)) = fields.get("$ref") {
                    assert!(self.0.pointer(&reference[1..]).is_some(), "{reference} is there");
                }
                fields.values().for_each(|field| self.assert_whole_within(field));
            }
            Value::Array(items) => items.iter().for_each(|item| self.assert_whole_within(item)),
            _ => {}
        }
    }
}

impl<'d> Schema<'d> {
    fn of(&self, schema: &'d Value) -> Self {
        let schema = match schema["$ref"].as_str() {
            Some(reference) => self.document.pointer(&reference[1..]).unwrap(),
            None => schema,
        };
        Self { schema, ..*self }
    }

    fn list(&self, keyword: &str) -> Vec<Self> {
        self.schema[keyword].as_array().into_iter().flatten().map(|part| self.of(part)).collect()
    }

    /// The properties of an object, those of its parts included.
    fn property(&self, name: &str) -> Option<Self> {
        let own = self.schema["properties"].get(name).map(|property| self.of(property));
        own.or_else(|| self.list("allOf").iter().find_map(|part| part.property(name)))
    }

    fn required(&self) -> Vec<&'d str> {
        let own = self.schema["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap());
        own.chain(self.list("allOf").iter().flat_map(Self::required)).collect()
    }

    /// Whether it says nothing about a value.
    fn is_of_anything(&self) -> bool {
        ["type", "properties", "allOf", "oneOf"].iter().all(|keyword| self.schema.get(*keyword).is_none())
    }

    fn is_of_type(&self, value: &Value) -> bool {
        let is = |name: &str| match name {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            _ => false,
        };
        match &self.schema["type"] {
            Value::String(name) => is(name),
            Value::Array(names) => names.iter().any(|name| is(name.as_str().unwrap())),
            _ => true,
        }
    }

    /// The mismatches of `value`.
    fn faults(&self, value: &Value, at: &str, faults: &mut Vec<String>) {
        if self.is_of_anything() {
            return;
        }
        if !self.is_of_type(value) {
            faults.push(format!("{at}: {value} is not of type {}", self.schema["type"]));
        }
        let choices = self.list("oneOf");
        if !choices.is_empty() && !choices.iter().any(|choice| choice.fits(value)) {
            faults.push(format!("{at}: {value} is none of the choices"));
        }
        if choices.is_empty()
            && let Value::Object(fields) = value
        {
            let missing = self.required().into_iter().filter(|name| !fields.contains_key(*name));
            faults.extend(missing.map(|name| format!("{at}.{name} is missing")));
            for (name, field) in fields {
                let at = format!("{at}.{name}");
                match (self.property(name), self.schema.get("additionalProperties")) {
                    (Some(property), _) => property.faults(field, &at, faults),
                    (None, Some(any)) if any.is_object() => self.of(any).faults(field, &at, faults),
                    (None, _) => faults.push(format!("{at} is not described")),
                }
            }
        }
        if let Value::Array(items) = value {
            let places = self.list("prefixItems");
            for (index, item) in items.iter().enumerate() {
                let at = format!("{at}[{index}]");
                match (places.get(index), self.schema.get("items")) {
                    (Some(place), _) => place.faults(item, &at, faults),
                    (None, Some(any)) if any.is_object() => self.of(any).faults(item, &at, faults),
                    (None, _) => faults.push(format!("{at} is not described")),
                }
            }
        }
    }

    fn fits(&self, value: &Value) -> bool {
        let mut faults = Vec::new();
        self.faults(value, "", &mut faults);
        faults.is_empty()
    }
}

/// Fails unless every field of `value` matches `schema`.
pub(crate) fn assert_described(schema: &Schema<'_>, value: &Value, what: &str) {
    let mut faults = Vec::new();
    schema.of(schema.schema).faults(value, what, &mut faults);
    assert!(faults.is_empty(), "{faults:#?}");
}
