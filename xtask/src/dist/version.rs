//! The version of a package.

use anyhow::bail;
use std::fmt;
use std::str::FromStr;

/// A semantic version, without build metadata.
#[derive(Clone, Debug)]
pub(super) struct Version(String);

impl Version {
    /// As Debian orders versions: a pre-release is before its release only after a tilde.
    pub(super) fn debian(&self) -> String {
        format!("{}-1", self.0.replacen('-', "~", 1))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for Version {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let release = text.split('-').next().unwrap_or_default();
        let parts: Vec<_> = release.split('.').map(str::parse::<u32>).collect();
        let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
        if parts.len() != 3 || parts.iter().any(Result::is_err) || !text.bytes().all(is_known) {
            bail!("{text} is not a version such as 1.2.3 or 1.2.3-rc.1");
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_candidate_is_older_than_its_release_for_debian() {
        let debian = |text: &str| text.parse::<Version>().unwrap().debian();
        assert_eq!(
            (debian("1.2.3"), debian("1.2.3-rc.1")),
            ("1.2.3-1".to_owned(), "1.2.3~rc.1-1".to_owned())
        );
    }

    #[test]
    fn what_would_be_another_version_for_dpkg_is_refused() {
        for text in ["", "1.2", "1.2.3.4", "v1.2.3", "1.2.3+dirty", "1.2.3-a b", "1.2.x"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }
}
