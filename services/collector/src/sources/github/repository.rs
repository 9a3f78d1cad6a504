//! Names of repositories.

use std::fmt;
use std::str::FromStr;

/// Longest name of an owner, in bytes; GitHub's own limit.
pub const MAX_OWNER_BYTES: usize = 39;
/// Longest name of a repository without its owner, in bytes; GitHub's own limit.
pub const MAX_REPOSITORY_NAME_BYTES: usize = 100;

/// A repository by owner and name: `golang/go`. Safe in a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository(String);

/// Not a repository name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be OWNER/NAME, of at most {MAX_OWNER_BYTES} and {MAX_REPOSITORY_NAME_BYTES} letters, digits and \
     any of _.-"
)]
pub struct RepositoryError;

impl FromStr for Repository {
    type Err = RepositoryError;

    fn from_str(text: &str) -> Result<Self, RepositoryError> {
        let (owner, name) = text.split_once('/').ok_or(RepositoryError)?;
        if is_segment(owner, MAX_OWNER_BYTES) && is_segment(name, MAX_REPOSITORY_NAME_BYTES) {
            Ok(Self(text.to_owned()))
        } else {
            Err(RepositoryError)
        }
    }
}

/// Whether the text is a single path segment, which `.` and `..` are not.
fn is_segment(text: &str, max_bytes: usize) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    (1..=max_bytes).contains(&text.len()) && text.chars().all(is_allowed) && text != "." && text != ".."
}

/// `owner/name`
impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_repository_is_its_owner_and_its_name() {
        let long = format!("{}/{}", "o".repeat(MAX_OWNER_BYTES), "n".repeat(MAX_REPOSITORY_NAME_BYTES));
        for text in ["golang/go", "a/.github", "x_y-1/a.b", &long] {
            assert_eq!(text.parse::<Repository>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn text_that_names_no_repository_is_refused() {
        let long_owner = format!("{}/n", "o".repeat(MAX_OWNER_BYTES + 1));
        let long_name = format!("o/{}", "n".repeat(MAX_REPOSITORY_NAME_BYTES + 1));
        for text in [
            "",
            "go",
            "/go",
            "golang/",
            "a/b/c",
            "a/..",
            "./b",
            "a/b?c",
            "a/b c",
            "ä/b",
            &long_owner,
            &long_name,
        ] {
            assert_eq!(text.parse::<Repository>(), Err(RepositoryError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_unchanged_or_refused(text in "[a-z./]{0,5}|\\PC*") {
            if let Ok(repository) = text.parse::<Repository>() {
                prop_assert_eq!(repository.to_string(), text);
            }
        }
    }
}
