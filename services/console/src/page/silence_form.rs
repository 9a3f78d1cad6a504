//! The form that creates a silence.

use crate::format::count;
use watchkeeper_domain::{Series, Violation};
use watchkeeper_query::{Answer, NoAnswer};
use watchkeeper_wire::json::SilenceRequest;

/// Durations to choose, as the API reads them, and in words.
const DURATIONS: [(&str, &str); 8] = [
    ("30m", "30 minutes"),
    ("1h", "1 hour"),
    ("2h", "2 hours"),
    ("4h", "4 hours"),
    ("8h", "8 hours"),
    ("1d", "1 day"),
    ("3d", "3 days"),
    ("7d", "1 week"),
];
/// The one that is chosen at first.
pub(crate) const DURATION: &str = "2h";

/// What was typed into the form, or fills it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Typed {
    /// One matcher per line.
    pub(crate) matchers: String,
    /// One of the choices; empty: [`DURATION`].
    pub(crate) duration: String,
    /// Any other duration, which takes precedence.
    pub(crate) other: String,
    pub(crate) by: String,
    pub(crate) comment: String,
}

impl Typed {
    /// The request to the API that says the same.
    pub(crate) fn request(&self) -> SilenceRequest {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let duration = given(&self.other).or_else(|| given(&self.duration));
        SilenceRequest {
            matchers: self.matcher_lines(),
            duration: Some(duration.unwrap_or_else(|| DURATION.to_owned())),
            created_by: given(&self.by),
            comment: self.comment.trim().to_owned(),
            ..SilenceRequest::default()
        }
    }

    pub(crate) fn matcher_lines(&self) -> Vec<String> {
        let lines = self.matchers.lines().map(|line| line.trim().to_owned());
        lines.filter(|line| !line.is_empty()).collect()
    }
}

/// The alert whose page the form is on, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Back {
    pub(crate) rule: String,
    pub(crate) series: Series,
    /// RFC 3339; empty if the page is not of one time.
    pub(crate) fired_at: String,
}

pub(crate) struct SilenceForm {
    pub(crate) typed: Typed,
    pub(crate) back: Option<Back>,
    pub(crate) choices: Vec<Choice>,
    /// How many alerts it would mute now.
    pub(crate) matching: Option<Result<String, NoAnswer>>,
    pub(crate) matchers_error: Option<String>,
    pub(crate) duration_error: Option<String>,
    pub(crate) by_error: Option<String>,
    pub(crate) comment_error: Option<String>,
    /// What is wrong with none of the fields.
    pub(crate) error: Option<String>,
}

pub(crate) struct Choice {
    pub(crate) value: &'static str,
    pub(crate) name: &'static str,
    pub(crate) is_chosen: bool,
}

impl SilenceForm {
    pub(crate) fn new(typed: Typed, back: Option<Back>) -> Self {
        let chosen = if typed.duration.is_empty() { DURATION } else { &typed.duration };
        let choice = |(value, name)| Choice { value, name, is_chosen: value == chosen };
        Self {
            choices: DURATIONS.map(choice).into(),
            typed,
            back,
            matching: None,
            matchers_error: None,
            duration_error: None,
            by_error: None,
            comment_error: None,
            error: None,
        }
    }

    /// With the number of firing alerts that the matchers match.
    pub(crate) fn with_matching(self, count_of: Answer<u64>) -> Self {
        let text = |matching| match matching {
            0 => "No firing alert matches now.".to_owned(),
            1 => "1 firing alert matches now.".to_owned(),
            many => format!("{} firing alerts match now.", count(many)),
        };
        Self { matching: Some(count_of.map(text)), ..self }
    }

    /// With an error at the field that it is about.
    pub(crate) fn with_error(mut self, Violation { field, reason }: &Violation) -> Self {
        let (place, text) = match field.as_str() {
            "matchers" => (&mut self.matchers_error, reason.clone()),
            "duration" => (&mut self.duration_error, reason.clone()),
            "created_by" => (&mut self.by_error, reason.clone()),
            "comment" => (&mut self.comment_error, reason.clone()),
            field if field.starts_with("matchers[") => (&mut self.matchers_error, reason.clone()),
            field => (&mut self.error, format!("{field}: {reason}")),
        };
        *place = Some(text);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_says_what_a_request_to_the_api_says() {
        let typed = Typed { matchers: " rule=a \r\n\n host=b".into(), by: " ".into(), ..Typed::default() };
        let request = typed.request();
        assert_eq!(request.matchers, ["rule=a", "host=b"]);
        assert_eq!((request.duration.as_deref(), request.created_by), (Some("2h"), None));
        let other = Typed { duration: "1d".into(), other: "45m".into(), by: "ann".into(), ..typed };
        assert_eq!(other.request().duration.as_deref(), Some("45m"));
        assert_eq!(other.request().created_by.as_deref(), Some("ann"));
    }

    #[test]
    fn an_error_stands_at_its_field() {
        let with = |field: &str| {
            SilenceForm::new(Typed::default(), None).with_error(&Violation::new(field, "is wrong"))
        };
        assert_eq!(with("matchers[3]").matchers_error.as_deref(), Some("is wrong"));
        assert_eq!(with("duration").duration_error.as_deref(), Some("is wrong"));
        assert_eq!(with("id").error.as_deref(), Some("id: is wrong"));
    }
}
