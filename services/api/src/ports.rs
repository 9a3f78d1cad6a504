//! What the api needs from the world.

use std::sync::Arc;
use watchkeeper_ports::{EventBus, LatestCache, SampleStore};

/// What the api needs from the world.
#[derive(Clone)]
pub struct ApiPorts {
    /// Live samples, dead letters, lag.
    pub bus: Arc<dyn EventBus>,
    /// The history.
    pub samples: Arc<dyn SampleStore>,
    /// The latest values.
    pub latest: Arc<dyn LatestCache>,
}
