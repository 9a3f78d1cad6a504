//! The sources of all crates, for tests of how they are written.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The directory of all crates.
pub(crate) fn services() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The files of all crates that are no tests, from `services` on.
pub(crate) fn sources(services: &Path) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    for entry in fs::read_dir(services).unwrap() {
        walk(&entry.unwrap().path().join("src"), &mut files);
    }
    let tests: Vec<_> = files.iter().flat_map(|file| modules_of_tests(file)).collect();
    files.retain(|file| {
        !tests.iter().any(|test| file == &test.with_extension("rs") || file.starts_with(test))
    });
    let relative = |file: &PathBuf| file.strip_prefix(services).unwrap().to_str().unwrap().to_owned();
    files.iter().map(relative).collect()
}

fn walk(directory: &Path, files: &mut BTreeSet<PathBuf>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.insert(path);
        }
    }
}

/// Where the modules lie that a file has for tests alone.
fn modules_of_tests(file: &Path) -> Vec<PathBuf> {
    let name = file.file_stem().unwrap();
    let directory =
        if name == "lib" || name == "main" { file.parent().unwrap().into() } else { file.with_extension("") };
    let text = fs::read_to_string(file).unwrap();
    let declarations =
        text.split("#[cfg(test)]\n").skip(1).map(|rest| rest.lines().next().unwrap_or_default());
    let names = declarations.filter_map(|line| line.trim().strip_suffix(';')?.rsplit_once("mod "));
    names.map(|(_, name)| directory.join(name)).collect()
}

/// What stands in a file before its tests.
pub(crate) fn code(text: &str) -> String {
    let is_inline_test = |rest: &str| rest.starts_with("mod ") && rest.lines().next().unwrap().ends_with('{');
    let mut parts = text.split("#[cfg(test)]\n");
    let before = parts.next().into_iter();
    before.chain(parts.take_while(|rest| !is_inline_test(rest))).collect()
}
