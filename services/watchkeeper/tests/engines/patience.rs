//! Waiting for what is bound to come.

use std::fmt::Debug;
use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take before the test gives up on it: a Kafka that was killed looks through its log, the
/// members of a group that was torn apart wait for each other, and a mail that a notifier was about to send when it
/// was killed is sent by another when two minutes are over.
pub(crate) const PATIENCE: Duration = Duration::from_secs(4 * 60);
/// The engines and the roles share the processors with who waits for them.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// Asks again and again until it is so; gives up with what was found last.
#[expect(clippy::disallowed_methods, reason = "a pause between two questions, not instead of one")]
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Result<T, String>) -> T {
    let give_up = Instant::now() + PATIENCE;
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(found) => assert!(Instant::now() < give_up, "waited for {what} in vain: {found}"),
        }
        thread::sleep(ASK_EVERY);
    }
}

/// What [`wait_for`] is told when something is so, or of what was `found` instead.
pub(crate) fn so(is_so: bool, found: impl Debug) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(format!("{found:?}")) }
}
