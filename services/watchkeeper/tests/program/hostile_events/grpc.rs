//! OTLP over gRPC, with messages of any bytes.

use super::http::{field, otlp_export, otlp_record};
use super::odd::texts;
use super::{By, GOOD, Input};
use prost::bytes::{Buf as _, BufMut as _};
use tokio::runtime::{Builder, Runtime};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

const EXPORT: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

/// A client of the export.
pub(super) struct Grpc {
    tokio: Runtime,
    channel: Channel,
}

impl Grpc {
    pub(super) fn to(address: &str) -> Self {
        let tokio = Builder::new_current_thread().enable_all().build().unwrap();
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let channel = tokio.block_on(endpoint.connect()).unwrap();
        Self { tokio, channel }
    }

    /// Sends a message of these bytes.
    pub(super) fn export(&self, message: &[u8]) -> Code {
        self.tokio.block_on(async {
            let mut client = tonic::client::Grpc::new(self.channel.clone());
            client.ready().await.unwrap();
            let request = Request::new(message.to_vec());
            match client.unary(request, PathAndQuery::from_static(EXPORT), Raw).await {
                Ok(_) => Code::Ok,
                Err(status) => status.code(),
            }
        })
    }
}

/// Bytes as they are.
#[derive(Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining()).to_vec()))
    }
}

/// A good event.
pub(super) fn good(number: u64) -> Vec<u8> {
    let attribute = [field(1, b"service.name"), field(2, &field(1, GOOD.as_bytes()))].concat();
    let resource = field(1, &field(1, &attribute));
    let record = field(5, &field(1, number.to_string().as_bytes()));
    field(1, &[resource, field(2, &field(2, &record))].concat())
}

pub(super) fn inputs() -> Vec<Input> {
    let deep = (0..20_000).fold(field(1, b"x"), |inner, _| {
        // Only so large that building it takes no time.
        if inner.len() < 200_000 { field(5, &field(1, &inner)) } else { inner }
    });
    let attribute = |number: usize| {
        field(6, &[field(1, format!("a{number}").as_bytes()), field(2, &field(1, b"x"))].concat())
    };
    let of_texts = texts().into_iter().map(|(name, text)| (name, otlp_export(&text)));
    let others = [
        ("no protobuf", b"{\"resourceLogs\":[]}".to_vec()),
        ("a truncated message", good(0)[..20].to_vec()),
        ("a length of 2^63", b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f".to_vec()),
        ("a number without end", vec![0xff; 100]),
        ("groups", vec![0x0b; 50_000]),
        ("values as deep as can be", otlp_record(&field(5, &deep))),
        ("1,000 attributes", otlp_record(&(0..1_000).flat_map(attribute).collect::<Vec<_>>())),
        ("a time of 2554", otlp_record(b"\x09\xff\xff\xff\xff\xff\xff\xff\xff")),
        ("a time of 1970", otlp_record(b"\x09\x01\0\0\0\0\0\0\0")),
        ("a severity of 1,000", otlp_record(b"\x10\xe8\x07")),
        ("short ids", otlp_record(&[field(9, b"a"), field(10, b"")].concat())),
        ("NaN", otlp_record(&field(6, &[field(1, b"n"), field(2, b"\x21\0\0\0\0\0\0\xf8\x7f")].concat()))),
        ("5 MiB", otlp_export(&vec![b'x'; 5 << 20])),
        ("100,000 empty records", field(1, &field(2, &field(2, b"").repeat(100_001)))),
    ];
    of_texts
        .chain(others)
        .map(|(name, message)| Input::new(format!("gRPC: {name}"), By::Grpc(message)))
        .collect()
}
