//! The one idea: what there lacks is copied, then both sides are read again and compared.

use crate::merge::{Item, Merge, Next};
use crate::patience::patiently;
use crate::progress::Teller;
use crate::report::Counts;
use watchkeeper_ports::PortError;

/// Something that is carried, in one order on both sides.
pub(crate) trait Carried {
    type Item: Item;

    /// Most items of one [`Self::put`].
    const BATCH: usize;

    /// Looks at what must be known before a walk.
    async fn look(&mut self) -> Result<(), PortError> {
        Ok(())
    }

    /// The next items of here after the one given; none at the end.
    async fn here(&self, after: Option<&Self::Item>) -> Result<Vec<Self::Item>, PortError>;

    /// The next items of there, likewise.
    async fn there(&self, after: Option<&Self::Item>) -> Result<Vec<Self::Item>, PortError>;

    /// Stores there what it lacks. Whether that went well is seen when it is read back.
    async fn put(&self, lacking: Vec<Self::Item>) -> Result<(), PortError>;
}

/// Copies what there lacks and reads it back. Where nothing was lacking, that is known already.
///
/// After a failure that time may mend the walk is made anew: it finds what the failed one has stored, also
/// where that did not learn of it.
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

/// What one walk found.
#[derive(Debug, Default)]
struct Walked {
    same: u64,
    different: u64,
    lacking: u64,
}

/// Compares everything; what there lacks is copied if `copied` is to be counted.
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
