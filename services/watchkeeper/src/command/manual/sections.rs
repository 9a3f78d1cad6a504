//! The sections that say where a command fits in: environment, files, exit status, other pages.

use super::page::name;
use clap::{Arg, Command};
use clap_mangen::roff::{Roff, bold, italic, roman};

/// Files of an installation from a package.
const FILES: [(&str, &str); 5] = [
    (
        "/etc/watchkeeper/watchkeeper.toml",
        "The configuration, the same for all roles. `watchkeeper check-config` checks it.",
    ),
    (
        "/etc/watchkeeper/credentials/all/NAME",
        "Secrets for all units, which a key such as password_file names.",
    ),
    (
        "/etc/watchkeeper/credentials/ROLE/NAME",
        "Secrets for watchkeeper@ROLE.service; those in credentials/up are for watchkeeper-up.service.",
    ),
    (
        "/var/lib/watchkeeper",
        "The data of watchkeeper-up.service; that of a role is in a directory of its name.",
    ),
    ("~/.local/state/watchkeeper", "The data of `watchkeeper up` without a unit."),
];

/// Of the commands that run roles.
const OF_A_PROCESS: [(&str, &str); 3] = [
    ("STATE_DIRECTORY", "The data directory, without --data-dir; systemd sets it."),
    ("CREDENTIALS_DIRECTORY", "Where secrets are looked up by name; systemd sets it."),
    ("NOTIFY_SOCKET", "Where readiness, status and watchdog are reported; systemd sets it."),
];

/// Lines of a text; an empty one begins a paragraph.
pub(super) fn lines(roff: &mut Roff, text: &str) {
    for line in text.lines() {
        match line.trim() {
            "" => roff.control("PP", []),
            line => roff.text([roman(line)]),
        };
    }
}

fn runs_roles(command: &Command) -> bool {
    ["watchkeeper", "watchkeeper-up", "watchkeeper-run"].contains(&name(command))
}

fn has(command: &Command, option: &str) -> bool {
    command.get_arguments().any(|argument| argument.get_long() == Some(option))
}

/// The variables that options name, and those of systemd.
pub(super) fn environment(roff: &mut Roff, command: &Command) {
    let of_option = |argument: &Arg| {
        let (variable, option) = (argument.get_env()?.to_str()?, argument.get_long()?);
        Some((variable.to_owned(), format!("The default of --{option}.")))
    };
    let mut variables: Vec<_> = command.get_arguments().filter_map(of_option).collect();
    if runs_roles(command) {
        variables.extend(OF_A_PROCESS.map(|(variable, text)| (variable.to_owned(), text.to_owned())));
    }
    if variables.is_empty() {
        return;
    }
    roff.control("SH", ["ENVIRONMENT"]);
    for (variable, text) in variables {
        roff.control("TP", []);
        roff.text([bold(variable)]);
        roff.text([roman(text)]);
    }
}

/// Of the commands that read the configuration or the data.
pub(super) fn files(roff: &mut Roff, command: &Command) {
    if !runs_roles(command) && !has(command, "config") && name(command) != "watchkeeper-check-config" {
        return;
    }
    roff.control("SH", ["FILES"]);
    for (path, text) in FILES {
        roff.control("TP", []);
        roff.text([italic(path)]);
        roff.text([roman(text)]);
    }
}

pub(super) fn exit_status(roff: &mut Roff, command: &Command) {
    roff.control("SH", ["EXIT STATUS"]);
    let mut statuses = vec![
        ("0", "Success; of a process, after a stop that was asked for."),
        ("1", "An error, which stderr describes."),
        ("2", "The command line was not understood."),
    ];
    if runs_roles(command) {
        statuses.push(("78", "The configuration was refused at the start: a restart does not help."));
    }
    for (status, text) in statuses {
        roff.control("TP", []);
        roff.text([bold(status)]);
        roff.text([roman(text)]);
    }
}

/// `watchkeeper(1), watchkeeper-notify(1)`
pub(super) fn see_also(command: &Command, parent: Option<&str>) -> String {
    let mut pages: Vec<_> = parent.iter().map(|parent| format!("{parent}(1)")).collect();
    pages.extend(
        command
            .get_subcommands()
            .filter(|child| !child.is_hide_set())
            .map(|child| format!("{}(1)", name(child))),
    );
    if runs_roles(command) {
        pages.extend(["systemctl(1)", "systemd.service(5)", "systemd.exec(5)"].map(str::to_owned));
    }
    if name(command) == "watchkeeper-status" {
        pages.extend(["systemctl(1)", "journalctl(1)"].map(str::to_owned));
    }
    pages.join(", ")
}
