//! Metrics of syslog.

use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};
use watchkeeper_runtime::telemetry::register;

/// How a message arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Udp,
    Tcp,
    Tls,
}

impl Protocol {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
        }
    }
}

/// Counters of all listeners.
pub(super) struct SyslogMetrics {
    received: [IntCounter; 3],
    connections: IntGaugeVec,
    refused: IntCounterVec,
    /// Messages of which only the beginning was kept.
    pub(super) cut: IntCounter,
    /// Datagrams that the kernel had no room for.
    pub(super) dropped_by_kernel: IntCounter,
    /// Datagrams for which there was no room here.
    pub(super) dropped_when_full: IntCounter,
    /// Messages that the bus refused, or that were not published before the end.
    pub(super) unpublished: IntCounter,
}

impl SyslogMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counters = |name: &str, help: &str, label: &str| {
            let opts = Opts::new(format!("watchkeeper_ingest_syslog_{name}"), help);
            register(registry, IntCounterVec::new(opts, &[label])?)
        };
        let received = counters("messages_total", "Messages of syslog received, by protocol.", "protocol")?;
        let dropped = counters(
            "dropped_total",
            "Messages of syslog that were lost: the kernel had no room for a datagram, too many were pending, or the bus \
             refused them.",
            "reason",
        )?;
        let cut =
            "Messages of syslog that were longer than the limit, or ended within: their beginning was kept.";
        let connections =
            Opts::new("watchkeeper_ingest_syslog_connections", "Open connections, by protocol.");
        Ok(Self {
            received: [Protocol::Udp, Protocol::Tcp, Protocol::Tls]
                .map(|protocol| received.with_label_values(&[protocol.name()])),
            connections: register(registry, IntGaugeVec::new(connections, &["protocol"])?)?,
            refused: counters("refused_connections_total", "Connections that were refused.", "reason")?,
            cut: register(registry, IntCounter::new("watchkeeper_ingest_syslog_cut_total", cut)?)?,
            dropped_by_kernel: dropped.with_label_values(&["kernel"]),
            dropped_when_full: dropped.with_label_values(&["full"]),
            unpublished: dropped.with_label_values(&["bus"]),
        })
    }

    pub(super) fn received(&self, protocol: Protocol) -> &IntCounter {
        &self.received[protocol as usize]
    }

    pub(super) fn connections(&self, protocol: Protocol) -> IntGauge {
        self.connections.with_label_values(&[protocol.name()])
    }

    /// Connections that were refused: `limit` or `tls`.
    pub(super) fn refused(&self, reason: &str) -> IntCounter {
        self.refused.with_label_values(&[reason])
    }
}
