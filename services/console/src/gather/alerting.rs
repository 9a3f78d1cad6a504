//! What fires, and who is told of it.

use super::alerts::{self, Alerts};
use super::outbox::{self, Outbox};
use super::silences::{self, Silences};
use super::{Answer, ask};
use crate::ports::ConsolePorts;
use watchkeeper_domain::Timestamp;

/// What fires, and who is told of it.
pub(crate) struct Alerting {
    pub(crate) alerts: Answer<Alerts>,
    pub(crate) silences: Answer<Silences>,
    pub(crate) outbox: Answer<Outbox>,
}

/// Asks for everything at once.
pub(crate) async fn alerting(ports: &ConsolePorts, now: Timestamp) -> Alerting {
    let (alerts, silences, outbox) = tokio::join!(
        alerts(ports),
        ask("silences", silences::not_ended(&*ports.silences, now)),
        ask("notifications", outbox::newest(&*ports.notifications)),
    );
    Alerting { alerts, silences, outbox }
}

/// Asks for the alerts alone.
pub(super) async fn alerts(ports: &ConsolePorts) -> Answer<Alerts> {
    ask("alerts", alerts::all(&*ports.alerts)).await
}
