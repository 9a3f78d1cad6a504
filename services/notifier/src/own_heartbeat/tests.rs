use super::*;
use axum::http::StatusCode;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use watchkeeper_config::load;
use watchkeeper_rules::RuleSet;
use watchkeeper_test_kit::{Server, soon};

/// The settings of a file beside which lies the URL.
fn settings(url: &str) -> (tempfile::TempDir, Reloadable<NotifierSettings>) {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = directory.path().join(name);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        file
    };
    write("heartbeat-url", url);
    let file = write("main.toml", "[notifier.heartbeat]\nurl_file = \"heartbeat-url\"\nevery = \"10s\"\n");
    let (config, rules): (crate::config::NotifierConfig, std::sync::Arc<RuleSet>) =
        load(&file, |root| crate::config::NotifierConfig::read(root, false)).unwrap();
    (directory, Reloadable::new(NotifierSettings::new(config, rules).unwrap()))
}

struct Running {
    context: RoleContext,
    metrics: std::sync::Arc<NotifierMetrics>,
}

impl Running {
    fn start(settings: Reloadable<NotifierSettings>) -> Self {
        let context = RoleContext::detached("notifier");
        context.set_status("no alert fires");
        let metrics = std::sync::Arc::new(NotifierMetrics::register(context.registry()).unwrap());
        let (kept, given) = (std::sync::Arc::clone(&metrics), context.clone());
        tokio::spawn(async move { keep_beating(given, settings, &metrics).await });
        Self { context, metrics: kept }
    }

    async fn counts(&self, outcome: &str, count: u64) {
        let counter = self.metrics.own_heartbeats.with_label_values(&[outcome]);
        soon(async {
            while counter.get() < count {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.context.shutdown().cancel();
    }
}

#[tokio::test]
async fn it_is_sent_by_get_to_the_url_in_the_file() {
    let server = Server::always(StatusCode::OK).await;
    let (_directory, settings) = settings(&format!("{}/ping/s3cret", server.url));
    let running = Running::start(settings);
    running.counts("success", 1).await;
    assert_eq!(server.requests()[0].target, "/ping/s3cret");
}

#[tokio::test]
async fn it_is_not_sent_while_a_role_is_not_ready() {
    let context = RoleContext::detached("notifier");
    assert_eq!(unwell(&context).unwrap(), "not sent: the notifier is not ready: starting");
    context.set_status("no alert fires");
    assert_eq!(unwell(&context), None);
    let store = context.dependency("store");
    store.down("connection refused");
    assert_eq!(
        unwell(&context).unwrap(),
        "not sent: the notifier is not ready: waiting for store: connection refused"
    );
    store.up();
    assert_eq!(unwell(&context), None);
}

#[tokio::test]
async fn a_refusal_counts_as_a_failure() {
    let server = Server::always(StatusCode::NOT_FOUND).await;
    let (_directory, settings) = settings(&server.url);
    Running::start(settings).counts("error", 1).await;
}

#[test]
fn a_url_in_the_configuration_itself_is_refused_without_being_shown() {
    let text = "[notifier.heartbeat]\nurl = \"https://hc.test/s3cret\"\n";
    let document = watchkeeper_config::Document::parse("watchkeeper.toml", text).unwrap();
    let errors = document.read(|root| crate::config::NotifierConfig::read(root, false)).unwrap_err();
    let said = errors.to_string();
    assert!(said.contains("notifier.heartbeat.url: is a secret") && !said.contains("s3cret"), "{said}");
}
