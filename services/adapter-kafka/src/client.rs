//! A consumer that a thread of its own polls.

mod inbox;

pub(crate) use inbox::{Change, Inbox, list};

use crate::error::{broken, passes, port_error};
use crate::settings::create;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use watchkeeper_ports::PortError;

/// How long the polling thread waits at most before it looks whether anybody still holds the consumer.
const POLL: Duration = Duration::from_millis(100);

/// Starts a consumer that is polled for as long as anybody but the poller holds it, and then leaves its
/// group. The poller sees what happens to the consumer; records wait in the queues of their partitions.
///
/// Its thread is one of tokio's, so that a process that ends waits until it has left.
pub(crate) fn start(config: &ClientConfig, inbox: Inbox) -> Result<Arc<BaseConsumer<Inbox>>, PortError> {
    let consumer: Arc<BaseConsumer<Inbox>> = Arc::new(create(config, inbox)?);
    let polled = Arc::clone(&consumer);
    spawn_blocking(move || {
        while Arc::strong_count(&polled) > 1 {
            poll(&polled);
        }
        polled.context().close(&polled);
    });
    Ok(consumer)
}

fn poll(consumer: &BaseConsumer<Inbox>) {
    let inbox = consumer.context();
    match consumer.poll(POLL) {
        Some(Ok(_)) => inbox.fail(broken("a record came that belongs to no assigned partition")),
        Some(Err(error)) if !passes(&error) => inbox.fail(port_error(&error)),
        Some(Err(_)) | None => {}
    }
}
