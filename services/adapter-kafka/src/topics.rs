//! Sees to it that topics are there, as they were declared.

mod admin;
mod differences;

use crate::bus::Engine;
use crate::error::unavailable;
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
/// the declaration.
pub(crate) async fn ensure(engine: &Arc<Engine>, topic: &Topic) -> Result<usize, PortError> {
    let name = engine.names.legal_topic(topic)?;
    let give_up_at = Instant::now() + engine.settings.options().timeout;
    let mut was_created = false;
    loop {
        let asked = name.clone();
        let standing = engine.ask(move |questions| Ok(stand(find(&questions.metadata()?, &asked)))).await?;
        match standing {
            Standing::Usable { partitions, .. } if engine.topics.is_known(topic) => return Ok(partitions),
            Standing::Usable { partitions, replication } if answers(engine, topic).await? => {
                if engine.topics.is_new(topic) && !was_created {
                    report_differences(engine, topic, name, (partitions, replication)).await;
                }
                return Ok(partitions);
            }
            Standing::Missing if !was_created => {
                create(engine, topic, name.clone()).await?;
                was_created = true;
            }
            _ if Instant::now() >= give_up_at => {
                return Err(unavailable(format!("a partition of {topic} has no leader")));
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

async fn create(engine: &Arc<Engine>, topic: &Topic, name: String) -> Result<(), PortError> {
    let declared = engine.settings.options().declaration(topic).clone();
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
