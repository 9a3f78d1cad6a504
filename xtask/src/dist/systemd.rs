//! systemd on the machine that builds.

use std::process::Command;

/// The first version with `RestartSteps=` and `RestartMaxDelaySec=`.
pub(super) const BACKS_OFF: u32 = 254;

/// Its version, if it is installed.
pub(super) fn version() -> Option<u32> {
    let output = Command::new("systemctl").arg("--version").output().ok()?;
    parse(&String::from_utf8_lossy(&output.stdout))
}

/// Reads `systemd 252 (252.39-1~deb12u2)`, of a release candidate `systemd 258~rc1 (…)`.
fn parse(printed: &str) -> Option<u32> {
    let version = printed.strip_prefix("systemd ")?;
    let digits = version.find(|char: char| !char.is_ascii_digit())?;
    version[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_what_distributions_print() {
        for (printed, version) in [
            ("systemd 252 (252.39-1~deb12u2)\n+PAM +AUDIT", Some(252)),
            ("systemd 257 (257.5)", Some(257)),
            ("systemd 258~rc1 (258~rc1)", Some(258)),
            ("", None),
            ("systemd unknown (?)", None),
        ] {
            assert_eq!(parse(printed), version, "{printed}");
        }
    }
}
