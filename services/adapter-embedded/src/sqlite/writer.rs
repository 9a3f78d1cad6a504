//! The only thread that writes to a database file. Calls that wait together share a commit.

use super::connection::empty_log;
use super::error::Error;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::collections::VecDeque;
use std::pin::pin;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{timeout, timeout_at};

/// Most calls that wait for the writer and share a commit. Later ones wait for room in the queue.
const MAX_WAITING: usize = 64;
/// How long a call waits for its commit, whatever the disk does.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(2 * 60);
/// How long writes stay in the write-ahead log before they are written into the database file, when the writer has
/// nothing else to do: so the log of a quiet database is empty, and a copy of the file has everything.
const LOG_EMPTIED_AFTER: Duration = Duration::from_secs(60);

/// State that a writer keeps in memory beside its file.
pub(crate) trait Memory: Send + 'static {
    /// The writes of one call were rolled back: forgets whatever it may have learnt from them.
    fn rolled_back(&mut self);

    /// All writes since the last commit were rolled back.
    fn all_rolled_back(&mut self) {
        self.rolled_back();
    }

    /// All writes since the last commit are durable; their callers have no answer yet.
    fn committed(&mut self) {}

    /// The callers have their answers: time for a short chore.
    fn tidy(&mut self, _conn: &mut Connection) -> Result<(), Error> {
        Ok(())
    }
}

/// No state.
impl Memory for () {
    fn rolled_back(&mut self) {}
}

/// A job that runs with the connection, or gets the error that prevents it.
type Job<M> = Box<dyn FnOnce(Result<(&Connection, &mut M), Error>) -> Ran + Send>;
/// Answers the caller once the outcome of the commit is known.
type Answer = Box<dyn FnOnce(Result<(), Error>)>;

/// A job that has run.
struct Ran {
    keep: bool,
    answer: Answer,
}

/// Hands writes to the thread. Dropping it waits until accepted writes are done and the file is closed.
pub(super) struct Writer<M> {
    answer_within: Duration,
    // Drop order: the thread ends when there are no more senders.
    jobs: mpsc::Sender<Job<M>>,
    _thread: JoinOnDrop,
}

impl<M: Memory> Writer<M> {
    pub(super) fn start(name: &str, conn: Connection, memory: M) -> std::io::Result<Self> {
        Self::start_emptying(name, conn, memory, LOG_EMPTIED_AFTER)
    }

    fn start_emptying(
        name: &str,
        conn: Connection,
        memory: M,
        log_emptied_after: Duration,
    ) -> std::io::Result<Self> {
        let (jobs, waiting) = mpsc::channel(MAX_WAITING);
        let waiting = Waiting {
            jobs: waiting,
            timer: Builder::new_current_thread().enable_time().build()?,
            log_emptied_after,
            empty_log_at: None,
        };
        let thread = std::thread::Builder::new()
            .name(format!("{name}-writer"))
            .spawn(|| serve(conn, memory, waiting))?;
        Ok(Self { answer_within: ANSWER_WITHIN, jobs, _thread: JoinOnDrop(Some(thread)) })
    }

    /// Runs `work` in a transaction and returns when that is durable. `work` may share the transaction with
    /// others; if it fails, only its own writes are rolled back. If there is no answer within
    /// [`ANSWER_WITHIN`], or the caller is dropped, the write may still happen.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &mut M) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        let job: Job<M> = Box::new(move |turn| {
            let outcome = turn.and_then(|(conn, memory)| work(conn, memory));
            Ran {
                keep: outcome.is_ok(),
                answer: Box::new(move |commit| {
                    // The caller may be gone; its write has happened all the same.
                    let _ = reply.send(outcome.and_then(|value| commit.map(|()| value)));
                }),
            }
        });
        let stopped = || Error::Broken("its writer has stopped".into());
        let answered = async {
            self.jobs.send(job).await.map_err(|_| stopped())?;
            answer.await.map_err(|_| stopped())?
        };
        in_time(self.answer_within, answered).await
    }
}

/// Waits for the disk until it hangs or is overloaded. This is real time even where a test pauses tokio's:
/// the disk knows no other.
pub(super) async fn in_time<T>(
    limit: Duration,
    answer: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let (begun, mut answer) = (Instant::now(), pin!(answer));
    loop {
        match timeout(limit, answer.as_mut()).await {
            Ok(answer) => return answer,
            Err(_) if begun.elapsed() < limit => {}
            Err(_) => {
                let reason = format!("the disk has not answered within {} s", limit.as_secs_f32());
                return Err(Error::Unavailable(reason));
            }
        }
    }
}

struct JoinOnDrop(Option<JoinHandle<()>>);

impl Drop for JoinOnDrop {
    fn drop(&mut self) {
        if self.0.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("a database writer has panicked");
        }
    }
}

/// The jobs, and when to empty the write-ahead log meanwhile.
struct Waiting<M> {
    jobs: mpsc::Receiver<Job<M>>,
    /// Of the thread's own: the time of the disk goes on where a test pauses tokio's.
    timer: Runtime,
    log_emptied_after: Duration,
    /// `None` if the log is empty.
    empty_log_at: Option<Instant>,
}

impl<M> Waiting<M> {
    /// The next job; `None` when there are no more senders. Empties the log when it is time.
    fn next(&mut self, conn: &Connection) -> Option<Job<M>> {
        while let Some(at) = self.empty_log_at {
            if self.jobs.is_empty() && Instant::now() >= at {
                self.empty_log(conn);
            } else if let Ok(job) =
                self.timer.block_on(async { timeout_at(at.into(), self.jobs.recv()).await })
            {
                return job;
            }
        }
        self.jobs.blocking_recv()
    }

    fn has_written(&mut self) {
        self.empty_log_at.get_or_insert_with(|| Instant::now() + self.log_emptied_after);
    }

    /// If it fails, or a reader needs the log, it is tried again as much later.
    fn empty_log(&mut self, conn: &Connection) {
        let is_empty = empty_log(conn).unwrap_or_else(|error| {
            tracing::warn!(?error, "cannot empty the write-ahead log of a database; retrying");
            false
        });
        self.empty_log_at = (!is_empty).then(|| Instant::now() + self.log_emptied_after);
    }
}

fn serve<M: Memory>(mut conn: Connection, mut memory: M, mut waiting: Waiting<M>) {
    while let Some(first) = waiting.next(&conn) {
        let mut group = VecDeque::from([first]);
        while group.len() < MAX_WAITING
            && let Ok(job) = waiting.jobs.try_recv()
        {
            group.push_back(job);
        }
        commit_together(&mut conn, &mut memory, group);
        if let Err(error) = memory.tidy(&mut conn) {
            memory.rolled_back();
            tracing::warn!(?error, "a chore of the database writer failed; retrying");
        }
        waiting.has_written();
    }
}

fn commit_together<M: Memory>(conn: &mut Connection, memory: &mut M, mut group: VecDeque<Job<M>>) {
    let mut answers = Vec::with_capacity(group.len());
    let commit = run(conn, memory, &mut group, &mut answers);
    match &commit {
        Ok(()) => memory.committed(),
        Err(error) => {
            memory.all_rolled_back();
            // Jobs without a turn fail with the others.
            answers.extend(group.drain(..).map(|job| job(Err(error.clone())).answer));
        }
    }
    // Only now: before the commit no write is durable.
    for answer in answers {
        answer(commit.clone());
    }
}

/// Runs the jobs of `group` in one transaction, each so that it can be rolled back alone.
fn run<M: Memory>(
    conn: &mut Connection,
    memory: &mut M,
    group: &mut VecDeque<Job<M>>,
    answers: &mut Vec<Answer>,
) -> Result<(), Error> {
    loop {
        let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Some(first) = group.pop_front() else { return Ok(()) };
        // It needs no savepoint, for which SQLite would copy each page that it writes to.
        let Ran { keep, answer } = first(Ok((&transaction, memory)));
        answers.push(answer);
        if keep {
            check_open(&transaction)?;
            return run_rest(transaction, memory, group, answers);
        }
        drop(transaction);
        memory.rolled_back();
    }
}

/// Runs all jobs but the first, each in its own savepoint, and commits.
fn run_rest<M: Memory>(
    mut transaction: Transaction<'_>,
    memory: &mut M,
    group: &mut VecDeque<Job<M>>,
    answers: &mut Vec<Answer>,
) -> Result<(), Error> {
    while let Some(job) = group.pop_front() {
        let savepoint = match transaction.savepoint() {
            Ok(savepoint) => savepoint,
            Err(error) => {
                group.push_front(job);
                return Err(error.into());
            }
        };
        let Ran { keep, answer } = job(Ok((&savepoint, memory)));
        answers.push(answer);
        if keep {
            savepoint.commit()?;
        } else {
            drop(savepoint);
            memory.rolled_back();
        }
        check_open(&transaction)?;
    }
    transaction.commit()?;
    Ok(())
}

/// On a full disk or a failed write SQLite itself rolls back the whole transaction.
fn check_open(transaction: &Transaction<'_>) -> Result<(), Error> {
    if transaction.is_autocommit() {
        let reason = "another write in the same transaction failed and rolled it back";
        return Err(Error::Unavailable(reason.into()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::sync::mpsc::{SyncSender, sync_channel};
    use std::task::Poll;

    /// Counts its callbacks.
    #[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
    struct Counts {
        committed: u32,
        rolled_back: u32,
        all_rolled_back: u32,
    }

    impl Memory for Counts {
        fn committed(&mut self) {
            self.committed += 1;
        }

        fn rolled_back(&mut self) {
            self.rolled_back += 1;
        }

        fn all_rolled_back(&mut self) {
            self.all_rolled_back += 1;
        }
    }

    fn writer() -> Writer<Counts> {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(
            "PRAGMA foreign_keys = ON;
             CREATE TABLE t(x INTEGER PRIMARY KEY, y INTEGER REFERENCES t(x) DEFERRABLE INITIALLY DEFERRED)",
        )
        .unwrap();
        Writer::start("test", conn, Counts::default()).unwrap()
    }

    fn insert(x: u32) -> impl FnOnce(&Connection, &mut Counts) -> Result<(), Error> {
        insert_pointing(x, x)
    }

    /// A row whose `y` must be some row's `x` by the time of the commit.
    fn insert_pointing(x: u32, y: u32) -> impl FnOnce(&Connection, &mut Counts) -> Result<(), Error> {
        move |conn, _| Ok(conn.execute("INSERT INTO t VALUES (?1, ?2)", [x, y]).map(drop)?)
    }

    async fn rows(writer: &Writer<Counts>) -> Vec<u32> {
        let select = |conn: &Connection, _: &mut Counts| -> Result<Vec<u32>, Error> {
            let mut statement = conn.prepare("SELECT x FROM t ORDER BY x")?;
            Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        };
        writer.write(select).await.unwrap()
    }

    async fn counts(writer: &Writer<Counts>) -> Counts {
        writer.write(|_, counts| Ok(*counts)).await.unwrap()
    }

    /// Keeps the writer busy until the sender is used or dropped.
    async fn hold(writer: &Writer<Counts>) -> SyncSender<()> {
        let (release, released) = sync_channel(1);
        let (entered, entering) = oneshot::channel();
        let mut call = pin!(writer.write(move |_, _| {
            entered.send(()).unwrap();
            let _ = released.recv();
            Ok(())
        }));
        hand_over(&mut call.as_mut()).await;
        entering.await.unwrap();
        release
    }

    /// Polls a call once, so that it waits for the writer.
    async fn hand_over<T>(call: &mut Pin<&mut impl Future<Output = T>>) {
        poll_fn(|context| {
            assert!(call.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
    }

    #[tokio::test]
    async fn calls_that_wait_share_a_commit_and_one_that_fails_undoes_only_itself() {
        let writer = writer();
        let release = hold(&writer).await;
        let (mut a, mut b, mut c) =
            (pin!(writer.write(insert(1))), pin!(writer.write(insert(1))), pin!(writer.write(insert(2))));
        hand_over(&mut a.as_mut()).await;
        hand_over(&mut b.as_mut()).await;
        hand_over(&mut c.as_mut()).await;
        release.send(()).unwrap();
        assert_eq!(a.await, Ok(()));
        assert!(matches!(b.await, Err(Error::Rejected(_))), "the key is there already");
        assert_eq!(c.await, Ok(()));
        assert_eq!(counts(&writer).await, Counts { committed: 2, rolled_back: 1, all_rolled_back: 0 });
        assert_eq!(rows(&writer).await, [1, 2]);
    }

    #[tokio::test]
    async fn a_commit_that_fails_fails_every_call_in_it() {
        let writer = writer();
        let release = hold(&writer).await;
        let (mut a, mut b) = (pin!(writer.write(insert(1))), pin!(writer.write(insert_pointing(2, 9))));
        hand_over(&mut a.as_mut()).await;
        hand_over(&mut b.as_mut()).await;
        release.send(()).unwrap();
        assert!(a.await.is_err() && b.await.is_err());
        assert_eq!(counts(&writer).await, Counts { committed: 1, rolled_back: 0, all_rolled_back: 1 });
        assert!(rows(&writer).await.is_empty());
        writer.write(insert(3)).await.unwrap();
        assert_eq!(rows(&writer).await, [3]);
    }

    #[tokio::test]
    async fn a_full_disk_fails_the_calls_of_its_commit_and_no_later_one() {
        let writer = writer();
        writer
            .write(|conn, _| Ok(conn.execute_batch("CREATE TABLE big(x); PRAGMA max_page_count = 10")?))
            .await
            .unwrap();
        let fill = |conn: &Connection, _: &mut Counts| -> Result<(), Error> {
            Ok(conn.execute("INSERT INTO big VALUES (zeroblob(1000000))", []).map(drop)?)
        };
        let error = writer.write(fill).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
        writer.write(insert(1)).await.unwrap();
        assert_eq!(rows(&writer).await, [1]);
    }

    #[tokio::test]
    async fn more_calls_than_the_limit_wait_for_room() {
        let writer = writer();
        let release = hold(&writer).await;
        let mut calls: Vec<_> = (0..=MAX_WAITING).map(|_| Box::pin(writer.write(|_, _| Ok(())))).collect();
        for call in &mut calls {
            hand_over(&mut call.as_mut()).await;
        }
        assert_eq!(writer.jobs.capacity(), 0);
        release.send(()).unwrap();
        for call in calls {
            call.await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_call_that_was_dropped_has_happened_and_a_dropped_writer_finishes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch("CREATE TABLE t(x, y)").unwrap();
        let writer = Writer::start("test", conn, Counts::default()).unwrap();
        hand_over(&mut pin!(writer.write(insert(1)))).await;
        drop(writer);
        let count: u32 = Connection::open(&path)
            .unwrap()
            .query_row("SELECT count(*) FROM t", [], |row| row.get(0))
            .unwrap();
        assert_eq!(count, 1);
    }

    #[tokio::test]
    async fn the_log_of_a_quiet_database_is_emptied_into_its_file_again_and_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t(x, y)").unwrap();
        let soon = Duration::from_millis(1);
        let writer = Writer::start_emptying("test", conn, Counts::default(), soon).unwrap();
        let given_up_at = Instant::now() + ANSWER_WITHIN;
        for x in 1..=2 {
            writer.write(insert(x)).await.unwrap();
            while dir.path().join("t.db-wal").metadata().unwrap().len() > 0 {
                assert!(Instant::now() < given_up_at, "the log is not emptied");
                tokio::task::yield_now().await;
            }
            let copy = dir.path().join(format!("{x}.db"));
            std::fs::copy(&path, &copy).unwrap();
            let count = Connection::open(&copy)
                .unwrap()
                .query_row("SELECT count(*) FROM t", [], |row| row.get::<_, u32>(0));
            assert_eq!(count, Ok(x));
        }
    }

    #[tokio::test]
    async fn a_call_that_the_disk_does_not_answer_in_time_fails_and_may_happen_all_the_same() {
        let mut writer = writer();
        let release = hold(&writer).await;
        writer.answer_within = Duration::from_millis(1);
        let late = Error::Unavailable("the disk has not answered within 0.001 s".into());
        assert_eq!(writer.write(insert(1)).await, Err(late));
        writer.answer_within = ANSWER_WITHIN;
        release.send(()).unwrap();
        assert_eq!(rows(&writer).await, [1]);
    }

    #[tokio::test(start_paused = true)]
    async fn time_that_a_test_lets_pass_is_none_that_the_disk_takes() {
        let writer = writer();
        let release = hold(&writer).await;
        let mut write = pin!(writer.write(insert(1)));
        assert!(timeout(10 * ANSWER_WITHIN, write.as_mut()).await.is_err());
        release.send(()).unwrap();
        assert_eq!(write.await, Ok(()));
    }

    #[tokio::test]
    async fn a_writer_that_has_panicked_says_so() {
        let writer = writer();
        for _ in 0..2 {
            let error = writer.write(|_, _| -> Result<(), Error> { panic!("on purpose") }).await.unwrap_err();
            assert_eq!(error, Error::Broken("its writer has stopped".into()));
        }
    }
}
