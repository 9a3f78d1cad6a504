//! Files of an engine.

use anyhow::Context as _;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Writes a file, and creates its directory.
pub(super) fn write(file: &Path, content: &str) -> anyhow::Result<()> {
    if let Some(dir) = file.parent() {
        fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    }
    fs::write(file, content).with_context(|| file.display().to_string())
}

/// Removes a file if it exists.
pub(super) fn remove(file: &Path) -> anyhow::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| file.display().to_string())
        }
        _ => Ok(()),
    }
}
