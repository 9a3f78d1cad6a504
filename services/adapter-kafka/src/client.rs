//! A consumer that its own thread polls.

mod events;

pub(crate) use events::{Change, ConsumerEvents, list};

use crate::bus::Engine;
use crate::error::{broken, passes, port_error};
use crate::settings::create;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::task::spawn_blocking;
use watchkeeper_ports::PortError;

/// Longest wait of the polling thread between checks whether anybody still holds the consumer.
const POLL: Duration = Duration::from_millis(100);

/// Starts a consumer. It is polled for as long as anybody but the poller holds it, and then leaves its group.
/// The poller handles the consumer's events; records wait in the queues of their partitions.
///
/// While the group's coordinator is unavailable the consumer cannot leave, and the group would wait for it
/// until its session times out. So it is polled on until it can leave, or until its `bus` is dropped too.
///
/// The thread is tokio's, so that the process does not exit before the consumer has left.
pub(crate) fn start(
    config: &ClientConfig,
    events: ConsumerEvents,
    bus: Weak<Engine>,
) -> Result<Arc<BaseConsumer<ConsumerEvents>>, PortError> {
    let consumer: Arc<BaseConsumer<ConsumerEvents>> = Arc::new(create(config, events)?);
    let polled = Arc::clone(&consumer);
    spawn_blocking(move || {
        // The poller holds one reference; the others are the owners'.
        while Arc::strong_count(&polled) > 1 {
            poll(&polled);
        }
        // The coordinator would not hear of a leave now.
        if polled.context().is_alone() {
            while bus.strong_count() > 0 && !polled.context().can_leave(&polled) {
                poll(&polled);
            }
        }
        // From here on nobody takes changes: those of leaving are applied at once.
        polled.context().close(&polled);
    });
    Ok(consumer)
}

fn poll(consumer: &BaseConsumer<ConsumerEvents>) {
    let events = consumer.context();
    match consumer.poll(POLL) {
        Some(Ok(_)) => events.fail(broken("received a record of a partition that is not assigned")),
        Some(Err(error)) if !passes(&error) => events.fail(port_error(&error)),
        Some(Err(_)) | None => {}
    }
}
