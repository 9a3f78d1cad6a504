//! Version and commit of this executable.

use std::sync::LazyLock;

/// The version of the package.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How many digits of a commit are shown.
const COMMIT_DIGITS: usize = 12;

/// Version and commit, for `--version`.
static SHOWN: LazyLock<String> = LazyLock::new(|| shown(option_env!("WATCHKEEPER_COMMIT")));

/// The commit that this executable was built from, in 12 hexadecimal digits; `development` if the build did not say.
pub(crate) fn commit() -> &'static str {
    short(option_env!("WATCHKEEPER_COMMIT")).unwrap_or("development")
}

/// `0.1.0 (3d746f8a0b1c)`, or `0.1.0 (development build)`.
pub(crate) fn with_commit() -> &'static str {
    &SHOWN
}

fn shown(commit: Option<&str>) -> String {
    format!("{VERSION} ({})", short(commit).unwrap_or("development build"))
}

/// The first digits of a commit; `None` if it is not one.
fn short(commit: Option<&str>) -> Option<&str> {
    commit?.get(..COMMIT_DIGITS).filter(|digits| digits.chars().all(|c| c.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_the_first_digits_of_the_commit_or_says_that_it_has_none() {
        let commit = "3d746f8a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e";
        assert_eq!(shown(Some(commit)), format!("{VERSION} (3d746f8a0b1c)"));
        for unknown in [None, Some(""), Some("3d746f8"), Some("not a commit at all")] {
            assert_eq!(shown(unknown), format!("{VERSION} (development build)"));
        }
    }
}
