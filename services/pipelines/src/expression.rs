//! Regular expressions of the configuration.

use regex::{Regex, RegexBuilder};
use std::fmt;
use std::str::FromStr;

/// Longest regular expression, in bytes.
pub const MAX_REGEX_BYTES: usize = 2_000;
/// Most memory of a compiled regular expression, in bytes.
const MAX_COMPILED_BYTES: usize = 1 << 20;

/// A regular expression; equal if written the same.
#[derive(Clone, Debug)]
pub(crate) struct Expression(pub(crate) Regex);

impl FromStr for Expression {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() > MAX_REGEX_BYTES {
            return Err(format!("has {} bytes, the limit is {MAX_REGEX_BYTES}", text.len()));
        }
        match RegexBuilder::new(text).size_limit(MAX_COMPILED_BYTES).build() {
            Ok(regex) => Ok(Self(regex)),
            Err(regex::Error::CompiledTooBig(limit)) => Err(format!(
                "needs more than {limit} bytes of memory, which is the limit: repeat less, or use \\w and \\d less"
            )),
            Err(error) => {
                // Its first lines repeat the expression, with the place.
                let error = error.to_string();
                let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
                Err(format!("is not a regular expression: {reason}"))
            }
        }
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        text.parse::<Expression>().unwrap_err()
    }

    #[test]
    fn an_expression_at_the_limit_is_taken_and_a_longer_or_larger_one_is_refused() {
        assert!("x".repeat(MAX_REGEX_BYTES).parse::<Expression>().is_ok());
        assert_eq!(refused(&"x".repeat(MAX_REGEX_BYTES + 1)), "has 2001 bytes, the limit is 2000");
        assert!(refused(r"(\w{100}){100}").starts_with("needs more than 1048576 bytes"));
    }

    #[test]
    fn what_is_no_expression_is_refused_with_the_reason() {
        assert_eq!(refused("(a"), "is not a regular expression: unclosed group");
    }
}
