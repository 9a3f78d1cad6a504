//! Decompression of bodies.

use crate::answer::{refused, too_large};
use crate::content::Coding;
use axum::http::StatusCode;
use flate2::bufread::MultiGzDecoder;
use std::io::{self, Read};
use watchkeeper_runtime::http::Problem;

/// The largest window of a zstd frame, as a power of two in bytes: 8 MiB, which RFC 9659 allows on the web. The
/// decoder takes that much memory on top of the limit, whatever comes out.
const ZSTD_WINDOW_LOG: u32 = 23;

/// Decompresses a body. Consecutive gzip members and zstd frames form one body. Stops at the first byte past
/// `max_bytes`.
///
/// # Errors
/// 413 past `max_bytes`, which applies to compressed bodies only; 400 for damaged or truncated data.
pub(crate) fn decompress(sent: Vec<u8>, coding: Coding, max_bytes: usize) -> Result<Vec<u8>, Problem> {
    let unpacked = match coding {
        _ if sent.is_empty() => return Ok(sent),
        Coding::Identity => return Ok(sent),
        Coding::Gzip => read_up_to(max_bytes, MultiGzDecoder::new(&sent[..])),
        Coding::Zstd => zstd_decoder(&sent).and_then(|decoder| read_up_to(max_bytes, decoder)),
        Coding::Snappy => unsnappy(&sent, max_bytes),
    };
    match unpacked {
        Ok(Some(body)) => Ok(body),
        Ok(None) => Err(too_large("bytes when decompressed", max_bytes, "max_decompressed")),
        Err(error) => Err(damaged(coding, &error)),
    }
}

fn zstd_decoder(sent: &[u8]) -> io::Result<zstd::Decoder<'static, &[u8]>> {
    let mut decoder = zstd::Decoder::with_buffer(sent)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG)?;
    Ok(decoder)
}

/// All bytes of a block, which says how many they are; `None` if there are more than `max_bytes`.
fn unsnappy(sent: &[u8], max_bytes: usize) -> io::Result<Option<Vec<u8>>> {
    if snap::raw::decompress_len(sent)? > max_bytes {
        return Ok(None);
    }
    Ok(Some(snap::raw::Decoder::new().decompress_vec(sent)?))
}

/// All bytes of `from`; `None` if there are more than `max_bytes`.
fn read_up_to(max_bytes: usize, from: impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    let one_more = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    from.take(one_more).read_to_end(&mut body)?;
    Ok(Some(body).filter(|body| body.len() <= max_bytes))
}

fn damaged(coding: Coding, error: &io::Error) -> Problem {
    let name = match coding {
        Coding::Identity => "identity",
        Coding::Gzip => "gzip",
        Coding::Zstd => "zstd",
        Coding::Snappy => "snappy",
    };
    refused(StatusCode::BAD_REQUEST, "body", format!("is not valid {name}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;
    use std::io::Write as _;

    const LIMIT: usize = 1000;

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(body: &[u8]) -> Vec<u8> {
        let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
        encoder.include_checksum(true).unwrap();
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    fn snappy(body: &[u8]) -> Vec<u8> {
        snap::raw::Encoder::new().compress_vec(body).unwrap()
    }

    fn compressed(body: &[u8]) -> [(Coding, Vec<u8>); 2] {
        [(Coding::Gzip, gzip(body)), (Coding::Zstd, zstd(body))]
    }

    /// In all codings, also snappy, which has no checksum and cannot be concatenated.
    fn compressed_by_all(body: &[u8]) -> [(Coding, Vec<u8>); 3] {
        [(Coding::Gzip, gzip(body)), (Coding::Zstd, zstd(body)), (Coding::Snappy, snappy(body))]
    }

    #[test]
    fn a_block_that_says_it_is_larger_than_it_is_is_refused() {
        let (status, detail) = refused(b"\xe7\x07\x00a".to_vec(), Coding::Snappy);
        assert_eq!(status, 400);
        assert!(detail.starts_with("body: is not valid snappy: "), "{detail}");
        assert_eq!(refused(b"\xff\xff\xff\xff\x0f".to_vec(), Coding::Snappy).0, 413);
        assert_eq!(refused(b"\xff\xff\xff\xff\xff\xff".to_vec(), Coding::Snappy).0, 400);
    }

    fn refused(sent: Vec<u8>, coding: Coding) -> (u16, String) {
        let problem = decompress(sent, coding, LIMIT).unwrap_err();
        (problem.status().as_u16(), problem.detail().to_owned())
    }

    #[test]
    fn the_largest_body_comes_out_and_a_larger_one_is_refused() {
        for (coding, sent) in compressed_by_all(&[b' '; LIMIT]) {
            assert_eq!(decompress(sent, coding, LIMIT), Ok(vec![b' '; LIMIT]));
        }
        for (coding, sent) in compressed_by_all(&[b' '; LIMIT + 1]) {
            let reason = "body: has more than 1000 bytes when decompressed, the limit set by `max_decompressed` in [ingest]";
            assert_eq!(refused(sent, coding), (413, reason.to_owned()));
        }
    }

    #[test]
    fn what_is_not_compressed_is_left_alone() {
        let plain = vec![b' '; LIMIT + 1];
        assert_eq!(decompress(plain.clone(), Coding::Identity, LIMIT), Ok(plain));
        for coding in [Coding::Gzip, Coding::Zstd] {
            assert_eq!(decompress(Vec::new(), coding, LIMIT), Ok(Vec::new()));
        }
    }

    #[test]
    fn parts_that_follow_one_another_are_one_body() {
        for ((coding, one), (_, other)) in compressed(b"[1,").into_iter().zip(compressed(b"2]")) {
            assert_eq!(decompress([one, other].concat(), coding, LIMIT).unwrap(), b"[1,2]");
        }
    }

    #[test]
    fn a_body_cut_off_anywhere_is_refused() {
        for (coding, sent) in compressed_by_all(br#"{"source":"a"}"#) {
            for length in 1..sent.len() {
                let (status, detail) = refused(sent[..length].to_vec(), coding);
                assert_eq!(status, 400, "{coding:?} cut at {length}");
                assert!(detail.starts_with("body: is not valid "), "{detail}");
            }
        }
    }

    #[test]
    fn a_bomb_takes_no_more_memory_than_the_limit() {
        const BOMB: usize = 100 << 20;
        for (coding, sent) in compressed_by_all(&vec![0; BOMB]) {
            let mut status = 0;
            let cost = allocation_counter::measure(|| status = refused(sent, coding).0);
            assert_eq!(status, 413);
            assert!(cost.bytes_max < 1 << 20, "{coding:?} took {} bytes", cost.bytes_max);
        }
    }

    #[test]
    fn a_frame_that_needs_a_larger_window_than_the_web_allows_is_refused() {
        let with_window = |log| {
            let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
            encoder.window_log(log).unwrap();
            encoder.write_all(b"[]").unwrap();
            encoder.flush().unwrap();
            encoder.finish().unwrap()
        };
        assert_eq!(decompress(with_window(ZSTD_WINDOW_LOG), Coding::Zstd, LIMIT).unwrap(), b"[]");
        let (status, detail) = refused(with_window(ZSTD_WINDOW_LOG + 1), Coding::Zstd);
        assert_eq!(
            (status, detail.as_str()),
            (400, "body: is not valid zstd: Frame requires too much memory for decoding")
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_decompressed_or_refused(sent in prop::collection::vec(any::<u8>(), 0..64), magic in 0..3_usize) {
            let starts: [&[u8]; 3] = [b"", b"\x1f\x8b\x08\x00", b"\x28\xb5\x2f\xfd"];
            let sent = [starts[magic], &sent].concat();
            for coding in [Coding::Gzip, Coding::Zstd, Coding::Snappy] {
                if let Ok(body) = decompress(sent.clone(), coding, LIMIT) {
                    prop_assert!(body.len() <= LIMIT);
                }
            }
        }

        #[test]
        fn a_damaged_byte_is_found_or_makes_no_difference(at in any::<prop::sample::Index>(), bits in 1_u8..) {
            let body = br#"[{"source":"edge","name":"temperature","value":21.5}]"#;
            for (coding, mut sent) in compressed(body) {
                let at = at.index(sent.len());
                sent[at] ^= bits;
                if let Ok(found) = decompress(sent, coding, LIMIT) {
                    prop_assert_eq!(found, body);
                }
            }
        }
    }
}
