//! Where reading continues after a restart.

use super::sequence::is_cursor;
use std::io;
use std::path::{Path, PathBuf};
use tokio::fs;
use tokio::io::AsyncWriteExt as _;

/// The name of the file in the data directory.
const FILE: &str = "journal-cursor";

/// The file with the cursor of the last entry whose event is published.
pub(super) struct CursorFile(PathBuf);

impl CursorFile {
    pub(super) fn in_directory(directory: &Path) -> Self {
        Self(directory.join(FILE))
    }

    /// The cursor; `None` if there is none yet.
    pub(super) async fn load(&self) -> io::Result<Option<String>> {
        let text = match fs::read_to_string(&self.0).await {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let cursor = text.trim_end().to_owned();
        if is_cursor(&cursor) {
            return Ok(Some(cursor));
        }
        let path = self.0.display();
        tracing::warn!(%path, "ignored a file without a cursor: the journal is read from now on");
        Ok(None)
    }

    /// Replaces the cursor; after a crash the file has the old one or the new one.
    pub(super) async fn save(&self, cursor: &str) -> io::Result<()> {
        let new = self.0.with_extension("new");
        let mut file = fs::File::create(&new).await?;
        file.write_all(format!("{cursor}\n").as_bytes()).await?;
        file.sync_all().await?;
        fs::rename(&new, &self.0).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_cursor_is_kept_and_what_is_none_is_ignored() {
        let directory = tempfile::tempdir().unwrap();
        let file = CursorFile::in_directory(directory.path());
        assert_eq!(file.load().await.unwrap(), None);
        file.save("s=a;i=1").await.unwrap();
        file.save("s=a;i=2").await.unwrap();
        assert_eq!(file.load().await.unwrap().as_deref(), Some("s=a;i=2"));
        std::fs::write(directory.path().join(FILE), "nothing").unwrap();
        assert_eq!(file.load().await.unwrap(), None);
    }
}
