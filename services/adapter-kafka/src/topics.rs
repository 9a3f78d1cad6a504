//! Sees to it that topics are there, as they were declared.

mod admin;
mod differences;

use crate::bus::Engine;
use crate::error::{broken, unavailable};
use crate::options::TopicDeclaration;
use crate::questions::find;
use admin::Admin;
use differences::Found;
use rdkafka::metadata::MetadataTopic;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use watchkeeper_ports::{PortError, Topic};

/// How long to wait until the brokers are asked again whether a new topic can be used.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// The topics of which this process knows that they are there.
#[derive(Default)]
pub(crate) struct Topics {
    known: Mutex<HashSet<Topic>>,
}

impl Topics {
    pub(crate) fn is_known(&self, topic: &Topic) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(topic)
    }

    /// It may not be there any more.
    pub(crate) fn forget(&self, topic: &Topic) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(topic);
    }

    fn is_new(&self, topic: &Topic) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(topic.clone())
    }
}

/// Where a topic is on its way to being used.
enum Standing {
    Missing,
    /// Not every partition has a leader.
    Incomplete,
    /// As it is, beside its configuration.
    Usable {
        partitions: usize,
        replication: usize,
    },
}

/// Creates `topic` as it is declared, unless it is there; then logs, once, in what it differs. Says how many
/// partitions it has, at least one.
///
/// # Errors
/// [`PortError::Unavailable`] when no broker answers or the topic is not usable in time;
/// [`PortError::Rejected`] when Kafka has no topic of that name; [`PortError::Broken`] when the brokers refuse
/// the declaration, or a topic of records that are published once more has more partitions than theirs.
pub(crate) async fn ensure(engine: &Arc<Engine>, topic: &Topic) -> Result<usize, PortError> {
    match topic.repartitioned() {
        Some(base) => {
            let partitions = ensure_declared(engine, &base, None).await?;
            ensure_declared(engine, topic, Some(partitions)).await
        }
        None => ensure_declared(engine, topic, None).await,
    }
}

/// The same; with `needed`, the topic gets so many partitions, whatever is declared.
async fn ensure_declared(
    engine: &Arc<Engine>,
    topic: &Topic,
    needed: Option<usize>,
) -> Result<usize, PortError> {
    let name = engine.names.legal_topic(topic)?;
    let give_up_at = Instant::now() + engine.settings.options().timeout;
    let mut was_created = false;
    loop {
        let asked = name.clone();
        let standing = engine.ask(move |questions| Ok(stand(find(&questions.metadata()?, &asked)))).await?;
        match standing {
            Standing::Usable { partitions, .. } if needed.is_some_and(|needed| partitions > needed) => {
                return Err(broken(too_many_partitions(topic, partitions)));
            }
            Standing::Usable { partitions, .. }
                if needed.is_some_and(|needed| partitions < needed) && Instant::now() < give_up_at =>
            {
                add_partitions(engine, topic, name.clone(), needed.unwrap_or(partitions)).await?;
                sleep(ASK_AGAIN).await;
            }
            Standing::Usable { partitions, .. }
                if engine.topics.is_known(topic) && needed.is_none_or(|needed| partitions == needed) =>
            {
                return Ok(partitions);
            }
            Standing::Usable { partitions, replication }
                if needed.is_none_or(|needed| partitions == needed) && answers(engine, topic).await? =>
            {
                if engine.topics.is_new(topic) && !was_created && needed.is_none() {
                    report_differences(engine, topic, name, (partitions, replication)).await;
                }
                return Ok(partitions);
            }
            Standing::Missing if !was_created => {
                create(engine, topic, name.clone(), needed).await?;
                was_created = true;
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

/// A broker may not know yet what the others say of it: that it leads the partitions of a new topic.
async fn answers(engine: &Arc<Engine>, topic: &Topic) -> Result<bool, PortError> {
    let asked = topic.clone();
    match engine.ask(move |questions| questions.extents(&asked)).await {
        Ok(extents) => Ok(!extents.is_empty()),
        Err(PortError::Unavailable { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

fn stand(topic: Option<&MetadataTopic>) -> Standing {
    let Some(topic) = topic else { return Standing::Missing };
    let partitions = topic.partitions();
    if partitions.is_empty() || partitions.iter().any(|partition| partition.leader() < 0) {
        return Standing::Incomplete;
    }
    let replication = partitions.iter().map(|partition| partition.replicas().len()).min();
    Standing::Usable { partitions: partitions.len(), replication: replication.unwrap_or_default() }
}

fn too_many_partitions(topic: &Topic, partitions: usize) -> String {
    format!(
        "topic {topic} has {partitions} partitions, more than the topic whose records are published there once more: \
         delete {topic}, and it is created anew"
    )
}

/// A topic of records that are published once more is nobody's but ours.
async fn add_partitions(
    engine: &Arc<Engine>,
    topic: &Topic,
    name: String,
    partitions: usize,
) -> Result<(), PortError> {
    let settings = Arc::clone(&engine.settings);
    engine.ask(move |_| Admin::new(&settings)?.add_partitions(&name, partitions)).await?;
    tracing::info!(%topic, partitions, "partitions added");
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
    let TopicDeclaration { partitions, retention, .. } = declared;
    let settings = Arc::clone(&engine.settings);
    engine.ask(move |_| Admin::new(&settings)?.create(&name, &declared)).await?;
    tracing::info!(%topic, partitions, ?retention, "topic created");
    Ok(())
}

/// It is somebody else's to change. That they cannot be told is no reason not to use the topic.
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
                    "{} is {}, declared is {}: it is left as it is",
                    difference.what,
                    difference.found,
                    difference.declared
                );
            }
        }
        Err(error) => tracing::warn!(%topic, %error, "cannot see whether the topic is as declared"),
    }
}
