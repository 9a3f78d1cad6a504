//! OpenSSL: with it the adapter of Kafka is tested by TLS too.

use crate::provide::packages;
use anyhow::Context as _;
use std::process::Command;

/// What has cargo build it in, whatever is built beside.
pub(crate) const BUILT_IN: [&str; 2] = ["--features", "watchkeeper/tls"];

/// Makes sure that its headers are there: as root on Debian by installing them, elsewhere by saying how.
pub(crate) fn provide() -> anyhow::Result<()> {
    packages("OpenSSL, with its headers,", &["libssl-dev", "pkg-config"], || {
        let mut ask = Command::new("pkg-config");
        ask.args(["--exists", "openssl"]).status().is_ok_and(|status| status.success())
    })
    .context("`cargo xtask test --only embedded` leaves out the tests that need it")
}
