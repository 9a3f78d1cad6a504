//! What people change: silences, acknowledgements, and when a notification is sent. Each change is implemented once; the
//! API and the pages are its front ends.

mod acknowledge;
mod draft;
mod error;
mod random_id;
mod retry;
mod silences;

pub use acknowledge::Acknowledge;
pub use draft::{ANYBODY, checked_id, line, read_matchers, read_silence};
pub use error::{ChangeError, TRY_AGAIN_AFTER};
pub use random_id::random_id;
pub use retry::{Retry, retry_notification};
pub use silences::{Created, SilenceChanges};
