//! One page.

use super::sections;
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

/// The manual that the pages belong to.
const MANUAL: &str = "Watchkeeper manual";

/// `watchkeeper-notify-failed`, of a command that was built.
pub(super) fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// The file name and the text of the page. `parent` is the page of the command that this one is a sub-command of.
pub(super) fn page(command: &Command, parent: Option<&str>) -> (String, Vec<u8>) {
    let source = format!("watchkeeper {}", crate::version::VERSION);
    let man = Man::new(command.clone()).source(source).manual(MANUAL);
    let mut text = Vec::new();
    let written = write(&man, command, parent, &mut text);
    written.expect("memory takes all that is written");
    (man.get_filename(), text)
}

fn write(man: &Man, command: &Command, parent: Option<&str>, page: &mut Vec<u8>) -> std::io::Result<()> {
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    if command.get_arguments().any(|argument| !argument.is_hide_set()) {
        man.render_options_section(page)?;
    }
    if command.get_subcommands().any(|child| !child.is_hide_set()) {
        man.render_subcommands_section(page)?;
    }
    let mut rest = Roff::default();
    if let Some(text) = command.get_after_long_help().or_else(|| command.get_after_help()) {
        rest.control("SH", ["NOTES"]);
        sections::lines(&mut rest, &text.to_string());
    }
    sections::environment(&mut rest, command);
    sections::files(&mut rest, command);
    sections::exit_status(&mut rest, command);
    rest.control("SH", ["SEE ALSO"]);
    rest.text([roman(sections::see_also(command, parent))]);
    rest.to_writer(page)
}
