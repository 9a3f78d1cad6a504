//! The role's dependencies, and their state in its status.

use crate::api::{self, ApiClient};
use crate::metrics::AnalyticsMetrics;
use std::sync::Arc;
use watchkeeper_ports::{PortError, RollupStore};
use watchkeeper_runtime::{Dependency, Heartbeat, RoleContext, Stopped, retry};

/// The api and the store of rollups; calls wait while they are unavailable.
pub(crate) struct World {
    pub(crate) context: RoleContext,
    pub(crate) heartbeat: Heartbeat,
    pub(crate) api: ApiClient,
    api_dependency: Dependency,
    pub(crate) rollups: Arc<dyn RollupStore>,
    rollups_dependency: Dependency,
    pub(crate) metrics: AnalyticsMetrics,
}

impl World {
    pub(crate) fn new(
        context: RoleContext,
        api: ApiClient,
        rollups: Arc<dyn RollupStore>,
        metrics: AnalyticsMetrics,
    ) -> Self {
        Self {
            heartbeat: context.heartbeat("windows"),
            api_dependency: context.dependency(api::NAME),
            rollups_dependency: context.dependency("rollups"),
            context,
            api,
            rollups,
            metrics,
        }
    }

    /// Calls the api until it answers.
    pub(crate) async fn ask<T, F: Future<Output = Result<T, PortError>>>(
        &self,
        question: impl FnMut() -> F,
    ) -> Result<T, Stopped> {
        retry(&self.context, &self.heartbeat, &self.api_dependency, question).await
    }

    /// Calls the store until it answers.
    pub(crate) async fn store<T, F: Future<Output = Result<T, PortError>>>(
        &self,
        mut call: impl FnMut() -> F,
    ) -> Result<T, Stopped> {
        let call = || {
            let called = call();
            async { called.await.inspect_err(|_| self.metrics.store_errors.inc()) }
        };
        retry(&self.context, &self.heartbeat, &self.rollups_dependency, call).await
    }
}
