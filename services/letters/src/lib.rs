//! Which dead letters wait for somebody.
//!
//! One index for each process answers for HTTP, the pages and whoever else asks: it *reads* the dead-letter topics
//! once after a start, *follows* them from there on, and keeps of each letter that waits its place alone. The
//! letters themselves are *read* where they lie when they are shown ([`Letters::page`], [`Letters::newest`]) or
//! replayed.

mod index;
mod looking;
mod questions;
mod reader;

pub use index::{LOOK_WITHIN, Letters, MAX_LETTERS};
pub use looking::{NotNow, Progress};
pub use questions::{LetterPage, NewestLetters};
pub use reader::Reader;
