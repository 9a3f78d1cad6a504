//! Opening the spool of a role.

use crate::config::SpoolConfig;
use crate::spooled_bus::SpoolPort;
use watchkeeper_runtime::role::Shared;

/// Opens a spool; none with an embedded bus, which is as available as a spool would be. A process shares one with the
/// roles that it starts.
pub type OpenSpool = Box<dyn Fn(&SpoolConfig) -> Option<SpoolPort> + Send + Sync>;

/// The configured spool of the role, if its process opens any.
pub fn open(shared: &Shared, config: &SpoolConfig) -> Option<SpoolPort> {
    shared.all::<OpenSpool>().first().and_then(|open| open(config))
}
