//! Publishes the events of each minute as samples, for rules, rollups and charts.

use crate::metrics::ProcessorMetrics;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::event::{Count, CountKey, EVENTS};
use watchkeeper_domain::{Level, Sample, Series, Timestamp};
use watchkeeper_persistence::Persistence;
use watchkeeper_pipelines::PipelineSet;
use watchkeeper_ports::{BatchBuilder, EventBus, EventStore, ScheduleStore, Topic};
use watchkeeper_runtime::{RoleContext, RoleResult, Rounds, Stopped};
use watchkeeper_wire::sample::push_sample;

/// How often counts are published.
const PUBLISH_EVERY: Duration = Duration::from_secs(5);
const MINUTE: Duration = Duration::from_secs(60);
/// How long after its end a minute is published, so that its events have arrived.
const SETTLES_WITHIN: Duration = Duration::from_secs(10);
/// How much longer it waits while the group has a lag: its events are still on the bus.
const WAITS_FOR_LAG: Duration = Duration::from_secs(5 * 60);
/// How far back minutes are published after a start: what is older is history that no rule waits for.
const LOOKS_BACK: Duration = Duration::from_secs(60 * 60);
/// Most minutes of one round.
const MINUTES_AT_ONCE: u32 = 60;
/// The source of the series.
const SOURCE: &str = "events";
/// The mark until which counts are published.
const MARK: &str = "counts published until";

pub(crate) struct Counting {
    pub(crate) context: RoleContext,
    pub(crate) persistence: Persistence,
    pub(crate) pipelines: Reloadable<PipelineSet>,
    pub(crate) bus: Arc<dyn EventBus>,
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) schedule: Arc<dyn ScheduleStore>,
    pub(crate) metrics: ProcessorMetrics,
}

impl Counting {
    /// Publishes counts until the role stops. A minute that is published again, by another instance or after a crash,
    /// has the same series and instants, so its samples are duplicates.
    pub(crate) async fn keep_publishing(self) -> RoleResult {
        let heartbeat = self.context.heartbeat("count");
        let mut rounds = Rounds::every(PUBLISH_EVERY, &self.context, &heartbeat);
        while rounds.next(self.publish_due(Timestamp::now())).await? {}
        Ok(())
    }

    async fn publish_due(&self, now: Timestamp) -> Result<(), Stopped> {
        let owner = self.context.role();
        let mark = self.schedule.marks(owner).await?.get(MARK).copied();
        let (from, to) = due(mark, now, self.context.lag(), self.persistence.consumed_until());
        if from >= to {
            return Ok(());
        }
        let mut batch = BatchBuilder::default();
        for name in self.pipelines.current().count_names().chain([EVENTS]) {
            for count in self.store.counts(name, from..to).await? {
                if let Some(sample) = sample(&count) {
                    push_sample(&mut batch, &sample);
                }
            }
        }
        let samples = batch.len();
        if samples > 0 {
            self.bus.publish(&Topic::METRICS, batch.finish()).await?;
            self.metrics.counts_published.inc_by(samples as u64);
        }
        self.schedule.mark(owner, &[(MARK.to_owned(), to)]).await?;
        Ok(())
    }
}

/// Which minutes to publish now, given until when they are published, the lag of the group, and when the last record that
/// it has consumed was appended.
fn due(
    mark: Option<Timestamp>,
    now: Timestamp,
    lag: Option<u64>,
    consumed_until: Option<Timestamp>,
) -> (Timestamp, Timestamp) {
    let complete_until = if lag == Some(0) { now } else { consumed_until.unwrap_or(Timestamp::MIN).min(now) };
    let complete_until = complete_until.max(now.minus(WAITS_FOR_LAG));
    let oldest = now.minus(LOOKS_BACK).window_start(MINUTE);
    let from = mark.unwrap_or(oldest).max(oldest);
    let to = complete_until.minus(SETTLES_WITHIN).window_start(MINUTE);
    (from, to.min(from.plus(MINUTE * MINUTES_AT_ONCE)))
}

/// The sample of a count, at the end of its minute. `None` if its labels are not those of a series.
fn sample(count: &Count) -> Option<Sample> {
    let Count { minute, key: CountKey { name, service, level, labels }, events } = count;
    let mut pairs: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (&**name, &**value)).collect();
    if !service.is_empty() && !labels.contains_key("service") {
        pairs.push(("service", service));
    }
    if *level != Level::Unknown && !labels.contains_key("level") {
        pairs.push(("level", level.name()));
    }
    let series = Series::new(SOURCE, name, "events", &pairs).ok()?;
    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 events in a minute")]
    let value = *events as f64;
    Some(Sample::new(Arc::new(series), minute.plus(MINUTE), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_minute_is_due_when_its_events_have_arrived() {
        let mark = Some(at("2026-11-29T10:00:00Z"));
        let until =
            |now, lag, consumed: Option<&str>| due(mark, at(now), lag, consumed.map(at)).1.to_string();
        assert_eq!(until("2026-11-29T10:01:09Z", Some(0), None), "2026-11-29T10:00:00Z");
        assert_eq!(until("2026-11-29T10:01:10Z", Some(0), None), "2026-11-29T10:01:00Z");
        let (before, after) = (Some("2026-11-29T10:01:09Z"), Some("2026-11-29T10:01:10Z"));
        assert_eq!(until("2026-11-29T10:04:00Z", Some(9), before), "2026-11-29T10:00:00Z");
        assert_eq!(until("2026-11-29T10:04:00Z", Some(9), after), "2026-11-29T10:01:00Z");
        assert_eq!(until("2026-11-29T10:06:00Z", None, None), "2026-11-29T10:00:00Z");
        assert_eq!(
            until("2026-11-29T10:06:10Z", None, None),
            "2026-11-29T10:01:00Z",
            "it waits for a limited time"
        );
    }

    #[test]
    fn after_a_pause_as_much_is_published_as_the_limits_allow() {
        let now = at("2026-11-29T10:00:10Z");
        assert_eq!(due(None, now, Some(0), None), (at("2026-11-29T09:00:00Z"), at("2026-11-29T10:00:00Z")));
        let long_ago = Some(at("2026-11-28T10:00:00Z"));
        assert_eq!(due(long_ago, now, Some(0), None).0, at("2026-11-29T09:00:00Z"));
    }

    #[test]
    fn a_count_becomes_a_sample_at_the_end_of_its_minute() {
        let key = CountKey {
            name: EVENTS.into(),
            service: "shop".into(),
            level: Level::Error,
            labels: [("path".to_owned(), "/health".to_owned())].into(),
        };
        let mut count = Count { minute: at("2026-11-29T10:00:00Z"), key, events: 7 };
        let found = sample(&count).unwrap();
        assert_eq!(
            found.series.key(),
            "events/events{level=\"error\",path=\"/health\",service=\"shop\"} events"
        );
        assert_eq!((found.value, found.collected_at), (7.0, at("2026-11-29T10:01:00Z")));
        count.key.labels.insert("path".into(), "a\nb".into());
        assert_eq!(sample(&count), None, "no series has such a label");
    }
}
