//! Greetings of servers of mail and SSH.

use super::Said;
use super::conversation::Conversation;
use crate::sources::uptime::body::cut;
use tokio::io::{AsyncRead, AsyncWrite};

/// Most lines of one reply.
const MAX_LINES: usize = 100;

impl<S: AsyncRead + AsyncWrite + Unpin> Conversation<S> {
    /// RFC 5321: the greeting 220 and the reply 250 to EHLO; with STARTTLS (RFC 3207) where offered.
    pub(super) async fn smtp(&mut self, wants_tls: bool) -> Result<Said, String> {
        self.reply(220, "the greeting").await?;
        self.send(b"EHLO watchkeeper\r\n").await?;
        let offers = self.reply(250, "EHLO").await?;
        let offers_tls = offers.iter().any(|line| line.trim().eq_ignore_ascii_case("STARTTLS"));
        if wants_tls && offers_tls {
            self.send(b"STARTTLS\r\n").await?;
            self.reply(220, "STARTTLS").await?;
            return self.start_tls();
        }
        // Courtesy; the server may have closed already.
        let _ = self.send(b"QUIT\r\n").await;
        Ok(Said::All)
    }

    /// The text of the lines of a reply with this code.
    async fn reply(&mut self, code: u16, to: &str) -> Result<Vec<String>, String> {
        let mut texts = Vec::new();
        for _ in 0..MAX_LINES {
            let line = self.line().await?;
            let (digits, text) = line.split_at_checked(3).unwrap_or((&line, ""));
            if digits != code.to_string() || !matches!(text.chars().next(), None | Some(' ' | '-')) {
                return Err(format!("answered {:?} to {to}, expected {code}", cut(&line))
                    .replace(" to the greeting", ""));
            }
            texts.push(text.get(1..).unwrap_or_default().to_owned());
            if !text.starts_with('-') {
                return Ok(texts);
            }
        }
        Err(format!("answered more than {MAX_LINES} lines to {to}"))
    }

    /// RFC 9051: the greeting `* OK`, or `* PREAUTH`; with STARTTLS where offered.
    pub(super) async fn imap(&mut self, wants_tls: bool) -> Result<Said, String> {
        let greeting = self.line().await?;
        let state = greeting.strip_prefix("* ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        if !["OK", "PREAUTH"].iter().any(|known| state.eq_ignore_ascii_case(known)) {
            return Err(format!("answered {:?}, expected \"* OK\"", cut(&greeting)));
        }
        if wants_tls && state.eq_ignore_ascii_case("OK") {
            let offers = self.command("a1", "CAPABILITY").await?;
            if offers.to_ascii_uppercase().split_ascii_whitespace().any(|word| word == "STARTTLS") {
                self.command("a2", "STARTTLS").await?;
                return self.start_tls();
            }
        }
        let _ = self.send(b"a3 LOGOUT\r\n").await;
        Ok(Said::All)
    }

    /// The lines of the reply to a command, which must end with OK.
    async fn command(&mut self, tag: &str, command: &str) -> Result<String, String> {
        self.send(format!("{tag} {command}\r\n").as_bytes()).await?;
        let mut lines = String::new();
        for _ in 0..MAX_LINES {
            let line = self.line().await?;
            let Some(result) = line.strip_prefix(tag) else {
                lines.extend([&*line, "\n"]);
                continue;
            };
            if result.trim_start().split(' ').next().is_some_and(|word| word.eq_ignore_ascii_case("OK")) {
                return Ok(lines);
            }
            return Err(format!("answered {:?} to {command}, expected OK", cut(&line)));
        }
        Err(format!("answered more than {MAX_LINES} lines to {command}"))
    }

    /// RFC 4253, section 4.2: other lines may come first.
    pub(super) async fn ssh(&mut self) -> Result<Said, String> {
        let mut first = None;
        for _ in 0..MAX_LINES {
            let line = self.line().await.map_err(|error| match &first {
                Some(line) => format!("answered {line:?}, expected \"SSH-2.0-\""),
                None => error,
            })?;
            // 1.99 is a server of 2.0 that speaks to older clients too.
            if line.starts_with("SSH-2.0-") || line.starts_with("SSH-1.99-") {
                return Ok(Said::All);
            }
            first.get_or_insert_with(|| cut(&line));
        }
        Err(format!("answered {:?}, expected \"SSH-2.0-\"", first.unwrap_or_default()))
    }

    /// Text behind the reply could have been slipped in by an attacker, and would be taken for what came over TLS.
    fn start_tls(&self) -> Result<Said, String> {
        if self.pending().is_empty() {
            Ok(Said::StartTls)
        } else {
            Err("answered more than the reply to STARTTLS before the handshake".to_owned())
        }
    }
}
