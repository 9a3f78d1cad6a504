//! Templates of the bodies of webhooks.

use super::example;
use super::render::{Message, Templates};
use super::source::{TemplateError, TemplateOf, TemplateSource};
use crate::plan::Notice;
use minijinja::{Error, context};
use serde::de::IgnoredAny;

/// The template of a receiver's webhook.
pub(crate) struct Body<'a> {
    pub(crate) receiver: &'a str,
    pub(crate) source: &'a TemplateSource,
    /// Whether the result must be JSON.
    pub(crate) is_json: bool,
}

impl Templates {
    /// Adds the templates of webhooks, and renders each with examples of every kind of notice.
    ///
    /// # Errors
    /// The first of each template that cannot be parsed, fails, or gives no JSON where it must.
    pub(crate) fn with_bodies(mut self, bodies: &[Body<'_>]) -> Result<Self, Vec<TemplateError>> {
        let mut errors = Vec::new();
        for body in bodies {
            let added = self.environment.add_template_owned(name(body.receiver), body.source.text.clone());
            let added = added.map_err(|error| body.wrong(&error));
            errors.extend(added.and_then(|()| self.check(body)).err());
        }
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }

    fn check(&self, body: &Body<'_>) -> Result<(), TemplateError> {
        for notice in example::notices(&example::alerts()) {
            let rendered = self.rendered(body.receiver, &notice, &self.message(&notice));
            body.check(&rendered.map_err(|error| body.wrong(&error))?)?;
        }
        Ok(())
    }

    /// The body of a receiver's webhook: by its template, or else the JSON of [`Templates::payload`].
    pub(crate) fn body(&self, receiver: &str, notice: &Notice<'_>, message: &Message) -> String {
        if self.environment.get_template(&name(receiver)).is_ok() {
            match self.rendered(receiver, notice, message) {
                Ok(body) => return body,
                Err(error) => tracing::error!(receiver, %error, "cannot render the template of a webhook"),
            }
        }
        self.payload(notice)
    }

    /// With the fields of the JSON, and `subject` and `text` of a mail.
    fn rendered(&self, receiver: &str, notice: &Notice<'_>, message: &Message) -> Result<String, Error> {
        let Message { subject, text, .. } = message;
        self.render(&name(receiver), &context! { subject, text, ..self.context(notice) })
    }
}

/// The name of a receiver's template.
fn name(receiver: &str) -> String {
    format!("webhook of {receiver}")
}

impl Body<'_> {
    fn wrong(&self, error: &Error) -> TemplateError {
        TemplateError::new(TemplateOf::file(self.source), error)
    }

    /// Whether the server can read what was rendered.
    fn check(&self, rendered: &str) -> Result<(), TemplateError> {
        if !self.is_json {
            return Ok(());
        }
        serde_json::from_str::<IgnoredAny>(rendered).map(drop).map_err(|error| TemplateError {
            of: TemplateOf::file(self.source),
            line: None,
            reason: format!(
                "does not give JSON for an example: {error}. Write texts as {{{{ subject|tojson }}}}, or set content_type"
            ),
        })
    }
}
