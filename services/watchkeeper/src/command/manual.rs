//! `watchkeeper manual`: manual pages from the definition of the command line.

mod page;
mod sections;

use super::print_line;
use crate::cli::{Cli, ManualArgs};
use anyhow::Context as _;
use clap::{Command, CommandFactory as _};
use std::fs;

pub(crate) fn run(args: &ManualArgs) -> anyhow::Result<()> {
    let pages = pages();
    for (name, text) in &pages {
        let path = args.dir.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    print_line(&format!("{} pages are in {}", pages.len(), args.dir.display()))?;
    Ok(())
}

/// The pages by file name: one for `watchkeeper`, and one for each sub-command of any depth.
fn pages() -> Vec<(String, Vec<u8>)> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let mut pages = Vec::new();
    add(&mut pages, &root, None);
    pages
}

fn add(pages: &mut Vec<(String, Vec<u8>)>, command: &Command, parent: Option<&str>) {
    pages.push(page::page(command, parent));
    for child in command.get_subcommands().filter(|child| !child.is_hide_set()) {
        add(pages, child, Some(page::name(command)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::process::Command as Program;

    /// The names of all sub-commands with a page, as `--help` has them.
    fn names(command: &Command, name: &str, names: &mut BTreeSet<String>) {
        names.insert(format!("{name}.1"));
        for child in command.get_subcommands().filter(|child| !child.is_hide_set()) {
            self::names(child, &format!("{name}-{}", child.get_name()), names);
        }
    }

    #[test]
    fn every_sub_command_has_a_page() {
        let mut expected = BTreeSet::new();
        names(&Cli::command(), "watchkeeper", &mut expected);
        assert!(expected.contains("watchkeeper-up.1") && expected.contains("watchkeeper-notify-failed.1"));
        let written: BTreeSet<_> = pages().into_iter().map(|(name, _)| name).collect();
        assert_eq!(written, expected);
    }

    #[test]
    fn every_page_has_the_sections_that_readers_look_for() {
        for (name, text) in pages() {
            let text = String::from_utf8(text).unwrap();
            for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "\"EXIT STATUS\"", "\"SEE ALSO\""] {
                assert_eq!(text.matches(&format!("\n.SH {section}\n")).count(), 1, "{name}: {section}");
            }
        }
        let (_, up) = pages().into_iter().find(|(name, _)| name == "watchkeeper-up.1").unwrap();
        let up = String::from_utf8(up).unwrap();
        assert!(up.contains(".SH FILES\n") && up.contains("/etc/watchkeeper/watchkeeper.toml"), "{up}");
        let (_, query) = pages().into_iter().find(|(name, _)| name == "watchkeeper-query-latest.1").unwrap();
        let query = String::from_utf8(query).unwrap();
        assert!(query.contains(".SH ENVIRONMENT\n") && query.contains("WATCHKEEPER_URL"), "{query}");
    }

    /// Needs man-db and groff.
    #[test]
    fn man_has_no_warning_about_any_page() {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in pages() {
            let path = dir.path().join(&name);
            fs::write(&path, text).unwrap();
            let man = Program::new("man")
                .args(["--warnings", "--encoding=UTF-8", "--local-file"])
                .arg(&path)
                .env("LC_ALL", "C.UTF-8")
                .env("MANWIDTH", "80")
                .output()
                .expect("man is installed (on Debian: apt-get install man-db)");
            let warnings = String::from_utf8_lossy(&man.stderr);
            assert!(man.status.success() && warnings.is_empty(), "{name}: {warnings}");
            assert!(String::from_utf8_lossy(&man.stdout).contains("NAME"), "{name} is empty");
        }
    }
}
