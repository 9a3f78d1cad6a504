//! Discord's webhooks: <https://docs.discord.com/developers/resources/webhook#execute-webhook>.

use super::fit::{Form, utf16};
use super::judge::seconds;
use super::message::ChatMessage;
use super::{Adapter, options};
use serde_json::Value;
use std::time::Duration;
use watchkeeper_config::{HttpUrl, Section};
use watchkeeper_http_client::HttpRequest;

/// Longest `content`.
const MAX_CONTENT: usize = 2_000;
/// Longest `description` of an embed.
const MAX_DESCRIPTION: usize = 4_096;

/// The options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Discord {
    url: HttpUrl,
}

impl Discord {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        Some(Self { url: options::secret_url(section)? })
    }
}

impl Adapter for Discord {
    fn host(&self) -> &str {
        self.url.host()
    }

    fn request(&self, message: &ChatMessage) -> HttpRequest {
        let form = |limit| Form { limit, count: utf16, escape };
        let mut body = serde_json::json!({
            "content": form(MAX_CONTENT).line(&message.title, MAX_CONTENT),
            "allowed_mentions": { "parse": [] },
        });
        if !message.text.is_empty() {
            let text = form(MAX_DESCRIPTION).fit(&message.text, message.url.as_deref());
            body["embeds"] = serde_json::json!([{ "description": text, "color": message.colour(), "timestamp": message.at }]);
        }
        HttpRequest::post(self.url.expose(), body.to_string())
    }

    fn wait(&self, answer: &Value) -> Option<Duration> {
        seconds(answer.get("retry_after")?)
    }
}

/// Backslashes before Discord's Markdown, but not within URLs, which would lead elsewhere.
fn escape(line: &str) -> String {
    let is_url = |word: &str| word.starts_with("https://") || word.starts_with("http://");
    let words = line.split(' ').map(|word| if is_url(word) { word.to_owned() } else { escape_word(word) });
    words.collect::<Vec<_>>().join(" ")
}

fn escape_word(word: &str) -> String {
    let mut escaped = String::with_capacity(word.len());
    for c in word.chars() {
        if r"\*_~`|>#[]()<-".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
