//! Opening the spool of a role.

use crate::config::SpoolConfig;
use crate::spooled_bus::SpoolPort;
use watchkeeper_runtime::role::Shared;

/// Opens a spool; none where the bus is embedded, which is never further away than a spool. A process shares one with
/// the roles that it starts.
pub type OpenSpool = Box<dyn Fn(&SpoolConfig) -> Option<SpoolPort> + Send + Sync>;

/// The spool that a role is configured to have, if its process opens any.
pub fn open(shared: &Shared, config: &SpoolConfig) -> Option<SpoolPort> {
    shared.all::<OpenSpool>().first().and_then(|open| open(config))
}
