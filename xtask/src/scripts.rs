//! `cargo xtask scripts`.

use crate::cargo::workspace;
use crate::provide::{packages, program};
use anyhow::{Context as _, ensure};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// The linter of workflow files, as a Go module; it uses shellcheck for the commands in them.
const ACTIONLINT: &str = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.7";
/// Where there are shell scripts.
const DIRECTORIES: [&str; 4] = [".ci", "debian", "deploy", "dist"];

/// Checks the shell scripts and the workflow.
pub(crate) fn check() -> anyhow::Result<()> {
    packages("shellcheck", &["shellcheck"], || program("shellcheck").is_some())?;
    run(Command::new("shellcheck").arg("--").args(scripts()?))?;
    // The machines of the forge have Go, and check the workflow there.
    if program("go").is_none() {
        eprintln!("Go is missing: the workflow is not checked");
        return Ok(());
    }
    run(Command::new("go").args(["run", ACTIONLINT]))
}

/// The files that begin as shell scripts do.
fn scripts() -> anyhow::Result<Vec<PathBuf>> {
    let mut scripts = Vec::new();
    for dir in DIRECTORIES.map(|name| workspace().join(name)) {
        for entry in fs::read_dir(&dir).with_context(|| dir.display().to_string())? {
            let file = entry?.path();
            if file.is_file() && is_script(&fs::read(&file)?) {
                scripts.push(file);
            }
        }
    }
    ensure!(!scripts.is_empty(), "no shell scripts in {}", DIRECTORIES.join(", "));
    Ok(scripts)
}

fn is_script(content: &[u8]) -> bool {
    let first = content.split(|&byte| byte == b'\n').next().unwrap_or_default();
    first.starts_with(b"#!") && (first.ends_with(b"/sh") || first.ends_with(b"bash"))
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.current_dir(workspace()).status();
    let status = status.with_context(|| format!("cannot start {}", command.get_program().display()))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_told_by_their_first_line() {
        for (content, expected) in [
            ("#!/bin/sh\nset -e\n", true),
            ("#!/usr/bin/env bash\n", true),
            ("#!/usr/bin/make -f\n%:\n", false),
            ("# #!/bin/sh", false),
            ("", false),
        ] {
            assert_eq!(is_script(content.as_bytes()), expected, "{content}");
        }
        assert!(scripts().unwrap().iter().any(|script| script.ends_with("debian/postinst")));
    }
}
