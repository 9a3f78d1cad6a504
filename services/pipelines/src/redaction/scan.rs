//! Finds secrets in a text, in one pass.

use super::{Form, HIDDEN, Redaction};
use std::ops::Range;

/// Longest name that is looked for before `=` or `:`, in bytes.
const MAX_LOOK_BACK: usize = 128;
/// Shortest token after `Bearer`, in bytes; shorter ones are words.
const MIN_BEARER_BYTES: usize = 6;
/// Digits of the number of a payment card (ISO/IEC 7812).
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;
/// Longest number of a card, with a blank or hyphen after every digit.
const MAX_CARD_BYTES: usize = 2 * *CARD_DIGITS.end();
/// Longest word about a secret, in bytes; a longer one is a secret.
const MAX_PROSE_BYTES: usize = 32;

/// The text with its secrets hidden; `None` if it has none.
pub(super) fn hide(text: &str, redaction: &Redaction) -> Option<String> {
    let scan = Scan { text: text.as_bytes(), redaction };
    let (mut hidden, mut copied, mut at) = (String::new(), 0, 0);
    let (mail, card) = (redaction.finds(Form::Mail), redaction.finds(Form::Card));
    let leads = |byte: &u8| {
        matches!(byte, b':' | b'=' | b' ' | b'-')
            || (mail && *byte == b'@')
            || (card && byte.is_ascii_digit())
    };
    // Most bytes lead nowhere, and every event is read.
    while let Some(ahead) = scan.text[at..].iter().position(leads) {
        at += ahead;
        let Some(Secret { range, quotes }) = scan.secret_at(at, copied) else {
            at += 1;
            continue;
        };
        let quotes = quotes
            .map(|Quotes { byte, slashes }| format!("{}{}", "\\".repeat(slashes), char::from(byte)))
            .unwrap_or_default();
        hidden.extend([&text[copied..range.start], quotes.as_str(), HIDDEN, quotes.as_str()]);
        (copied, at) = (range.end, range.end);
    }
    if copied == 0 {
        return None;
    }
    hidden.push_str(&text[copied..]);
    Some(hidden)
}

/// A secret in a text.
struct Secret {
    /// Where it is; begins and ends at an ASCII character.
    range: Range<usize>,
    /// The quotes to be put around what replaces it, because it has none.
    quotes: Option<Quotes>,
}

/// How a text is quoted.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Quotes {
    /// `"` or `'`.
    byte: u8,
    /// How many backslashes are before each: JSON within a JSON text has 1, within that 3, and so on.
    slashes: usize,
}

/// What a quote is to a text that is quoted by others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum QuoteIs {
    Closing,
    Inside,
    /// It closes the text around it.
    Outside,
}

impl Quotes {
    /// `None` if these backslashes are not only before the quote but stand for backslashes in the text.
    fn new(byte: u8, slashes: usize) -> Option<Self> {
        (matches!(byte, b'"' | b'\'') && (slashes + 1).is_power_of_two()).then_some(Self { byte, slashes })
    }

    /// What a quote behind so many backslashes is.
    fn role_of(self, byte: u8, slashes: usize) -> QuoteIs {
        if byte != self.byte {
            return if self.byte == b'\'' { QuoteIs::Outside } else { QuoteIs::Inside };
        }
        match slashes % (2 * (self.slashes + 1)) {
            own if own == self.slashes => QuoteIs::Closing,
            escaped if escaped == 2 * self.slashes + 1 => QuoteIs::Inside,
            _ => QuoteIs::Outside,
        }
    }
}

impl Secret {
    fn bare(range: Range<usize>) -> Self {
        Self { range, quotes: None }
    }
}

struct Scan<'t> {
    text: &'t [u8],
    redaction: &'t Redaction,
}

impl Scan<'_> {
    /// The secret to which the byte at `at` leads, which begins at `from` or later.
    fn secret_at(&self, at: usize, from: usize) -> Option<Secret> {
        let secret = match self.text[at] {
            b':' if self.text[at..].starts_with(b"://") => self.in_url(at + 3),
            b'=' | b':' => self.named(at),
            b' ' if at > 0 && matches!(self.text[at - 1], b'r' | b'R') => self.bearer(at),
            b'-' => self.private_key(at),
            b'@' if self.redaction.finds(Form::Mail) => self.mail(at),
            b'0'..=b'9' if self.redaction.finds(Form::Card) => self.card(at),
            _ => None,
        };
        secret.filter(|Secret { range, .. }| {
            range.start >= from && !range.is_empty() && &self.text[range.clone()] != HIDDEN.as_bytes()
        })
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.get(at).copied()
    }

    /// The value after the name of a secret and `=` or `:`.
    fn named(&self, separator: usize) -> Option<Secret> {
        let is_equals = self.text[separator] == b'=';
        if is_equals && self.byte(separator + 1) == Some(b'=') {
            return None;
        }
        let name = self.name_before(separator)?;
        if !self.redaction.names.hit(&self.text[name.range.clone()]) {
            return None;
        }
        let blanks = self.blanks(separator + 1, name.quotes.is_some());
        // `token= user=1`: an empty value. `token = x` has one.
        if is_equals && blanks > 0 && name.range.end == separator {
            return None;
        }
        let begin = separator + 1 + blanks;
        let slashes = self.slashes_from(begin);
        if let Some(quotes) = Quotes::new(self.byte(begin + slashes)?, slashes) {
            let open = begin + slashes + 1;
            // `"/x?token=","user":1`: it ends the text around an empty value.
            let is_end = self.byte(open).is_none_or(|next| b" \t\r\n,:;)}]>".contains(&next));
            if name.quotes.is_none() && is_end {
                return None;
            }
            return Some(Secret::bare(open..self.closing(open, quotes)));
        }
        match name.quotes {
            Some(quotes) => self.json_value(begin, quotes),
            None => self.bare_value(&name, begin, is_equals),
        }
    }

    fn name_before(&self, separator: usize) -> Option<Name> {
        let least = separator.saturating_sub(MAX_LOOK_BACK);
        let mut end = separator;
        while end > least && matches!(self.text[end - 1], b' ' | b'\t') {
            end -= 1;
        }
        let quote = *self.text[least..end].last()?;
        if matches!(quote, b'"' | b'\'') {
            end -= 1;
            let quotes = Quotes::new(quote, self.slashes_before(end))?;
            end = end.checked_sub(quotes.slashes)?;
            let begin = self.text[least.min(end)..end].iter().rposition(|byte| *byte == quote)? + least + 1;
            let is_same = self.slashes_before(begin - 1) == quotes.slashes;
            return is_same.then_some(Name { range: begin..end, quotes: Some(quotes) });
        }
        let is_part = |byte: &u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') || !byte.is_ascii()
        };
        let length = self.text[least..end].iter().rev().take_while(|byte| is_part(byte)).count();
        let begin = end - length + self.escape_at(end - length);
        (begin < end).then_some(Name { range: begin..end, quotes: None })
    }

    /// How many bytes at `at` belong to an escape of JSON before it: 1 of `\n`, 5 of `\u000a`.
    fn escape_at(&self, at: usize) -> usize {
        if self.slashes_before(at).is_multiple_of(2) {
            return 0;
        }
        match self.byte(at) {
            Some(b'n' | b'r' | b't' | b'b' | b'f') => 1,
            Some(b'u') => 5,
            _ => 0,
        }
    }

    /// Whether a word can begin at `at`.
    fn begins_word(&self, at: usize) -> bool {
        at == 0
            || !matches!(self.text[at - 1], b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'.' | b'_' | b'-')
            || self.escape_at(at - 1) == 1
    }

    /// How many blanks begin at `at`.
    fn blanks(&self, at: usize, with_lines: bool) -> usize {
        let is_blank =
            |byte: &&u8| matches!(byte, b' ' | b'\t') || (with_lines && matches!(byte, b'\r' | b'\n'));
        self.text.get(at..).unwrap_or_default().iter().take_while(is_blank).count()
    }

    fn slashes_from(&self, at: usize) -> usize {
        self.text.get(at..).unwrap_or_default().iter().take_while(|byte| **byte == b'\\').count()
    }

    fn slashes_before(&self, at: usize) -> usize {
        self.text[..at].iter().rev().take_while(|byte| **byte == b'\\').count()
    }

    /// The end of a quoted text that begins at `open`: before its closing quote, or before that of the text around it.
    fn closing(&self, open: usize, quotes: Quotes) -> usize {
        let mut run = 0;
        for (at, byte) in self.text.iter().enumerate().skip(open) {
            if matches!(byte, b'"' | b'\'') {
                match quotes.role_of(*byte, run) {
                    QuoteIs::Closing => return at - quotes.slashes,
                    QuoteIs::Outside => return at - run,
                    QuoteIs::Inside => {}
                }
            }
            run = if *byte == b'\\' { run + 1 } else { 0 };
        }
        self.text.len()
    }

    /// A value without quotes in JSON: a number, an object or a list.
    fn json_value(&self, begin: usize, quotes: Quotes) -> Option<Secret> {
        let rest = &self.text[begin..];
        let end = match rest.first()? {
            b'{' | b'[' => self.closing_bracket(begin, quotes),
            b't' | b'f' | b'n' => return None,
            _ => {
                let is_end = |byte: &u8| byte.is_ascii_whitespace() || b",}]\"'\\".contains(byte);
                begin + rest.iter().position(is_end).unwrap_or(rest.len())
            }
        };
        Some(Secret { range: begin..end, quotes: Some(quotes) })
    }

    /// The end of an object or list that begins at `begin`, or that of the text around it.
    fn closing_bracket(&self, begin: usize, quotes: Quotes) -> usize {
        let (mut depth, mut run, mut at) = (0_usize, 0, begin);
        while let Some(byte) = self.byte(at) {
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                b'"' | b'\'' => match quotes.role_of(byte, run) {
                    QuoteIs::Closing => {
                        at = self.closing(at + 1, quotes);
                        // Its closing quote, unless the text around it ends here.
                        let slashes = self.slashes_from(at);
                        if self.byte(at + slashes) != Some(quotes.byte) || slashes != quotes.slashes {
                            return at;
                        }
                        at += slashes;
                    }
                    QuoteIs::Outside => return at - run,
                    QuoteIs::Inside => {}
                },
                _ => {}
            }
            run = if byte == b'\\' { run + 1 } else { 0 };
            at += 1;
            if depth == 0 {
                return at;
            }
        }
        self.text.len()
    }

    /// A value without quotes in any other text.
    fn bare_value(&self, name: &Name, begin: usize, is_equals: bool) -> Option<Secret> {
        let name = self.text[name.range.clone()].to_ascii_lowercase();
        if name.ends_with(b"cookie") {
            let rest = &self.text[begin..];
            let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n' | b'"' | b'\\');
            let length = rest.iter().position(is_end).unwrap_or(rest.len());
            return Some(Secret::bare(begin..begin + length));
        }
        let mut end = begin + self.word(begin);
        if name.ends_with(b"authorization") && is_scheme(&self.text[begin..end]) {
            let blanks = self.blanks(end, false);
            end += blanks + self.word(end + blanks);
        } else if !is_equals && is_prose(&name, &self.text[begin..end]) {
            return None;
        }
        Some(Secret::bare(begin..end))
    }

    /// The length of the word at `begin`, without a comma behind it.
    fn word(&self, begin: usize) -> usize {
        let rest = self.text.get(begin..).unwrap_or_default();
        let ends = |(at, byte): (usize, &u8)| {
            byte.is_ascii_whitespace()
                || matches!(byte, b'&' | b'"' | b'\'' | b';' | b'<' | b'>')
                || (*byte == b'\\' && matches!(rest.get(at + 1), Some(b'"' | b'\'' | b'\\')))
        };
        let length = rest.iter().enumerate().position(ends).unwrap_or(rest.len());
        if rest[..length].ends_with(b",") { length - 1 } else { length }
    }

    fn bearer(&self, blank: usize) -> Option<Secret> {
        if !self.redaction.finds(Form::Token) {
            return None;
        }
        let word = blank.checked_sub("bearer".len())?;
        if !self.text[word..blank].eq_ignore_ascii_case(b"bearer") || !self.begins_word(word) {
            return None;
        }
        let begin = blank + self.blanks(blank, false);
        let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"._~+/=-".contains(byte);
        let length = self.text[begin..].iter().take_while(is_part).count();
        (length >= MIN_BEARER_BYTES).then(|| Secret::bare(begin..begin + length))
    }

    /// The password of `user:password@host`, which begins at `begin`.
    fn in_url(&self, begin: usize) -> Option<Secret> {
        if !self.redaction.finds(Form::Token) {
            return None;
        }
        let rest = &self.text[begin..];
        let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"/?#\"'<>\\".contains(byte);
        let authority = &rest[..rest.iter().position(is_end).unwrap_or(rest.len())];
        let at_sign = authority.iter().rposition(|byte| *byte == b'@')?;
        let colon = authority[..at_sign].iter().position(|byte| *byte == b':')?;
        Some(Secret::bare(begin + colon + 1..begin + at_sign))
    }

    /// What is between the first and the last line of a private key (RFC 7468).
    fn private_key(&self, at: usize) -> Option<Secret> {
        const BEGIN: &[u8] = b"-----BEGIN ";
        const KIND: &[u8] = b"PRIVATE KEY-----";
        const END: &[u8] = b"-----END ";
        let rest = &self.text[at..];
        if !rest.starts_with(BEGIN) || !self.redaction.finds(Form::Token) {
            return None;
        }
        let begin = find(&rest[..rest.len().min(BEGIN.len() + MAX_LOOK_BACK)], KIND)? + KIND.len();
        let body = &rest[begin..];
        let body = &body[..body.iter().position(|byte| *byte == b'"').unwrap_or(body.len())];
        let end = begin + find(body, END).unwrap_or(body.len());
        Some(Secret::bare(at + begin..at + end))
    }

    fn mail(&self, at: usize) -> Option<Secret> {
        const MAX_LOCAL: usize = 64;
        let is_local = |byte: &&u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte);
        let local = self.text[..at].iter().rev().take(MAX_LOCAL).take_while(is_local).count();
        let local = local.saturating_sub(self.escape_at(at - local));
        let is_domain = |byte: &&u8| byte.is_ascii_alphanumeric() || b".-".contains(byte);
        let length = self.text[at + 1..].iter().take_while(is_domain).count();
        let domain = &self.text[at + 1..at + 1 + length];
        let domain = &domain[..=domain.iter().rposition(|byte| !b".-".contains(byte))?];
        let last = domain.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
        let is_address = local > 0
            && last.len() >= 2
            && last.len() < domain.len()
            && last.iter().all(u8::is_ascii_alphabetic);
        is_address.then(|| Secret::bare(at - local..at + 1 + domain.len()))
    }

    fn card(&self, at: usize) -> Option<Secret> {
        const SHORTEST_FIRST_GROUP: usize = 4;
        let rest = &self.text[at..];
        let has_group =
            rest.get(..SHORTEST_FIRST_GROUP).is_some_and(|group| group.iter().all(u8::is_ascii_digit));
        if !has_group || !self.begins_word(at) {
            return None;
        }
        let mut end = 0;
        for (index, byte) in rest.iter().enumerate().take(MAX_CARD_BYTES) {
            match byte {
                b'0'..=b'9' => end = index + 1,
                // One blank or hyphen between groups.
                b' ' | b'-' if end == index => {}
                _ => break,
            }
        }
        // A number may follow: the longest part in front of a separator that is a card.
        while end > 0 {
            let is_whole = rest.get(end).is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
            if is_whole && is_card(&rest[..end]) {
                return Some(Secret::bare(at..at + end));
            }
            end = rest[..end].iter().rposition(|byte| !byte.is_ascii_digit())?;
        }
        None
    }
}

struct Name {
    range: Range<usize>,
    quotes: Option<Quotes>,
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// Whether it is a scheme of HTTP's header `Authorization`, which the secret follows.
fn is_scheme(word: &[u8]) -> bool {
    [&b"bearer"[..], b"basic", b"digest", b"negotiate", b"ntlm", b"token", b"apikey", b"hawk", b"dpop"]
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// `unexpected token: end`, `invalid secret: expired`: a word about it, not the secret itself.
fn is_prose(name: &[u8], word: &[u8]) -> bool {
    word.len() <= MAX_PROSE_BYTES
        && (name.ends_with(b"token") || name.ends_with(b"secret"))
        && !word.iter().any(u8::is_ascii_digit)
}

/// Whether digits, with or without blanks and hyphens, are the number of a payment card: by their count, their first
/// digit, and the checksum of Luhn. Times in microseconds and nanoseconds begin with 1.
pub(super) fn is_card(text: &[u8]) -> bool {
    let digits = || text.iter().rev().filter(|byte| byte.is_ascii_digit()).map(|byte| u32::from(byte - b'0'));
    let is_plausible = text.first().is_some_and(|first| (b'2'..=b'6').contains(first))
        && text.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'-'))
        && CARD_DIGITS.contains(&digits().count());
    let sum: u32 = digits()
        .enumerate()
        .map(|(index, digit)| match index % 2 {
            0 => digit,
            _ if digit > 4 => digit * 2 - 9,
            _ => digit * 2,
        })
        .sum();
    is_plausible && sum.is_multiple_of(10)
}
