//! A scripted server of MongoDB's protocol.

use mongodb::bson::{Document, RawDocumentBuf, deserialize_from_slice, doc};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Opcodes: the old one, for the client's hello, and the current one. Each message has a header of four
/// numbers.
const OP_REPLY: i32 = 1;
const OP_QUERY: i32 = 2004;
const OP_MSG: i32 = 2013;
const HEAD_BYTES: usize = 16;

/// Answers a command.
pub(crate) type Script = dyn Fn(&Document) -> Document + Send + Sync;

/// Starts a server on a free port; returns its URL.
pub(crate) async fn start(script: Arc<Script>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("mongodb://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&script)));
        }
    });
    url
}

/// Serves one client until it disconnects.
async fn serve(mut stream: TcpStream, script: Arc<Script>) -> std::io::Result<()> {
    loop {
        let mut head = [0; HEAD_BYTES];
        stream.read_exact(&mut head).await?;
        let number = |at: usize| i32::from_le_bytes(head[at..at + 4].try_into().unwrap());
        let mut body = vec![0; usize::try_from(number(0)).unwrap() - HEAD_BYTES];
        stream.read_exact(&mut body).await?;
        let (id, operation) = (number(4), number(12));
        let answer = if operation == OP_QUERY {
            message(id, OP_REPLY, &[0, 0, 0, 0, 1], &hello())
        } else {
            // After the flags and the section kind.
            let command: Document = deserialize_from_slice(&body[5..]).unwrap();
            let is_hello = ["hello", "isMaster"].iter().any(|name| command.contains_key(name));
            let answer = if is_hello { hello() } else { script(&command) };
            message(id, OP_MSG, &[0], &answer)
        };
        stream.write_all(&answer).await?;
    }
}

/// The answer to a command that is not a write and does not matter: nothing exists yet.
pub(crate) fn nothing_yet(command: &Document) -> Document {
    if ["find", "listIndexes"].iter().any(|name| command.contains_key(name)) {
        return found(Vec::new());
    }
    doc! { "ok": 1 }
}

/// The answer with documents.
pub(crate) fn found(documents: Vec<Document>) -> Document {
    doc! { "cursor": { "id": 0_i64, "ns": "watchkeeper.any", "firstBatch": documents }, "ok": 1 }
}

fn hello() -> Document {
    doc! {
        "isWritablePrimary": true, "ismaster": true, "maxBsonObjectSize": 16_777_216,
        "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000, "minWireVersion": 0,
        "maxWireVersion": 13, "ok": 1,
    }
}

/// The reply to `to`: header, numbers and document.
fn message(to: i32, operation: i32, numbers: &[i32], document: &Document) -> Vec<u8> {
    let mut body: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    if operation == OP_MSG {
        body.push(0);
    }
    body.extend(RawDocumentBuf::try_from(document).unwrap().as_bytes());
    let length = i32::try_from(HEAD_BYTES + body.len()).unwrap();
    let mut message: Vec<u8> =
        [length, 1, to, operation].iter().flat_map(|number| number.to_le_bytes()).collect();
    message.extend(body);
    message
}
