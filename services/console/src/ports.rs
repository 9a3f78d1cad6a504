//! What the console asks.

use std::sync::Arc;
use watchkeeper_ports::{EventBus, LatestCache, SampleStore};

/// What the console asks.
#[derive(Clone)]
pub struct ConsolePorts {
    /// Dead letters and lag.
    pub bus: Arc<dyn EventBus>,
    /// Values over time.
    pub samples: Arc<dyn SampleStore>,
    /// The latest values.
    pub latest: Arc<dyn LatestCache>,
}
