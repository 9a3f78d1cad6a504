//! The marks of analytics, put back so that rollups are made of what was taken over.

use std::sync::Arc;
use watchkeeper_domain::{Timestamp, Window};
use watchkeeper_ports::{PortError, RollupStore};

/// Puts each pass that is past the day of `oldest` back to its beginning. A pass that has no mark begins with the
/// oldest sample anyway. Both this and analytics move a mark only from where they have read it: one that analytics has
/// moved meanwhile is read again, and one that is put back stays so.
pub(super) async fn put_back(
    rollups: &Arc<dyn RollupStore>,
    passes: &[String],
    oldest: Timestamp,
) -> Result<(), PortError> {
    // Where a day begins an hour does too.
    let day = Window::Day.start(oldest);
    for pass in passes {
        while let Some(mark) = rollups.made_until(pass).await?.filter(|mark| *mark > day) {
            if rollups.move_made_until(pass, Some(mark), day).await? {
                break;
            }
        }
    }
    Ok(())
}
