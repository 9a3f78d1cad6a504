//! `watchkeeper backup` and `watchkeeper restore`.

use super::data_dir::data_dir;
use super::status_line::StatusLine;
use super::{notice, print_line};
use crate::cli::{BackupArgs, RestoreArgs};
use crate::config::Config;
use anyhow::Context as _;
use std::path::Path;
use watchkeeper_adapter_embedded::backup::{self, BackedUpFile, BackupSource, Manifest, Progress, Step};
use watchkeeper_collector::CollectorConfig;
use watchkeeper_ingest::IngestConfig;
use watchkeeper_runtime::Grouped;

pub(crate) fn run_backup(args: &BackupArgs) -> anyhow::Result<()> {
    let config = Config::load_for("backup", &[], args.config.as_deref())?;
    let data_dir = data_dir(args.data_dir.as_deref())?;
    let spools = [
        config.settings.get::<IngestConfig>()?.spool.clone(),
        config.settings.get::<CollectorConfig>()?.spool.clone(),
    ];
    let source = BackupSource { elsewhere: config.backends.files_elsewhere(&data_dir, &spools), data_dir };
    for note in config.backends.on_engines() {
        notice(&note);
    }
    let to = std::path::absolute(&args.to)?;
    let manifest = reporting(|report| backup::take(&source, &to, report))
        .with_context(|| format!("cannot back up {}", source.data_dir.display()))?;
    if let Err(error) = backup::note_taken(&source.data_dir, &manifest) {
        notice(&format!("the metric of the last backup is not up to date: {error}"));
    }
    print_line(&format!(
        "Backed up {} to {}: {}, complete up to {}, all checked.",
        source.data_dir.display(),
        to.display(),
        size(&manifest),
        manifest.began_at,
    ))?;
    Ok(())
}

pub(crate) fn run_restore(args: &RestoreArgs) -> anyhow::Result<()> {
    let to = data_dir(args.data_dir.as_deref())?;
    let restored = reporting(|report| backup::restore(&args.from, &to, args.force, report))
        .with_context(|| format!("cannot restore {}", args.from.display()))?;
    let manifest = &restored.manifest;
    print_line(&format!(
        "Restored {} to {}: {}, from {}, written by version {}.",
        args.from.display(),
        to.display(),
        size(manifest),
        manifest.began_at,
        manifest.version,
    ))?;
    if let Some(kept) = &restored.kept {
        print_line(&format!(
            "The data before is in {}; delete it when you no longer need it.",
            kept.display()
        ))?;
    }
    for BackedUpFile { path, from, .. } in &manifest.files {
        if let Some(from) = from {
            notice(&format!(
                "{} was in {}: move it there, or remove that directory from the configuration",
                path.display(),
                from.parent().unwrap_or(from).display(),
            ));
        }
    }
    Ok(())
}

fn reporting<T>(
    work: impl FnOnce(&mut backup::Report<'_>) -> Result<T, backup::BackupError>,
) -> anyhow::Result<T> {
    let mut line = StatusLine::on_stderr();
    let done = work(&mut |progress| {
        if line.due().is_some() {
            line.print(&shown(&progress));
        }
    });
    line.end();
    Ok(done?)
}

/// `store.db: copying, 12 of 90 MiB`.
fn shown(Progress { step, file, done, total }: &Progress<'_>) -> String {
    const MIB: u64 = 1 << 20;
    let step = match step {
        Step::Copying => "copying",
        Step::Checking => "checking",
    };
    let total = total.max(done).div_ceil(MIB);
    format!("{}: {step}, {} of {} MiB", shown_path(file), Grouped(done / MIB), Grouped(total))
}

fn shown_path(path: &Path) -> String {
    path.display().to_string()
}

/// `5 files, 12 MiB`.
fn size(manifest: &Manifest) -> String {
    let files = manifest.files.len();
    let plural = if files == 1 { "" } else { "s" };
    format!("{} file{plural}, {} MiB", Grouped(files as u64), Grouped(manifest.bytes().div_ceil(1 << 20)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_is_done_with_which_file_and_how_far() {
        let progress =
            |done| Progress { step: Step::Copying, file: Path::new("store.db"), done, total: 5 << 30 };
        assert_eq!(shown(&progress(12 << 20)), "store.db: copying, 12 of 5,120 MiB");
        assert_eq!(shown(&progress(6 << 30)), "store.db: copying, 6,144 of 6,144 MiB", "it has grown");
    }
}
