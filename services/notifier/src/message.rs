//! What is sent: subject, text and HTML from templates, and JSON for webhooks; no I/O but
//! [`TemplateSource::read`].
//!
//! A template sees what a webhook is sent (see `notice_view.rs`). The default templates are in `templates/`;
//! each can be replaced by one of the configuration. A template that fails while a message is made is
//! logged, and the default one takes its place: a notice is never lost for its wording.

mod alert_view;
mod check;
mod engine;
mod example;
mod labels;
mod notice_view;
mod one_line;
mod render;
mod silence_command;
mod source;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use notice_view::MAX_LISTED;
pub(crate) use render::{Message, Templates};
pub(crate) use source::{TemplateError, TemplateOf, TemplateSource, TemplateSources};
