//! Messages: subject, text and HTML from templates, and JSON for webhooks; no I/O but [`TemplateSource::read`].
//!
//! A template gets the same data as a webhook (see `notice_view.rs`). The default templates are in `templates/`; each
//! can be replaced in the configuration. A template that fails for a message is logged, and the default one is used:
//! a notice is never lost because of a template.

mod alert_view;
mod body;
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

pub(crate) use alert_view::{about, sentence};
pub(crate) use body::Body;
pub(crate) use notice_view::MAX_LISTED;
pub(crate) use render::{Message, Templates};
pub(crate) use source::{TemplateError, TemplateOf, TemplateSource, TemplateSources};
