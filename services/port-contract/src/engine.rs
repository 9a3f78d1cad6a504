//! The engines that adapters are tested on.

use std::env;
use std::path::PathBuf;

/// The URL of an engine: `kafka`, `postgres`, `redis`, `mongodb`, `smtp`.
///
/// # Panics
/// If it was not started: a test that needs an engine fails without it, and is never skipped.
pub fn engine_url(engine: &str) -> String {
    variable(engine, "")
}

/// The engine's directory, which also has what a test may want to read, such as received mail.
///
/// # Panics
/// As for [`engine_url`].
pub fn engine_dir(engine: &str) -> PathBuf {
    variable(engine, "_DIR").into()
}

fn variable(engine: &str, suffix: &str) -> String {
    let name = format!("WATCHKEEPER_TEST_{}{suffix}", engine.to_uppercase());
    env::var(&name).unwrap_or_else(|_| {
        panic!(
            "this test needs {engine}, and {name} does not say where it is: `cargo xtask test` starts the \
             engines, `cargo xtask test --only embedded` leaves out the tests that need them"
        )
    })
}
