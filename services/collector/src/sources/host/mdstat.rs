//! Linux's software RAID: `/proc/mdstat` (md(4)).

use super::files::{label, lines, number, words};

/// What follows such a word, and an equals sign, is how far the array has come, in percent.
const SYNCHRONISING: [&[u8]; 6] = [b"resync", b"recovery", b"reshape", b"check", b"repair", b"recover"];

/// An array.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Array {
    pub(super) name: String,
    is_active: bool,
    /// Members that have failed and were not removed.
    failed: u64,
    /// Members that it should have and does not; zero if the array has no redundancy.
    missing: u64,
    /// While it is being synchronised or checked.
    pub(super) sync_percent: Option<f64>,
}

impl Array {
    /// How many members are missing or have failed. An array that was not assembled counts as one.
    pub(super) fn degraded(&self) -> u64 {
        let members = self.missing.max(self.failed);
        if self.is_active { members } else { members.max(1) }
    }

    /// `md0 : active raid1 sdb1[1](F) sda1[0]`.
    fn begin(line: &[u8]) -> Option<Self> {
        let mut words = words(line);
        let [name, colon, state] = [words.next()?, words.next()?, words.next()?];
        let is_active = state.starts_with(b"active");
        if colon != b":" || !(is_active || state == b"inactive") {
            return None;
        }
        let failed = words.filter(|member| member.ends_with(b"(F)")).count() as u64;
        Some(Self { name: label(name), is_active, failed, missing: 0, sync_percent: None })
    }

    /// One of the indented lines below: `1046528 blocks super 1.2 [2/1] [_U]`, or
    /// `[=>....]  recovery = 12.6% (37043392/292945152) finish=127.5min`, where the percent may follow at once.
    fn proceed(&mut self, line: &[u8]) {
        let words: Vec<&[u8]> = words(line).collect();
        if let Some(missing) = words.iter().find_map(|word| missing(word)) {
            self.missing = missing;
        }
        let is_sync = |word: &&[u8]| SYNCHRONISING.iter().any(|sync| word.starts_with(sync));
        if words.iter().any(is_sync) {
            self.sync_percent = words.iter().find_map(|word| percent(word)).or(self.sync_percent);
        }
    }
}

/// `[4/3]`: of four members, three work.
fn missing(word: &[u8]) -> Option<u64> {
    let inner = word.strip_prefix(b"[")?.strip_suffix(b"]")?;
    let slash = inner.iter().position(|&byte| byte == b'/')?;
    let [all, working]: [u64; 2] = [number(&inner[..slash])?, number(&inner[slash + 1..])?];
    Some(all.saturating_sub(working))
}

/// `12.6%` or `=12.6%`.
fn percent(word: &[u8]) -> Option<f64> {
    let digits = word.strip_suffix(b"%")?;
    number(digits.strip_prefix(b"=").unwrap_or(digits))
}

/// All arrays.
pub(super) fn parse(mdstat: &[u8]) -> Vec<Array> {
    let mut arrays: Vec<Array> = Vec::new();
    let mut is_within = false;
    for line in lines(mdstat) {
        if line.first().is_some_and(u8::is_ascii_whitespace) {
            if let Some(array) = arrays.last_mut().filter(|_| is_within) {
                array.proceed(line);
            }
        } else {
            let array = Array::begin(line);
            is_within = array.is_some();
            arrays.extend(array);
        }
    }
    arrays
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// From the documentation of mdadm and kernels since 2.6.
    const MDSTAT: &[u8] = b"Personalities : [raid1] [raid6] [raid5] [raid4] [raid0]
md0 : active raid1 sdb1[1] sda1[0]
      1046528 blocks super 1.2 [2/2] [UU]
      bitmap: 0/1 pages [0KB], 65536KB chunk

md1 : active raid5 sdd1[3](F) sdc1[2] sdb2[1] sda2[0]
      2093056 blocks super 1.2 level 5, 512k chunk, algorithm 2 [4/3] [UUU_]
      [==>..................]  recovery = 12.6% (37043392/292945152) finish=127.5min speed=33440K/sec

md2 : active (auto-read-only) raid1 sdf1[1] sde1[0]
      1046528 blocks super 1.2 [2/2] [UU]
      \tresync=PENDING

md3 : active raid0 sdg1[0] sdh1[1]
      2093056 blocks super 1.2 512k chunks

md127 : inactive sdi[1](S) sdj[0](S)
      1046528 blocks super 1.2

unused devices: <none>
";

    fn told(mdstat: &[u8]) -> Vec<(String, u64, Option<f64>)> {
        let told = |array: Array| (array.name.clone(), array.degraded(), array.sync_percent);
        parse(mdstat).into_iter().map(told).collect()
    }

    #[test]
    fn missing_members_and_progress_are_told_by_array() {
        let expected = [
            ("md0", 0, None),
            ("md1", 1, Some(12.6)),
            ("md2", 0, None),
            ("md3", 0, None),
            ("md127", 1, None),
        ];
        assert_eq!(told(MDSTAT), expected.map(|(name, degraded, sync)| (name.to_owned(), degraded, sync)));
    }

    #[test]
    fn progress_may_follow_the_equals_sign_at_once() {
        let mdstat = b"md0 : active raid1 a[0] b[1]\n  1 blocks [2/1] [_U]\n  [>...]  check =100.0% (1/1)\n";
        assert_eq!(told(mdstat), [("md0".to_owned(), 1, Some(100.0))]);
    }

    #[test]
    fn a_host_without_arrays_has_none() {
        assert_eq!(parse(b"Personalities : \nunused devices: <none>\n"), []);
        assert_eq!(parse(b""), []);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_and_a_good_array_among_them_is_found(
            before in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let all = [before.as_slice(), b"\n", MDSTAT].concat();
            prop_assert!(told(&all).contains(&("md1".to_owned(), 1, Some(12.6))));
        }
    }
}
