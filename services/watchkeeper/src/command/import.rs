//! `watchkeeper import`.

use super::{notice, print_lines};
use crate::cli::{ImportArgs, ImportFile, ImportFrom};
use anyhow::Context as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use watchkeeper_import::{ImportError, Imported, MAX_IMPORT_BYTES, gatus, uptime_kuma};

/// Accessible to the owner only.
const OUTPUT_MODE: u32 = 0o600;

pub(crate) fn run(args: &ImportArgs) -> anyhow::Result<()> {
    let (ImportFrom::Gatus(ImportFile { file, output })
    | ImportFrom::UptimeKuma(ImportFile { file, output })) = &args.from;
    let imported = match &args.from {
        ImportFrom::Gatus(_) => gatus_file(file),
        ImportFrom::UptimeKuma(_) => uptime_kuma(file),
    };
    let imported = imported.with_context(|| file.display().to_string())?;
    match output {
        Some(output) => write_new(output, &imported.toml)?,
        None => print_lines(imported.toml.trim_end())?,
    }
    summarise(&imported, output.as_deref());
    Ok(())
}

fn gatus_file(file: &Path) -> Result<Imported, ImportError> {
    let mut bytes = Vec::new();
    // A pipe has no length to check first.
    File::open(file)?.take(MAX_IMPORT_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_IMPORT_BYTES {
        return Err(ImportError::TooLong);
    }
    gatus(&String::from_utf8(bytes).map_err(io::Error::other)?)
}

/// An existing file is kept. Only its owner can read a new one: it may have secrets that were not recognised.
fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let create = || OpenOptions::new().write(true).create_new(true).mode(OUTPUT_MODE).open(path);
    let write = || create()?.write_all(text.as_bytes());
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// On stderr, apart from the configuration.
fn summarise(imported: &Imported, output: Option<&Path>) {
    let Imported { warnings, taken, refused, secret_files, .. } = imported;
    for warning in warnings {
        notice(warning);
    }
    let of_all = if *refused == 0 { String::new() } else { format!(" of {}", taken + refused) };
    let targets = if taken + refused == 1 { "target" } else { "targets" };
    notice(&format!("imported {taken}{of_all} {targets}"));
    if !secret_files.is_empty() {
        let files = secret_files.join(", ");
        notice(&format!(
            "secrets are not imported: write them to these files beside the configuration: {files}"
        ));
    }
    if let Some(output) = output {
        notice(&format!("next: watchkeeper check-config {}", output.display()));
    }
}
