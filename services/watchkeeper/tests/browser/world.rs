//! A running `up` with data.

use crate::poison::poison;
use crate::running::{Up, agent};
use crate::stored_events::{store, stored_events};
use serde_json::{Map, Value, json};
use std::fs;
use std::time::Duration;
use tempfile::TempDir;
use watchkeeper_console::PAGE_SERIES;
use watchkeeper_domain::Timestamp;
use watchkeeper_domain::limits::{MAX_LABEL_VALUE_BYTES, MAX_LABELS, MAX_NAME_BYTES};

/// A label value that takes over a page unless it is shown as text.
pub(crate) const HOSTILE: &str = "<script>document.title = 'taken'</script>";
/// The same for pages where scripts added later do not run.
pub(crate) const HOSTILE_IMAGE: &str = "<img src=/taken onerror=document.title='taken'>";

/// Number of series with source `shop`: a page and one more.
pub(crate) const SHOP_SERIES: usize = PAGE_SERIES + 1;
/// Number of samples of [`TEMPERATURE`], one per minute.
pub(crate) const TEMPERATURES: u32 = 30;
/// The page of the series with history.
pub(crate) const TEMPERATURE: &str = "/series?source=demo&name=temperature&label.room=attic&unit=celsius";

/// The targets of [`World::with_sites`] that are down.
pub(crate) const DOWN: [&str; 4] = ["site-07", "site-23", "site-38", "site-59"];
/// Why they are.
pub(crate) const REASON: &str = "answered 500, expected 2xx";

/// Rules that fire for hot and for odd series.
const RULES: &str = r#"
    [notifier]
    group_wait = "0s"
    default_rules = false
    [[rule]]
    name = "too_hot"
    severity = "critical"
    match = ['source="demo"', 'name="heat"']
    threshold = { above = 90 }
    [[rule]]
    name = "odd"
    severity = "info"
    match = ['source="odd"']
    threshold = { above = -1 }
"#;

/// A running `up` and its data.
pub(crate) struct World {
    pub(crate) up: Up,
    _data: TempDir,
}

impl World {
    /// Without samples, except those of the host.
    pub(crate) fn empty() -> Self {
        let data = tempfile::tempdir().unwrap();
        Self { up: Up::start(data.path()), _data: data }
    }

    /// With samples of several sources, all of them stored and in the cache.
    pub(crate) fn full() -> Self {
        Self::empty().with_samples()
    }

    /// The same, and with a dead letter.
    pub(crate) fn with_a_dead_letter() -> Self {
        let data = tempfile::tempdir().unwrap();
        poison(data.path());
        let world = Self { up: Up::start(data.path()), _data: data };
        world.up.wait_for("/system", |page| page.contains("value: is missing"));
        world.with_samples()
    }

    /// Without samples, and with the events of [`stored_events`].
    pub(crate) fn with_events() -> Self {
        let data = tempfile::tempdir().unwrap();
        store(data.path(), &stored_events());
        let up = Up::start(data.path());
        Self { up, _data: data }
    }

    /// Without samples, and a token with the scope `read`.
    pub(crate) fn with_tokens() -> (Self, &'static str) {
        const TOKEN: &str = "foo";
        const SHA256: &str = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
        let text = format!("[[token]]\nname = \"reader\"\nscopes = [\"read\"]\nsha256 = {SHA256:?}\n");
        (Self::configured(&text), TOKEN)
    }

    /// With sixty targets, of which those of [`DOWN`] are down.
    pub(crate) fn with_sites() -> Self {
        let world = Self::empty();
        world.post(&sites().into());
        world.up.wait_for("/", |page| {
            // In a sentence and in the row, once the earlier checks are known, too.
            page.contains("56 up") && page.matches("went down ").count() == 2 * DOWN.len()
        });
        world
    }

    /// Without samples, but with rules.
    pub(crate) fn with_rules() -> Self {
        Self::configured(RULES)
    }

    fn configured(text: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        let config = data.path().join("watchkeeper.toml");
        fs::write(&config, text).unwrap();
        let up = Up::start_with(data.path(), |command| {
            command.arg("--config").arg(config);
        });
        Self { up, _data: data }
    }

    /// With the same rules, and a receiver that nobody listens for.
    pub(crate) fn with_a_receiver_that_is_away() -> Self {
        let receiver =
            "[[notifier.receiver]]\nname = \"away\"\nwebhook = { url = \"http://127.0.0.1:9/\" }\n";
        Self::configured(&format!("{RULES}{receiver}"))
    }

    /// With samples and rules that fire for the odd ones, and a delivered notification.
    pub(crate) fn firing() -> Self {
        let world = Self::with_rules().with_samples();
        world.up.wait_for("/alerts", |page| {
            page.contains(&format!("{} alerts firing", odd().len())) && page.contains(">delivered<")
        });
        world
    }

    /// The address of a page.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.up.url)
    }

    /// Sends samples, which must be accepted.
    pub(crate) fn post(&self, samples: &Value) {
        assert_eq!(self.up.post_samples(&samples.to_string()), Some(202));
    }

    /// Sends events, which must be accepted.
    pub(crate) fn post_events(&self, events: &Value) {
        let request = agent().post(self.url("/v1/events")).content_type("application/json");
        assert_eq!(request.send(&events.to_string()).unwrap().status().as_u16(), 202);
    }

    /// Returns when every sample is stored and in the cache.
    fn with_samples(self) -> Self {
        self.post(&[orders(), temperatures(), odd()].concat().into());
        let has_rows = |count| move |page: &str| page.matches("<tr data-key").count() == count;
        self.up.wait_for("/explore?source=shop", has_rows(PAGE_SERIES));
        self.up.wait_for("/explore?source=shop&page=2", has_rows(1));
        self.up.wait_for("/explore?source=odd", has_rows(odd().len()));
        let stored = format!(r#"data-title="Samples">{TEMPERATURES}<"#);
        self.up.wait_for(TEMPERATURE, |page| page.contains(&stored) && page.contains("</data>"));
        self
    }
}

/// Sixty targets in three groups, with a check in each of the last 20 minutes.
fn sites() -> Vec<Value> {
    let now = Timestamp::now();
    let check = |site: usize, minute: u32| {
        let target = format!("site-{site:02}");
        let is_down = DOWN.contains(&&*target) && minute < 10;
        let labels = json!({"target": target, "group": format!("group {}", site / 20)});
        json!({
            "source": "uptime", "name": "availability_percent", "unit": "percent", "labels": labels,
            "value": if is_down { 0 } else { 100 }, "note": is_down.then_some(REASON),
            "collected_at": now.minus(Duration::from_secs(60) * minute).to_string(),
        })
    };
    (0..60).flat_map(|site| (0..20).map(move |minute| check(site, minute))).collect()
}

/// The page of a target.
pub(crate) fn site_page(target: &str) -> String {
    let group = target.trim_start_matches("site-").parse::<usize>().map_or(0, |site| site / 20);
    format!(
        "/target?source=uptime&name=availability_percent&label.group=group+{group}&label.target={target}&unit=percent"
    )
}

fn orders() -> Vec<Value> {
    let order = |shop: usize| {
        let labels = json!({"shop": format!("{shop:03}")});
        json!({"source": "shop", "name": "orders", "labels": labels, "value": shop})
    };
    (0..SHOP_SERIES).map(order).collect()
}

fn temperatures() -> Vec<Value> {
    let now = Timestamp::now();
    let temperature = |minute: u32| {
        let collected_at = now.minus(Duration::from_secs(60) * minute).to_string();
        let value = 18.0 + (f64::from(minute) / 4.0).sin();
        json!({
            "source": "demo", "name": "temperature", "labels": {"room": "attic"}, "unit": "celsius",
            "value": value, "collected_at": collected_at,
        })
    };
    (0..TEMPERATURES).map(temperature).collect()
}

/// Series that are as long, wide and strange as allowed.
fn odd() -> Vec<Value> {
    let long_name = "n".repeat(MAX_NAME_BYTES);
    let long_label = json!({"long": "x".repeat(MAX_LABEL_VALUE_BYTES)});
    let strange_labels = json!({
        "empty": "", "quotes": "\"'`\\", "right_to_left": "\u{202e}gpj.exe", "wide": "監視 ".repeat(40),
    });
    let many_labels: Map<_, _> =
        (0..MAX_LABELS).map(|label| (format!("label_{label}"), json!(label.to_string()))).collect();
    let long_unit = "requests per fortnight and host!";
    vec![
        hostile("hostile"),
        json!({"source": "odd", "name": long_name, "labels": long_label, "value": 1e300}),
        json!({"source": "odd", "name": "strange", "labels": strange_labels, "value": -0.000_1}),
        json!({"source": "odd", "name": "many", "labels": many_labels, "unit": long_unit, "value": 123_456_789.123}),
    ]
}

/// A series whose labels and unit are markup.
pub(crate) fn hostile(name: &str) -> Value {
    let labels = json!({"image": HOSTILE_IMAGE, "script": HOSTILE});
    json!({"source": "odd", "name": name, "labels": labels, "unit": "<b onclick=x>", "value": 1})
}
