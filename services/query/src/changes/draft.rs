//! Validates a request for a silence.

use super::random_id::random_id;
use std::time::Duration;
use watchkeeper_config::{parse_duration, show_duration};
use watchkeeper_domain::{Matcher, Matchers, Silence, Timestamp, Violation};
use watchkeeper_wire::json::SilenceRequest;

/// Who makes a change if it is unknown.
pub const ANYBODY: &str = "anybody";
/// Maximum duration of a silence, and how far in the future it may start.
const MAX_DURATION: Duration = SilenceRequest::MAX_DURATION;

/// The silence requested at `now` with the token named `caller`.
///
/// # Errors
/// Which field is wrong, and how.
pub fn read_silence(
    request: SilenceRequest,
    caller: Option<&str>,
    now: Timestamp,
) -> Result<Silence, Violation> {
    let (starts_at, ends_at) = times(&request, now)?;
    let SilenceRequest { id, matchers, created_by, comment, .. } = request;
    let created_by = created_by.unwrap_or_else(|| caller.unwrap_or(ANYBODY).to_owned());
    Ok(Silence {
        id: checked_id(id, SilenceRequest::MAX_ID_BYTES)?,
        matchers: read_matchers(&matchers)?,
        starts_at,
        ends_at,
        created_by: line("created_by", created_by, 1, SilenceRequest::MAX_CREATED_BY_BYTES)?,
        comment: line("comment", comment, 0, SilenceRequest::MAX_COMMENT_BYTES)?,
    })
}

/// Start and end.
fn times(request: &SilenceRequest, now: Timestamp) -> Result<(Timestamp, Timestamp), Violation> {
    let instant = |field: &str, text: &Option<String>| {
        let parse = |text: &String| {
            text.parse::<Timestamp>().map_err(|error| Violation::new(field, format!("{error}, is {text:?}")))
        };
        text.as_ref().map(parse).transpose()
    };
    let starts_at = instant("starts_at", &request.starts_at)?.map_or(now, |at| at.max(now));
    if starts_at > now.plus(MAX_DURATION) {
        let reason = format!("must be within {} from now", show_duration(MAX_DURATION));
        return Err(Violation::new("starts_at", reason));
    }
    let (field, ends_at) = match (instant("ends_at", &request.ends_at)?, &request.duration) {
        (Some(ends_at), None) => ("ends_at", ends_at),
        (None, Some(duration)) => {
            let duration = parse_duration(duration).map_err(|reason| Violation::new("duration", reason))?;
            ("duration", starts_at.plus(duration))
        }
        (None, None) => {
            return Err(Violation::new("duration", "is missing: specify either duration or ends_at"));
        }
        (Some(_), Some(_)) => {
            return Err(Violation::new("duration", "must not be combined with ends_at"));
        }
    };
    if ends_at <= starts_at {
        let reason = if field == "duration" {
            "must be longer than 0"
        } else {
            "must be after the start and in the future"
        };
        return Err(Violation::new(field, reason));
    }
    if ends_at > starts_at.plus(MAX_DURATION) {
        let reason = format!("must be at most {} after the start", show_duration(MAX_DURATION));
        return Err(Violation::new(field, reason));
    }
    Ok((starts_at, ends_at))
}

/// At least one, of which one must not match everything.
///
/// # Errors
/// Which one is wrong, and how.
pub fn read_matchers(texts: &[String]) -> Result<Matchers, Violation> {
    if texts.is_empty() {
        return Err(Violation::new("matchers", "must have at least one"));
    }
    if texts.len() > SilenceRequest::MAX_MATCHERS {
        let reason = format!("has {} items, the limit is {}", texts.len(), SilenceRequest::MAX_MATCHERS);
        return Err(Violation::new("matchers", reason));
    }
    let parse = |(index, text): (usize, &String)| {
        let field = format!("matchers[{index}]");
        text.parse().map_err(|error| Violation::new(field, format!("{error}; is {text:?}")))
    };
    let matchers: Vec<Matcher> = texts.iter().enumerate().map(parse).collect::<Result<_, _>>()?;
    // A missing field matches as an empty value.
    if matchers.iter().all(|matcher| matcher.holds("")) {
        let reason = "must have one that does not match an empty value, or a misspelled field would match \
                      everything; to match everything use rule=~\".+\"";
        return Err(Violation::new("matchers", reason));
    }
    Matchers::new(matchers)
}

/// The ID of a request of at most `max` bytes; a random one if it has none.
pub fn checked_id(id: Option<String>, max: usize) -> Result<String, Violation> {
    let Some(id) = id else { return Ok(random_id()) };
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if (1..=max).contains(&id.len()) && id.bytes().all(is_part) {
        return Ok(id);
    }
    Err(Violation::new("id", format!("must be 1 to {max} ASCII letters, digits, - and _; is {id:?}")))
}

/// Checks a single-line text of `min` to `max` bytes.
pub fn line(field: &str, text: String, min: usize, max: usize) -> Result<String, Violation> {
    let refused = |reason: String| Err(Violation::new(field, reason));
    if text.trim().len() < min {
        return refused(format!("must have {min} to {max} bytes, is empty"));
    }
    if text.len() > max {
        return refused(format!("has {} bytes, the limit is {max}", text.len()));
    }
    match text.chars().find(|c| c.is_control()) {
        Some(found) => refused(format!("must not contain control characters but has {found:?}")),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: &str = "2026-11-20T10:00:00Z";

    /// A valid request.
    fn request() -> SilenceRequest {
        SilenceRequest {
            matchers: vec!["rule=busy".into()],
            duration: Some("2h".into()),
            created_by: Some("ops".into()),
            ..SilenceRequest::default()
        }
    }

    fn read(request: SilenceRequest) -> Result<Silence, String> {
        read_silence(request, None, NOW.parse().unwrap()).map_err(|violation| violation.to_string())
    }

    fn span(request: SilenceRequest) -> Result<(String, String), String> {
        read(request).map(|silence| (silence.starts_at.to_string(), silence.ends_at.to_string()))
    }

    #[test]
    fn it_holds_from_now_or_a_later_start_for_a_duration_or_until_an_end() {
        let until = |end: &str| ("2026-11-20T10:00:00Z".to_owned(), end.to_owned());
        assert_eq!(span(request()), Ok(until("2026-11-20T12:00:00Z")));
        let ends_at = Some("2026-11-20T13:30:00+03:00".to_owned());
        let ending = SilenceRequest { ends_at, duration: None, ..request() };
        assert_eq!(span(ending.clone()), Ok(until("2026-11-20T10:30:00Z")));
        let past = SilenceRequest { starts_at: Some("2026-11-20T09:00:00Z".into()), ..request() };
        assert_eq!(span(past), Ok(until("2026-11-20T12:00:00Z")));
        let coming = SilenceRequest { starts_at: Some("2026-11-21T00:00:00Z".into()), ..request() };
        assert_eq!(span(coming), Ok(("2026-11-21T00:00:00Z".into(), "2026-11-21T02:00:00Z".into())));
        let late = SilenceRequest { starts_at: Some("2026-11-20T10:30:00Z".into()), ..ending };
        assert_eq!(span(late).unwrap_err(), "ends_at: must be after the start and in the future");
    }

    #[test]
    fn a_time_is_taken_up_to_its_limit_and_refused_past_it_by_name() {
        let lasting = |duration: &str| SilenceRequest { duration: Some(duration.into()), ..request() };
        assert!(read(lasting("366d")).is_ok());
        assert_eq!(read(lasting("366d1s")).unwrap_err(), "duration: must be at most 366d after the start");
        assert_eq!(read(lasting("0s")).unwrap_err(), "duration: must be longer than 0");
        assert!(read(lasting("2")).unwrap_err().starts_with("duration: needs a unit"));
        let starting = |at: &str| SilenceRequest { starts_at: Some(at.into()), ..request() };
        assert!(read(starting("2027-11-21T10:00:00Z")).is_ok());
        assert_eq!(
            read(starting("2027-11-21T10:00:01Z")).unwrap_err(),
            "starts_at: must be within 366d from now"
        );
        assert!(read(starting("soon")).unwrap_err().starts_with("starts_at: must be an RFC 3339 time"));
        let endless = SilenceRequest { duration: None, ..request() };
        assert!(read(endless).unwrap_err().starts_with("duration: is missing: specify either"));
        let both = SilenceRequest { ends_at: Some(NOW.into()), ..request() };
        assert!(read(both).unwrap_err().starts_with("duration: must not be combined"));
    }

    #[test]
    fn matchers_must_be_some_and_must_not_mean_everything() {
        let of = |matchers: &[&str]| {
            let matchers = matchers.iter().map(|&text| text.to_owned()).collect();
            read(SilenceRequest { matchers, ..request() })
        };
        assert_eq!(of(&["rule=a", "host!=b"]).unwrap().matchers.to_string(), r#"rule="a", host!="b""#);
        assert!(of(&[r#"rule=~".+""#]).is_ok());
        assert_eq!(of(&[]).unwrap_err(), "matchers: must have at least one");
        for everything in ["host!=b", r#"severity=~".*""#, "host=", r#"host!~"b""#] {
            let refused = of(&[everything]).unwrap_err();
            assert!(refused.starts_with("matchers: must have one that does not match an empty"), "{refused}");
        }
        let refused = of(&["rule=a", "host"]).unwrap_err();
        assert!(refused.starts_with("matchers[1]: must be FIELD=\"VALUE\""), "{refused}");
        assert!(of(&["rule=a"; SilenceRequest::MAX_MATCHERS]).is_ok());
        let refused = of(&["rule=a"; SilenceRequest::MAX_MATCHERS + 1]).unwrap_err();
        assert_eq!(refused, "matchers: has 17 items, the limit is 16");
    }

    #[test]
    fn texts_are_taken_up_to_their_limits_and_refused_past_them_by_name() {
        let id = |id: String| read(SilenceRequest { id: Some(id), ..request() });
        assert_eq!(id("a-B_9".into()).unwrap().id, "a-B_9");
        assert!(id("x".repeat(64)).is_ok());
        for wrong in ["", "a/b", "é", &"x".repeat(65)] {
            assert!(id(wrong.into()).unwrap_err().starts_with("id: must be 1 to 64 ASCII letters"));
        }
        let by = |by: &str| read(SilenceRequest { created_by: Some(by.into()), ..request() });
        assert!(by(&"x".repeat(100)).is_ok());
        assert_eq!(by(&"x".repeat(101)).unwrap_err(), "created_by: has 101 bytes, the limit is 100");
        assert_eq!(by(" ").unwrap_err(), "created_by: must have 1 to 100 bytes, is empty");
        let comment = |comment: &str| read(SilenceRequest { comment: comment.into(), ..request() });
        assert!(comment(&"x".repeat(1_000)).is_ok());
        assert_eq!(comment(&"x".repeat(1_001)).unwrap_err(), "comment: has 1001 bytes, the limit is 1000");
        assert_eq!(
            comment("a\nb").unwrap_err(),
            "comment: must not contain control characters but has '\\n'"
        );
    }

    #[test]
    fn who_makes_it_is_who_is_named_or_holds_the_token_or_anybody() {
        let anonymous = SilenceRequest { created_by: None, ..request() };
        let by =
            |request, caller| read_silence(request, caller, Timestamp::MIN).map(|silence| silence.created_by);
        assert_eq!(by(request(), Some("token")), Ok("ops".into()));
        assert_eq!(by(anonymous.clone(), Some("token")), Ok("token".into()));
        assert_eq!(by(anonymous, None), Ok("anybody".into()));
    }

    #[test]
    fn ids_that_are_not_given_differ() {
        let (one, other) = (read(request()).unwrap().id, read(request()).unwrap().id);
        assert_ne!(one, other);
        assert_eq!(checked_id(Some(one.clone()), SilenceRequest::MAX_ID_BYTES), Ok(one));
    }

    proptest! {
        #[test]
        fn any_request_is_read_or_refused_by_the_name_of_a_field(
            texts in prop::collection::vec("\\PC{0,12}|[a-z]{1,3}(=|!=|=~)[a-z.*+(]{0,4}", 0..4),
            times in prop::array::uniform3(prop::option::of("\\PC{0,8}|[0-9]{1,4}[smhd]|20[0-9]{2}-01-01T00:00:00Z")),
            words in prop::array::uniform2(prop::option::of("\\PC{0,8}")),
        ) {
            let ([starts_at, ends_at, duration], [id, created_by]) = (times, words);
            let request = SilenceRequest {
                id, matchers: texts, starts_at, ends_at, duration, created_by, comment: String::new(),
            };
            if let Err(refused) = read(request) {
                let fields = ["id", "matchers", "starts_at", "ends_at", "duration", "created_by"];
                prop_assert!(fields.iter().any(|field| refused.starts_with(field)), "{}", refused);
            }
        }
    }
}
