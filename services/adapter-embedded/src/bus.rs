//! The event bus in `bus.db`. A topic has one partition; consumers are in the same process.

mod assignments;
mod clock;
mod cursor;
mod frames;
mod high_watermarks;
mod limits;
mod log;
mod memory;
mod ongoing;
mod pack;
mod positions;
mod retention;
mod subscription;

use crate::EmbeddedOptions;
use crate::sqlite::Database;
use assignments::Assignments;
use async_trait::async_trait;
use clock::BusClock;
use cursor::Cursor;
use high_watermarks::HighWatermarks;
use memory::BusMemory;
use std::path::Path;
use std::sync::Arc;
use subscription::Member;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{
    EventBus, Group, Lag, Offset, Placement, PortError, ReceivedBatch, RecordBatch, Subscription, Tail,
    Topic, TopicId, TopicPartition, Watermarks,
};

/// The bus's name for operators, and of its file.
const NAME: &str = "bus";
/// The only partition of every topic.
const PARTITION: u32 = 0;
const MIGRATIONS: [&str; 3] =
    [include_str!("bus/schema.sql"), include_str!("bus/topic_ids.sql"), include_str!("bus/clock.sql")];

/// The event bus in `bus.db`. A topic has one partition; consumers are in the same process.
///
/// A batch is appended whole or not at all, even if the process is killed.
///
/// It is closed when the last handle, subscription and tail is dropped; pending work is finished first, which
/// may take as long as one write to disk.
pub struct EmbeddedBus {
    shared: Arc<Shared>,
}

/// What the bus and its subscriptions share.
struct Shared {
    database: Database<BusMemory>,
    high_watermarks: Arc<HighWatermarks>,
    assignments: Arc<Assignments>,
}

impl EmbeddedBus {
    /// Opens the bus in `dir`, and creates both if need be. Blocks.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] while another process has it open; [`PortError::Broken`] if the file
    /// is damaged, of a newer version, or cannot be created.
    pub fn open(dir: &Path, options: &EmbeddedOptions) -> Result<Self, PortError> {
        let (high_watermarks, assignments) =
            (Arc::new(HighWatermarks::default()), Arc::new(Assignments::default()));
        let database = Database::open(dir, NAME, &MIGRATIONS, |conn| {
            for (topic, log) in log::topics(conn)? {
                high_watermarks.announce(topic, log.end);
            }
            let clock = BusClock::open(conn, options, Timestamp::now())?;
            BusMemory::new(options.clone(), high_watermarks.clone(), assignments.clone(), clock)
        })?;
        Ok(Self { shared: Arc::new(Shared { database, high_watermarks, assignments }) })
    }
}

#[async_trait]
impl EventBus for EmbeddedBus {
    async fn publish(&self, topic: &Topic, batch: RecordBatch) -> Result<(), PortError> {
        if batch.is_empty() {
            return Ok(());
        }
        limits::check(&batch).map_err(|error| error.of(NAME))?;
        let (topic, now) = (topic.clone(), Timestamp::now());
        self.shared.database.write(move |conn, memory| memory.publish(conn, topic, &batch, now)).await
    }

    async fn placement(&self, topic: &Topic) -> Result<Placement, PortError> {
        Ok(Placement::single(topic.clone()))
    }

    async fn topic_id(&self, topic: &Topic) -> Result<TopicId, PortError> {
        let topic = topic.clone();
        self.shared.database.write(move |conn, _| log::topic_id(conn, &topic)).await
    }

    async fn subscribe(&self, topic: &Topic, group: &Group) -> Result<Box<dyn Subscription>, PortError> {
        let (bus, partition) = (self.shared.clone(), TopicPartition::new(topic.clone(), PARTITION));
        let (topic, joining, now) = (topic.clone(), group.clone(), Timestamp::now());
        bus.database.write(move |conn, _| positions::join(conn, &topic, &joining, now)).await?;
        Ok(Box::new(Member::new(bus, partition, group.clone())))
    }

    async fn tail(&self, topic: &Topic) -> Result<Box<dyn Tail>, PortError> {
        let (bus, named) = (self.shared.clone(), topic.clone());
        bus.database.write(move |conn, _| log::find_or_create(conn, &named).map(drop)).await?;
        Ok(Box::new(Cursor::at_end(bus, topic.clone())))
    }

    async fn read(
        &self,
        partition: &TopicPartition,
        from: Offset,
        max_records: usize,
    ) -> Result<ReceivedBatch, PortError> {
        if partition.partition != PARTITION {
            return Err(rejected(format!("there is no partition {partition}, only {PARTITION}")));
        }
        let topic = partition.topic.clone();
        self.shared.database.read(move |conn| log::read(conn, &topic, from, max_records)).await
    }

    async fn watermarks(&self, topic: &Topic) -> Result<Vec<Watermarks>, PortError> {
        let (partition, topic) = (TopicPartition::new(topic.clone(), PARTITION), topic.clone());
        let log = self.shared.database.read(move |conn| log::find(conn, &topic)).await?.unwrap_or_default();
        Ok(vec![Watermarks { partition, low: log.earliest, high: log.end }])
    }

    async fn lag(&self, topic: &Topic, group: &Group) -> Result<Vec<Lag>, PortError> {
        let partition = TopicPartition::new(topic.clone(), PARTITION);
        let (topic, group) = (topic.clone(), group.clone());
        let (log, committed) =
            self.shared.database.read(move |conn| positions::find(conn, &topic, &group)).await?;
        Ok(vec![Lag { partition, low: log.earliest, committed, high: log.end }])
    }

    async fn topics(&self) -> Result<Vec<Topic>, PortError> {
        let topics = self.shared.database.read(log::topics).await?;
        Ok(topics.into_iter().map(|(topic, _)| topic).collect())
    }
}

fn rejected(reason: impl Into<String>) -> PortError {
    PortError::Rejected { what: NAME, reason: reason.into() }
}
