//! A start that takes longer than the unit's `TimeoutStartSec`, such as the migration of a large database file.

use super::send;
use sd_notify::NotifyState;
use std::fs;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// How often to look for progress. Well below the shortest `TimeoutStartSec` in use: the first extension must come before
/// it is over.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How much longer a start may take after each progress; without any, systemd ends the process then, or when
/// `TimeoutStartSec` is over.
const EXTENSION: Duration = Duration::from_secs(60);
/// Bytes that are read and written between two looks are progress from this on. Fewer are of the look itself, and of the
/// log.
const PROGRESS: u64 = 16 * 1024;

/// Extends systemd's timeout for the start of this process while it reads or writes files, until it is dropped. A disk
/// that does not answer extends nothing, and neither does a computation without end.
#[derive(Debug)]
pub struct Starting {
    _until_dropped: SyncSender<()>,
}

impl Starting {
    /// Begins to look for progress. Does nothing without systemd.
    pub fn begin() -> Self {
        Self::looking(LOOK_EVERY, bytes_moved, extend)
    }

    fn looking(
        every: Duration,
        bytes_moved: impl Fn() -> u64 + Send + 'static,
        extend: impl Fn(Duration) + Send + 'static,
    ) -> Self {
        let (until_dropped, dropped) = sync_channel(0);
        let begun = Instant::now();
        let mut before = bytes_moved();
        // The process blocks while it opens files, and has no other thread yet that could look.
        let looking = thread::Builder::new().name("starting".into()).spawn(move || {
            while dropped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                let now = bytes_moved();
                if now.saturating_sub(before) >= PROGRESS {
                    extend(begun.elapsed());
                }
                before = now;
            }
        });
        if let Err(error) = looking {
            tracing::warn!(%error, "cannot extend the start timeout of systemd");
        }
        Self { _until_dropped: until_dropped }
    }
}

fn extend(so_far: Duration) {
    let status = format!("opening the data, for {} s", so_far.as_secs());
    let micros = u32::try_from(EXTENSION.as_micros()).unwrap_or(u32::MAX);
    tracing::info!("still starting: {status}");
    send(&[NotifyState::ExtendTimeoutUsec(micros), NotifyState::Status(&status)]);
}

/// The bytes that this process has read and written so far, by `proc_pid_io(5)`.
fn bytes_moved() -> u64 {
    let counters = fs::read_to_string("/proc/self/io").unwrap_or_default();
    let counters = counters.lines().filter_map(|line| line.split_once(": "));
    let moved = counters.filter(|(name, _)| matches!(*name, "rchar" | "wchar"));
    moved.filter_map(|(_, bytes)| bytes.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// How long anything may take before the test fails.
    const PATIENCE: Duration = Duration::from_secs(60);

    #[test]
    fn the_timeout_is_extended_at_each_look_after_progress_and_not_without() {
        const LOOKS: usize = 8;
        let (looks, looked) = sync_channel(0);
        let (extended, extensions) = sync_channel(LOOKS);
        let moved = Arc::new(AtomicU64::new(0));
        let moving = Arc::clone(&moved);
        let bytes_moved = move || {
            let _ = looks.send(());
            moving.load(Ordering::SeqCst)
        };
        let starting = thread::spawn(move || {
            let extend = move |_| extended.send(()).unwrap();
            Starting::looking(Duration::from_millis(1), bytes_moved, extend)
        });
        let look = || looked.recv_timeout(PATIENCE).unwrap();
        look();
        let starting = starting.join().unwrap();
        // Each look is over when the next one begins.
        look();
        look();
        assert_eq!(extensions.try_iter().count(), 0, "nothing has moved");
        moved.fetch_add(PROGRESS, Ordering::SeqCst);
        look();
        look();
        extensions.recv_timeout(PATIENCE).unwrap();
        moved.fetch_add(PROGRESS - 1, Ordering::SeqCst);
        look();
        look();
        assert_eq!(extensions.try_iter().count(), 0, "that may be the look itself");
        drop(starting);
        drop(looked);
        assert!(extensions.recv_timeout(PATIENCE).is_err(), "it has ended");
    }

    #[test]
    fn what_is_read_from_a_file_is_progress() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("data");
        fs::write(&file, vec![0; 1 << 20]).unwrap();
        let before = bytes_moved();
        fs::read(&file).unwrap();
        assert!(bytes_moved() - before >= 1 << 20);
    }
}
