//! Runs the port contract on a real Kafka, and tests what is specific to Kafka.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

mod damaging;
mod foreign;
mod handing_over;
mod hostile;
mod limits;
mod metrics;
mod place;
mod secured;
mod topics;
mod unreachable;

mod classic {
    watchkeeper_port_contract::event_bus_contract!(crate::place::Classic);
}
mod consumer {
    watchkeeper_port_contract::event_bus_contract!(crate::place::Consumer);
}
