//! Labels in templates.

use minijinja::Value;
use minijinja::value::{Enumerator, Object};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Names and values; a missing name has an empty value, as for matchers.
#[derive(Debug)]
pub(super) struct Labels(BTreeMap<Box<str>, Value>);

impl Labels {
    /// A map for templates, and an object in JSON.
    pub(super) fn value<'l>(labels: impl IntoIterator<Item = (&'l str, &'l str)>) -> Value {
        let labels = labels.into_iter().map(|(name, value)| (name.into(), value.into()));
        Value::from_object(Self(labels.collect()))
    }
}

impl Object for Labels {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(self.0.get(key.as_str()?).cloned().unwrap_or_else(|| "".into()))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.keys().map(|name| Value::from(&**name)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::{Environment, context};

    #[test]
    fn a_label_that_is_not_there_is_empty_and_the_others_can_be_listed() {
        let labels = Labels::value([("host", "a"), ("disk.name", "sda")]);
        assert_eq!(serde_json::to_string(&labels).unwrap(), r#"{"disk.name":"sda","host":"a"}"#);
        let template = "{% for name in labels %}{{ name }}={{ labels[name] }} {% endfor %}{{ labels.none }}.";
        let shown = Environment::new().render_str(template, context! { labels }).unwrap();
        assert_eq!(shown, "disk.name=sda host=a .");
    }
}
