//! The notifier evaluates the rules and sends notifications when alerts fire and clear, each once.
//!
//! The path of a record: *receive* from topic `metrics` or `metrics.dead` → *decode* to a sample or a dead letter →
//! *evaluate* the rules, which gives alerts → *store* the alerts, the evaluator state of the series, and the position
//! in one transaction → *commit*.
//!
//! The path of an alert: *plan* the notifications for all alerts → *write* them → *store* them together with the
//! groups → *lease* → *send* → *settle*. Any instance may do each step, and each may be repeated after a crash:
//! nothing is lost, and a notification is sent twice only after a crash between sending and settling, with the same
//! id.
//!
//! The path of a report: *due* by its schedule → *run* → *write* as a mail → *store* as a notification → *mark*.

mod alertmanager;
mod channels;
mod config;
mod count_events;
mod deliver;
mod dispatch;
#[cfg(test)]
mod end_to_end;
mod evaluate;
mod failed_unit;
#[cfg(test)]
mod fakes;
mod http;
mod mail_body;
mod maintenance;
mod message;
mod metrics;
mod new_messages;
mod outgoing;
mod own_heartbeat;
mod plan;
mod prune;
mod reports;
mod role;
mod run;
mod sender;
mod settings;
mod status;
mod trial;

pub use channels::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER};
pub use config::{MAX_MAIL_ADDRESSES, MAX_RECEIVERS, NotifierConfig, ReceiverConfig};
pub use deliver::SEND_WITHIN;
pub use failed_unit::{FailedUnit, NOTIFY_WITHIN, notify_of_failed_unit};
pub use role::ROLE;
pub use run::{NotifierPorts, run};
pub use settings::NotifierSettings;
pub use trial::{Trial, try_receiver};
