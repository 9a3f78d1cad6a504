//! Moves the progress of analytics back, so that it rolls up what was taken over.

use std::sync::Arc;
use watchkeeper_domain::{Timestamp, Window};
use watchkeeper_ports::{PortError, RollupStore};

/// Moves each pass that is past the day of `oldest` back to its beginning. A pass without progress begins
/// with the oldest sample anyway. Both this and analytics use compare-and-set: progress that analytics has
/// changed meanwhile is read again, and progress that was moved back stays so.
pub(super) async fn put_back(
    rollups: &Arc<dyn RollupStore>,
    passes: &[String],
    oldest: Timestamp,
) -> Result<(), PortError> {
    // The start of a day is also the start of an hour.
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
