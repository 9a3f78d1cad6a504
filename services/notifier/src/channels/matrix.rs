//! Matrix: `PUT /rooms/{roomId}/send/{eventType}/{txnId}` of the client-server API, version 1.10 or later:
//! <https://spec.matrix.org/latest/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid>.
//!
//! The transaction is the notification: a message that is sent again after a lost answer is shown once.

use super::fit::{Form, bytes, plain};
use super::message::ChatMessage;
use super::{Adapter, options};
use serde_json::Value;
use std::time::Duration;
use watchkeeper_config::{HttpUrl, Secret, Section};
use watchkeeper_http_client::HttpRequest;

/// Longest text, in bytes: an event may have 65,536 with all escapes.
const MAX_TEXT: usize = 16 * 1024;
/// Longest id of a room, in bytes.
const MAX_ROOM_BYTES: usize = 255;

/// The options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matrix {
    url: HttpUrl,
    token: Secret,
    room: String,
}

impl Matrix {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let (url, token) = (options::own_server(section), options::secret(section, "token", "token_file"));
        let room = section.required_text("room", MAX_ROOM_BYTES);
        let is_of_id = |c: char| c.is_ascii_graphic() && !"/?#%".contains(c);
        let is_id = room.starts_with('!') && room.chars().all(is_of_id);
        if !room.is_empty() && !is_id {
            section.refuse("room", "must be the id of a room such as !abcdef:example.org, not an alias");
        }
        Some(Self { url: url?, token: token?, room })
    }
}

impl Adapter for Matrix {
    fn host(&self) -> &str {
        self.url.host()
    }

    /// `m.mentions` is empty, so that no text calls anybody.
    fn request(&self, message: &ChatMessage) -> HttpRequest {
        let form = Form { limit: MAX_TEXT, count: bytes, escape: plain };
        let text = form.fit(&message.whole(), message.url.as_deref());
        let body = serde_json::json!({ "msgtype": "m.text", "body": text, "m.mentions": {} });
        let path = format!("/_matrix/client/v3/rooms/{}/send/m.room.message/{}", self.room, message.id);
        HttpRequest::put(self.url.with_path(&path).expose(), body.to_string())
            .header("authorization", options::bearer(&self.token))
    }

    fn wait(&self, answer: &Value) -> Option<Duration> {
        answer.get("retry_after_ms")?.as_u64().map(Duration::from_millis)
    }
}
