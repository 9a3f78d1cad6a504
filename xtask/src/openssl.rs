//! OpenSSL, for the tests of the Kafka adapter over TLS.

use crate::provide::packages;
use anyhow::Context as _;
use std::process::Command;

/// The cargo arguments that build it in.
pub(crate) const BUILT_IN: [&str; 2] = ["--features", "watchkeeper/tls"];

/// Installs the headers if they are missing; see [`packages`].
pub(crate) fn provide() -> anyhow::Result<()> {
    packages("OpenSSL with headers", &["libssl-dev", "pkg-config"], || {
        let mut ask = Command::new("pkg-config");
        ask.args(["--exists", "openssl"]).status().is_ok_and(|status| status.success())
    })
    .context("`cargo xtask test --only embedded` skips the tests that need it")
}
