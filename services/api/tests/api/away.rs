//! Responses of the api while dependencies are unavailable.

mod alerting;

use crate::platform::{Platform, at, embedded, embedded_with_samples, sample};
use async_trait::async_trait;
use axum::http::StatusCode;
use std::sync::Arc;
use watchkeeper_api::{ApiConfig, ApiPorts};
use watchkeeper_domain::{
    RangeQuery, RollupQuery, Sample, SeriesFilter, SeriesPoints, SeriesRollups, Timestamp, Window,
};
use watchkeeper_ports::{
    Advance, LatestCache, Offset, Page, PortError, RollupStore, SampleQueries, SeriesPage, TopicId,
    TopicPartition, TtlPolicy,
};
use watchkeeper_runtime::http::Access;

/// An unavailable store and cache.
pub(crate) struct Away;

fn away<T>() -> Result<T, PortError> {
    Err(PortError::Unavailable { what: "store", reason: "connection refused by 192.0.2.7".into() })
}

#[async_trait]
impl LatestCache for Away {
    async fn put(&self, _: &[Sample], _: &TtlPolicy, _: Timestamp) -> Result<(), PortError> {
        away()
    }

    async fn latest(&self, _: &SeriesFilter, _: &Page, _: Timestamp) -> Result<Vec<Sample>, PortError> {
        away()
    }

    async fn positions(&self, _: &[TopicPartition], _: &TopicId) -> Result<Vec<Option<Offset>>, PortError> {
        away()
    }

    async fn advance(&self, _: &[Advance]) -> Result<(), PortError> {
        away()
    }

    async fn len(&self) -> Result<usize, PortError> {
        away()
    }

    async fn sweep(&self, _: Timestamp) -> Result<(), PortError> {
        away()
    }
}

#[async_trait]
impl SampleQueries for Away {
    async fn series(&self, _: &SeriesFilter, _: &Page) -> Result<SeriesPage, PortError> {
        away()
    }

    async fn latest(&self, _: &SeriesFilter, _: &Page, _: Timestamp) -> Result<Vec<Sample>, PortError> {
        away()
    }

    async fn newest(&self, _: &SeriesFilter, _: usize, _: Timestamp) -> Result<Vec<Sample>, PortError> {
        away()
    }

    async fn range(&self, _: &RangeQuery, _: usize) -> Result<Vec<SeriesPoints>, PortError> {
        away()
    }

    async fn roll_up(&self, _: &RollupQuery, _: &Page) -> Result<Vec<SeriesRollups>, PortError> {
        away()
    }

    async fn oldest(&self) -> Result<Option<Timestamp>, PortError> {
        away()
    }
}

#[async_trait]
impl RollupStore for Away {
    async fn put(&self, _: Window, _: &[SeriesRollups]) -> Result<(), PortError> {
        away()
    }

    async fn rollups(&self, _: &RollupQuery, _: &Page) -> Result<Vec<SeriesRollups>, PortError> {
        away()
    }

    async fn made_until(&self, _: &str) -> Result<Option<Timestamp>, PortError> {
        away()
    }

    async fn set_made_until(&self, _: &str, _: Timestamp) -> Result<(), PortError> {
        away()
    }

    async fn move_made_until(&self, _: &str, _: Option<Timestamp>, _: Timestamp) -> Result<bool, PortError> {
        away()
    }

    async fn prune(&self, _: Window, _: Timestamp) -> Result<u64, PortError> {
        away()
    }

    async fn check(&self) -> Result<(), PortError> {
        away()
    }
}

#[tokio::test]
async fn without_a_cache_the_latest_samples_come_from_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let (ports, samples) = embedded_with_samples(&dir);
    let ports = ApiPorts { latest: Arc::new(Away), ..ports };
    let platform = Platform::on(ports, ApiConfig::default(), &Access::open()).with_samples(samples);
    platform.store(&[sample("host", "load", "a", &at("10:00:00"), 1.0)]).await;
    assert_eq!(platform.answer("/v1/latest").await["samples"][0]["value"], 1.0);
}

#[tokio::test]
async fn without_a_store_questions_are_refused_for_now_and_no_more_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let ports = ApiPorts { samples: Arc::new(Away), ..embedded(&dir) };
    let platform = Platform::on(ports, ApiConfig::default(), &Access::open());
    for path in ["/v1/series", "/v1/latest", "/v1/samples", "/v1/range"] {
        let (status, problem) = platform.get(path).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(problem["detail"], "the store is not available", "{path}");
    }
    let status = platform.answer("/v1/status").await;
    assert_eq!((&status["dead_letters"], &status["cached_series"]), (&0.into(), &0.into()));
}
