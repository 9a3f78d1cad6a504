//! A heartbeat of this process for another watcher, which notices when it stays away: nobody can report their own death.

use crate::channels::options::secret_url;
use crate::metrics::NotifierMetrics;
use crate::settings::NotifierSettings;
use std::ops::RangeInclusive;
use std::time::Duration;
use tokio::time::Instant;
use watchkeeper_config::{HttpUrl, Reloadable, Section};
use watchkeeper_http_client::{Access, HttpClient, HttpError, HttpRequest};
use watchkeeper_runtime::{RoleContext, RoleResult, Rounds};

/// How often it is sent: the default and the bounds.
const EVERY: (Duration, RangeInclusive<Duration>) =
    (Duration::from_secs(60), Duration::from_secs(10)..=Duration::from_secs(24 * 60 * 60));
/// How often to look whether it is due.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Time limit for a request.
const WITHIN: Duration = Duration::from_secs(10);
/// How much of an answer is read, in bytes.
const MAX_ANSWER_BYTES: usize = 512;

/// Where the heartbeat goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnHeartbeat {
    /// The URL, which is a secret: whoever has it can send the heartbeat.
    url: HttpUrl,
    every: Duration,
    access: Access,
}

impl OwnHeartbeat {
    /// Reads the section `[notifier.heartbeat]`; `None` without a URL, or if the file with it is not opened.
    pub(crate) fn read(section: &mut Section<'_>) -> Option<Self> {
        let every = section.duration("every", EVERY.1, EVERY.0);
        let access = Access::read(section);
        let has_url = section.has("url") || section.has("url_file");
        let url = if has_url { secret_url(section) } else { None };
        url.map(|url| Self { url, every, access })
    }
}

/// Sends the heartbeat while every role of this process is ready and no loop of it hangs, until the role stops.
pub(crate) async fn keep_beating(
    context: RoleContext,
    settings: Reloadable<NotifierSettings>,
    metrics: &NotifierMetrics,
) -> RoleResult {
    let heartbeat = context.heartbeat("own heartbeat");
    let client = HttpClient::new(WITHIN);
    let mut rounds = Rounds::every(LOOK_EVERY, &context, &heartbeat);
    let mut beating = Beating::default();
    let mut round = async || {
        let settings = settings.current();
        // While the process starts, nothing is wrong yet.
        beating.has_begun |= context.roster().is_ready();
        if let Some(own) = &settings.config.heartbeat
            && beating.has_begun
            && beating.is_due(own.every)
        {
            let outcome = match unwell(&context) {
                Some(reason) => Err(reason),
                None => heartbeat.idle(send(&client, own)).await.map_err(|error| error.to_string()),
            };
            let sent = if outcome.is_ok() { "success" } else { "error" };
            metrics.own_heartbeats.with_label_values(&[sent]).inc();
            beating.tell(&outcome);
        }
        Ok(())
    };
    while rounds.next(Box::pin(round())).await? {}
    Ok(())
}

/// Why this process is not well, if it is not.
fn unwell(context: &RoleContext) -> Option<String> {
    let hung = context.roster().hung();
    if let Some(hung) = hung.first() {
        return Some(format!("not sent: {hung} hangs"));
    }
    let roles = context.roster().roles();
    let (name, state) = roles.iter().find(|(_, state)| !state.is_ready())?;
    Some(format!("not sent: the {name} is not ready: {state}"))
}

async fn send(client: &HttpClient, own: &OwnHeartbeat) -> Result<(), HttpError> {
    let request = own.access.apply(HttpRequest::get(own.url.expose()).only_beginning(MAX_ANSWER_BYTES));
    client.trusting(own.access.trust.clone()).send(request).await?.success().map(drop)
}

/// When the heartbeat was sent, and what was said of it.
#[derive(Default)]
struct Beating {
    /// Whether the process has been ready.
    has_begun: bool,
    last: Option<Instant>,
    is_failing: bool,
}

impl Beating {
    fn is_due(&mut self, every: Duration) -> bool {
        let now = Instant::now();
        let is_due = self.last.is_none_or(|last| now.duration_since(last) >= every);
        if is_due {
            self.last = Some(now);
        }
        is_due
    }

    /// Logs when it begins to fail, and when it succeeds again.
    fn tell(&mut self, outcome: &Result<(), String>) {
        match outcome {
            Ok(()) if self.is_failing => tracing::info!("the heartbeat to the other watcher is sent again"),
            Err(reason) if !self.is_failing => {
                tracing::warn!(error = reason, "cannot send the heartbeat to the other watcher");
            }
            _ => {}
        }
        self.is_failing = outcome.is_err();
    }
}

#[cfg(test)]
mod tests;
