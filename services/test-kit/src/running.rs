//! Running roles.

use crate::soon;
use prometheus::Registry;
use prometheus::proto::{LabelPair, Metric};
use tokio::task::JoinHandle;
use watchkeeper_runtime::{RoleContext, RoleResult};

/// A running role.
pub struct Running {
    /// Its context.
    pub context: RoleContext,
    role: JoinHandle<RoleResult>,
}

impl Running {
    /// Starts a role.
    pub fn new(context: RoleContext, role: impl Future<Output = RoleResult> + Send + 'static) -> Self {
        Self { context, role: tokio::spawn(role) }
    }

    /// Its status line in `systemctl status`.
    pub fn status(&self) -> String {
        self.context.roster().roles()[self.context.role()].to_string()
    }

    /// Waits until `holds` accepts the status line.
    pub async fn says(&self, holds: impl Fn(&str) -> bool) -> String {
        let said = async {
            loop {
                let status = self.status();
                if holds(&status) {
                    return status;
                }
                tokio::task::yield_now().await;
            }
        };
        soon(said).await
    }

    /// Stops the role and returns its result.
    pub async fn stop(self) -> RoleResult {
        self.context.shutdown().cancel();
        self.ended().await
    }

    /// Stops the role, which must succeed; its metrics remain.
    pub async fn stop_well(self) -> RoleContext {
        let context = self.context.clone();
        self.stop().await.unwrap();
        context
    }

    /// Waits until the role ends.
    pub async fn ended(self) -> RoleResult {
        soon(self.role).await.unwrap()
    }
}

/// The sum of a counter or gauge over the series that have all of these label values.
pub fn counted(registry: &Registry, name: &str, labels: &[&str]) -> f64 {
    let families = registry.gather();
    let family = families.iter().find(|family| family.name() == name).unwrap();
    let is_meant = |metric: &&Metric| {
        labels
            .iter()
            .all(|label| metric.get_label().iter().map(LabelPair::value).any(|value| value == *label))
    };
    let meant = family.get_metric().iter().filter(is_meant);
    meant.map(|metric| metric.get_counter().get_value() + metric.get_gauge().get_value()).sum()
}
