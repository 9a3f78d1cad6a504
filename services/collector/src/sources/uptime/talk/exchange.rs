//! Text that a target's section says to send and to expect.

use super::conversation::Conversation;
use crate::sources::uptime::body::{MAX_CONDITION_BYTES, cut};
use crate::sources::uptime::failure;
use regex::bytes::Regex;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};
use watchkeeper_config::Section;

/// Longest text that is sent, in bytes.
pub const MAX_SEND_BYTES: usize = 4 * 1024;

/// What is sent, and expected in the reply.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// The bytes that are sent once connected.
    pub send: Option<Vec<u8>>,
    /// Bytes that the reply must contain.
    pub expect: Option<Vec<u8>>,
    /// An expression that some part of the reply must match.
    pub matches: Option<Regex>,
}

impl PartialEq for Exchange {
    fn eq(&self, other: &Self) -> bool {
        let expression = |exchange: &Self| exchange.matches.as_ref().map(|regex| regex.as_str().to_owned());
        self.send == other.send && self.expect == other.expect && expression(self) == expression(other)
    }
}

impl Eq for Exchange {}

impl Exchange {
    /// Reads the keys `send`, `expect` and `expect_matches`; `None` without any.
    pub(in crate::sources::uptime) fn read(section: &mut Section<'_>) -> Option<Self> {
        let bytes = |section: &mut Section<'_>, key, limit| {
            let text = section.optional_text(key, limit)?;
            unescaped(&text).map_err(|reason| section.refuse(key, reason)).ok()
        };
        let send = bytes(section, "send", MAX_SEND_BYTES);
        let expect = bytes(section, "expect", MAX_CONDITION_BYTES);
        let expression = section.optional_text("expect_matches", MAX_CONDITION_BYTES);
        let matches = expression.and_then(|expression| {
            let regex = Regex::new(&expression);
            regex.map_err(|_| section.refuse("expect_matches", "is not a valid regular expression")).ok()
        });
        let exchange = Self { send, expect, matches };
        (exchange != Self::default()).then_some(exchange)
    }

    /// Whether a reply is as expected; more of it may still come.
    fn is_met(&self, reply: &[u8]) -> bool {
        let contains = |expected: &Vec<u8>| reply.windows(expected.len()).any(|part| part == expected);
        self.expect.as_ref().is_none_or(contains)
            && self.matches.as_ref().is_none_or(|expression| expression.is_match(reply))
    }

    /// `expected "+PONG"`.
    fn expected(&self) -> String {
        let text = self.expect.as_deref().map(quoted);
        let expression = self.matches.as_ref().map(|regex| format!("a match of {:?}", regex.as_str()));
        let both: Vec<_> = text.into_iter().chain(expression).collect();
        format!("expected {}", both.join(" and "))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conversation<S> {
    /// Sends, and reads until the reply is as expected.
    pub(super) async fn exchange(
        &mut self,
        exchange: &Exchange,
        deadline: Instant,
        within: Duration,
    ) -> Result<(), String> {
        if let Some(bytes) = &exchange.send {
            self.send(bytes).await?;
        }
        // A reply that comes byte by byte is not searched each time.
        let mut search_from = 0;
        loop {
            if self.pending().len() >= search_from {
                if exchange.is_met(self.pending()) {
                    return Ok(());
                }
                search_from = self.pending().len() + self.pending().len() / 8;
            }
            let more = timeout_at(deadline, self.receive()).await;
            let is_last = !matches!(more, Ok(Ok(true)));
            if is_last && exchange.is_met(self.pending()) {
                return Ok(());
            }
            let ended = match more {
                Ok(Ok(true)) => continue,
                Ok(Ok(false)) => "closed the connection",
                Ok(Err(reason)) => return Err(format!("{reason}, {}", exchange.expected())),
                Err(_) if self.pending().is_empty() => {
                    return Err(format!(
                        "no answer within {}, {}",
                        failure::spelled(within),
                        exchange.expected()
                    ));
                }
                Err(_) => "",
            };
            return Err(match (self.pending(), ended) {
                ([], _) => format!("closed the connection without an answer, {}", exchange.expected()),
                (reply, _) => format!("answered {}, {}", quoted(reply), exchange.expected()),
            });
        }
    }
}

/// Bytes as a reason shows them.
fn quoted(bytes: &[u8]) -> String {
    format!("{:?}", cut(&String::from_utf8_lossy(bytes)))
}

/// `\r`, `\n`, `\t`, `\0`, `\\` and `\xHH` stand for bytes.
fn unescaped(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escaped)) = rest.split_once('\\') {
        bytes.extend(plain.as_bytes());
        let mut characters = escaped.chars();
        let kind = characters.next();
        rest = characters.as_str();
        bytes.push(match kind {
            Some('r') => b'\r',
            Some('n') => b'\n',
            Some('t') => b'\t',
            Some('0') => 0,
            Some('\\') => b'\\',
            Some('x') => {
                let digits =
                    rest.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
                let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                rest = rest.get(2..).unwrap_or_default();
                byte.ok_or("\\x needs two hexadecimal digits, as in \\x0a")?
            }
            _ => return Err(r"after a backslash must follow r, n, t, 0, \ or xHH".to_owned()),
        });
    }
    bytes.extend(rest.as_bytes());
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_stand_for_bytes() {
        assert_eq!(unescaped(r"PING\r\n").unwrap(), b"PING\r\n");
        assert_eq!(unescaped(r"\x00\xfF\\\0\t!").unwrap(), b"\0\xff\\\0\t!");
        assert_eq!(unescaped("ß").unwrap(), "ß".as_bytes());
        for text in [r"\q", "\\", r"\x", r"\x0", r"\x0g", r"\x+1", "\\xß"] {
            assert!(unescaped(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_reply_is_met_by_all_that_is_expected() {
        let both = Exchange {
            send: None,
            expect: Some(b"PONG".to_vec()),
            matches: Some(Regex::new("(?m)^id [0-9]+").unwrap()),
        };
        assert!(both.is_met(b"+PONG\nid 7"));
        assert!(!both.is_met(b"+PONG\n") && !both.is_met(b"id 7"));
        assert_eq!(both.expected(), r#"expected "PONG" and a match of "(?m)^id [0-9]+""#);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = unescaped(&text);
        }
    }
}
