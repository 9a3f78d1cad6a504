//! Events that an `up` finds when it starts.

use crate::world::{HOSTILE, HOSTILE_IMAGE, World};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_adapter_embedded::EmbeddedEvents;
use watchkeeper_domain::event::{CUT, EventIds, Fields};
use watchkeeper_domain::{Event, Level, Timestamp};
use watchkeeper_ports::{Append, Processed, Sink as _};

/// How many events of service `shop` there are: more than two pages.
pub(crate) const SHOP_EVENTS: u32 = 240;
/// How many of them are errors.
pub(crate) const SHOP_ERRORS: u32 = SHOP_EVENTS / 8;

/// Puts events into the store of an `up` that does not run.
pub(crate) fn store(data_dir: &Path, events: &[Event]) {
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio.block_on(async {
        let store = EmbeddedEvents::open(data_dir).unwrap();
        let items = events.iter().cloned().map(Processed::stored).collect();
        store.append(Arc::new(Append::of(items))).await.unwrap();
    });
}

/// Events of the last hour: of a shop, and one that is as long, wide and strange as can be.
pub(crate) fn stored_events() -> Vec<Event> {
    let (now, mut ids) = (Timestamp::now(), EventIds::new(1));
    let shop = (0..SHOP_EVENTS).map(|number| {
        let level = match number % 8 {
            0 => Level::Error,
            1 => Level::Warn,
            2 => Level::Debug,
            3 => Level::Unknown,
            _ => Level::Info,
        };
        let status = if level == Level::Error { 504 } else { 200 };
        Event {
            id: ids.next(now),
            occurred_at: now.minus(Duration::from_secs(20) + Duration::from_secs(14) * number),
            level,
            service: "shop".to_owned(),
            host: format!("web-{}", number % 2),
            message: format!("order {number}: GET /cart"),
            fields: fields(&json!({"status": status, "path": "/cart", "ctx": {"user": {"id": number}}})),
        }
    });
    let mut events: Vec<Event> = shop.collect();
    let lines: Vec<String> =
        (0..40).map(|line| format!("    at com.example.Shop.frame_{line}(Shop.java:{line})")).collect();
    let mut trace = Event {
        id: ids.next(now),
        occurred_at: now.minus(Duration::from_secs(15)),
        level: Level::Critical,
        service: HOSTILE.to_owned(),
        host: "监控".repeat(20),
        message: format!(
            "{HOSTILE_IMAGE} \u{1b}[31mred\u{202e}\n{}\n{}",
            lines.join("\n"),
            "x".repeat(3_000)
        ),
        fields: fields(&json!({
            HOSTILE: HOSTILE_IMAGE, "long": "y".repeat(2_000), "list": ["a", {"b": null}], "quotes": "\"'`\\",
            "n".repeat(200): 1e300,
        })),
    };
    trace.mark(CUT);
    events.push(trace);
    events
}

fn fields(fields: &serde_json::Value) -> Fields {
    fields.as_object().unwrap().clone()
}

/// The page of the newest event, the strange one.
pub(crate) fn event_page(world: &World) -> String {
    let page = world.up.get("/events");
    let (_, rest) = page.split_once("data-event=\"").unwrap();
    format!("/events/{}", rest.split_once('"').unwrap().0)
}
