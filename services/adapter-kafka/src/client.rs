//! A consumer that a thread of its own polls.

mod inbox;

pub(crate) use inbox::{Change, Inbox, list};

use crate::bus::Engine;
use crate::error::{broken, passes, port_error};
use crate::settings::create;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::task::spawn_blocking;
use watchkeeper_ports::PortError;

/// How long the polling thread waits at most before it looks whether anybody still holds the consumer.
const POLL: Duration = Duration::from_millis(100);

/// Starts a consumer that is polled for as long as anybody but the poller holds it, and then leaves its
/// group. The poller sees what happens to the consumer; records wait in the queues of their partitions.
///
/// While the group's coordinator is away it cannot leave, and the group would wait for it until its session has
/// timed out: so it is polled on until it can, or until its `bus` is gone too.
///
/// Its thread is one of tokio's, so that a process that ends waits until it has left.
pub(crate) fn start(
    config: &ClientConfig,
    inbox: Inbox,
    bus: Weak<Engine>,
) -> Result<Arc<BaseConsumer<Inbox>>, PortError> {
    let consumer: Arc<BaseConsumer<Inbox>> = Arc::new(create(config, inbox)?);
    let polled = Arc::clone(&consumer);
    spawn_blocking(move || {
        while Arc::strong_count(&polled) > 1 {
            poll(&polled);
        }
        if polled.context().is_alone() {
            while bus.strong_count() > 0 && !polled.context().can_leave(&polled) {
                poll(&polled);
            }
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
