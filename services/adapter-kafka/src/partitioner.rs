//! Kafka's default partitioner.

/// librdkafka's name for [`partition_of`]; a record without a key goes to any partition.
pub(crate) const PARTITIONER: &str = "murmur2_random";

/// The partition of `key`, given their number: the same as in Java's clients since Kafka 0.8.2
/// (`Utils.toPositive(Utils.murmur2(key)) % partitions`, see `BuiltInPartitioner.partitionForKey`).
pub(crate) fn partition_of(key: &[u8], partitions: u32) -> u32 {
    (murmur2(key) & 0x7fff_ffff) % partitions.max(1)
}

/// `MurmurHash2`, 32 bits, with Kafka's seed (`org.apache.kafka.common.utils.Utils.murmur2`).
fn murmur2(key: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const MIX: u32 = 0x5bd1_e995;
    // A key of 4 GiB cannot be published.
    let length = u32::try_from(key.len()).unwrap_or(u32::MAX);
    let (words, rest) = key.as_chunks::<4>();
    let mut hash = words.iter().fold(SEED ^ length, |hash, word| {
        let word = u32::from_le_bytes(*word).wrapping_mul(MIX);
        hash.wrapping_mul(MIX) ^ (word ^ (word >> 24)).wrapping_mul(MIX)
    });
    if !rest.is_empty() {
        let rest = rest.iter().rev().fold(0, |rest, byte| (rest << 8) | u32::from(*byte));
        hash = (hash ^ rest).wrapping_mul(MIX);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(MIX);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors from Kafka's own test (`UtilsTest.testMurmur2`).
    #[test]
    fn a_key_hashes_as_in_kafka() {
        let vectors: [(&str, i32); 6] = [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ];
        for (key, hash) in vectors {
            assert_eq!(murmur2(key.as_bytes()).cast_signed(), hash, "{key}");
        }
    }

    #[test]
    fn a_hash_that_java_takes_for_negative_has_a_partition() {
        assert_eq!(partition_of(b"21", 8), 1_173_551_340 % 8);
        assert_eq!(partition_of(b"21", 1), 0);
    }
}
