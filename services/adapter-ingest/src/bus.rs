//! The bus.

use crate::answer::{self, BUS};
use crate::options::{IngestOptions, TIMEOUT};
use async_trait::async_trait;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;
use watchkeeper_config::HttpUrl;
use watchkeeper_http_client::{Access, HttpClient, HttpRequest};
use watchkeeper_ports::{
    EventBus, Group, Lag, Offset, Placement, PortError, ReceivedBatch, Record, RecordBatch, Subscription,
    Tail, Topic, TopicId, TopicPartition, Watermarks,
};

/// Where records are sent, below the URL of the other Watchkeeper, by their topic.
const PATHS: [(Topic, &str); 2] = [(Topic::METRICS, "/v1/samples"), (Topic::EVENTS, "/v1/events")];
/// Most bytes of one body before it is compressed, if it has more than one record: 4 MiB, half of what ingest takes
/// compressed unless it is configured otherwise.
pub(crate) const MAX_BODY_BYTES: usize = 4 << 20;
/// Most bytes of an answer.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// A bus that publishes to the ingest of another Watchkeeper.
///
/// Only topics `metrics` and `events` go there. Dead letters are logged and dropped: the other side refused their records, and shows
/// them among its own refusals. Whatever consumes or reads fails with [`PortError::Broken`].
pub struct IngestBus {
    url: HttpUrl,
    access: Access,
    client: HttpClient,
}

impl IngestBus {
    /// Publishes to the Watchkeeper at `url`, which may be unavailable.
    pub fn new(url: &HttpUrl, options: IngestOptions) -> Self {
        let IngestOptions { access } = options;
        let client = HttpClient::new(TIMEOUT).trusting(access.trust.clone());
        Self { url: url.clone(), access, client }
    }

    async fn post(&self, path: &str, lines: &[u8]) -> Result<(), PortError> {
        let url = self.url.with_path(path);
        let request = HttpRequest::post_bytes(url.expose(), "application/x-ndjson", gzip(lines))
            .header("content-encoding", "gzip")
            .max_body(MAX_ANSWER_BYTES);
        answer::read(self.client.send(self.access.apply(request)).await)
    }
}

#[async_trait]
impl EventBus for IngestBus {
    /// Sends the batch in bodies of at most [`MAX_BODY_BYTES`], in order. A sample or event that is sent again is stored
    /// once: events have their ids.
    async fn publish(&self, topic: &Topic, batch: RecordBatch) -> Result<(), PortError> {
        if PATHS.iter().any(|(sent, _)| *topic == sent.dead_letters()) {
            tracing::warn!(records = batch.len(), "dropped records that the other Watchkeeper refused");
            return Ok(());
        }
        let Some((_, path)) = PATHS.iter().find(|(sent, _)| topic == sent) else {
            return Err(only_publishes(&format!("topic {topic} cannot be published there")));
        };
        let mut body = Vec::new();
        let mut first = 0;
        for (index, record) in batch.iter().enumerate() {
            let line = line_of(&record).map_err(|reason| rejected(index, reason))?;
            if !body.is_empty() && body.len() + line.len() > MAX_BODY_BYTES {
                self.post(path, &body).await.map_err(|error| from(first, error))?;
                body.clear();
                first = index;
            }
            body.extend_from_slice(line);
            body.push(b'\n');
        }
        if body.is_empty() {
            return Ok(());
        }
        self.post(path, &body).await.map_err(|error| from(first, error))
    }

    async fn placement(&self, topic: &Topic) -> Result<Placement, PortError> {
        Ok(Placement::single(topic.clone()))
    }

    async fn topic_id(&self, _: &Topic) -> Result<TopicId, PortError> {
        Err(only_publishes("topics have no ID"))
    }

    async fn subscribe(&self, topic: &Topic, _: &Group) -> Result<Box<dyn Subscription>, PortError> {
        Err(only_publishes(&format!("topic {topic} cannot be consumed")))
    }

    async fn tail(&self, topic: &Topic) -> Result<Box<dyn Tail>, PortError> {
        Err(only_publishes(&format!("topic {topic} cannot be followed")))
    }

    async fn read(
        &self,
        partition: &TopicPartition,
        _: Offset,
        _: usize,
    ) -> Result<ReceivedBatch, PortError> {
        Err(only_publishes(&format!("{partition} cannot be read")))
    }

    async fn watermarks(&self, _: &Topic) -> Result<Vec<Watermarks>, PortError> {
        Err(only_publishes("topics have no watermarks"))
    }

    async fn lag(&self, _: &Topic, group: &Group) -> Result<Vec<Lag>, PortError> {
        Err(only_publishes(&format!("{group} has no lag")))
    }

    async fn topics(&self) -> Result<Vec<Topic>, PortError> {
        Ok(PATHS.map(|(topic, _)| topic).to_vec())
    }
}

/// The sample or event of a record, which must be one line.
fn line_of<'r>(record: &Record<'r>) -> Result<&'r [u8], String> {
    let value = record.whole_value().map_err(|violation| violation.to_string())?;
    if value.is_empty() || value.contains(&b'\n') {
        return Err("a record must be one line of JSON".to_owned());
    }
    Ok(value)
}

fn gzip(lines: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(lines).and_then(|()| encoder.finish()).expect("memory takes what is written")
}

fn rejected(index: usize, reason: String) -> PortError {
    PortError::ItemsRejected { what: BUS, reason, items: vec![index] }
}

/// The error of a body that begins with the record `first`, as one of the batch.
fn from(first: usize, error: PortError) -> PortError {
    match error {
        PortError::ItemsRejected { what, reason, items } => {
            let items = items.into_iter().map(|item| first + item).collect();
            PortError::ItemsRejected { what, reason, items }
        }
        error => error,
    }
}

fn only_publishes(what: &str) -> PortError {
    PortError::Broken {
        what: BUS,
        reason: format!("the ingest of another host takes samples and events only: {what}"),
    }
}

#[cfg(test)]
mod tests;
