//! The one idea: copy what the destination lacks, then read both sides again and compare.

use crate::merge::{Item, Merge, Next};
use crate::patience::patiently;
use crate::progress::Teller;
use crate::report::Counts;
use watchkeeper_ports::PortError;

/// A kind of item that is migrated, in the same order on both sides.
pub(crate) trait Carried {
    type Item: Item;

    /// Most items of one [`Self::put`].
    const BATCH: usize;

    /// Loads what must be known before a walk.
    async fn look(&mut self) -> Result<(), PortError> {
        Ok(())
    }

    /// The next items of the source after the given one; none at the end.
    async fn here(&self, after: Option<&Self::Item>) -> Result<Vec<Self::Item>, PortError>;

    /// The same for the destination.
    async fn there(&self, after: Option<&Self::Item>) -> Result<Vec<Self::Item>, PortError>;

    /// Stores in the destination what it lacks. Reading it back shows whether that worked.
    async fn put(&self, lacking: Vec<Self::Item>) -> Result<(), PortError>;
}

/// Copies what the destination lacks and reads it back. If nothing was lacking, everything is verified
/// already.
///
/// After a transient failure the walk starts over: it finds what the failed one stored, even if the answer
/// was lost.
pub(crate) async fn carry<C: Carried>(carried: &mut C, teller: &mut Teller<'_>) -> Result<Counts, PortError> {
    let mut copied = 0;
    let mut walked = patiently(teller, async |teller| walk(carried, Some(&mut copied), teller).await).await?;
    if walked.lacking > 0 {
        walked = patiently(teller, async |teller| walk(carried, None, teller).await).await?;
    }
    let Walked { same, different, lacking } = walked;
    let there = (same + different).saturating_sub(copied);
    Ok(Counts { there, copied, different, verified: same, missing: lacking })
}

#[derive(Debug, Default)]
struct Walked {
    same: u64,
    different: u64,
    lacking: u64,
}

/// Compares everything; copies what the destination lacks if `copied` is given to count it.
async fn walk<C: Carried>(
    carried: &mut C,
    mut copied: Option<&mut u64>,
    teller: &mut Teller<'_>,
) -> Result<Walked, PortError> {
    carried.look().await?;
    let (mut merge, mut walked, mut batch) = (Merge::new(), Walked::default(), Vec::new());
    loop {
        let next = merge.next();
        let is_end = matches!(next, Next::End);
        match next {
            Next::ReadHere => {
                let page = carried.here(merge.last_here()).await?;
                teller.compares(page.len());
                merge.take_here(page);
            }
            Next::ReadThere => merge.take_there(carried.there(merge.last_there()).await?),
            Next::Lacking(item) => {
                walked.lacking += 1;
                if copied.is_some() {
                    batch.push(item);
                }
            }
            Next::Same => walked.same += 1,
            Next::Different => walked.different += 1,
            Next::End => {}
        }
        if let Some(copied) = &mut copied
            && (batch.len() >= C::BATCH || (is_end && !batch.is_empty()))
        {
            let count = batch.len() as u64;
            carried.put(std::mem::take(&mut batch)).await?;
            **copied += count;
            teller.copies(count);
        }
        if is_end {
            return Ok(walked);
        }
    }
}
