//! Parts of the host, whose reads block.

use super::config::HostConfig;
use super::files::{Roots, label, optional};
use crate::readings::Readings;
use crate::target::{CollectError, Target, Timing};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use watchkeeper_domain::{Sample, Series, Timestamp};

const SOURCE: &str = "host";
/// The label `host` if the host name is not a valid label value.
const UNNAMED: &str = "localhost";

/// A separately read part of the host, so that one that hangs blocks no other.
pub(super) trait Part: Sized + Send + 'static {
    /// The name of its target.
    const NAME: &'static str;
    /// The wait from opening to the first reading.
    const SETTLE: Duration = Duration::ZERO;

    /// Prepares for reading. May block briefly, but reads nothing that can hang.
    fn open(config: &HostConfig) -> Result<Self, CollectError>;

    /// When it is read.
    fn timing(config: &HostConfig) -> Timing {
        config.timing
    }

    /// Reads the part, at `now`. May block.
    fn read(&mut self, readings: &mut Readings, now: Instant) -> Result<(), CollectError>;
}

/// The target of one part.
pub(super) struct PartTarget<P> {
    config: HostConfig,
    /// `None` until the first collection. Locked by the thread that reads it.
    reader: Option<Arc<Mutex<Reader<P>>>>,
}

struct Reader<P> {
    part: P,
    readings: Readings,
}

impl<P: Part> PartTarget<P> {
    pub(super) fn new(config: &HostConfig) -> Self {
        Self { config: config.clone(), reader: None }
    }

    /// The reader, opened and settled.
    async fn reader(&mut self) -> Result<Arc<Mutex<Reader<P>>>, CollectError> {
        if let Some(reader) = &self.reader {
            return Ok(Arc::clone(reader));
        }
        let config = self.config.clone();
        let open = move || {
            let readings = Readings::new(SOURCE, vec![("host", host_name(&config.roots))]);
            Ok(Reader { part: P::open(&config)?, readings })
        };
        let reader = Arc::new(Mutex::new(blocking(open).await?));
        // Stored before the wait: should the timeout be shorter, the next collection has a settled one.
        self.reader = Some(Arc::clone(&reader));
        sleep(P::SETTLE).await;
        Ok(reader)
    }
}

#[async_trait]
impl<P: Part> Target for PartTarget<P> {
    fn source(&self) -> &'static str {
        SOURCE
    }

    fn name(&self) -> &str {
        P::NAME
    }

    fn timing(&self) -> Timing {
        P::timing(&self.config)
    }

    async fn collect(&mut self) -> Result<Vec<Sample>, CollectError> {
        let Ok(mut reader) = self.reader().await?.try_lock_owned() else {
            return Err(CollectError::Unreachable("the previous reading has not returned yet".to_owned()));
        };
        blocking(move || {
            let Reader { part, readings } = &mut *reader;
            readings.begin(Timestamp::now());
            part.read(readings, Instant::now())?;
            Ok(readings.take())
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, CollectError> + Send + 'static,
) -> Result<T, CollectError> {
    let read = spawn_blocking(read).await;
    read.unwrap_or_else(|panic| Err(CollectError::Unreachable(panic.to_string())))
}

pub(crate) fn host_name(roots: &Roots) -> String {
    let name = label(optional(&roots.proc.join("sys/kernel/hostname")).trim_ascii());
    let is_valid = !name.is_empty() && Series::new(SOURCE, "x", "", &[("host", &name)]).is_ok();
    if is_valid { name } else { UNNAMED.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    /// Reads when it is told to.
    struct Hanging {
        go_on: Receiver<()>,
    }

    impl Part for Hanging {
        const NAME: &'static str = "host/hanging";

        fn open(_: &HostConfig) -> Result<Self, CollectError> {
            unreachable!("the test opens it")
        }

        fn read(&mut self, readings: &mut Readings, _: Instant) -> Result<(), CollectError> {
            self.go_on.recv().unwrap();
            readings.add("x", "", &[], 1.0);
            Ok(())
        }
    }

    fn hanging() -> (PartTarget<Hanging>, SyncSender<()>) {
        let (sender, go_on) = sync_channel(1);
        let reader = Reader { part: Hanging { go_on }, readings: Readings::new(SOURCE, Vec::new()) };
        let mut target = PartTarget::new(&HostConfig::default());
        target.reader = Some(Arc::new(Mutex::new(reader)));
        (target, sender)
    }

    #[tokio::test]
    async fn a_reading_that_hangs_is_not_joined_by_a_second_one() {
        let (mut target, go_on) = hanging();
        let reader = Arc::clone(target.reader.as_ref().unwrap());
        tokio::select! {
            biased;
            _ = target.collect() => unreachable!("nothing lets it go on"),
            () = async {} => {}
        }
        assert_eq!(
            target.collect().await.unwrap_err().to_string(),
            "not reachable: the previous reading has not returned yet"
        );
        go_on.send(()).unwrap();
        drop(reader.lock().await);
        go_on.send(()).unwrap();
        assert_eq!(target.collect().await.unwrap().len(), 1, "only what this reading measured");
    }
}
