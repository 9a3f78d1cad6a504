//! Data for every panel: what services send, what is collected, what is asked for, and alerts.

use crate::host::Host;
use crate::patience::{so, wait_for};
use crate::running::{Up, agent, post_json, watchkeeper};
use crate::stack::Engine;
use crate::world::World;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use watchkeeper_collector::KNOWN_SERIES;
use watchkeeper_domain::{Timestamp, Window};
use watchkeeper_wire::proto::cache;

/// The port of the cache for gRPC.
const CACHE_GRPC: u16 = 8464;

/// The configuration: a site with a certificate for the collector, and a pipeline whose step fails.
pub(super) fn config(world: &World) -> String {
    let dir = world.stack.dir(Engine::Smtp);
    let port = fs::read_to_string(dir.join("second_port")).unwrap();
    let certificate = world.stack.dir(Engine::Smtp).join("certificate.pem");
    format!(
        "[[collector.uptime]]\nname = \"mail\"\nurl = \"tls://localhost:{}\"\nca_file = {:?}\ninterval = \"1s\"\n\
         [[pipeline]]\nname = \"feed\"\nmatch = \"service=feed\"\n[[pipeline.step]]\nparse = \"json\"\n",
        port.trim(),
        certificate.display().to_string()
    )
}

pub(super) struct Feed<'a> {
    host: &'a Host,
    tokio: Runtime,
    sent: u32,
}

impl<'a> Feed<'a> {
    pub(super) fn new(host: &'a Host) -> Self {
        Self { host, tokio: Builder::new_current_thread().enable_all().build().unwrap(), sent: 0 }
    }

    /// What happens once: a backup of `up`, a silence, an alert that fires and clears.
    pub(super) fn begin(&mut self, up: &Up, dir: &Path) {
        let mut backup = watchkeeper(["backup"]);
        backup.arg(dir.join("backup")).arg("--data-dir").arg(dir.join("up"));
        assert!(backup.output().unwrap().status.success());
        assert!(up.get("/metrics").contains("watchkeeper_backup_last_success_timestamp_seconds"));
        let url = self.host.url("api");
        let args = ["silences", "add", "of=\"nobody\"", "--for", "2h", "--comment", "a test", "--url", &url];
        let silence = watchkeeper(args).output().unwrap();
        assert!(silence.status.success(), "{silence:?}");
        self.post(&[heat("cleared", 95)]);
        wait_for("the alert to fire", || {
            let (status, body) = self.host.role("api").get("/v1/alerts")?;
            so(status == 200 && body.contains("cleared"), body)
        });
        self.post(&[heat("cleared", 20), heat("firing", 95)]);
    }

    /// What happens all the time.
    pub(super) fn go_on(&mut self) {
        self.sent += 1;
        let now = Timestamp::now();
        let known: Vec<_> = KNOWN_SERIES
            .iter()
            .map(|known| {
                let labels: Value =
                    known.labels.iter().map(|label| ((*label).to_owned(), json!("x"))).collect();
                json!({
                    "source": known.source, "name": known.name, "unit": known.unit, "labels": labels,
                    "value": self.sent, "collected_at": now.to_string(),
                })
            })
            .collect();
        self.post(&known);
        let events = json!([{ "service": "feed", "level": "warn", "message": "is no JSON" }]).to_string();
        let url = format!("{}/v1/events", self.host.role("ingest").url());
        assert_eq!(post_json(&agent(), &url, &events), Some(202));
        // Of an hour that can be rolled up.
        let earlier = Window::Hour.start(now.minus(Duration::from_secs(3 * 60 * 60)));
        let of = self.sent.to_string();
        self.post(&[json!({
            "source": "demo", "name": "answer", "labels": { "of": of }, "value": 42,
            "collected_at": earlier.plus(Duration::from_secs(60)).to_string(),
        })]);
        for (role, path) in [("api", "/v1/latest?source=demo"), ("console", "/"), ("console", "/alerts")] {
            let (status, body) = self.host.role(role).get(path).unwrap();
            assert_eq!(status, 200, "{role}{path}: {body}");
        }
        self.tokio.block_on(async {
            let url = self.host.grpc(CACHE_GRPC);
            let mut client = cache::cache_service_client::CacheServiceClient::connect(url).await.unwrap();
            let request = cache::GetMetricRequest { source: "demo".into(), name: "answer".into() };
            client.get_metric(request).await.unwrap();
        });
    }

    fn post(&self, samples: &[Value]) {
        assert_eq!(self.host.post(&json!(samples).to_string()), Some(202));
    }
}

fn heat(of: &str, value: u32) -> Value {
    json!({ "source": "heat", "name": "celsius", "labels": { "of": of }, "value": value })
}
