//! Events: what a dozen services on eight hosts say.

use crate::kind::{EPOCH_MICROS, Kind, Numbers, framed};
use anyhow::Context as _;
use bytes::{BufMut as _, Bytes, BytesMut};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::Client;
use watchkeeper_adapter_postgres::PostgresStore;
use watchkeeper_domain::event::EventIds;
use watchkeeper_domain::{Event, Level, Timestamp, Window};
use watchkeeper_ports::{Append, BatchBuilder, EventKey, Processed, Topic};
use watchkeeper_wire::event::{push_event, read_written};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const SERVICES: &str = "event_services";
const HOSTS: &str = "event_hosts";
const COLUMNS: i16 = 7;
/// The version of jsonb's binary format, before its text.
const JSONB_VERSION: u8 = 1;

pub(crate) struct Events;

impl Kind for Events {
    type Item = Event;

    const ROLE: &'static str = "processor";
    const ITEMS: &'static str = "events";
    const TOPIC: Topic = Topic::EVENTS;
    const COPY: &'static str =
        "COPY event_rows (at, id, level, service_id, host_id, message, fields) FROM STDIN (FORMAT binary)";
    const TABLE: &'static str = "event_rows";

    fn push(batch: &mut BatchBuilder, event: &Event) {
        push_event(batch, event);
    }

    fn decode(value: &[u8]) -> anyhow::Result<Event> {
        read_written(value).context("a record is no event")
    }

    async fn store_some(store: &PostgresStore, events: &[Event]) -> anyhow::Result<()> {
        let mut some = BTreeMap::new();
        for event in events {
            some.entry((&*event.service, &*event.host, Window::Day.start(event.occurred_at)))
                .or_insert(event);
        }
        let items = some.into_values().cloned().map(Processed::stored).collect();
        store.events().append(Arc::new(Append::of(items))).await?;
        Ok(())
    }

    async fn numbers(client: &Client) -> anyhow::Result<Numbers> {
        let mut numbers = Numbers::default();
        numbers.read(client, SERVICES, "name").await?;
        numbers.read(client, HOSTS, "name").await?;
        Ok(numbers)
    }

    fn encode(events: &[Event], numbers: &Numbers) -> anyhow::Result<Bytes> {
        let mut rows: Vec<_> = events.iter().collect();
        rows.sort_unstable_by_key(|event| EventKey::of(event));
        framed(|out| rows.into_iter().try_for_each(|event| put(out, event, numbers)))
    }
}

fn put(out: &mut BytesMut, event: &Event, numbers: &Numbers) -> anyhow::Result<()> {
    let number = |table, name: &str| anyhow::Ok(i32::try_from(numbers.of(table, name)?)?);
    out.put_i16(COLUMNS);
    out.put_i32(8);
    out.put_i64(event.occurred_at.as_micros() - EPOCH_MICROS);
    out.put_i32(16);
    out.put_u128(event.id.as_u128());
    out.put_i32(2);
    out.put_i16(event.level.number().into());
    out.put_i32(4);
    out.put_i32(number(SERVICES, &event.service)?);
    out.put_i32(4);
    out.put_i32(number(HOSTS, &event.host)?);
    out.put_i32(i32::try_from(event.message.len())?);
    out.put_slice(event.message.as_bytes());
    let fields = serde_json::to_vec(&event.fields)?;
    out.put_i32(i32::try_from(fields.len() + 1)?);
    out.put_u8(JSONB_VERSION);
    out.put_slice(&fields);
    Ok(())
}

/// The events to publish: evenly over a time, which is two days ago, well within the retention.
pub(crate) struct Load {
    events: usize,
    begin: Timestamp,
    lasts: Duration,
}

impl Load {
    /// Events within so long, one day at most.
    pub(crate) fn new(events: usize, lasts: Duration) -> Self {
        Self { events, begin: Timestamp::now().window_start(DAY).minus(2 * DAY), lasts: lasts.min(DAY) }
    }

    /// When they occur.
    pub(crate) fn time(&self) -> Range<Timestamp> {
        self.begin..self.begin.plus(self.lasts)
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = Event> {
        let mut ids = EventIds::new(1);
        let step = self.lasts.as_nanos() / u128::try_from(self.events.max(1)).unwrap_or(1);
        (0..self.events).map(move |number| {
            let after = u64::try_from(step * u128::try_from(number).unwrap_or_default()).unwrap_or_default();
            let at = self.begin.plus(Duration::from_nanos(after));
            said(number, at, &mut ids)
        })
    }
}

const NAMES: [&str; 12] = [
    "shop", "checkout", "payment", "search", "catalog", "gateway", "auth", "mailer", "stock", "invoice",
    "images", "sshd",
];
/// Of so many events, one is an error, some are warnings, and many are for debugging.
const LEVELS: [(u64, Level); 4] =
    [(10, Level::Error), (50, Level::Warn), (300, Level::Debug), (1_000, Level::Info)];
/// Of so many errors, one has the rare word; of so many events, one is of the rare service.
const RARELY: (u64, u64) = (500, 20_000);
/// A word that few messages have.
pub(crate) const RARE_WORD: &str = "deadlock";
/// A service that says little.
pub(crate) const RARE_SERVICE: &str = "backup";

/// Numbers that look like chance, and are the same in every run.
fn mixed(number: usize) -> u64 {
    let mut x = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn said(number: usize, at: Timestamp, ids: &mut EventIds) -> Event {
    let chance = mixed(number);
    let of = |bits: u32, count: u64| (chance >> bits) % count;
    let service = match of(4, RARELY.1) {
        0 => RARE_SERVICE,
        _ => NAMES[usize::try_from(of(0, 12)).unwrap_or_default()],
    };
    let in_thousand = of(8, 1_000);
    let level =
        LEVELS.iter().find(|(below, _)| in_thousand < *below).map_or(Level::Info, |(_, level)| *level);
    let (order, user, took) = (of(12, 900_000), of(20, 20_000), of(16, 4_000));
    let path =
        ["/cart", "/checkout", "/search", "/health", "/item"][usize::try_from(of(32, 5)).unwrap_or_default()];
    let (message, fields) = match level {
        Level::Error if of(40, RARELY.0) == 0 => (
            format!(
                "{RARE_WORD} detected while updating order {order}: the transaction was rolled back and is tried again"
            ),
            json!({"order": order, "table": "orders", "attempt": of(36, 5), "trace": format!("{chance:016x}")}),
        ),
        Level::Error => (
            format!(
                "timed out after {took} ms waiting for a connection to db-{}.internal:5432, giving up on order {order}",
                of(28, 4)
            ),
            json!({"order": order, "status": 504, "path": path, "trace": format!("{chance:016x}")}),
        ),
        Level::Warn => (
            format!(
                "slow query on stock took {took} ms for item {}: SELECT * FROM items WHERE id = $1",
                of(24, 50_000)
            ),
            json!({"took_ms": took, "query": "items_by_id", "pool": {"size": 20, "used": of(36, 20)}}),
        ),
        Level::Debug => (
            format!(
                "cache miss for key cart:{user}:{order}, loading from the database with {} rows",
                of(44, 200)
            ),
            json!({"key": format!("cart:{user}"), "rows": of(44, 200), "cached": false}),
        ),
        _ => (
            format!(
                "GET {path}?page={} answered 200 with {} bytes in {took} ms for user {user}",
                of(36, 30),
                of(24, 90_000)
            ),
            json!({"status": if of(48, 30) == 0 { 404 } else { 200 }, "path": path, "took_ms": took, "user": user,
                   "agent": "Mozilla/5.0 (X11; Linux x86_64)"}),
        ),
    };
    let Value::Object(fields) = fields else { unreachable!("all are objects") };
    Event {
        id: ids.next(at),
        occurred_at: at,
        level,
        service: service.to_owned(),
        host: format!("web-{}", of(56, 8)),
        message,
        fields,
    }
}
