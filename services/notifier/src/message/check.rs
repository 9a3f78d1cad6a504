//! Checks templates before they are needed.

use super::engine::{Part, summary_name};
use super::example;
use super::render::Templates;
use super::source::{TemplateError, TemplateOf, TemplateSources};
use minijinja::Value;
use minijinja::value::Serde;
use watchkeeper_rules::RuleSet;

/// Renders each configured template with every example, and each summary with alerts of its rule; returns the first
/// error of each.
pub(super) fn check(templates: &Templates, sources: &TemplateSources, rules: &RuleSet) -> Vec<TemplateError> {
    let mut errors = Vec::new();
    let alerts = example::alerts();
    let contexts: Vec<_> = example::notices(&alerts).iter().map(|notice| templates.context(notice)).collect();
    for (part, source) in Part::ALL.into_iter().filter_map(|part| Some((part, part.of(sources)?))) {
        let failed = contexts.iter().find_map(|context| templates.render(part.name(), context).err());
        errors.extend(failed.map(|error| TemplateError::new(TemplateOf::file(source), &error)));
    }
    for rule in rules.rules().iter().filter(|rule| rule.summary.is_some()) {
        let name = summary_name(&rule.name);
        let failed = alerts.iter().find_map(|alert| {
            let view = templates.alert(alert, example::now());
            templates.render(&name, &Value::from(Serde(&view))).err()
        });
        errors.extend(failed.map(|error| TemplateError::new(TemplateOf::summary(&rule.name), &error)));
    }
    errors
}
