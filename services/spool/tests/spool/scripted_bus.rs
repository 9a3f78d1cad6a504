//! A bus that is away, slow or deceptive when its script says so, and remembers what it took.

use async_trait::async_trait;
use std::collections::VecDeque;
use std::future::pending;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use watchkeeper_ports::{
    EventBus, Group, Lag, Offset, Placement, PortError, ReceivedBatch, RecordBatch, Subscription, Tail,
    Topic, TopicId, TopicPartition, Watermarks,
};

/// What becomes of one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It is taken.
    Take,
    /// It is not, for now.
    Refuse,
    /// It is taken, but the answer says that it is not.
    TakeAndRefuse,
    /// It is not taken, and no answer comes.
    Hang,
    /// No answer comes, and it is taken with the next batch, before that.
    TakeLate,
    /// The process is killed before it is taken.
    KilledBefore,
    /// The process is killed when it has just been taken.
    KilledAfter,
    /// It is never taken if it holds more than this many records.
    AtMost(usize),
    /// The bus is broken.
    Broken,
}

/// It outlives the role that publishes to it.
pub(crate) struct ScriptedBus {
    script: Mutex<VecDeque<Turn>>,
    /// What becomes of batches when the script has come to its end.
    then: Mutex<Turn>,
    taken: Mutex<Vec<(Topic, RecordBatch)>>,
    late: Mutex<Vec<(Topic, RecordBatch)>>,
    /// A topic of which no batch is taken, for now.
    refused: Mutex<Option<Topic>>,
    pub(crate) killed: Notify,
    took: Notify,
}

impl ScriptedBus {
    /// After the script, every batch is taken.
    pub(crate) fn new(script: impl IntoIterator<Item = Turn>) -> Arc<Self> {
        Arc::new(Self {
            script: Mutex::new(script.into_iter().collect()),
            then: Mutex::new(Turn::Take),
            taken: Mutex::default(),
            late: Mutex::default(),
            refused: Mutex::default(),
            killed: Notify::new(),
            took: Notify::new(),
        })
    }

    /// What becomes of batches from now on.
    pub(crate) fn then(&self, turn: Turn) {
        *self.then.lock().unwrap() = turn;
    }

    /// No batch of `topic` is taken from now on, and those of any other are.
    pub(crate) fn refuse(&self, topic: Topic) {
        *self.refused.lock().unwrap() = Some(topic);
    }

    /// The batches that were taken for `topic`: keys and values.
    pub(crate) fn batches(&self, topic: &Topic) -> Vec<Vec<(String, String)>> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let records =
            |batch: &RecordBatch| batch.iter().map(|record| (text(record.key), text(record.value))).collect();
        let taken = self.taken.lock().unwrap();
        taken.iter().filter(|(of, _)| of == topic).map(|(_, batch)| records(batch)).collect()
    }

    /// The keys of the records that were taken for `topic`, in order.
    pub(crate) fn keys(&self, topic: &Topic) -> Vec<String> {
        self.batches(topic).into_iter().flatten().map(|(key, _)| key).collect()
    }

    /// Waits until `is_so`, looking whenever a batch was taken.
    pub(crate) async fn until(&self, is_so: impl Fn(&Self) -> bool) {
        while !is_so(self) {
            self.took.notified().await;
        }
    }

    fn take(&self, topic: &Topic, batch: RecordBatch) {
        let mut taken = self.taken.lock().unwrap();
        taken.append(&mut self.late.lock().unwrap());
        taken.push((topic.clone(), batch));
        self.took.notify_one();
    }
}

fn away() -> PortError {
    PortError::Unavailable { what: "bus", reason: "connection refused".into() }
}

#[async_trait]
impl EventBus for ScriptedBus {
    async fn publish(&self, topic: &Topic, batch: RecordBatch) -> Result<(), PortError> {
        if self.refused.lock().unwrap().as_ref() == Some(topic) {
            return Err(away());
        }
        let scripted = self.script.lock().unwrap().pop_front();
        let turn = scripted.unwrap_or_else(|| *self.then.lock().unwrap());
        match turn {
            Turn::Refuse => return Err(away()),
            Turn::TakeAndRefuse => {
                self.take(topic, batch);
                return Err(away());
            }
            Turn::Hang => pending().await,
            Turn::TakeLate => {
                self.late.lock().unwrap().push((topic.clone(), batch));
                pending::<()>().await;
            }
            Turn::KilledBefore | Turn::KilledAfter => {
                if turn == Turn::KilledAfter {
                    self.take(topic, batch);
                }
                self.killed.notify_one();
                pending::<()>().await;
            }
            Turn::AtMost(records) if batch.len() > records && !topic.is_dead_letters() => {
                let reason = format!("the batch has {} records, the limit is {records}", batch.len());
                return Err(PortError::Rejected { what: "bus", reason });
            }
            Turn::Take | Turn::AtMost(_) => self.take(topic, batch),
            Turn::Broken => return Err(PortError::Broken { what: "bus", reason: "access denied".into() }),
        }
        Ok(())
    }

    async fn watermarks(&self, _: &Topic) -> Result<Vec<Watermarks>, PortError> {
        Ok(Vec::new())
    }

    async fn subscribe(&self, _: &Topic, _: &Group) -> Result<Box<dyn Subscription>, PortError> {
        unreachable!("a role only publishes")
    }

    async fn tail(&self, _: &Topic) -> Result<Box<dyn Tail>, PortError> {
        unreachable!("a role only publishes")
    }

    async fn read(&self, _: &TopicPartition, _: Offset, _: usize) -> Result<ReceivedBatch, PortError> {
        unreachable!("a role only publishes")
    }

    async fn lag(&self, _: &Topic, _: &Group) -> Result<Vec<Lag>, PortError> {
        unreachable!("a role only publishes")
    }

    async fn topics(&self) -> Result<Vec<Topic>, PortError> {
        unreachable!("a role only publishes")
    }

    async fn topic_id(&self, _: &Topic) -> Result<TopicId, PortError> {
        Ok(TopicId::new("metrics"))
    }

    async fn placement(&self, _: &Topic) -> Result<Placement, PortError> {
        unreachable!("a role only publishes")
    }
}
