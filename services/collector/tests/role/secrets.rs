//! Secrets stay where they are: in no log, no status, no metric.

use crate::fakes::{Bus, Schedule};
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use prometheus::TextEncoder;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::level_filters::LevelFilter;
use watchkeeper_collector::{CollectorConfig, run};
use watchkeeper_config::{Document, Reloadable};
use watchkeeper_runtime::RoleContext;
use watchkeeper_test_kit::serve;

const SECRET: &str = "hunter2";

/// Everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<watch::Sender<String>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send_modify(|log| log.push_str(&String::from_utf8_lossy(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An API that answers every request with that status and repeats what it was asked.
async fn repeating(status: u16) -> String {
    let status = StatusCode::from_u16(status).unwrap();
    let repeat = move |request: Request| async move {
        let asked = format!("{} {:?}", request.uri(), request.headers());
        (status, [("location", asked.clone())], format!(r#"{{"message":{asked:?},"cod":{asked:?}}}"#))
    };
    serve(Router::new().fallback(repeat)).await
}

#[tokio::test]
async fn a_source_that_fails_shows_its_secret_nowhere() {
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("secret");
    fs::write(&secret, SECRET).unwrap();
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
    let log = Log::default();
    let (written, writer) = (log.0.subscribe(), move || log.clone());
    let logging = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(writer).finish();
    let _logging = tracing::subscriber::set_default(logging);

    for (status, source) in [200, 301, 401, 403, 404, 429, 500, 503].into_iter().flat_map(|status| {
        let asks = ["github]\nrepositories=[\"a/b\"]\ntoken_file", "openweather]\ncities=[\"a\"]\nkey_file"];
        asks.map(|source| (status, source))
    }) {
        let base_url = repeating(status).await;
        let text = format!(
            "[{source} = {secret:?}\nbase_url = {base_url:?}\njitter = \"0s\"\n[host]\nenabled = false\n"
        );
        let config = Document::parse("watchkeeper.toml", &text).unwrap().read(CollectorConfig::read).unwrap();
        let context = RoleContext::detached("collector");
        let (bus, schedule) = (Bus::default(), Schedule::default());
        let seen = written.borrow().len();
        let role = run(context.clone(), Reloadable::new(config), bus.port(), None, schedule.port(), None);
        let role = tokio::spawn(role);
        let mut log = written.clone();
        let fails = log.wait_for(|log| log[seen..].contains("collection failed"));
        timeout(Duration::from_secs(30), fails).await.expect("it is due at once").unwrap();
        let metrics = TextEncoder::new().encode_to_string(&context.registry().gather()).unwrap();
        let status_line = context.roster().roles()["collector"].to_string();
        assert!(!format!("{metrics}{status_line}").contains(SECRET), "{status}: {metrics}");
        context.shutdown().cancel();
        role.await.unwrap().unwrap();
    }
    let log = written.borrow();
    assert!(!log.contains(SECRET), "{}", *log);
}
