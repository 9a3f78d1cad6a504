//! `cargo xtask new-role`.

use crate::dashboards;
use anyhow::{Context as _, ensure};
use clap::Args;
use std::fs;
use std::path::Path;

#[derive(Args, Debug)]
pub(crate) struct NewRoleArgs {
    /// The name of the role: one word of lower-case letters
    name: String,
}

/// Maximum length of a name.
const MAX_NAME: usize = 20;

/// Reserved names that the example does not show: `up` is the client name of the process with all roles, and `inhibit`
/// is a section.
const RESERVED: [&str; 2] = ["up", "inhibit"];

/// The port in the template, which compiles as it is.
const TEMPLATE_PORT: &str = "65_535";

/// The files of a role's crate. `NAME` is replaced by its name, `TITLE` by the name in types, and [`TEMPLATE_PORT`] by its
/// port.
const TEMPLATE: [(&str, &str); 6] = [
    ("Cargo.toml", include_str!("new_role/template/Cargo.toml.in")),
    ("src/lib.rs", include_str!("new_role/template/lib.rs.in")),
    ("src/config.rs", include_str!("new_role/template/config.rs.in")),
    ("src/metrics.rs", include_str!("new_role/template/metrics.rs.in")),
    ("src/role.rs", include_str!("new_role/template/role.rs.in")),
    ("src/run.rs", include_str!("new_role/template/run.rs.in")),
];

/// The source of its dashboard.
const DASHBOARD: &str = include_str!("new_role/template/dashboard.toml.in");

pub(crate) fn run(args: &NewRoleArgs) -> anyhow::Result<()> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = added(&repository, &args.name)?;
    write(&repository, &files)?;
    for (path, _) in &files {
        println!("{path}");
    }
    println!("Now write what the role does: services/{0}/src/run.rs, and its row in README.md.", args.name);
    Ok(())
}

fn write(repository: &Path, files: &[(String, String)]) -> anyhow::Result<()> {
    for (path, text) in files {
        let path = repository.join(path);
        fs::create_dir_all(path.parent().context("a file is in a directory")?)?;
        fs::write(&path, text).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// The files that are created or changed for the role, with their new text.
fn added(repository: &Path, name: &str) -> anyhow::Result<Vec<(String, String)>> {
    let read = |path: &str| fs::read_to_string(repository.join(path)).with_context(|| path.to_owned());
    let is_word = (1..=MAX_NAME).contains(&name.len()) && name.chars().all(|c| c.is_ascii_lowercase());
    ensure!(is_word, "{name}: the name of a role is one word of 1 to {MAX_NAME} lower-case letters");
    let directory = format!("services/{name}");
    ensure!(!repository.join(&directory).exists(), "{directory} already exists: choose another name");
    let example = read("examples/watchkeeper.toml")?;
    let is_section = |line: &str| line.trim_start_matches(['#', ' ', '[']).starts_with(&format!("{name}]"));
    let is_taken = RESERVED.contains(&name) || example.lines().any(is_section);
    ensure!(!is_taken, "{name} already has a meaning in the configuration: choose another name");
    let port = free_port(&example)?;

    let render = |text: &str| {
        let port = port.to_string();
        text.replace("NAME", name).replace("TITLE", &title(name)).replace(TEMPLATE_PORT, &port)
    };
    let dashboard = render(DASHBOARD);
    let files = TEMPLATE.iter().map(|(path, text)| (format!("{directory}/{path}"), render(text)));
    let mut files: Vec<_> = files.collect();
    let (path, json) = dashboards::role_file(name, &dashboard)?;
    files.push((format!("dashboards/{}", path.display()), json));
    files.push((format!("dashboards/source/roles/{name}.toml"), dashboard));
    let mut edit = |path: &str, places: &[Place]| -> anyhow::Result<()> {
        let text = places.iter().try_fold(read(path)?, |text, place| place.add(&text, &render));
        files.push((path.to_owned(), text.with_context(|| path.to_owned())?));
        Ok(())
    };
    let is_crate = |line: &str| line.starts_with("watchkeeper-");
    edit("Cargo.toml", &[Place::After(is_crate, "watchkeeper-NAME = { path = \"services/NAME\" }")])?;
    edit("services/watchkeeper/Cargo.toml", &[Place::After(is_crate, "watchkeeper-NAME.workspace = true")])?;
    let is_role = |line: &str| line.ends_with("::ROLE,");
    edit("services/watchkeeper/src/role.rs", &[Place::After(is_role, "    &watchkeeper_NAME::ROLE,")])?;
    let listens = |line: &str| line.contains(LOOPBACK) && !line.starts_with("listen ");
    let section = "\n# The role NAME.\n[NAME]\n# The interval of rounds.\nevery = \"1m\"";
    edit(
        "examples/watchkeeper.toml",
        &[Place::After(listens, "NAME = \"127.0.0.1:65_535\""), Place::AtTheEnd(section)],
    )?;
    let starts_all = |line: &str| line.trim_start().starts_with("for role in ");
    let is_row = |line: &str| line.starts_with("| `");
    edit(
        "README.md",
        &[
            Place::Before(starts_all, "; do", " NAME"),
            Place::After(is_row, "| `NAME` | its clock | rounds |"),
        ],
    )?;
    let is_job = |line: &str| line.starts_with("  - { job_name: watchkeeper-");
    let job = "  - { job_name: watchkeeper-NAME, static_configs: [{ targets: [\"127.0.0.1:65_535\"] }] }";
    edit("dashboards/prometheus/scrape.yml", &[Place::After(is_job, job)])?;
    let names_all = |line: &str| line.contains(" | the roles |");
    edit("ARCHITECTURE.md", &[Place::Before(names_all, " | the roles |", ", `NAME`")])?;
    let listed = r#"{"name":"NAME","about":"Counts its rounds","http_port":65_535,"consumes":[]}"#;
    edit("nixos/roles.ndjson", &[Place::AtTheEnd(listed)])?;
    Ok(files)
}

fn title(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_uppercase() + rest
}

/// The text before the port in default listen addresses.
const LOOPBACK: &str = " = \"127.0.0.1:";

/// The port after the highest default port of a role.
fn free_port(example: &str) -> anyhow::Result<u16> {
    let sections = ["[http]", "[grpc]", "[listen]"];
    let mut is_among = false;
    let lines = example.lines().filter(|line| {
        if line.starts_with('[') {
            is_among = sections.contains(line);
        }
        is_among
    });
    let ports = lines.filter_map(|line| line.split_once(LOOPBACK)?.1.strip_suffix('"')?.parse::<u16>().ok());
    let last = ports.max().context("examples/watchkeeper.toml has no listen addresses")?;
    last.checked_add(1).context("there is no port after the last one")
}

/// A position in a file to insert text at.
enum Place {
    /// This line, after the first run of matching lines.
    After(fn(&str) -> bool, &'static str),
    /// `.2`, before `.1` in the first matching line.
    Before(fn(&str) -> bool, &'static str, &'static str),
    AtTheEnd(&'static str),
}

impl Place {
    fn add(&self, text: &str, render: &dyn Fn(&str) -> String) -> anyhow::Result<String> {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        let first = |is_such: fn(&str) -> bool| {
            let found = lines.iter().position(|line| is_such(line));
            found.context("has no list of roles to add to")
        };
        match *self {
            Self::After(is_such, line) => {
                let first = first(is_such)?;
                let count = lines[first..].iter().take_while(|line| is_such(line)).count();
                lines.insert(first + count, render(line));
            }
            Self::Before(is_such, what, added) => {
                let line = first(is_such)?;
                lines[line] = lines[line].replacen(what, &format!("{}{what}", render(added)), 1);
            }
            Self::AtTheEnd(added) => lines.push(render(added)),
        }
        Ok(lines.join("\n") + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn repository() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
    }

    fn refused(name: &str) -> String {
        added(repository(), name).unwrap_err().to_string()
    }

    #[test]
    fn a_role_is_added_wherever_roles_are_listed() {
        let files = added(repository(), "tides").unwrap();
        let text = |path: &str| files.iter().find(|(of, _)| of == path).unwrap().1.as_str();
        for (path, line) in [
            ("Cargo.toml", "watchkeeper-tides = { path = \"services/tides\" }"),
            ("services/watchkeeper/Cargo.toml", "watchkeeper-tides.workspace = true"),
            ("services/watchkeeper/src/role.rs", "    &watchkeeper_tides::ROLE,\n];"),
            ("README.md", " tides; do"),
            ("README.md", "\n| `tides` | "),
            ("ARCHITECTURE.md", ", `tides` | the roles |"),
            ("examples/watchkeeper.toml", "\n[tides]\n"),
            ("nixos/roles.ndjson", "\n{\"name\":\"tides\","),
            ("dashboards/prometheus/scrape.yml", "  - { job_name: watchkeeper-tides, "),
            ("dashboards/source/roles/tides.toml", "watchkeeper_tides_rounds_total"),
            ("dashboards/grafana/role-tides.json", "\"uid\": \"watchkeeper-role-tides\""),
            ("services/tides/src/role.rs", "    name: \"tides\",\n"),
        ] {
            assert!(text(path).contains(line), "{path}: {line}");
        }
        let example = fs::read_to_string(repository().join("examples/watchkeeper.toml")).unwrap();
        let port = free_port(&example).unwrap();
        assert!(!example.contains(&port.to_string()));
        assert!(text("examples/watchkeeper.toml").contains(&format!("\ntides = \"127.0.0.1:{port}\"\n")));
        assert!(text("services/tides/src/role.rs").contains(&format!("http_port: {port},")));
    }

    #[test]
    fn the_template_is_rust_as_it_is_formatted_here() {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), &added(repository(), "tides").unwrap()).unwrap();
        let mut rustfmt = Command::new("rustfmt");
        rustfmt
            .args(["--check", "--edition", "2024", "--config-path"])
            .arg(repository().join("rustfmt.toml"));
        let checked = rustfmt.arg(directory.path().join("services/tides/src/lib.rs")).output().unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    }

    #[test]
    fn a_name_that_exists_or_is_no_lower_case_word_is_refused() {
        for name in ["", "two words", "Upper", "with-dash", "with_underscore", "ätna", "n2"] {
            assert!(refused(name).contains("one word of 1 to 20 lower-case letters"), "{name}");
        }
        let longest = "a".repeat(MAX_NAME);
        assert!(added(repository(), &longest).is_ok());
        assert!(refused(&format!("{longest}a")).contains("one word of 1 to 20"));
        assert_eq!(refused("cache"), "services/cache already exists: choose another name");
        for name in ["listen", "token", "rule", "backends", "inhibit", "up"] {
            assert!(refused(name).contains("already has a meaning"), "{name}");
        }
    }

    #[test]
    fn a_list_that_has_no_role_is_an_error() {
        let place = Place::After(|line| line.ends_with("::ROLE,"), "&NAME");
        assert!(place.add("nothing\n", &str::to_owned).is_err());
        assert_eq!(
            place.add("a::ROLE,\nb::ROLE,\nc\nd::ROLE,\n", &str::to_owned).unwrap(),
            "a::ROLE,\nb::ROLE,\n&NAME\nc\nd::ROLE,\n"
        );
    }
}
