//! Renders notices to messages.

use super::alert_view::{AlertView, ToldView};
use super::check;
use super::engine::{self, Part, summary_name};
use super::notice_view::NoticeView;
use super::one_line::one_line;
use super::source::{TemplateError, TemplateOf, TemplateSources};
use crate::plan::{Notice, Told};
use minijinja::value::Serde;
use minijinja::{Environment, Error, Value};
use std::collections::HashMap;
use watchkeeper_domain::text::head;
use watchkeeper_domain::{Alert, Timestamp};
use watchkeeper_rules::RuleSet;

/// Longest subject, in characters.
pub(super) const MAX_SUBJECT_CHARS: usize = 150;
/// Longest summary in a message, in characters.
pub(super) const MAX_SUMMARY_CHARS: usize = 1_000;
/// Longest text or HTML, in bytes. Longer text is truncated; longer HTML is omitted.
pub(super) const MAX_BODY_BYTES: usize = 512 * 1024;

/// The content of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// One line of at most [`MAX_SUBJECT_CHARS`], never empty.
    pub(crate) subject: String,
    /// For mail programs that show no HTML.
    pub(crate) text: String,
    /// The same as HTML; `None` if it would be too long.
    pub(crate) html: Option<String>,
}

/// All templates, checked.
#[derive(Debug)]
pub(crate) struct Templates {
    pub(super) environment: Environment<'static>,
    /// The condition in plain words, by rule name.
    conditions: HashMap<String, String>,
    url: Option<String>,
}

impl Templates {
    /// Loads the configured templates and the summaries of the rules, and renders each with examples of every kind of
    /// notice. `url` is the alerts page that messages link to.
    ///
    /// # Errors
    /// Every template that cannot be parsed or fails, not only the first.
    pub(crate) fn new(
        sources: &TemplateSources,
        rules: &RuleSet,
        url: Option<String>,
    ) -> Result<Self, Vec<TemplateError>> {
        let conditions = rules.rules().iter().map(|rule| (rule.name.clone(), rule.when())).collect();
        let mut templates = Self { environment: engine::environment(), conditions, url };
        let mut errors = Vec::new();
        for source in Part::ALL.into_iter().filter_map(|part| Some((part, part.of(sources)?))) {
            let (part, source) = source;
            let added = templates.environment.add_template_owned(part.name(), source.text.clone());
            errors.extend(added.err().map(|error| TemplateError::new(TemplateOf::file(source), &error)));
        }
        for rule in rules.rules() {
            let Some(summary) = &rule.summary else { continue };
            let added = templates.environment.add_template_owned(summary_name(&rule.name), summary.clone());
            errors
                .extend(added.err().map(|error| TemplateError::new(TemplateOf::summary(&rule.name), &error)));
        }
        if errors.is_empty() {
            errors = check::check(&templates, sources, rules);
        }
        if errors.is_empty() { Ok(templates) } else { Err(errors) }
    }

    /// Adds the summary of a rule.
    ///
    /// # Errors
    /// A summary that cannot be parsed.
    pub(crate) fn add_summary(&mut self, rule: &str, summary: &'static str) -> Result<(), TemplateError> {
        let added = self.environment.add_template_owned(summary_name(rule), summary);
        added.map_err(|error| TemplateError::new(TemplateOf::summary(rule), &error))
    }

    /// The mail for a notice.
    pub(crate) fn message(&self, notice: &Notice<'_>) -> Message {
        let view = self.view(notice);
        let context = Value::from(Serde(&view));
        let subject = self.part(Part::Subject, &context).filter(|subject| !subject.trim().is_empty());
        let subject = one_line(subject.as_ref().unwrap_or(&view.headline), MAX_SUBJECT_CHARS);
        let text = self.part(Part::Text, &context).unwrap_or_else(|| view.headline.clone());
        let html = self.part(Part::Html, &context).filter(|html| html.len() <= MAX_BODY_BYTES);
        Message { subject, text: cut(text), html }
    }

    /// The webhook payload for a notice: the view of the templates, as JSON.
    pub(crate) fn payload(&self, notice: &Notice<'_>) -> String {
        serde_json::to_string(&self.view(notice)).expect("texts, numbers and maps of texts are JSON")
    }

    /// The context of message templates.
    pub(super) fn context(&self, notice: &Notice<'_>) -> Value {
        Value::from(Serde(&self.view(notice)))
    }

    fn view<'a>(&'a self, notice: &'a Notice<'a>) -> NoticeView<'a> {
        NoticeView::new(notice, self.url.as_deref(), |told: &Told<'a>| {
            let alert = self.alert(told.alert, notice.made_at);
            ToldView { news: told.news.name(), summary: self.summary(&alert), alert }
        })
    }

    /// For the summary of its rule.
    pub(super) fn alert<'a>(&'a self, alert: &'a Alert, now: Timestamp) -> AlertView<'a> {
        AlertView::new(alert, self.conditions.get(&alert.rule).map(String::as_str), now)
    }

    /// The summary of the alert's rule, or why it cannot be rendered.
    fn summary(&self, alert: &AlertView<'_>) -> Option<String> {
        let name = summary_name(alert.rule);
        let template = self.environment.get_template(&name).ok()?;
        let summary = template.render(Serde(alert)).unwrap_or_else(|error| {
            let error = TemplateError::new(TemplateOf::summary(alert.rule), &error);
            tracing::warn!(%error, "cannot render a summary");
            format!("(cannot render the summary: {})", error.reason)
        });
        Some(one_line(&summary, MAX_SUMMARY_CHARS))
    }

    /// Renders the configured template, or else the default one.
    fn part(&self, part: Part, context: &Value) -> Option<String> {
        let templates = [part.name(), part.default().0];
        let known = templates.into_iter().filter(|name| self.environment.get_template(name).is_ok());
        let render = |name| {
            self.render(name, context)
                .inspect_err(|error| tracing::error!(template = name, %error, "cannot render a template"))
        };
        known.map(render).find_map(Result::ok)
    }

    /// Renders the template of this name.
    pub(super) fn render(&self, template: &str, context: &Value) -> Result<String, Error> {
        self.environment.get_template(template)?.render(context.clone())
    }
}

/// Truncates the text to [`MAX_BODY_BYTES`].
fn cut(mut text: String) -> String {
    if text.len() > MAX_BODY_BYTES {
        const CUT: &str = "\n(truncated: the text is too long)\n";
        let room = MAX_BODY_BYTES - CUT.len();
        text.truncate(head(&text, room).len());
        text.push_str(CUT);
    }
    text
}
