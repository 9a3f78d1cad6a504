//! The list of skipped rows.

use anyhow::Context as _;
use serde_json::json;
use std::fs::File;
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use watchkeeper_migrate::LeftOut;

/// A file to which skipped rows are appended, as NDJSON.
pub(super) struct Rejected {
    file: BufWriter<File>,
    path: PathBuf,
    /// The first write error.
    failed: Option<io::Error>,
}

impl Rejected {
    /// Opens the file for appending; an earlier run may have started it.
    pub(super) fn append_to(path: &Path) -> anyhow::Result<Self> {
        let open = || -> io::Result<File> {
            let mut file = File::options().read(true).append(true).create(true).open(path)?;
            if !ends_a_line(&mut file)? {
                // The earlier run was killed while it wrote a line.
                file.write_all(b"\n")?;
            }
            Ok(file)
        };
        let file = open().with_context(|| format!("--rejected: {}", path.display()))?;
        Ok(Self { file: BufWriter::new(file), path: path.to_owned(), failed: None })
    }

    pub(super) fn write(&mut self, left_out: &LeftOut) {
        let LeftOut { id, source, name, collected_at, reason } = left_out;
        let line = json!({
            "id": id,
            "source": source,
            "name": name,
            "collected_at": collected_at.map(|at| at.to_string()),
            "reason": reason.to_string(),
        });
        if let Err(error) = writeln!(self.file, "{line}") {
            self.failed.get_or_insert(error);
        }
    }

    /// # Errors
    /// If a row could not be written.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        let flushed = self.file.flush();
        self.failed.map_or(flushed, Err).with_context(|| {
            format!("--rejected: {} lacks rows; run again with --again to read all rows", self.path.display())
        })
    }
}

/// Whether the file is empty or ends with a line break.
fn ends_a_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::Violation;
    use watchkeeper_migrate::Reason;

    fn left_out(id: u64) -> LeftOut {
        let reason = Reason::Refused(Violation::new("source", "is wrong"));
        let collected_at = Some("2026-11-20T10:00:00Z".parse().unwrap());
        LeftOut { id, source: "a\nb".into(), name: "n".into(), collected_at, reason }
    }

    #[test]
    fn each_row_is_a_line_also_after_a_run_that_was_killed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rejected.ndjson");
        std::fs::write(&path, r#"{"id":1"#).unwrap();
        let mut rejected = Rejected::append_to(&path).unwrap();
        rejected.write(&left_out(7));
        rejected.finish().unwrap();
        let mut again = Rejected::append_to(&path).unwrap();
        again.write(&LeftOut { collected_at: None, ..left_out(8) });
        again.finish().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.lines().collect();
        let expected = json!({"id": 7, "source": "a\nb", "name": "n", "collected_at": "2026-11-20T10:00:00Z",
                              "reason": "source: is wrong"});
        assert_eq!((lines[0], lines.len()), (r#"{"id":1"#, 3));
        assert_eq!(serde_json::from_str::<serde_json::Value>(lines[1]).unwrap(), expected);
        assert!(lines[2].contains(r#""collected_at":null"#), "{}", lines[2]);
    }

    #[test]
    fn a_list_that_cannot_be_written_is_an_error() {
        let mut rejected = Rejected::append_to(Path::new("/dev/full")).unwrap();
        rejected.write(&left_out(7));
        let error = rejected.finish().unwrap_err().to_string();
        assert!(error.contains("/dev/full lacks rows"), "{error}");
    }
}
