//! Read connections of a database file, on threads that may block.

use super::connection::open_reader;
use super::error::Error;
use super::writer::{ANSWER_WITHIN, in_time};
use parking_lot::Mutex;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Concurrent reads of one file.
const READERS: usize = 4;
/// How many of them may be slow. One is left for the reads that everything else waits for.
const LONG_READERS: usize = READERS - 1;
/// How long a read waits for its turn.
const TURN_WAIT: Duration = Duration::from_secs(10);
/// Steps of SQLite's virtual machine between checks whether the caller is still there.
const STEPS_BETWEEN_LOOKS: i32 = 10_000;

/// At most [`READERS`] connections, opened on first use.
pub(super) struct Readers {
    path: PathBuf,
    turns: Arc<Semaphore>,
    long_turns: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
    turn_wait: Duration,
}

impl Readers {
    /// Readers of the file at `path`, which must exist by the first read.
    pub(super) fn of(path: PathBuf) -> Self {
        let (turns, long_turns) = (Arc::new(Semaphore::new(READERS)), Semaphore::new(LONG_READERS));
        Self { path, turns, long_turns: Arc::new(long_turns), idle: Arc::default(), turn_wait: TURN_WAIT }
    }

    /// Runs `work` on one snapshot of the file. If the caller is dropped, the running statement is
    /// interrupted.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let turn = self.wait(&self.turns, READERS).await?;
        self.run(turn, work).await
    }

    /// Like [`Self::read`], for slow work: at most [`LONG_READERS`] at the same time.
    pub(super) async fn read_long<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let long_turn = self.wait(&self.long_turns, LONG_READERS).await?;
        let turn = self.wait(&self.turns, READERS).await?;
        self.run((long_turn, turn), work).await
    }

    async fn wait(&self, turns: &Arc<Semaphore>, all: usize) -> Result<OwnedSemaphorePermit, Error> {
        timeout(self.turn_wait, turns.clone().acquire_owned())
            .await
            .map_err(|_| Error::Unavailable(format!("all {all} readers are busy")))?
            .map_err(|closed| Error::Broken(closed.to_string()))
    }

    /// Runs `work`, then releases `turn`. Interrupted after [`ANSWER_WITHIN`].
    async fn run<T: Send + 'static>(
        &self,
        turn: impl Send + 'static,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let caller = Caller::default();
        let (gone, path, idle) = (caller.gone.clone(), self.path.clone(), self.idle.clone());
        let reading = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let kept = lock(&idle).pop();
            let mut conn = kept.map_or_else(|| open_reader(&path), Ok)?;
            conn.progress_handler(STEPS_BETWEEN_LOOKS, Some(move || gone.load(Ordering::Relaxed)))?;
            let outcome = work(&*conn.transaction()?);
            lock(&idle).push(conn);
            outcome
        });
        let read = async { reading.await.map_err(|stopped| Error::Broken(stopped.to_string()))? };
        in_time(ANSWER_WITHIN, read).await
    }
}

fn lock(idle: &Mutex<Vec<Connection>>) -> parking_lot::MutexGuard<'_, Vec<Connection>> {
    idle.lock()
}

/// Detects whether the caller is gone.
#[derive(Default)]
struct Caller {
    gone: Arc<AtomicBool>,
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;

    const ENDLESS: &str =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";

    fn readers(dir: &tempfile::TempDir) -> Readers {
        let path = dir.path().join("t.db");
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t(x); INSERT INTO t VALUES (1)").unwrap();
        Readers::of(path)
    }

    fn count(conn: &Connection) -> Result<u32, Error> {
        Ok(conn.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?)
    }

    #[tokio::test]
    async fn a_read_sees_one_state_of_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let readers = readers(&dir);
        let path = readers.path.clone();
        let read = move |conn: &Connection| -> Result<(u32, u32), Error> {
            let before = count(conn)?;
            Connection::open(path)?.execute("INSERT INTO t VALUES (2)", [])?;
            Ok((before, count(conn)?))
        };
        assert_eq!(readers.read(read).await, Ok((1, 1)));
        assert_eq!(readers.read(count).await, Ok(2));
    }

    #[tokio::test]
    async fn a_read_that_gets_no_turn_is_unavailable() {
        let dir = tempfile::tempdir().unwrap();
        let readers = Readers { turn_wait: Duration::from_millis(1), ..readers(&dir) };
        let all = readers.turns.clone().acquire_many_owned(4).await.unwrap();
        assert_eq!(readers.read(count).await, Err(Error::Unavailable("all 4 readers are busy".into())));
        drop(all);
        assert_eq!(readers.read(count).await, Ok(1));
    }

    #[tokio::test]
    async fn long_reads_leave_a_reader_to_the_short_ones() {
        let dir = tempfile::tempdir().unwrap();
        let readers = Readers { turn_wait: Duration::from_millis(1), ..readers(&dir) };
        let (mut senders, mut long) = (Vec::new(), Vec::new());
        for _ in 0..LONG_READERS {
            let (started, starting) = tokio::sync::oneshot::channel();
            let (release, released) = sync_channel(1);
            let mut reading = Box::pin(readers.read_long(move |_| {
                started.send(()).unwrap();
                released.recv().unwrap();
                Ok(())
            }));
            tokio::select! {
                _ = &mut reading => panic!("it waits"),
                started = starting => started.unwrap(),
            }
            senders.push(release);
            long.push(reading);
        }
        assert_eq!(readers.read_long(count).await, Err(Error::Unavailable("all 3 readers are busy".into())));
        assert_eq!(readers.read(count).await, Ok(1));
        for release in senders {
            release.send(()).unwrap();
        }
        for reading in long {
            reading.await.unwrap();
        }
        assert_eq!(readers.read_long(count).await, Ok(1));
    }

    #[tokio::test]
    async fn a_read_whose_caller_is_gone_is_interrupted() {
        let dir = tempfile::tempdir().unwrap();
        let readers = readers(&dir);
        let (started, starting) = tokio::sync::oneshot::channel();
        let (ended, ending) = sync_channel(1);
        let endless = readers.read(move |conn| {
            started.send(()).unwrap();
            let outcome = conn.query_row(ENDLESS, [], |row| row.get::<_, u64>(0)).map_err(Error::from);
            ended.send(outcome.clone()).unwrap();
            outcome
        });
        tokio::select! {
            _ = endless => panic!("it has no end"),
            started = starting => started.unwrap(),
        }
        let outcome = tokio::task::spawn_blocking(move || ending.recv()).await.unwrap().unwrap();
        assert_eq!(outcome, Err(Error::Unavailable("interrupted".into())));
        assert_eq!(readers.read(count).await, Ok(1), "and the connection is as good as new");
    }
}
