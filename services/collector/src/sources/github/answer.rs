//! GitHub's responses.

use crate::readings::Readings;
use serde::Deserialize;
use watchkeeper_domain::text;
use watchkeeper_http_client::HttpAnswer;

/// Most characters of a GitHub message that an error shows.
const MAX_MESSAGE_CHARS: usize = 200;

/// The counts of one repository, from the response to `GET /repos/OWNER/NAME`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names are GitHub's")]
pub(super) struct Counts {
    stargazers_count: u64,
    forks_count: u64,
    open_issues_count: u64,
    subscribers_count: u64,
}

impl Counts {
    /// Adds each as a value of its series.
    pub(super) fn add_to(self, readings: &mut Readings) {
        for (name, unit, count) in [
            ("stargazers_count", "stars", self.stargazers_count),
            ("forks_count", "forks", self.forks_count),
            ("open_issues_count", "issues", self.open_issues_count),
            ("subscribers_count", "watchers", self.subscribers_count),
        ] {
            readings.add_count(name, unit, &[], count);
        }
    }
}

/// GitHub's message in an unsuccessful response; empty if there is none.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Complaint {
    message: String,
}

impl Complaint {
    pub(super) fn of(answer: &HttpAnswer) -> Self {
        answer.json().unwrap_or_default()
    }

    /// Whether it is about a rate limit: "API rate limit" or "secondary rate limit".
    pub(super) fn is_about_limits(&self) -> bool {
        self.message.to_ascii_lowercase().contains("rate limit")
    }

    /// Shortened and without `secret`, should the server repeat it.
    pub(super) fn without(&self, secret: Option<&str>) -> String {
        let said = match secret {
            _ if self.message.is_empty() => "without a reason".to_owned(),
            Some(secret) if !secret.is_empty() => self.message.replace(secret, "[secret]"),
            _ => self.message.clone(),
        };
        text::line(&said).chars().take(MAX_MESSAGE_CHARS).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(message: &str) -> Complaint {
        Complaint { message: message.to_owned() }
    }

    #[test]
    fn limits_are_told_from_other_complaints() {
        assert!(complaint("API rate limit exceeded for 192.0.2.7.").is_about_limits());
        assert!(complaint("You have exceeded a secondary rate limit.").is_about_limits());
        assert!(!complaint("Resource not accessible by personal access token").is_about_limits());
    }

    #[test]
    fn a_complaint_is_short_and_never_shows_the_token() {
        let said = complaint("Bad\n token hunter2").without(Some("hunter2"));
        assert_eq!(said, "Bad  token [secret]");
        assert_eq!(complaint("x").without(Some("")), "x");
        assert_eq!(complaint("").without(None), "without a reason");
        let long = complaint(&"é".repeat(MAX_MESSAGE_CHARS + 1)).without(None);
        assert_eq!(long.chars().count(), MAX_MESSAGE_CHARS);
    }
}
