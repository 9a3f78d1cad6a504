//! Messages in a stream (RFC 6587).

/// Most digits of the count of octets. A longer number is the beginning of a line: no sender means ten megabytes.
pub const MAX_COUNT_DIGITS: usize = 7;

/// One message of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'f> {
    /// The message, without its count or line end.
    pub message: &'f [u8],
    /// Whether it is only the beginning: the message was too long, or the stream ended within it.
    pub is_cut: bool,
}

/// Finds the messages of one stream, wherever its packets begin and end.
///
/// Each message shows how it is framed: digits, a blank and `<` are a count of octets (3.4.1), and anything else is a line
/// (3.4.2). Line ends and NUL between messages are skipped, which some senders of counts write. A message over the limit is
/// cut, and the next one begins at its right byte.
#[derive(Debug)]
pub struct Framer {
    max_bytes: usize,
    /// What is known of the message so far, up to the limit.
    message: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between messages, or within what may be a count, which is in `message`.
    Begin,
    /// So many bytes of the message are still to come.
    Counted { left: usize },
    /// Up to the next LF.
    Line,
    /// The same, and the message was too long.
    LongLine,
}

impl Framer {
    /// For messages of at most `max_bytes`.
    #[must_use]
    pub const fn new(max_bytes: usize) -> Self {
        Self { max_bytes, message: Vec::new(), state: State::Begin }
    }

    /// Whether the stream is within a message.
    pub fn is_within(&self) -> bool {
        self.state != State::Begin || !self.message.is_empty()
    }

    /// Reads the next bytes, and calls `found` for each message that ends in them.
    pub fn push(&mut self, mut bytes: &[u8], mut found: impl FnMut(Frame<'_>)) {
        while !bytes.is_empty() {
            let taken = match self.state {
                State::Begin => self.begin(bytes),
                State::Counted { left } => self.counted(left, bytes, &mut found),
                State::Line | State::LongLine => self.line(bytes, &mut found),
            };
            bytes = &bytes[taken..];
        }
    }

    /// Takes what has arrived of the last message as one: the stream has ended.
    pub fn finish(&mut self, mut found: impl FnMut(Frame<'_>)) {
        let is_cut = match self.state {
            State::Begin | State::Line => false,
            State::Counted { .. } | State::LongLine => true,
        };
        if self.is_within() {
            self.emit(is_cut, &mut found);
        }
    }

    /// Looks at one byte of the beginning, and decides when it is known what it is.
    fn begin(&mut self, bytes: &[u8]) -> usize {
        let byte = bytes[0];
        let is_blank = self.message.last() == Some(&b' ');
        match byte {
            b'\n' | b'\r' | 0 if self.message.is_empty() => return 1,
            b'1'..=b'9' if self.message.is_empty() => {}
            b'0'..=b'9' if !self.message.is_empty() && !is_blank && self.message.len() < MAX_COUNT_DIGITS => {
            }
            b' ' if !self.message.is_empty() && !is_blank => {}
            b'<' if is_blank => {
                let digits = self.message.iter().filter(|byte| byte.is_ascii_digit());
                let left = digits.fold(0, |count, digit| count * 10 + usize::from(digit - b'0'));
                self.message.clear();
                self.state = State::Counted { left };
                return 0;
            }
            _ => {
                self.state = State::Line;
                return 0;
            }
        }
        self.message.push(byte);
        1
    }

    fn counted(&mut self, left: usize, bytes: &[u8], found: &mut impl FnMut(Frame<'_>)) -> usize {
        let (here, limit) = (left.min(bytes.len()), self.max_bytes);
        // Whole in one packet, as nearly all are: no copy.
        if self.message.is_empty() && here == left {
            let message = &bytes[..left.min(limit)];
            self.state = State::Begin;
            found(Frame { message, is_cut: left > limit });
            return here;
        }
        let is_cut = self.keep(&bytes[..here]);
        match left - here {
            0 => self.emit(is_cut, found),
            // One byte over the limit is never kept, so a full message with more to come is cut in the end.
            left => self.state = State::Counted { left },
        }
        here
    }

    fn line(&mut self, bytes: &[u8], found: &mut impl FnMut(Frame<'_>)) -> usize {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let here = &bytes[..end.unwrap_or(bytes.len())];
        if self.keep(here) {
            self.state = State::LongLine;
        }
        match end {
            None => here.len(),
            Some(end) => {
                self.emit(self.state == State::LongLine, found);
                end + 1
            }
        }
    }

    /// Keeps bytes up to the limit. Returns whether the message has more.
    fn keep(&mut self, bytes: &[u8]) -> bool {
        let room = self.max_bytes - self.message.len().min(self.max_bytes);
        self.message.extend_from_slice(&bytes[..room.min(bytes.len())]);
        bytes.len() > room
    }

    fn emit(&mut self, is_cut: bool, found: &mut impl FnMut(Frame<'_>)) {
        self.state = State::Begin;
        found(Frame { message: &self.message, is_cut });
        self.message.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MAX: usize = 64;

    /// The messages of writes, with `…` behind those that are cut.
    fn frames<'w>(writes: impl IntoIterator<Item = &'w [u8]>) -> Vec<String> {
        let (mut framer, mut found) = (Framer::new(MAX), Vec::new());
        let mut note = |frame: Frame<'_>| {
            let end = if frame.is_cut { "…" } else { "" };
            found.push(String::from_utf8_lossy(frame.message).into_owned() + end);
        };
        writes.into_iter().for_each(|bytes| framer.push(bytes, &mut note));
        framer.finish(&mut note);
        assert!(!framer.is_within());
        found
    }

    const ONE: &str = "<13>1 2026-11-29T10:00:00Z gate shop 7 - - one";
    const TWO: &str = "<13>1 2026-11-29T10:00:01Z gate shop 7 - - two";

    #[test]
    fn counted_messages_are_found_whatever_the_packets() {
        let writes: [&[u8]; 3] = [
            b"4",
            b"6 <13>1 2026-11-29T10:00:0",
            b"0Z gate shop 7 - - one46 <13>1 2026-11-29T10:00:01Z gate shop 7 - - two",
        ];
        assert_eq!(frames(writes), [ONE, TWO]);
        let stream = writes.concat();
        for at in 0..stream.len() {
            assert_eq!(frames([&stream[..at], &stream[at..]]), [ONE, TWO], "split at {at}");
        }
    }

    #[test]
    fn a_counted_message_may_have_line_feeds() {
        assert_eq!(
            frames([&b"9 <13>a\nb\nc8 <13>d\n\n\n"[..]]),
            ["<13>a\nb\nc".get(..9).unwrap(), "<13>d\n\n\n"]
        );
    }

    #[test]
    fn a_counted_message_over_the_limit_is_cut_and_the_next_begins_at_its_right_byte() {
        let long = format!("<13>{}", "x".repeat(3 * MAX));
        let stream = format!("5 <13>a{} {long}5 <13>b", long.len());
        let cut = format!("{}…", &long[..MAX]);
        for packet in [1, 7, MAX, stream.len()] {
            assert_eq!(frames(stream.as_bytes().chunks(packet)), ["<13>a", &cut, "<13>b"], "{packet}");
        }
    }

    #[test]
    fn a_line_over_the_limit_is_cut_and_the_next_begins_behind_its_end() {
        let long = "x".repeat(MAX);
        let stream = format!("<13>a\n{long}\n{long}y\n<13>b\n");
        let cut = format!("{long}…");
        for packet in [1, 7, stream.len()] {
            assert_eq!(frames(stream.as_bytes().chunks(packet)), ["<13>a", &long, &cut, "<13>b"], "{packet}");
        }
    }

    #[test]
    fn lines_and_counted_messages_may_take_turns_on_one_connection() {
        let stream = b"<13>a\r\n5 <13>b\n5 <13>c\0<13>d\n\n10:00 gate down\n2026 was fine\n99999999 <13>x\n";
        let lines =
            ["<13>a\r", "<13>b", "<13>c", "<13>d", "10:00 gate down", "2026 was fine", "99999999 <13>x"];
        assert_eq!(frames([&stream[..]]), lines);
    }

    #[test]
    fn a_count_of_the_most_digits_is_one() {
        let digits = "9".repeat(MAX_COUNT_DIGITS);
        assert_eq!(frames([format!("{digits} <13>x").as_bytes()]), ["<13>x…"]);
    }

    #[test]
    fn what_has_arrived_when_the_stream_ends_is_a_message() {
        assert_eq!(frames([&b"<13>a\n<13>b"[..]]), ["<13>a", "<13>b"]);
        assert_eq!(frames([&b"9 <13>a"[..]]), ["<13>a…"]);
        assert_eq!(frames([&b"12"[..]]), ["12"]);
        assert_eq!(frames([&b""[..]]), [""; 0]);
    }

    proptest! {
        #[test]
        fn packets_never_change_what_is_found(
            stream in "([0-9]{0,3} ?<?[a-c]{0,9}[\n\r\0]?){0,20}",
            packet in 1_usize..9,
        ) {
            let whole = frames([stream.as_bytes()]);
            prop_assert_eq!(frames(stream.as_bytes().chunks(packet)), whole);
        }

        #[test]
        fn no_message_is_over_the_limit(stream in prop::collection::vec(any::<u8>(), 0..600)) {
            let mut framer = Framer::new(MAX);
            framer.push(&stream, |frame| assert!(frame.message.len() <= MAX));
            framer.finish(|frame| assert!(frame.message.len() <= MAX));
        }
    }
}
