//! The marks of analytics, put back so that rollups are made of what was taken over.

use std::sync::Arc;
use watchkeeper_domain::{Timestamp, Window};
use watchkeeper_ports::{PortError, RollupStore};

/// Puts each pass that is past the day of `oldest` back to its beginning. A pass that has no mark begins with the
/// oldest sample anyway. Analytics moves a mark only from where it has read it, so that one that is put back meanwhile
/// stays so.
pub(super) async fn put_back(
    rollups: &Arc<dyn RollupStore>,
    passes: &[String],
    oldest: Timestamp,
) -> Result<(), PortError> {
    // Where a day begins an hour does too.
    let day = Window::Day.start(oldest);
    for pass in passes {
        if rollups.made_until(pass).await?.is_some_and(|mark| mark > day) {
            rollups.set_made_until(pass, day).await?;
        }
    }
    Ok(())
}
