//! Acknowledges firing alerts, and takes that back.

use super::draft::{ANYBODY, line, read_matchers};
use super::error::ChangeError;
use crate::alerts::{FirstAlerts, MAX_ALERTS, first_alerts};
use std::time::Duration;
use watchkeeper_config::{parse_duration, show_duration};
use watchkeeper_domain::{Acknowledgement, Alert, Matchers, Timestamp, Violation};
use watchkeeper_ports::{AlertKey, AlertStore};
use watchkeeper_wire::json::{AcknowledgeRequest, SilenceRequest, UnacknowledgeRequest};

/// The longest time that an acknowledgement may hold.
const MAX_DURATION: Duration = SilenceRequest::MAX_DURATION;

/// A request to acknowledge alerts or to take that back, checked.
#[derive(Debug, PartialEq)]
pub struct Acknowledge {
    which: Which,
    /// `None` takes it back.
    acknowledgement: Option<Acknowledgement>,
}

#[derive(Debug, PartialEq)]
enum Which {
    Id(String),
    Matching(Matchers),
}

impl Acknowledge {
    /// The request at `now` with the token named `caller`.
    ///
    /// # Errors
    /// Which field is wrong, and how.
    pub fn read(
        request: AcknowledgeRequest,
        caller: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, Violation> {
        let AcknowledgeRequest { id, matchers, duration, by, comment } = request;
        let which = Which::read(id, &matchers)?;
        let by = by.unwrap_or_else(|| caller.unwrap_or(ANYBODY).to_owned());
        let acknowledgement = Acknowledgement {
            at: now,
            by: line("by", by, 1, SilenceRequest::MAX_CREATED_BY_BYTES)?,
            comment: line("comment", comment, 0, SilenceRequest::MAX_COMMENT_BYTES)?,
            until: duration.map(|text| read_duration(&text)).transpose()?.map(|after| now.plus(after)),
        };
        Ok(Self { which, acknowledgement: Some(acknowledgement) })
    }

    /// The request to take acknowledgements back.
    ///
    /// # Errors
    /// Which field is wrong, and how.
    pub fn read_taking_back(request: UnacknowledgeRequest) -> Result<Self, Violation> {
        let UnacknowledgeRequest { id, matchers } = request;
        Ok(Self { which: Which::read(id, &matchers)?, acknowledgement: None })
    }

    /// Acknowledges the alerts that fire, or takes that back, and returns them as they are then.
    ///
    /// # Errors
    /// [`ChangeError::NotFound`] if none of them fires; [`ChangeError::TooMany`] if none of the first alerts is meant and
    /// there are more; those of the store.
    pub async fn apply(self, store: &dyn AlertStore) -> Result<Vec<Alert>, ChangeError> {
        let FirstAlerts { alerts: mut meant, more } = first_alerts(store).await?;
        meant.retain(|alert| alert.is_firing() && self.which.means(alert));
        if meant.is_empty() && more {
            // It may be one of the others.
            let reason =
                format!("the first {MAX_ALERTS} alerts, by rule and series, have no {}", self.which.what());
            return Err(ChangeError::TooMany(format!("{reason}; the others cannot be acknowledged")));
        }
        let acknowledgement = self.acknowledgement.as_ref();
        let firing: Vec<_> = meant.iter().map(|alert| (AlertKey::of(alert), alert.fired_at)).collect();
        if meant.is_empty() || store.acknowledge(&firing, acknowledgement).await? == 0 {
            // None fires, or all have cleared meanwhile.
            return Err(ChangeError::NotFound(self.which.what()));
        }
        if let Some(Acknowledgement { by, .. }) = acknowledgement {
            tracing::info!(alerts = meant.len(), by, "alerts acknowledged");
        } else {
            tracing::info!(alerts = meant.len(), "acknowledgements taken back");
        }
        for alert in &mut meant {
            alert.acknowledged.clone_from(&self.acknowledgement);
        }
        Ok(meant)
    }
}

impl Which {
    fn read(id: Option<String>, matchers: &[String]) -> Result<Self, Violation> {
        match id {
            Some(_) if !matchers.is_empty() => {
                Err(Violation::new("matchers", "must not be combined with id"))
            }
            Some(id) => Ok(Self::Id(id)),
            None => Ok(Self::Matching(read_matchers(matchers)?)),
        }
    }

    fn means(&self, alert: &Alert) -> bool {
        match self {
            Self::Id(id) => *id == AlertKey::of(alert).id(),
            Self::Matching(matchers) => matchers.hold(|field| alert.field(field)),
        }
    }

    /// For a refusal: what does not fire.
    fn what(&self) -> String {
        match self {
            Self::Id(id) => format!("firing alert with the id {id}"),
            Self::Matching(matchers) => format!("firing alert that matches {matchers}"),
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
        let plain = read(of("a")).unwrap().acknowledgement.unwrap();
        assert_eq!((plain.by.as_str(), plain.until), ("token", None));
        let by = AcknowledgeRequest { by: Some("ann".into()), duration: Some("366d".into()), ..of("a") };
        let named = read(by).unwrap().acknowledgement.unwrap();
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
