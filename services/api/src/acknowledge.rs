//! Acknowledges firing alerts.

use crate::silences::{line, read_matchers};
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::{parse_duration, show_duration};
use watchkeeper_domain::{Acknowledgement, Alert, Matchers, Timestamp, Violation};
use watchkeeper_ports::{AlertKey, AlertStore};
use watchkeeper_query::{FirstAlerts, MAX_ALERTS, first_alerts};
use watchkeeper_runtime::http::Problem;
use watchkeeper_wire::json::{AcknowledgeRequest, SilenceRequest};

/// Who acknowledges if it is unknown.
const ANYBODY: &str = "anybody";
/// The longest time that an acknowledgement may hold.
const MAX_DURATION: Duration = SilenceRequest::MAX_DURATION;
/// When to try again if there are too many alerts.
const WAIT: Duration = Duration::from_secs(60);

/// A request that was checked.
#[derive(Debug, PartialEq)]
pub(crate) struct Acknowledge {
    which: Which,
    acknowledgement: Acknowledgement,
}

#[derive(Debug, PartialEq)]
enum Which {
    Id(String),
    Matching(Matchers),
}

impl Acknowledge {
    /// The request at `now` with the token named `caller`.
    pub(crate) fn read(
        request: AcknowledgeRequest,
        caller: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, Violation> {
        let AcknowledgeRequest { id, matchers, duration, by, comment } = request;
        let which = match id {
            Some(_) if !matchers.is_empty() => {
                return Err(Violation::new("matchers", "must not be combined with id"));
            }
            Some(id) => Which::Id(id),
            None => Which::Matching(read_matchers(&matchers)?),
        };
        let by = by.unwrap_or_else(|| caller.unwrap_or(ANYBODY).to_owned());
        let acknowledgement = Acknowledgement {
            at: now,
            by: line("by", by, 1, SilenceRequest::MAX_CREATED_BY_BYTES)?,
            comment: line("comment", comment, 0, SilenceRequest::MAX_COMMENT_BYTES)?,
            until: duration.map(|text| read_duration(&text)).transpose()?.map(|after| now.plus(after)),
        };
        Ok(Self { which, acknowledgement })
    }

    /// Acknowledges the alerts that fire, and returns them; none if none does.
    ///
    /// # Errors
    /// Those of the store; 503 if none of the first alerts is meant and there are more.
    pub(crate) async fn apply(self, store: &Arc<dyn AlertStore>) -> Result<Vec<Alert>, Problem> {
        let FirstAlerts { alerts: mut meant, more } = first_alerts(&**store).await?;
        meant.retain(|alert| alert.is_firing() && self.which.means(alert));
        if meant.is_empty() && more {
            // It may be one of the others, so this is no 404.
            let what = self.what();
            let reason = format!("the first {MAX_ALERTS} alerts, by rule and series, have no {what}");
            return Err(Problem::unavailable(format!("{reason}; the others cannot be acknowledged"), WAIT));
        }
        if meant.is_empty() {
            return Ok(meant);
        }
        let acknowledgement = self.acknowledgement;
        let firing: Vec<_> = meant.iter().map(|alert| (AlertKey::of(alert), alert.fired_at)).collect();
        if store.acknowledge(&firing, &acknowledgement).await? == 0 {
            // All have cleared meanwhile.
            return Ok(Vec::new());
        }
        let Acknowledgement { by, .. } = &acknowledgement;
        tracing::info!(alerts = meant.len(), by, "alerts acknowledged");
        for alert in &mut meant {
            alert.acknowledged = Some(acknowledgement.clone());
        }
        Ok(meant)
    }

    /// For a refusal: what does not fire.
    pub(crate) fn what(&self) -> String {
        match &self.which {
            Which::Id(id) => format!("firing alert with the id {id}"),
            Which::Matching(matchers) => format!("firing alert that matches {matchers}"),
        }
    }
}

impl Which {
    fn means(&self, alert: &Alert) -> bool {
        match self {
            Self::Id(id) => *id == AlertKey::of(alert).id(),
            Self::Matching(matchers) => matchers.hold(|field| alert.field(field)),
        }
    }
}

fn read_duration(text: &str) -> Result<Duration, Violation> {
    let refused = |reason| Violation::new("duration", reason);
    let duration = parse_duration(text).map_err(refused)?;
    if duration.is_zero() || duration > MAX_DURATION {
        let most = show_duration(MAX_DURATION);
        return Err(refused(format!("must be longer than 0 and at most {most}")));
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(request: AcknowledgeRequest) -> Result<Acknowledge, String> {
        Acknowledge::read(request, Some("token"), Timestamp::MIN).map_err(|refused| refused.to_string())
    }

    fn of(id: &str) -> AcknowledgeRequest {
        AcknowledgeRequest { id: Some(id.into()), ..AcknowledgeRequest::default() }
    }

    #[test]
    fn it_is_by_who_is_named_or_holds_the_token_and_holds_until_the_alert_clears_or_for_a_time() {
        let plain = read(of("a")).unwrap().acknowledgement;
        assert_eq!((plain.by.as_str(), plain.until), ("token", None));
        let by = AcknowledgeRequest { by: Some("ann".into()), duration: Some("366d".into()), ..of("a") };
        let named = read(by).unwrap().acknowledgement;
        assert_eq!((named.by.as_str(), named.until), ("ann", Some(Timestamp::MIN.plus(MAX_DURATION))));
    }

    #[test]
    fn what_is_wrong_is_refused_by_its_field() {
        let refused = |request| read(request).unwrap_err();
        let both = AcknowledgeRequest { matchers: vec!["rule=a".into()], ..of("a") };
        assert_eq!(refused(both), "matchers: must not be combined with id");
        assert_eq!(refused(AcknowledgeRequest::default()), "matchers: must have at least one");
        let endless = AcknowledgeRequest { duration: Some("366d1s".into()), ..of("a") };
        assert_eq!(refused(endless), "duration: must be longer than 0 and at most 366d");
        let nobody = AcknowledgeRequest { by: Some(" ".into()), ..of("a") };
        assert!(refused(nobody).starts_with("by: "));
    }
}
