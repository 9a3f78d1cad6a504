//! Unavailable stores of alerts, notifications and silences.

use super::{Away, away};
use crate::platform::{Platform, at, embedded_with_samples, sample, soon};
use async_trait::async_trait;
use axum::http::StatusCode;
use bytes::Bytes;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_api::{ApiConfig, ApiPorts};
use watchkeeper_domain::{Alert, Notification, Silence, Timestamp};
use watchkeeper_ports::{
    AlertGroup, AlertKey, AlertStore, Claimed, Epoch, Evaluation, Group, Lease, Memory, NotificationStore,
    Outcome, Page, Plan, Planned, PortError, PositionStore, SilenceStore, StoredPosition, Tenure, TopicId,
    TopicPartition,
};
use watchkeeper_runtime::http::Access;

#[async_trait]
impl PositionStore for Away {
    async fn position(
        &self,
        _: &Group,
        _: &TopicPartition,
        _: &TopicId,
    ) -> Result<StoredPosition, PortError> {
        away()
    }
}

#[async_trait]
impl AlertStore for Away {
    async fn store(&self, _: Arc<Evaluation>) -> Result<(), PortError> {
        away()
    }

    async fn take_over(&self, _: &TopicPartition, _: &TopicId) -> Result<Epoch, PortError> {
        away()
    }

    async fn memories(&self, _: &TopicPartition, _: &Page) -> Result<Vec<Memory>, PortError> {
        away()
    }

    async fn memory(&self, _: &str) -> Result<Option<Bytes>, PortError> {
        away()
    }

    async fn alerts(&self, _: Option<&AlertKey>, _: usize) -> Result<Vec<Alert>, PortError> {
        away()
    }

    async fn remove(&self, _: &[(AlertKey, Timestamp)]) -> Result<(), PortError> {
        away()
    }

    async fn check(&self) -> Result<(), PortError> {
        away()
    }
}

#[async_trait]
impl NotificationStore for Away {
    async fn groups(&self) -> Result<Vec<AlertGroup>, PortError> {
        away()
    }

    async fn plan(&self, _: Arc<Plan>) -> Result<Planned, PortError> {
        away()
    }

    async fn claim(&self, _: Timestamp, _: Duration, _: usize) -> Result<Vec<Claimed>, PortError> {
        away()
    }

    async fn renew(&self, _: &Lease) -> Result<Tenure, PortError> {
        away()
    }

    async fn settle(&self, _: &Lease, _: &Outcome) -> Result<Tenure, PortError> {
        away()
    }

    async fn newest(&self, _: usize) -> Result<Vec<Notification>, PortError> {
        away()
    }

    async fn waiting(&self) -> Result<u64, PortError> {
        away()
    }

    async fn prune(&self, _: Timestamp) -> Result<u64, PortError> {
        away()
    }

    async fn check(&self) -> Result<(), PortError> {
        away()
    }
}

#[async_trait]
impl SilenceStore for Away {
    async fn put(&self, _: &Silence) -> Result<(), PortError> {
        away()
    }

    async fn silence(&self, _: &str) -> Result<Option<Silence>, PortError> {
        away()
    }

    async fn ending_after(&self, _: Timestamp, _: usize) -> Result<Vec<Silence>, PortError> {
        away()
    }

    async fn prune(&self, _: Timestamp) -> Result<u64, PortError> {
        away()
    }
}

#[tokio::test]
async fn without_the_stores_of_alerts_every_other_question_is_answered() {
    let dir = tempfile::tempdir().unwrap();
    let (ports, samples) = embedded_with_samples(&dir);
    let ports =
        ApiPorts { alerts: Arc::new(Away), notifications: Arc::new(Away), silences: Arc::new(Away), ..ports };
    let platform = Platform::on(ports, ApiConfig::default(), &Access::open()).with_samples(samples);
    soon(platform.context.roster().ready()).await;
    platform.store(&[sample("host", "load", "a", &at("10:00:00"), 1.0)]).await;
    for path in ["/v1/rules", "/v1/rules/busy/explain", "/v1/alerts", "/v1/silences", "/v1/notifications"] {
        let (status, problem) = platform.get(path).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(problem["detail"], "the store is not available", "{path}");
    }
    let silence = json!({ "matchers": ["rule=busy"], "duration": "2h", "created_by": "ops" });
    assert_eq!(platform.post("/v1/silences", &silence).await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(platform.delete("/v1/silences/x").await.0, StatusCode::SERVICE_UNAVAILABLE);
    for path in ["/v1/series", "/v1/latest", "/v1/samples", "/v1/range", "/v1/rollups", "/v1/dead-letters"] {
        platform.answer(path).await;
    }
    let status = platform.answer("/v1/status").await;
    assert_eq!((status.get("firing_alerts"), status.get("waiting_notifications")), (None, None));
}
