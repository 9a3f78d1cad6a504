//! Compressed bodies: whole, damaged, cut off, mislabelled, and bombs.

use super::{Outcome, Whole};
use crate::stage::sample;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use flate2::{Compression, GzBuilder};
use std::io::Write;

/// Four times what a body may be.
const BOMB_BYTES: usize = 256 << 20;
const TAKEN: Outcome = Outcome::Taken(1, &[]);
const NOT_GZIP: Outcome = Outcome::Refused(400, "body: is not valid gzip: ");
const NOT_ZSTD: Outcome = Outcome::Refused(400, "body: is not valid zstd: ");
const EMPTY: Outcome = Outcome::Refused(400, "body: is empty");
const BOMB: Outcome = Outcome::Refused(413, "body: has more than 67108864 bytes when decompressed");
const UNKNOWN: Outcome = Outcome::Refused(415, "Content-Encoding: must be one of identity, gzip, zstd, is ");
/// Skipped by a decoder (RFC 8878, section 3.1.2).
const SKIPPABLE: &[u8] = b"\x50\x2a\x4d\x18\x04\x00\x00\x00skip";
/// A frame that needs dictionary 7.
const DICTIONARY: &[u8] = b"\x28\xb5\x2f\xfd\x21\x07\x02\x11\x00\x00[]";

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn zstd(body: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// The same bytes but for one, counted from the end.
fn damaged(mut body: Vec<u8>, from_end: usize) -> Vec<u8> {
    let at = body.len() - from_end;
    body[at] ^= 0x55;
    body
}

fn cut(mut body: Vec<u8>, from_end: usize) -> Vec<u8> {
    body.truncate(body.len() - from_end);
    body
}

/// Zeros, written through an encoder a piece at a time.
fn zeros<W: Write>(mut encoder: W) -> W {
    let piece = vec![0; 1 << 20];
    (0..BOMB_BYTES / piece.len()).for_each(|_| encoder.write_all(&piece).unwrap());
    encoder
}

pub(crate) fn wholes() -> Vec<Whole> {
    let mut wholes = gzips();
    wholes.extend(zstds());
    wholes.extend(others());
    wholes
}

fn gzips() -> Vec<Whole> {
    let sample = sample("a").into_bytes();
    let (start, end) = sample.split_at(10);
    let with_name = {
        let mut encoder = GzBuilder::new()
            .filename("a.json")
            .comment("odd")
            .extra(vec![1; 9])
            .write(Vec::new(), Compression::best());
        encoder.write_all(&sample).unwrap();
        encoder.finish().unwrap()
    };
    let bomb = zeros(GzEncoder::new(Vec::new(), Compression::fast())).finish().unwrap();
    let one = |name: &str, body: Vec<u8>, expected| {
        Whole::of(name, body, expected).with("content-encoding", "gzip")
    };
    vec![
        one("gzip", gzip(&sample), TAKEN),
        one("gzip with a file name", with_name, TAKEN),
        one("gzip in two members", [gzip(start), gzip(end)].concat(), TAKEN),
        one("gzip with an empty member", [gzip(b""), gzip(&sample), gzip(b"")].concat(), TAKEN),
        one("gzip of nothing", gzip(b""), EMPTY),
        one("gzip of a broken body", gzip(b"{"), Outcome::Refused(400, "body: is not valid JSON")),
        one("gzip of gzip", gzip(&gzip(&sample)), Outcome::Refused(400, "body: is not UTF-8")),
        one("gzip of a header only", gzip(&sample)[..10].to_vec(), NOT_GZIP),
        one("gzip cut in its header", gzip(&sample)[..5].to_vec(), NOT_GZIP),
        one("gzip cut in its data", cut(gzip(&sample), 20), NOT_GZIP),
        one("gzip cut before its trailer", cut(gzip(&sample), 8), NOT_GZIP),
        one("gzip cut in its trailer", cut(gzip(&sample), 1), NOT_GZIP),
        one("gzip of a wrong checksum", damaged(gzip(&sample), 8), NOT_GZIP),
        one("gzip of a wrong length", damaged(gzip(&sample), 4), NOT_GZIP),
        one("gzip of wrong data", damaged(gzip(&sample), 20), NOT_GZIP),
        one("gzip with bytes after it", [gzip(&sample), b"more".to_vec()].concat(), NOT_GZIP),
        one("gzip with a member cut off after it", [gzip(start), cut(gzip(end), 9)].concat(), NOT_GZIP),
        one("gzip that is plain", sample.clone(), NOT_GZIP),
        one("gzip that is zstd", zstd(&sample), NOT_GZIP),
        one(
            "gzip that is zlib",
            with_encoder(ZlibEncoder::new(Vec::new(), Compression::fast()), &sample, ZlibEncoder::finish),
            NOT_GZIP,
        ),
        one(
            "gzip that is deflate",
            with_encoder(
                DeflateEncoder::new(Vec::new(), Compression::fast()),
                &sample,
                DeflateEncoder::finish,
            ),
            NOT_GZIP,
        ),
        one("a bomb of gzip", bomb, BOMB),
        Whole::of("gzip by its older name", gzip(&sample), TAKEN).with("content-encoding", "x-gzip"),
        Whole::of("gzip in capitals", gzip(&sample), TAKEN).with("content-encoding", "GZIP"),
        Whole::of("gzip that is not said", gzip(&sample), Outcome::Refused(400, "body: is not UTF-8")),
    ]
}

fn with_encoder<W: Write>(mut encoder: W, body: &[u8], finish: fn(W) -> std::io::Result<Vec<u8>>) -> Vec<u8> {
    encoder.write_all(body).unwrap();
    finish(encoder).unwrap()
}

fn zstds() -> Vec<Whole> {
    let sample = sample("a").into_bytes();
    let (start, end) = sample.split_at(10);
    let wide = {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(24).unwrap();
        encoder.write_all(&sample).unwrap();
        encoder.flush().unwrap();
        encoder.finish().unwrap()
    };
    let bomb = zeros(zstd::Encoder::new(Vec::new(), 1).unwrap()).finish().unwrap();
    let one = |name: &str, body: Vec<u8>, expected| {
        Whole::of(name, body, expected).with("content-encoding", "zstd")
    };
    vec![
        one("zstd", zstd(&sample), TAKEN),
        one("zstd in two frames", [zstd(start), zstd(end)].concat(), TAKEN),
        one("zstd with a frame to skip", [SKIPPABLE, &zstd(&sample), SKIPPABLE].concat(), TAKEN),
        one("zstd of nothing but a frame to skip", SKIPPABLE.to_vec(), EMPTY),
        one("zstd of nothing", zstd(b""), EMPTY),
        one("zstd of a broken body", zstd(b"{"), Outcome::Refused(400, "body: is not valid JSON")),
        one("zstd cut in its header", zstd(&sample)[..3].to_vec(), NOT_ZSTD),
        one("zstd cut in its data", cut(zstd(&sample), 20), NOT_ZSTD),
        one("zstd cut in its checksum", cut(zstd(&sample), 1), NOT_ZSTD),
        one("zstd of a wrong checksum", damaged(zstd(&sample), 1), NOT_ZSTD),
        one("zstd of wrong data", damaged(zstd(&sample), 20), NOT_ZSTD),
        one("zstd with bytes after it", [zstd(&sample), b"more".to_vec()].concat(), NOT_ZSTD),
        one("zstd with a frame cut off after it", [zstd(start), cut(zstd(end), 9)].concat(), NOT_ZSTD),
        one("zstd of a window larger than the web allows", wide, NOT_ZSTD),
        one("zstd with a dictionary", DICTIONARY.to_vec(), NOT_ZSTD),
        one("zstd that is plain", sample.clone(), NOT_ZSTD),
        one("zstd that is gzip", gzip(&sample), NOT_ZSTD),
        one("a bomb of zstd", bomb, BOMB),
        Whole::of("zstd that is not said", zstd(&sample), Outcome::Refused(400, "body: is not UTF-8")),
    ]
}

fn others() -> Vec<Whole> {
    let said = |coding: &str, expected| {
        Whole::of(format!("the coding {coding:?}"), sample("a"), expected).with("content-encoding", coding)
    };
    let unknown =
        ["", "br", "deflate", "compress", "none", "*", "utf-8", "gzip, gzip", "gzip;q=1", "zstd, identity"];
    let twice = Whole::of(
        "two codings in two headers",
        gzip(&zstd(sample("a").as_bytes())),
        Outcome::Refused(415, "Content-Encoding: is given more than once"),
    );
    let mut wholes: Vec<_> = unknown.into_iter().map(|coding| said(coding, UNKNOWN)).collect();
    wholes.push(said("identity", TAKEN));
    wholes.push(twice.with("content-encoding", "zstd").with("content-encoding", "gzip"));
    wholes
}
