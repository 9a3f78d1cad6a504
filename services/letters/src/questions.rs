//! Queries for dead letters.

use crate::{Letters, NotNow, Reader};
use std::cmp::Reverse;
use watchkeeper_ports::PortError;
use watchkeeper_wire::dead_letter::{DeadLetter, Ledger, LetterId};

/// Records per read for a page. Few, because each may be as large as the bus allows.
const READ_RECORDS: usize = 64;
/// A page takes no more dead letters once their keys and values have this many bytes.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// A page of pending dead letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterPage<T> {
    /// The dead letters, converted by `show`.
    pub letters: Vec<T>,
    /// The last dead letter of the page, if there are more.
    pub next: Option<LetterId>,
    /// Number of all pending dead letters.
    pub waiting: u64,
    /// How many of these are not listed.
    pub unlisted: u64,
}

/// The newest pending dead letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewestLetters<T> {
    /// The dead letters, converted by `show`, newest first.
    pub letters: Vec<T>,
    /// Number of all pending dead letters.
    pub waiting: u64,
    /// How many of these are not listed: they are newer than the listed ones.
    pub unlisted: u64,
    /// Records on the topics that are neither dead letters nor markers.
    pub strays: u64,
}

impl Letters {
    /// Number of pending dead letters.
    ///
    /// # Errors
    /// Those of [`Self::look`].
    pub async fn waiting(&self) -> Result<u64, NotNow> {
        self.look(Ledger::waiting).await
    }

    /// The pending dead letters after `after`, oldest of each partition first, converted by `show`. Fewer than `limit` if
    /// they are large.
    ///
    /// # Errors
    /// Those of [`Self::look`].
    pub async fn page<T>(
        &self,
        after: Option<&LetterId>,
        limit: usize,
        show: impl Fn(&LetterId, &DeadLetter<'_>) -> T,
    ) -> Result<LetterPage<T>, NotNow> {
        let found = self.look(|ledger| {
            let ids: Vec<_> = ledger.after(after).take(limit + 1).collect();
            (ids, ledger.waiting(), ledger.unlisted())
        });
        let (mut ids, waiting, unlisted) = found.await?;
        let mut more = ids.len() > limit;
        ids.truncate(limit);

        let mut reader = Reader::new(&**self.bus(), READ_RECORDS.min(limit));
        let (mut letters, mut bytes) = (Vec::new(), 0);
        for (index, id) in ids.iter().enumerate() {
            if bytes >= PAGE_BYTES {
                more = true;
                ids.truncate(index);
                break;
            }
            let Some(letter) = reader.letter(id).await? else { continue };
            bytes += letter.record.key.len() + letter.record.value.len();
            letters.push(show(id, &letter));
        }
        Ok(LetterPage { letters, next: if more { ids.pop() } else { None }, waiting, unlisted })
    }

    /// The `most` dead letters that were rejected last, converted by `show`.
    ///
    /// # Errors
    /// Those of [`Self::look`].
    pub async fn newest<T>(
        &self,
        most: usize,
        show: impl Fn(&LetterId, &DeadLetter<'_>) -> T,
    ) -> Result<NewestLetters<T>, NotNow> {
        let looked = self.look(|ledger| {
            let newest: Vec<_> = ledger.newest(most).collect();
            (newest, ledger.waiting(), ledger.unlisted(), ledger.strays())
        });
        let (ids, waiting, unlisted, strays) = looked.await?;
        let (mut reader, mut letters) = (Reader::new(&**self.bus(), most), Vec::new());
        // Oldest first, because a read returns the records after it too.
        for id in ids.iter().rev() {
            let letter = reader.letter(id).await?;
            letters.extend(letter.map(|letter| (letter.rejected_at, show(id, &letter))));
        }
        letters.reverse();
        letters.sort_by_key(|(rejected_at, _)| Reverse(*rejected_at));
        let letters = letters.into_iter().take(most).map(|(_, letter)| letter).collect();
        Ok(NewestLetters { letters, waiting, unlisted, strays })
    }

    /// One dead letter, pending or not, converted by `show`; `None` if there is no such dead letter.
    ///
    /// # Errors
    /// If the bus is unavailable.
    pub async fn one<T>(
        &self,
        id: &LetterId,
        show: impl Fn(&LetterId, &DeadLetter<'_>) -> T,
    ) -> Result<Option<T>, PortError> {
        let bus = self.bus();
        // Checked first, because reading would create the topic.
        let topics = bus.topics().await?;
        if !topics.contains(&id.partition.topic) {
            return Ok(None);
        }
        let watermarks = bus.watermarks(&id.partition.topic).await?;
        if !watermarks.iter().any(|marks| marks.partition == id.partition) {
            return Ok(None);
        }
        let mut reader = Reader::new(&**bus, 1);
        let letter = reader.letter(id).await?;
        Ok(letter.map(|letter| show(id, &letter)))
    }
}
