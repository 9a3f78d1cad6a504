//! The export format of the journal (<https://systemd.io/JOURNAL_EXPORT_FORMATS>).
//!
//! A field is a line `NAME=text`, or if its value is no text, a line `NAME`, its length as 64 bits in little endian, the
//! value and LF. An empty line ends an entry. Unlike the JSON of `journalctl`, it has values of any size and any bytes.

/// Most bytes that are kept of a field: as many as a message of an event has.
pub(super) const MAX_FIELD_BYTES: usize = watchkeeper_domain::event::MAX_MESSAGE_BYTES;
/// Most bytes that are kept of the values of one entry.
pub(super) const MAX_ENTRY_BYTES: usize = 2 * MAX_FIELD_BYTES;
/// Most fields that are kept of one entry.
pub(super) const MAX_ENTRY_FIELDS: usize = 256;
/// Longest name of a field: journald accepts no longer ones.
const MAX_NAME_BYTES: usize = 64;
/// The bytes of a length.
const LENGTH_BYTES: usize = 8;

/// The fields of the journal itself that events have something of. Others are not kept.
const TRUSTED: [&str; 7] =
    ["__CURSOR", "__REALTIME_TIMESTAMP", "_BOOT_ID", "_HOSTNAME", "_SYSTEMD_UNIT", "_PID", "_COMM"];

/// An entry: its fields in order, of which some may be there several times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) fields: Vec<(String, Vec<u8>)>,
    /// Whether a value or a field was too much.
    pub(super) is_cut: bool,
    bytes: usize,
}

impl Entry {
    /// The first value of a field.
    pub(super) fn first(&self, name: &str) -> Option<&[u8]> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice())
    }

    fn add(&mut self, name: &[u8], value: &[u8]) {
        let Ok(name) = std::str::from_utf8(name) else { return };
        if name.starts_with('_') && !TRUSTED.contains(&name) {
            return;
        }
        if self.fields.len() >= MAX_ENTRY_FIELDS || name.len() > MAX_NAME_BYTES {
            self.is_cut = true;
            return;
        }
        let kept = &value[..value.len().min(MAX_ENTRY_BYTES - self.bytes)];
        self.is_cut |= kept.len() < value.len();
        self.bytes += kept.len();
        self.fields.push((name.to_owned(), kept.to_vec()));
    }
}

/// Finds the entries in what is read, wherever the reads begin and end.
#[derive(Debug, Default)]
pub(super) struct Reader {
    state: State,
    name: Vec<u8>,
    /// What is kept of the line or the value.
    value: Vec<u8>,
    entry: Entry,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Line,
    Length,
    Value {
        left: u64,
    },
    ValueEnd,
}

impl Reader {
    /// Reads the next bytes, and calls `found` for each entry that ends in them.
    pub(super) fn push(&mut self, mut bytes: &[u8], mut found: impl FnMut(Entry)) {
        while !bytes.is_empty() {
            let taken = match self.state {
                State::Line => self.line(bytes, &mut found),
                State::Length => self.length(bytes),
                State::Value { left } => self.value(left, bytes),
                State::ValueEnd => {
                    self.state = State::Line;
                    1
                }
            };
            bytes = &bytes[taken..];
        }
    }

    fn line(&mut self, bytes: &[u8], found: &mut impl FnMut(Entry)) -> usize {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        self.keep(&bytes[..end.unwrap_or(bytes.len())]);
        let Some(end) = end else { return bytes.len() };
        let line = std::mem::take(&mut self.value);
        match line.iter().position(|byte| *byte == b'=') {
            Some(at) => self.entry.add(&line[..at], &line[at + 1..]),
            None if line.is_empty() => {
                let entry = std::mem::take(&mut self.entry);
                if !entry.fields.is_empty() {
                    found(entry);
                }
            }
            None => (self.name, self.state) = (line, State::Length),
        }
        end + 1
    }

    fn length(&mut self, bytes: &[u8]) -> usize {
        let here = bytes.len().min(LENGTH_BYTES - self.value.len());
        self.value.extend_from_slice(&bytes[..here]);
        if let Ok(length) = self.value.as_slice().try_into() {
            self.value.clear();
            let left = u64::from_le_bytes(length);
            self.state = State::Value { left };
            if left == 0 {
                self.end_value();
            }
        }
        here
    }

    fn value(&mut self, left: u64, bytes: &[u8]) -> usize {
        let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        self.keep(&bytes[..here]);
        let left = left - here as u64;
        self.state = State::Value { left };
        if left == 0 {
            self.end_value();
        }
        here
    }

    fn end_value(&mut self) {
        self.entry.add(&self.name, &self.value);
        self.value.clear();
        self.state = State::ValueEnd;
    }

    fn keep(&mut self, bytes: &[u8]) {
        // Of a line, with its name.
        let room = MAX_FIELD_BYTES + MAX_NAME_BYTES + 1 - self.value.len();
        self.entry.is_cut |= bytes.len() > room;
        self.value.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(bytes: &[u8], packet: usize) -> Vec<Entry> {
        let (mut reader, mut entries) = (Reader::default(), Vec::new());
        bytes.chunks(packet).for_each(|chunk| reader.push(chunk, |entry| entries.push(entry)));
        entries
    }

    fn fields(entry: &Entry) -> Vec<(&str, &[u8])> {
        entry.fields.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect()
    }

    const TWO: &[u8] = b"__CURSOR=s=1;i=2\n_UID=0\nMESSAGE\n\x06\0\0\0\0\0\0\0caf\xE9!\r\nKEY=a\nKEY=b\nEMPTY\n\0\0\0\0\0\0\0\0\n\n\nMESSAGE=x=y\n\n";

    #[test]
    fn texts_and_bytes_and_repeated_fields_are_read_whatever_the_packets() {
        for packet in 1..TWO.len() {
            let entries = entries(TWO, packet);
            assert_eq!(entries.len(), 2, "{packet}");
            let expected: [(&str, &[u8]); 5] = [
                ("__CURSOR", b"s=1;i=2"),
                ("MESSAGE", b"caf\xE9!\r"),
                ("KEY", b"a"),
                ("KEY", b"b"),
                ("EMPTY", b""),
            ];
            assert_eq!(fields(&entries[0]), expected, "{packet}");
            assert_eq!(fields(&entries[1]), [("MESSAGE", &b"x=y"[..])]);
            assert!(entries.iter().all(|entry| !entry.is_cut));
        }
    }

    #[test]
    fn what_is_too_long_is_cut_and_the_rest_of_the_entry_stays() {
        let long = "x".repeat(MAX_ENTRY_BYTES + 1);
        let length = u64::try_from(long.len()).unwrap().to_le_bytes();
        let bytes =
            [b"A=1\nCOREDUMP\n", &length[..], long.as_bytes(), b"\nB=", long.as_bytes(), b"\nC=3\n\n"]
                .concat();
        for packet in [7_777, bytes.len()] {
            let entries = entries(&bytes, packet);
            let [entry] = entries.as_slice() else { panic!("one entry") };
            assert!(entry.is_cut);
            assert_eq!(
                entry.fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
                ["A", "COREDUMP", "B", "C"]
            );
            assert!(entry.fields.iter().map(|(_, value)| value.len()).sum::<usize>() <= MAX_ENTRY_BYTES);
        }
    }

    #[test]
    fn as_many_fields_as_the_limit_are_kept_and_one_more_is_left_out_and_said() {
        let of = |count: usize| {
            let text = (0..count).fold(String::new(), |text, number| text + &format!("F{number}=1\n"));
            let entry = entries(format!("{text}\n").as_bytes(), 1 << 20).remove(0);
            (entry.fields.len(), entry.is_cut)
        };
        assert_eq!(of(MAX_ENTRY_FIELDS), (MAX_ENTRY_FIELDS, false));
        assert_eq!(of(MAX_ENTRY_FIELDS + 1), (MAX_ENTRY_FIELDS, true));
    }
}
