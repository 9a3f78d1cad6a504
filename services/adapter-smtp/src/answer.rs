//! Maps a server's replies to port errors.

use watchkeeper_ports::PortError;

/// The dependency's name for operators.
pub(crate) const WHAT: &str = "mail";

/// Permanent replies (5yz) that concern this mail or its recipient: RFC 5321, 4.2.3. The others, such as
/// wrong credentials (535) or an unknown command (500), an operator can fix.
const ABOUT_THE_MAIL: [u16; 6] = [550, 551, 552, 553, 554, 556];

/// The port error for a reply or a failure, with the server's text.
pub(crate) fn error(code: Option<u16>, reason: String) -> PortError {
    if code.is_some_and(|code| ABOUT_THE_MAIL.contains(&code)) {
        PortError::Rejected { what: WHAT, reason }
    } else {
        PortError::Unavailable { what: WHAT, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_ports::Failure;

    #[test]
    fn only_a_permanent_refusal_of_the_mail_itself_gives_it_up() {
        let failure = |code| error(code, "no".into()).failure();
        for code in ABOUT_THE_MAIL {
            assert_eq!(failure(Some(code)), Failure::Reject, "{code}");
        }
        for code in [421, 450, 451, 452, 454, 500, 502, 503, 521, 530, 534, 535, 538] {
            assert_eq!(failure(Some(code)), Failure::Retry, "{code}");
        }
        assert_eq!(failure(None), Failure::Retry, "no answer at all");
    }
}
