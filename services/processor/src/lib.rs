//! The processor turns what services, devices and hosts say into stored events.
//!
//! The path of a record: *receive* from topic `events`, or a topic of `[[processor.topic]]` → *decode* to an event
//! ([`watchkeeper_wire::event::EventDecoder`]) → *handle* by the pipelines that match it
//! ([`watchkeeper_pipelines::PipelineSet::process`]) and add it to a batch limited by size and age → *publish* it where a
//! pipeline routes it to → *store* the events, their counts and the position in one transaction → *commit* the position
//! to the bus, for lag monitoring. Records that are older than the retention, ahead of the clock or too large go to
//! `events.dead` before the commit.
//!
//! While the lag is large, events below a level are not stored but published to `events.deferred`, whose records are
//! processed in their order once there is room ([`deferral`]).

mod config;
mod counts;
mod decode;
mod deferral;
mod live;
mod metrics;
mod retention;
mod role;
mod routing;
mod run;

pub use config::{
    DEFER_FROM_LAG, Format, Keep, MAX_KEEPS, MAX_TOPICS, ProcessorConfig, SourceTopic, SourceTopics,
    UnknownFormat,
};
pub use role::ROLE;
pub use run::{Processor, run};
