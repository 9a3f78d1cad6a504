//! Block devices: `/proc/diskstats`.

use super::files::{label, lines, number, words};

const SECTOR_BYTES: u64 = 512;

/// What a device, or a part of one, has done since the host started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// `major:minor`.
    pub(super) device: String,
    /// Its name in `/dev`.
    pub(super) name: String,
    pub(super) reads: u64,
    pub(super) read_bytes: u64,
    pub(super) writes: u64,
    pub(super) written_bytes: u64,
    /// Milliseconds with at least one request.
    pub(super) busy_ms: u64,
}

impl Block {
    /// `254 0 vda READS merged SECTORS ms WRITES merged SECTORS ms in-flight BUSY …` (kernel: admin-guide/iostats).
    fn parse(line: &[u8]) -> Option<Self> {
        let mut words = words(line);
        let device = format!("{}:{}", number::<u32>(words.next()?)?, number::<u32>(words.next()?)?);
        let name = label(words.next()?);
        let counts: Vec<u64> = words.map_while(number).collect();
        let &[reads, _, read, _, writes, _, written, _, _, busy_ms, ..] = counts.as_slice() else {
            return None;
        };
        let bytes = |sectors: u64| sectors.saturating_mul(SECTOR_BYTES);
        Some(Self {
            device,
            name,
            reads,
            read_bytes: bytes(read),
            writes,
            written_bytes: bytes(written),
            busy_ms,
        })
    }
}

/// All that can be read.
pub(super) fn parse(diskstats: &[u8]) -> Vec<Block> {
    lines(diskstats).filter_map(Block::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VDA: &str = " 254       0 vda 4386613 158016 247764658 34944606 5466647 2056215 867670984 9136979 0 2044176 44765800 1612411 168 763211680 343066 1721684 341148\n";

    #[test]
    fn a_line_has_requests_and_bytes() {
        let expected = Block {
            device: "254:0".to_owned(),
            name: "vda".to_owned(),
            reads: 4_386_613,
            read_bytes: 247_764_658 * 512,
            writes: 5_466_647,
            written_bytes: 867_670_984 * 512,
            busy_ms: 2_044_176,
        };
        assert_eq!(parse(VDA.as_bytes()), [expected]);
    }

    #[test]
    fn a_line_that_cannot_be_read_costs_only_itself() {
        let odd = format!("8 0 sda 1 2 3\nx 0 sdb 1 1 1 1 1 1 1 1 1 1\n\n{VDA}");
        assert_eq!(parse(odd.as_bytes()).len(), 1);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_and_a_good_line_among_them_is_found(
            before in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let all = [before.as_slice(), b"\n", VDA.as_bytes()].concat();
            prop_assert!(parse(&all).iter().any(|block| block.name == "vda"));
        }
    }
}
