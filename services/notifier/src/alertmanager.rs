//! Sends alerts to Prometheus's Alertmanager, in addition to our own notifications.
//!
//! Stateless: firing alerts are sent repeatedly, as Prometheus does, and Alertmanager resolves alerts that are no
//! longer sent. So no failure here blocks anything.

mod labels;
mod shape;

use crate::dispatch::Seen;
use crate::http::HttpPoster;
use crate::settings::NotifierSettings;
use shape::Told;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use watchkeeper_config::{HttpUrl, Reloadable};
use watchkeeper_domain::{Alert, Timestamp};
use watchkeeper_http_client::HttpRequest;
use watchkeeper_runtime::{Dependency, RoleContext, RoleResult, Rounds};

/// The name of the dependency.
const NAME: &str = "alertmanager";
/// How often firing alerts are sent again.
pub(crate) const TELL_EVERY: Duration = Duration::from_secs(60);
/// How long a firing alert stays valid: this many intervals may fail before it counts as resolved. The same as in
/// Prometheus.
const FIRES_FOR: Duration = TELL_EVERY.saturating_mul(4);
/// Most alerts in one request.
pub(crate) const MAX_ALERTS_PER_POST: usize = 500;

/// The endpoint of Alertmanager (0.16 or later) for alerts.
const PATH: &str = "/api/v2/alerts";

/// Sends all alerts to Alertmanager, if one is configured, once a minute and whenever they or the settings change, until
/// the role stops.
pub(crate) async fn keep_telling(
    context: RoleContext,
    settings: Reloadable<NotifierSettings>,
    seen: watch::Receiver<Arc<Seen>>,
) -> RoleResult {
    // The role depends on it only once it is configured.
    let mut dependency = settings.current().config.alertmanager.is_some().then(|| context.dependency(NAME));
    let heartbeat = context.heartbeat(NAME);
    let poster = HttpPoster::new();
    let mut rounds = Rounds::every(TELL_EVERY, &context, &heartbeat);
    let (mut alerts, mut reloads) = (seen.clone(), settings.changes());
    // The first round tells what there is by now.
    alerts.mark_unchanged();
    let mut round = async || {
        let (settings, current) = (settings.current(), Arc::clone(&seen.borrow()));
        let Some((url, access)) = &settings.config.alertmanager else {
            dependency.iter().for_each(Dependency::up);
            return Ok(());
        };
        let dependency = dependency.get_or_insert_with(|| context.dependency(NAME));
        let (url, page) = (url.with_path(PATH), settings.config.alerts_page());
        match tell(&poster.with(access), &url, page.as_ref(), &current.alerts, Timestamp::now()).await {
            Ok(()) => dependency.up(),
            Err(reason) => dependency.down(reason),
        }
        Ok(())
    };
    while rounds.next_or_when(changed(&mut alerts, &mut reloads), round()).await? {}
    Ok(())
}

/// Waits for the next change of either; forever, if nothing can change any more.
async fn changed(
    alerts: &mut watch::Receiver<Arc<Seen>>,
    settings: &mut watch::Receiver<Arc<NotifierSettings>>,
) {
    tokio::select! {
        Ok(()) = alerts.changed() => {}
        Ok(()) = settings.changed() => {}
        else => pending().await,
    }
}

/// Sends all `alerts`, in as many requests as needed; an empty list in one, as a health check.
async fn tell(
    poster: &HttpPoster,
    url: &HttpUrl,
    page: Option<&HttpUrl>,
    alerts: &[Alert],
    now: Timestamp,
) -> Result<(), String> {
    let told: Vec<_> = alerts.iter().map(|alert| Told::of(alert, page, now.plus(FIRES_FOR))).collect();
    let mut batches: Vec<_> = told.chunks(MAX_ALERTS_PER_POST).collect();
    if batches.is_empty() {
        batches.push(&[]);
    }
    for batch in batches {
        let body = serde_json::to_string(batch).map_err(|error| error.to_string())?;
        let answer = poster.post(HttpRequest::post(url.expose(), body)).await?;
        if !answer.is_success() {
            return Err(format!("{} answered {answer}", url.host()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use serde_json::Value;
    use watchkeeper_domain::{Series, Severity};
    use watchkeeper_test_kit::{Received, Server, nowhere};

    fn alert(number: usize) -> Alert {
        let series = Series::new("host", "load", "", &[("host", &number.to_string())]).unwrap();
        Alert {
            rule: "busy".into(),
            series: Arc::new(series),
            severity: Severity::Warning,
            fired_at: "2026-11-20T10:00:00Z".parse().unwrap(),
            cleared_at: None,
            value: Some(9.5),
            reason: "is 9.5, above 8".into(),
            acknowledged: None,
        }
    }

    fn told(request: &Received) -> Vec<Value> {
        assert_eq!(
            (request.target.as_str(), request.header("content-type")),
            (PATH, Some("application/json"))
        );
        serde_json::from_str(&request.body).unwrap()
    }

    fn all(alerts: Vec<Alert>) -> Arc<Seen> {
        Arc::new(Seen { alerts: alerts.into(), is_beyond_bound: false })
    }

    struct Running {
        context: RoleContext,
        seen: watch::Sender<Arc<Seen>>,
        role: tokio::task::JoinHandle<RoleResult>,
    }

    impl Running {
        fn start(url: &str, alerts: Vec<Alert>) -> Self {
            let settings = NotifierSettings::of(&format!("[notifier.alertmanager]\nurl = {url:?}"));
            Self::with(settings, alerts)
        }

        fn with(settings: Reloadable<NotifierSettings>, alerts: Vec<Alert>) -> Self {
            let context = RoleContext::detached("notifier");
            let (seen, seen_by) = watch::channel(all(alerts));
            let telling = keep_telling(context.clone(), settings, seen_by);
            Self { context, seen, role: tokio::spawn(telling) }
        }

        async fn stop(self) {
            self.context.shutdown().cancel();
            self.role.await.unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn one_that_a_reload_adds_is_told_at_once_and_one_that_it_removes_is_not() {
        let (before, after) = (Server::always(StatusCode::OK).await, Server::always(StatusCode::OK).await);
        let at = |url: &str| NotifierSettings::of(&format!("[notifier.alertmanager]\nurl = {url:?}"));
        let settings = NotifierSettings::of("");
        let running = Running::with(settings.clone(), vec![alert(1)]);
        settings.replace(at(&before.url).current());
        assert_eq!(told(&before.received(1).await[0]).len(), 1);
        settings.replace(at(&after.url).current());
        assert_eq!(told(&after.received(1).await[0]).len(), 1);
        running.seen.send_replace(all(Vec::new()));
        assert_eq!(told(&after.received(2).await[1]).len(), 0);
        running.stop().await;
        assert_eq!(before.requests().len(), 1);
    }

    #[tokio::test]
    async fn it_is_told_at_the_start_and_at_once_when_something_changes() {
        let server = Server::always(StatusCode::OK).await;
        let running = Running::start(&server.url, Vec::new());
        assert_eq!(told(&server.received(1).await[0]), Vec::<Value>::new());
        running.context.roster().ready().await;
        running.seen.send_replace(all(vec![alert(1)]));
        let requests = server.received(2).await;
        let alerts = told(&requests[1]);
        assert_eq!((alerts.len(), &alerts[0]["labels"]["alertname"]), (1, &"busy".into()));
        running.stop().await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_fires_is_told_again_and_again() {
        let server = Server::always(StatusCode::OK).await;
        let running = Running::start(&server.url, vec![alert(1)]);
        while server.requests().len() < 3 {
            tokio::time::sleep(TELL_EVERY).await;
        }
        assert!(server.requests().iter().all(|request| told(request)[0]["labels"]["host"] == "1"));
        running.stop().await;
    }

    #[tokio::test]
    async fn many_alerts_are_told_in_batches() {
        let server = Server::always(StatusCode::OK).await;
        let running = Running::start(&server.url, (0..=MAX_ALERTS_PER_POST).map(alert).collect());
        let sizes: Vec<_> = server.received(2).await.iter().map(|request| told(request).len()).collect();
        assert_eq!(sizes, [MAX_ALERTS_PER_POST, 1]);
        running.stop().await;
    }

    #[tokio::test]
    async fn while_it_refuses_or_is_away_it_is_missing_and_told_again() {
        let server = Server::scripted([(StatusCode::BAD_REQUEST, "bad\nlabel"), (StatusCode::OK, "")]).await;
        let running = Running::start(&server.url, vec![alert(1)]);
        let shown = |running: &Running| running.context.roster().roles()["notifier"].to_string();
        server.received(1).await;
        while !shown(&running).ends_with("bad label") {
            tokio::task::yield_now().await;
        }
        assert_eq!(shown(&running), "waiting for alertmanager: 127.0.0.1 answered 400: bad label");
        running.seen.send_replace(all(vec![alert(2)]));
        running.context.roster().ready().await;
        running.stop().await;

        let url: HttpUrl = nowhere().await.parse().unwrap();
        let error = tell(&HttpPoster::new(), &url, None, &[alert(1)], Timestamp::MIN).await.unwrap_err();
        assert!(error.starts_with("127.0.0.1: "), "{error}");
    }
}
