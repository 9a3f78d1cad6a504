//! From a message to a pending event.

use super::config::SyslogConfig;
use super::metrics::{Protocol, SyslogMetrics};
use super::pending::Pending;
use super::tls::HandshakeError;
use crate::config::IngestConfig;
use parking_lot::Mutex;
use prometheus::Registry;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::event::{CHANGED, CUT, Draft, EventIds, Fields, clean_text};
use watchkeeper_domain::{Event, EventId, Seldom, Timestamp};
use watchkeeper_pipelines::PipelineSet;
use watchkeeper_wire::syslog::{Frame, read_syslog};

/// Where messages of all listeners go.
pub(super) struct Messages {
    config: Reloadable<IngestConfig>,
    pipelines: Reloadable<PipelineSet>,
    ids: Mutex<EventIds>,
    without_tls: Mutex<Seldom>,
    pub(super) pending: Pending,
    pub(super) metrics: SyslogMetrics,
}

impl Messages {
    pub(super) fn new(
        config: Reloadable<IngestConfig>,
        pipelines: Reloadable<PipelineSet>,
        registry: &Registry,
    ) -> Result<Self, prometheus::Error> {
        let ids = Mutex::new(EventIds::new(rand::random()));
        let (pending, metrics) = (Pending::default(), SyslogMetrics::register(registry)?);
        Ok(Self { config, pipelines, ids, without_tls: Mutex::default(), pending, metrics })
    }

    /// The settings now.
    pub(super) fn config(&self) -> Arc<IngestConfig> {
        self.config.current()
    }

    /// Adds a message of a stream, whose reader has waited for room.
    pub(super) fn take(&self, frame: Frame<'_>, peer: IpAddr, protocol: Protocol, config: &SyslogConfig) {
        if let Some(event) = self.event(frame, peer, protocol, config) {
            self.pending.push(&event);
        }
    }

    /// Adds a message if there is room for it; else it is counted as dropped.
    pub(super) fn offer(&self, frame: Frame<'_>, peer: IpAddr, protocol: Protocol, config: &SyslogConfig) {
        if !self.pending.has_room() {
            self.metrics.received(protocol).inc();
            self.metrics.dropped_when_full.inc();
        } else if let Some(event) = self.event(frame, peer, protocol, config) {
            self.pending.push(&event);
        }
    }

    /// Counts a connection without TLS on the port for TLS, and tells of it.
    pub(super) fn note_without_tls(&self, peer: IpAddr, error: &HandshakeError) {
        self.metrics.refused("tls").inc();
        if let Some(connections) = self.without_tls.lock().admit(1, Instant::now()) {
            tracing::warn!(connections, client = %peer, %error, "refused connections of syslog on the port for TLS");
        }
    }

    fn event(
        &self,
        frame: Frame<'_>,
        peer: IpAddr,
        protocol: Protocol,
        config: &SyslogConfig,
    ) -> Option<Event> {
        if frame.message.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        self.metrics.received(protocol).inc();
        if frame.is_cut {
            self.metrics.cut.inc();
        }
        let now = Timestamp::now();
        let id = || self.ids.lock().next(now);
        let mut event = event(frame, peer, config, now, id);
        self.pipelines.current().redaction().apply(&mut event);
        Some(event)
    }
}

/// The event of a message. One whose fields no event can have is an event of its whole text.
fn event(
    Frame { message, is_cut }: Frame<'_>,
    peer: IpAddr,
    config: &SyslogConfig,
    now: Timestamp,
    id: impl Fn() -> EventId,
) -> Event {
    let read = || {
        let mut draft = read_syslog(message, now, &config.zone);
        if draft.host.is_empty() {
            draft.host = peer.to_string();
        }
        if is_cut {
            draft.marks.push(CUT);
        }
        draft
    };
    read().arrived(&id, now).unwrap_or_else(|_| {
        let text = clean_text(message);
        let Draft { occurred_at, level, service, host, .. } = read();
        let mut event = Event {
            id: id(),
            occurred_at: occurred_at.unwrap_or(now),
            level,
            service,
            host,
            message: text.text.into_owned(),
            fields: Fields::new(),
        };
        event.mark(CUT);
        if text.is_changed {
            event.mark(CHANGED);
        }
        event
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::event::MAX_FIELDS;

    fn of(message: &str, is_cut: bool) -> Event {
        let config = SyslogConfig::default();
        let peer = "192.0.2.7".parse().unwrap();
        let now = "2026-11-29T10:00:00Z".parse().unwrap();
        event(Frame { message: message.as_bytes(), is_cut }, peer, &config, now, || EventId::given("x"))
    }

    #[test]
    fn without_a_host_and_a_time_they_are_the_address_of_the_sender_and_the_arrival() {
        for text in ["10:00 gate down", "<30>Link 3 went down"] {
            let event = of(text, false);
            assert_eq!((event.host.as_str(), event.level.name()), ("192.0.2.7", "info"));
            assert_eq!(event.message, text.strip_prefix("<30>").unwrap_or(text));
            assert_eq!(event.occurred_at.to_string(), "2026-11-29T10:00:00Z");
        }
        assert_eq!(of("<13>Nov 29 10:00:00 gate app: hi", false).host, "gate");
    }

    #[test]
    fn a_message_that_was_cut_is_marked() {
        assert_eq!(of("<13>hi", true).marks().collect::<Vec<_>>(), [CUT]);
        assert_eq!(of("<13>hi", false).marks().count(), 0);
    }

    #[test]
    fn structured_data_that_no_event_can_have_stays_in_the_text() {
        let parameters =
            (0..MAX_FIELDS).fold(String::new(), |all, number| all + &format!(" p{number}=\"1\""));
        let message = format!("<11>1 2026-11-29T09:00:00Z gate app - - [x{parameters}] hi");
        let event = of(&message, false);
        assert_eq!(
            (event.message.as_str(), event.service.as_str(), event.level.name()),
            (&*message, "app", "error")
        );
        assert_eq!(event.occurred_at.to_string(), "2026-11-29T09:00:00Z");
        assert_eq!(event.marks().collect::<Vec<_>>(), [CUT]);
    }
}
