//! One test suite per port, written once and run against every adapter of that port.
//!
//! A suite is a module of promises: functions named after what they check. An adapter's test says where it
//! stores things with a [`Fixture`] and includes the whole suite, with one test per promise:
//!
//! ```text
//! watchkeeper_port_contract::sample_store_contract!(TemporaryDirectory);
//! ```
//!
//! A promise assumes nothing beyond the port's documentation: topics may have any number of partitions,
//! offsets may have gaps, and concurrent tests may share an engine.

#![allow(missing_docs, reason = "a promise's name is its documentation")]
#![allow(clippy::missing_panics_doc, clippy::unwrap_used, reason = "these are tests")]

pub mod alert_store;
pub mod answer_cache;
mod confusable;
mod deleting;
mod engine;
pub mod event_bus;
pub mod event_store;
pub mod hostile;
pub mod incident_store;
pub mod latest_cache;
pub mod mailer;
pub mod notification_store;
mod paging;
mod report;
pub mod reports;
pub mod rollup_store;
pub mod sample_store;
mod samples;
pub mod schedule_store;
pub mod services_before;
pub mod silence_store;

pub use engine::{engine_dir, engine_url};
pub use report::Tested;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// How long anything may take before a promise counts as broken.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Storage for an adapter of the port `P`: fresh for each test, removed when dropped.
pub trait Fixture<P: ?Sized>: Sized + Send + Sync {
    /// An empty storage.
    fn fresh() -> impl Future<Output = Self> + Send;

    /// Opens the adapter on it. Everything opened before has been dropped.
    fn open(&self) -> impl Future<Output = Arc<P>> + Send;
}

/// Waits for `work`, which must complete in time.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("it comes in time")
}

/// Lists the promises of a module, for the macro that turns them into tests, and to count them.
macro_rules! suite {
    (($dollar:tt) $contract:ident, $module:ident, [$($promise:ident),* $(,)?]) => {
        /// The names of the suite's promises.
        pub const PROMISES: &[&str] = &[$(stringify!($promise)),*];

        /// Turns every promise of this suite into a test of the adapter behind a fixture.
        #[macro_export]
        macro_rules! $contract {
            ($dollar fixture:ty) => {
                $(
                    #[tokio::test]
                    async fn $promise() {
                        let tested = $crate::Tested {
                            suite: stringify!($module),
                            adapter: env!("CARGO_PKG_NAME"),
                            module: module_path!(),
                            promise: stringify!($promise),
                            promises: $crate::$module::PROMISES.len(),
                        };
                        tested.test($crate::$module::$promise::<$dollar fixture>()).await;
                    }
                )*
            };
        }
    };
}

use suite;
