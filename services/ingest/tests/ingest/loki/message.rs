//! Pushes as Promtail writes them.

use prost::Message;

/// `logproto.PushRequest`
#[derive(Clone, PartialEq, Message)]
struct Push {
    #[prost(message, repeated, tag = "1")]
    streams: Vec<Stream>,
}

/// `logproto.StreamAdapter`
#[derive(Clone, PartialEq, Message)]
pub(super) struct Stream {
    #[prost(string, tag = "1")]
    labels: String,
    #[prost(message, repeated, tag = "2")]
    entries: Vec<EntryMessage>,
    #[prost(uint64, tag = "3")]
    hash: u64,
}

/// `logproto.EntryAdapter`
#[derive(Clone, PartialEq, Message)]
struct EntryMessage {
    #[prost(message, optional, tag = "1")]
    timestamp: Option<Time>,
    #[prost(bytes = "vec", tag = "2")]
    line: Vec<u8>,
    #[prost(message, repeated, tag = "3")]
    metadata: Vec<Pair>,
}

/// `google.protobuf.Timestamp`
#[derive(Clone, PartialEq, Message)]
struct Time {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

/// `logproto.LabelPairAdapter`
#[derive(Clone, PartialEq, Message)]
struct Pair {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

/// One entry of a stream.
#[derive(Clone)]
pub(super) struct Entry<'e> {
    pub(super) nanos: Option<i64>,
    pub(super) line: &'e [u8],
    pub(super) metadata: Vec<(&'e str, &'e str)>,
}

impl<'e> Entry<'e> {
    pub(super) fn at(nanos: i64, line: &'e (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { nanos: Some(nanos), line: line.as_ref(), metadata: Vec::new() }
    }
}

pub(super) fn stream(labels: &str, entries: &[Entry<'_>]) -> Stream {
    let entry = |entry: &Entry<'_>| {
        let nanos = |nanos: i64| i32::try_from(nanos.rem_euclid(1_000_000_000)).unwrap();
        let time = |at: i64| Time { seconds: at.div_euclid(1_000_000_000), nanos: nanos(at) };
        let pair = |(name, value): &(&str, &str)| Pair { name: (*name).into(), value: (*value).into() };
        EntryMessage {
            timestamp: entry.nanos.map(time),
            line: entry.line.to_vec(),
            metadata: entry.metadata.iter().map(pair).collect(),
        }
    };
    Stream { labels: labels.into(), entries: entries.iter().map(entry).collect(), hash: 7 }
}

pub(super) fn push(streams: &[Stream]) -> Vec<u8> {
    Push { streams: streams.to_vec() }.encode_to_vec()
}

pub(super) fn snappy(body: &[u8]) -> Vec<u8> {
    snap::raw::Encoder::new().compress_vec(body).unwrap()
}
