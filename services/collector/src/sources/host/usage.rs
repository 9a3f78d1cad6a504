//! How full a file system is. A disk that fails may never answer, which must not keep the others from being read.

use super::mounts::MAX_DISKS;
use super::rate::percent;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, sync_channel};
use std::thread;
use std::time::Duration;

/// How long a file system may take to answer. One that takes longer is left out until it has answered.
pub(super) const ANSWERS_WITHIN: Duration = Duration::from_millis(500);

/// The answer of `statvfs` (POSIX).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// In bytes.
    pub(super) total: u64,
    /// In bytes, reserved ones included.
    pub(super) free: u64,
    /// For users other than root, in bytes.
    pub(super) available: u64,
    /// Zero if the file system has no fixed number of inodes.
    pub(super) inodes: u64,
    pub(super) free_inodes: u64,
}

impl Usage {
    /// As `df`: what is reserved for root counts as neither used nor available.
    pub(super) fn used_percent(&self) -> Option<f64> {
        let used = self.total.saturating_sub(self.free);
        percent(used, used.saturating_add(self.available))
    }

    pub(super) fn inodes_used_percent(&self) -> Option<f64> {
        percent(self.inodes.saturating_sub(self.free_inodes), self.inodes)
    }
}

type Ask = Arc<dyn Fn(&Path) -> Option<Usage> + Send + Sync>;

/// Asks each file system in a thread of its own.
pub(super) struct UsageReader {
    ask: Ask,
    /// By mount point: those that have not answered yet, each with one thread.
    hung: HashMap<Vec<u8>, Receiver<Option<Usage>>>,
}

impl Default for UsageReader {
    fn default() -> Self {
        Self::new(Arc::new(statvfs))
    }
}

impl UsageReader {
    fn new(ask: Ask) -> Self {
        Self { ask, hung: HashMap::new() }
    }

    /// `None` if it fails or does not answer in time.
    pub(super) fn read(&mut self, path: &[u8]) -> Option<Usage> {
        if let Some(answer) = self.hung.get(path) {
            match answer.try_recv() {
                Err(TryRecvError::Empty) => return None,
                Ok(_) | Err(TryRecvError::Disconnected) => drop(self.hung.remove(path)),
            }
        }
        if self.hung.len() >= MAX_DISKS {
            return None;
        }
        let (sender, answer) = sync_channel(1);
        let (ask, asked) = (Arc::clone(&self.ask), path.to_owned());
        let ask = move || {
            // Nobody waits any more if the mount is no longer listed.
            let _ = sender.send(ask(Path::new(OsStr::from_bytes(&asked))));
        };
        thread::Builder::new().name("statvfs".to_owned()).spawn(ask).ok()?;
        match answer.recv_timeout(ANSWERS_WITHIN) {
            Ok(usage) => usage,
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                let mount = super::files::label(path);
                tracing::warn!(mount, "a file system does not answer; it has no samples until it does");
                self.hung.insert(path.to_owned(), answer);
                None
            }
        }
    }
}

fn statvfs(path: &Path) -> Option<Usage> {
    let stat = rustix::fs::statvfs(path).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
    Some(Usage {
        total: bytes(stat.f_blocks),
        free: bytes(stat.f_bfree),
        available: bytes(stat.f_bavail),
        inodes: stat.f_files,
        free_inodes: stat.f_ffree,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::Mutex;

    #[test]
    fn what_is_reserved_is_neither_used_nor_available() {
        let usage = Usage { total: 100, free: 40, available: 20, inodes: 0, free_inodes: 0 };
        assert_eq!((usage.used_percent(), usage.inodes_used_percent()), (Some(75.0), None));
        let odd = Usage { total: 0, free: 9, available: 0, inodes: 4, free_inodes: 1 };
        assert_eq!((odd.used_percent(), odd.inodes_used_percent()), (None, Some(75.0)));
    }

    #[test]
    fn the_root_of_this_host_has_a_size() {
        let usage = UsageReader::default().read(b"/").unwrap();
        assert!(usage.total > 0 && usage.available <= usage.total, "{usage:?}");
        assert_eq!(UsageReader::default().read(b"/no/such/mount"), None);
    }

    #[test]
    fn no_more_threads_wait_than_the_limit() {
        let mut reader = UsageReader::default();
        let channels: Vec<_> = (0..MAX_DISKS).map(|_| sync_channel(1)).collect();
        let (senders, answers): (Vec<_>, Vec<_>) = channels.into_iter().unzip();
        reader
            .hung
            .extend(answers.into_iter().enumerate().map(|(n, answer)| (vec![1, n.to_le_bytes()[0]], answer)));
        assert_eq!(reader.hung.len(), MAX_DISKS);
        assert_eq!(reader.read(b"/"), None);
        drop(senders);
        assert_eq!(reader.read(&[1, 0]), None, "it may be asked again, and is no mount");
        assert!(reader.read(b"/").is_some());
    }

    #[test]
    fn a_file_system_that_hangs_keeps_no_other_from_being_read() {
        let usage = Usage { total: 1, ..Usage::default() };
        let lock = Arc::new(Mutex::new(()));
        let hangs = Arc::clone(&lock);
        let mut reader = UsageReader::new(Arc::new(move |path| {
            if path == Path::new("/dead") {
                drop(hangs.lock());
            }
            Some(usage)
        }));
        let hanging = lock.lock();
        assert_eq!(reader.read(b"/dead"), None);
        assert_eq!(reader.read(b"/"), Some(usage));
        assert_eq!((reader.read(b"/dead"), reader.hung.len()), (None, 1), "without a second thread");
        drop(hanging);
        let answered = std::iter::from_fn(|| Some(reader.read(b"/dead"))).flatten().next();
        assert_eq!((answered, reader.hung.len()), (Some(usage), 0));
    }
}
