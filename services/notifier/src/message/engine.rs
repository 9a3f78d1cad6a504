//! The template environment.

use super::source::{TemplateSource, TemplateSources};
use super::words;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};
use watchkeeper_domain::Timestamp;

/// Limit on the steps of a template: many times what [`super::MAX_LISTED`] alerts need, and a fraction of a second.
const MAX_STEPS: u64 = 500_000;

/// The parts of a message that have a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Subject,
    Text,
    Html,
}

impl Part {
    pub(super) const ALL: [Self; 3] = [Self::Subject, Self::Text, Self::Html];

    /// The name of the configured template.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Text => "text",
            Self::Html => "html",
        }
    }

    /// The name and the text of the default template.
    pub(super) const fn default(self) -> (&'static str, &'static str) {
        match self {
            Self::Subject => ("default subject", include_str!("../../templates/subject.txt")),
            Self::Text => ("default text", include_str!("../../templates/text.txt")),
            Self::Html => ("default html", include_str!("../../templates/mail.html")),
        }
    }

    pub(super) fn of(self, sources: &TemplateSources) -> Option<&TemplateSource> {
        match self {
            Self::Subject => sources.subject.as_ref(),
            Self::Text => sources.text.as_ref(),
            Self::Html => sources.html.as_ref(),
        }
    }
}

/// The name of a rule's summary.
pub(super) fn summary_name(rule: &str) -> String {
    format!("summary of {rule}")
}

/// An environment with the default templates. Undefined names are errors, and no template runs forever.
pub(super) fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(MAX_STEPS));
    environment.set_auto_escape_callback(|name| {
        let is_html = [Part::Html.name(), Part::Html.default().0].contains(&name);
        if is_html { AutoEscape::Html } else { AutoEscape::None }
    });
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("these are the usual delimiters"));
    environment.add_filter("time", time);
    for (name, text) in Part::ALL.map(Part::default) {
        environment.add_template(name, text).expect("the default templates are tested");
    }
    environment
}

/// The filter that formats instants.
fn time(instant: &str) -> Result<String, Error> {
    let instant = instant.parse::<Timestamp>();
    instant.map(words::instant).map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))
}
