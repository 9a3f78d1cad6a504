//! Creates topics as declared.

mod admin;
mod differences;

use crate::bus::Engine;
use crate::error::{broken, unavailable};
use crate::options::TopicDeclaration;
use crate::questions::find;
use admin::Admin;
use differences::Found;
use parking_lot::Mutex;
use rdkafka::metadata::Metadata;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use watchkeeper_ports::{PortError, Topic};

/// Pause before asking the brokers again whether a new topic can be used.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// The topics that this process knows to exist.
#[derive(Default)]
pub(crate) struct Topics {
    known: Mutex<HashSet<Topic>>,
}

impl Topics {
    pub(crate) fn is_known(&self, topic: &Topic) -> bool {
        self.known.lock().contains(topic)
    }

    /// Forgets a topic, which may no longer exist.
    pub(crate) fn forget(&self, topic: &Topic) {
        self.known.lock().remove(topic);
    }

    fn is_new(&self, topic: &Topic) -> bool {
        self.known.lock().insert(topic.clone())
    }
}

enum Standing {
    Missing {
        /// The number of partitions it needs, if not the declared one.
        needed: Option<usize>,
    },
    /// Not every partition has a leader, or its base topic is unknown.
    Incomplete,
    /// As it exists, without its configuration.
    Usable {
        partitions: usize,
        /// How many it needs.
        needed: usize,
        replication: usize,
    },
}

/// Creates `topic` as declared unless it exists; then logs, once, how it differs. Returns how many partitions
/// it has, at least one.
///
/// # Errors
/// [`PortError::Unavailable`] when no broker answers or the topic is not usable in time;
/// [`PortError::Rejected`] when Kafka cannot have a topic of that name; [`PortError::Broken`] when the
/// brokers refuse the declaration, or a repartition topic has more partitions than its base.
pub(crate) async fn ensure(engine: &Arc<Engine>, topic: &Topic) -> Result<usize, PortError> {
    let base = topic.repartitioned();
    if let Some(base) = &base {
        ensure_declared(engine, base, None).await?;
    }
    ensure_declared(engine, topic, base.as_ref()).await
}

/// The same. With a `base`, the topic gets as many partitions as that, whatever is declared. One metadata
/// request covers both: its broker may be behind, but it sees partitions in the order in which they were
/// added.
async fn ensure_declared(
    engine: &Arc<Engine>,
    topic: &Topic,
    base: Option<&Topic>,
) -> Result<usize, PortError> {
    let name = engine.names.legal_topic(topic)?;
    let base_name = base.map(|base| engine.names.legal_topic(base)).transpose()?;
    let give_up_at = Instant::now() + engine.settings.options().timeout;
    let (mut was_created, mut was_extended) = (false, false);
    loop {
        let (asked, base_asked) = (name.clone(), base_name.clone());
        let standing = engine
            .ask(move |questions| Ok(stand(&questions.metadata()?, &asked, base_asked.as_deref())))
            .await?;
        match standing {
            Standing::Usable { partitions, needed, .. }
                if partitions == needed && engine.topics.is_known(topic) =>
            {
                return Ok(partitions);
            }
            Standing::Usable { partitions, needed, replication }
                if partitions == needed && answers(engine, topic).await? =>
            {
                if engine.topics.is_new(topic) && !was_created && base.is_none() {
                    report_differences(engine, topic, name, (partitions, replication)).await;
                }
                return Ok(partitions);
            }
            Standing::Missing { needed } if !was_created => {
                create(engine, topic, name.clone(), needed).await?;
                was_created = true;
            }
            Standing::Usable { partitions, needed, .. } if partitions < needed && !was_extended => {
                add_partitions(engine, topic, name.clone(), needed).await?;
                was_extended = true;
            }
            Standing::Usable { partitions, needed, .. }
                if partitions > needed && Instant::now() >= give_up_at =>
            {
                let base = base.unwrap_or(topic);
                return Err(broken(format!(
                    "topic {topic} has {partitions} partitions, more than {base} has ({needed}): stop the notifiers \
                     and delete {topic}; it is created again on start"
                )));
            }
            _ if Instant::now() >= give_up_at => {
                return Err(unavailable(format!(
                    "{topic} is not usable yet: a partition is missing or has no leader"
                )));
            }
            _ => sleep(ASK_AGAIN).await,
        }
    }
}

/// Whether the brokers answer for the topic: one may not know yet that it leads partitions of a new topic.
async fn answers(engine: &Arc<Engine>, topic: &Topic) -> Result<bool, PortError> {
    let asked = topic.clone();
    match engine.ask(move |questions| questions.watermarks(&asked)).await {
        Ok(watermarks) => Ok(!watermarks.is_empty()),
        Err(PortError::Unavailable { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The state of the topic with this name in Kafka, which is to have as many partitions as `base`, if there is
/// one.
fn stand(metadata: &Metadata, name: &str, base: Option<&str>) -> Standing {
    let partitions_of = |base| find(metadata, base).map_or(0, |base| base.partitions().len());
    let needed = base.map(partitions_of);
    if needed == Some(0) {
        return Standing::Incomplete;
    }
    let Some(topic) = find(metadata, name) else { return Standing::Missing { needed } };
    let partitions = topic.partitions();
    if partitions.is_empty() || partitions.iter().any(|partition| partition.leader() < 0) {
        return Standing::Incomplete;
    }
    let replication = partitions.iter().map(|partition| partition.replicas().len()).min();
    Standing::Usable {
        partitions: partitions.len(),
        needed: needed.unwrap_or(partitions.len()),
        replication: replication.unwrap_or_default(),
    }
}

/// Adds partitions to a repartition topic, which belongs to Watchkeeper alone.
async fn add_partitions(
    engine: &Arc<Engine>,
    topic: &Topic,
    name: String,
    partitions: usize,
) -> Result<(), PortError> {
    let settings = Arc::clone(&engine.settings);
    if engine.ask(move |_| Admin::new(&settings)?.add_partitions(&name, partitions)).await? {
        tracing::info!(%topic, partitions, "partitions added");
    }
    Ok(())
}

async fn create(
    engine: &Arc<Engine>,
    topic: &Topic,
    name: String,
    needed: Option<usize>,
) -> Result<(), PortError> {
    let mut declared = engine.settings.options().declaration(topic).clone();
    declared.partitions = needed.and_then(|needed| u16::try_from(needed).ok()).unwrap_or(declared.partitions);
    let TopicDeclaration { partitions, .. } = declared;
    let settings = Arc::clone(&engine.settings);
    if engine.ask(move |_| Admin::new(&settings)?.create(&name, &declared)).await? {
        tracing::info!(%topic, partitions, "topic created");
    }
    Ok(())
}

/// Logs differences; changing the topic is the operator's job. If they cannot be read, the topic is used all
/// the same.
async fn report_differences(
    engine: &Arc<Engine>,
    topic: &Topic,
    name: String,
    (partitions, replication): (usize, usize),
) {
    let settings = Arc::clone(&engine.settings);
    let configuration = engine.ask(move |_| Admin::new(&settings)?.configuration(&name)).await;
    match configuration {
        Ok(configuration) => {
            let found = Found { partitions, replication, configuration };
            for difference in found.differences(engine.settings.options().declaration(topic)) {
                tracing::warn!(
                    %topic,
                    "{} is {}, but {} is declared: not changed",
                    difference.what,
                    difference.found,
                    difference.declared
                );
            }
        }
        Err(error) => tracing::warn!(%topic, %error, "cannot check the topic against its declaration"),
    }
}
