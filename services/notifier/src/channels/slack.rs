//! Slack's incoming webhooks, which Mattermost and Rocket.Chat take too.
//!
//! The text is in an attachment, not in blocks, which the other two do not show:
//! <https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments>. Escaping:
//! <https://docs.slack.dev/messaging/formatting-message-text>. Answers:
//! <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>.

use super::fit::{Form, utf16};
use super::message::ChatMessage;
use super::{Adapter, options};
use watchkeeper_config::{HttpUrl, Section};
use watchkeeper_http_client::HttpRequest;

/// Longest text of the message, as Slack recommends.
const MAX_TITLE: usize = 4_000;
/// Longest text of the attachment: far below the 40,000 at which Slack cuts without a word.
const MAX_TEXT: usize = 8_000;

/// The options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slack {
    url: HttpUrl,
}

impl Slack {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        Some(Self { url: options::secret_url(section)? })
    }
}

impl Adapter for Slack {
    fn host(&self) -> &str {
        self.url.host()
    }

    fn request(&self, message: &ChatMessage) -> HttpRequest {
        let form = |limit| Form { limit, count: utf16, escape };
        let title = form(MAX_TITLE).line(&message.title, MAX_TITLE);
        let text = form(MAX_TEXT).fit(&message.text, message.url.as_deref());
        let attachment = serde_json::json!({
            "color": format!("#{:06x}", message.colour()),
            "fallback": title,
            "text": text,
            "mrkdwn_in": [],
        });
        let body = serde_json::json!({ "text": title, "mrkdwn": false, "attachments": [attachment] });
        HttpRequest::post(self.url.expose(), body.to_string())
    }
}

/// The three characters of Slack's markup; so no `<URL|text>` hides where a link leads.
fn escape(line: &str) -> String {
    line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
