//! The index of pending dead letters.
//!
//! One index per process serves HTTP, the web pages and the commands: it *reads* the dead-letter topics once after a
//! start, then *follows* them, and keeps only the offset of each pending dead letter. The dead letters themselves are
//! *read* from their topics when they are shown ([`Letters::page`], [`Letters::newest`]) or replayed.

mod index;
mod looking;
mod questions;
mod reader;
mod refused;

pub use index::{LOOK_WITHIN, Letters, MAX_LETTERS};
pub use looking::{NotNow, Progress};
pub use questions::{LetterPage, NewestLetters};
pub use reader::Reader;
pub use refused::{MAX_REASON_BYTES, MAX_REFUSALS, Refused};
