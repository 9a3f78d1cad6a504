//! Reads a TOML file and the files that it includes: every role reads its own section, and all errors are reported at once, each with its line.
//!
//! ```
//! use std::time::Duration;
//! use watchkeeper_config::{Document, Section};
//!
//! const SECOND: Duration = Duration::from_secs(1);
//!
//! struct Persister {
//!     batch_size: usize,
//!     batch_age: Duration,
//! }
//!
//! impl Persister {
//!     fn read(section: &mut Section<'_>) -> Self {
//!         Self {
//!             batch_size: section.integer("batch_size", 1..=100_000, 10_000),
//!             batch_age: section.duration("batch_age", SECOND..=60 * SECOND, SECOND),
//!         }
//!     }
//! }
//!
//! let document = Document::parse("watchkeeper.toml", "[persister]\nbatch_size = 500\n")?;
//! let persister = document.read(|root| root.section("persister", Persister::read))?;
//! assert_eq!((persister.batch_size, persister.batch_age), (500, SECOND));
//! # Ok::<(), watchkeeper_config::ConfigErrors>(())
//! ```

mod document;
mod duration;
mod error;
mod http_url;
mod include;
mod json;
mod keys;
mod load;
mod members;
mod merge;
mod reloadable;
mod secret;
mod secret_places;
mod section;
mod size;
mod source;
mod suggestion;
mod value;

pub use document::{Document, MAX_FILE_BYTES};
pub use duration::{parse as parse_duration, show as show_duration};
pub use error::{ConfigError, ConfigErrors, MAX_ERRORS};
pub use http_url::{HttpUrl, HttpUrlError, MAX_URL_BYTES};
pub use include::{MAX_INCLUDED_BYTES, MAX_INCLUDED_FILES, MAX_INCLUDES};
pub use load::{check, load, load_for};
pub use members::Membership;
pub use reloadable::Reloadable;
pub use secret::{MAX_SECRET_BYTES, Secret};
pub use section::Section;
pub use suggestion::closest;
