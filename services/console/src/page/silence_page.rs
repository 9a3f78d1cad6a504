//! The page with the form that creates a silence.

use super::shell::Shell;
use super::silence_form::SilenceForm;
use askama::Template;

/// The page at `/alerts/silence`.
#[derive(Template)]
#[template(path = "silence.html", whitespace = "minimize")]
pub(crate) struct SilencePage {
    shell: Shell,
    may_act: bool,
    form: SilenceForm,
}

impl SilencePage {
    pub(crate) fn new(shell: Shell, may_act: bool, form: SilenceForm) -> Self {
        Self { shell, may_act, form }
    }
}
