//! Promises of `include`.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use tempfile::TempDir;
use watchkeeper_config::{
    ConfigErrors, MAX_INCLUDED_BYTES, MAX_INCLUDED_FILES, MAX_INCLUDES, Section, check, load,
};

#[derive(Debug, Default, PartialEq)]
struct Read {
    size: u32,
    level: String,
    targets: Vec<(String, Option<PathBuf>, String)>,
}

fn read(root: &mut Section<'_>) -> Read {
    let target = |target: &mut Section<'_>| {
        let secret = target.secret_file("password_file").unwrap_or_default();
        (target.required_text("name", 20), target.path("ca_file"), secret.expose().to_owned())
    };
    Read {
        size: root.integer("size", 1..=9, 1),
        level: root.section("log", |log| log.text("level", 9, "info")),
        targets: root.sections("target", 9999, target),
    }
}

/// A directory with these files.
fn files(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    }
    directory
}

fn loaded(directory: &TempDir) -> Result<Read, ConfigErrors> {
    load(directory.path().join("main.toml"), read)
}

/// The errors, with the directory left out.
fn refused(directory: &TempDir) -> String {
    let shown = format!("{}/", directory.path().display());
    loaded(directory).unwrap_err().to_string().replace(&shown, "")
}

fn names(read: &Read) -> Vec<&str> {
    read.targets.iter().map(|(name, ..)| name.as_str()).collect()
}

#[test]
fn tables_of_several_files_are_joined_and_their_targets_follow_in_order_of_the_names_of_the_files() {
    let directory = files(&[
        ("main.toml", "include = \"conf.d/*.toml\"\nsize = 2\n[[target]]\nname = \"first\"\n"),
        ("conf.d/b.toml", "[[target]]\nname = \"third\"\n"),
        ("conf.d/a.toml", "[log]\nlevel = \"debug\"\n[[target]]\nname = \"second\"\n"),
        ("conf.d/.hidden.toml", "[[target]]\nname = \"hidden\"\n"),
        ("conf.d/not-toml", "[[target]]\nname = \"other\"\n"),
    ]);
    let read = loaded(&directory).unwrap();
    assert_eq!((read.size, read.level.as_str()), (2, "debug"));
    assert_eq!(names(&read), ["first", "second", "third"]);
}

#[test]
fn a_list_of_patterns_is_read_in_its_order_each_file_once_and_the_main_file_not_again() {
    let directory = files(&[
        ("main.toml", "include = [\"z.toml\", \"*.toml\", \"none-*.toml\"]\n[[target]]\nname = \"main\"\n"),
        ("a.toml", "[[target]]\nname = \"a\"\n"),
        ("z.toml", "[[target]]\nname = \"z\"\n"),
    ]);
    assert_eq!(names(&loaded(&directory).unwrap()), ["main", "z", "a"]);
}

#[test]
fn a_relative_path_starts_at_the_directory_of_the_file_that_has_it() {
    let directory = files(&[
        ("main.toml", "include = \"conf.d/*.toml\"\n[[target]]\nname = \"a\"\npassword_file = \"secret\"\n"),
        ("secret", "of main"),
        ("conf.d/b.toml", "[[target]]\nname = \"b\"\nca_file = \"ca.pem\"\npassword_file = \"secret\"\n"),
        ("conf.d/secret", "of b"),
    ]);
    let read = loaded(&directory).unwrap();
    let secrets: Vec<&str> = read.targets.iter().map(|(.., secret)| secret.as_str()).collect();
    assert_eq!(secrets, ["of main", "of b"]);
    assert_eq!(read.targets[1].1, Some(directory.path().join("conf.d/ca.pem")));
}

#[test]
fn a_key_that_two_files_set_is_an_error_that_names_both() {
    let directory = files(&[
        ("main.toml", "include = \"conf.d/*.toml\"\nsize = 2\n[log]\nlevel = \"info\"\n"),
        ("conf.d/a.toml", "# Sites.\n[log]\nlevel = \"debug\"\n"),
    ]);
    assert_eq!(
        refused(&directory),
        "error: log.level: is set already, in main.toml:4\n --> conf.d/a.toml:3:1\n  |\n3 | level = …\n  | ^^^^^\n\n\
         1 error in conf.d/a.toml"
    );
}

#[test]
fn each_error_names_its_file_and_line_and_all_files_are_reported_at_once() {
    let directory = files(&[
        ("main.toml", "include = \"conf.d/*.toml\"\nsize = 99\n"),
        ("conf.d/a.toml", "\n[[target]]\nnam = \"x\"\n"),
    ]);
    let errors = refused(&directory);
    for part in
        ["--> main.toml:2:8", "--> conf.d/a.toml:3:1", "target[0].nam: unknown key", "3 errors in 2 files"]
    {
        assert!(errors.contains(part), "{part}: {errors}");
    }
    let directory = files(&[
        ("main.toml", "include = \"conf.d/*.toml\"\n"),
        ("conf.d/a.toml", "[[target]\n"),
        ("conf.d/b.toml", "\nx = \n"),
    ]);
    let errors = refused(&directory);
    for part in ["--> conf.d/a.toml:1:", "--> conf.d/b.toml:2:"] {
        assert!(errors.contains(part), "{part}: {errors}");
    }
}

#[test]
fn what_cannot_be_included_is_refused_at_the_key() {
    let one = |include: &str| refused(&files(&[("main.toml", &format!("include = {include}\n"))]));
    assert!(
        one("\"absent.toml\"").contains("include: cannot read absent.toml: No such file"),
        "{}",
        one("\"absent.toml\"")
    );
    assert!(one("\"**/*.toml\"").contains("include: ** is not supported"));
    assert!(one("\"[.toml\"").contains("include: is not a valid pattern"));
    assert!(one("\"absent/*.toml\"").contains("include: there is no directory "));
    assert!(one("5").contains("include: must be text"));
    let many = format!("{:?}", vec!["*.toml"; MAX_INCLUDES + 1]);
    assert!(one(&many).contains("include: has 17 items, the limit is 16"));
    let nested =
        files(&[("main.toml", "include = \"conf.d/*.toml\"\n"), ("conf.d/a.toml", "include = \"b.toml\"\n")]);
    assert!(
        refused(&nested).contains("include: only the main file can include others\n --> conf.d/a.toml:1:11")
    );
}

#[test]
fn as_many_files_as_the_limit_are_included_and_one_more_is_refused() {
    let directory = files(&[("main.toml", "include = \"conf.d/*.toml\"\n"), ("conf.d/a", "")]);
    for number in 0..MAX_INCLUDED_FILES {
        let text = format!("[[target]]\nname = \"{number}\"\n");
        fs::write(directory.path().join(format!("conf.d/{number}.toml")), text).unwrap();
    }
    assert_eq!(loaded(&directory).unwrap().targets.len(), MAX_INCLUDED_FILES);
    fs::write(directory.path().join("conf.d/z.toml"), "").unwrap();
    assert!(refused(&directory).contains("include: matches more than 500 files"));
}

#[test]
fn files_of_as_many_bytes_as_the_limit_are_included_and_more_are_refused() {
    let directory = files(&[("main.toml", "include = \"conf.d/*.toml\"\n"), ("conf.d/a", "")]);
    let mib = format!("{}\n", "#".repeat((1 << 20) - 1));
    for number in 0..MAX_INCLUDED_BYTES >> 20 {
        fs::write(directory.path().join(format!("conf.d/{number}.toml")), &mib).unwrap();
    }
    assert_eq!(loaded(&directory).unwrap().targets, []);
    fs::write(directory.path().join("conf.d/z.toml"), "#").unwrap();
    assert!(refused(&directory).contains("the files have more than 16777216 bytes together"));
}

#[test]
fn a_check_for_another_host_reads_the_included_files_but_no_secrets() {
    let directory = files(&[
        ("main.toml", "include = \"conf.d/*.toml\"\n"),
        ("conf.d/a.toml", "[[target]]\nname = \"a\"\npassword_file = \"absent\"\n"),
    ]);
    assert_eq!(names(&check(directory.path().join("main.toml"), read).unwrap()), ["a"]);
}
