//! The Events API v2 of `PagerDuty`: <https://developer.pagerduty.com/docs/events-api-v2/trigger-events/>.

use super::fit::{Form, plain, utf16};
use super::message::ChatMessage;
use super::{Adapter, options};
use watchkeeper_config::{HttpUrl, Secret, Section};
use watchkeeper_http_client::HttpRequest;

const SERVER: &str = "https://events.pagerduty.com";
/// Longest summary, in characters.
const MAX_SUMMARY: usize = 1_024;
/// Longest text of the details, in UTF-16 code units: an event may have 512 kB.
const MAX_DETAILS: usize = 32 * 1024;

/// The options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PagerDuty {
    url: HttpUrl,
    key: Secret,
}

impl PagerDuty {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let (url, key) = (options::server(section, SERVER), options::secret(section, "key", "key_file"));
        Some(Self { url: url?, key: key? })
    }
}

impl Adapter for PagerDuty {
    fn host(&self) -> &str {
        self.url.host()
    }

    fn request(&self, message: &ChatMessage) -> HttpRequest {
        let form = Form { limit: MAX_DETAILS, count: utf16, escape: plain };
        let mut body = serde_json::json!({
            "routing_key": self.key.expose(),
            "event_action": if message.recovered { "resolve" } else { "trigger" },
            "dedup_key": message.group_key(),
            "client": "Watchkeeper",
            "payload": {
                "summary": form.line(&message.title, MAX_SUMMARY),
                "source": message.about,
                "severity": message.severity,
                "timestamp": message.at,
                "group": message.group,
                "custom_details": { "text": form.fit(&message.text, message.url.as_deref()) },
            },
        });
        if let Some(url) = &message.url {
            body["client_url"] = url.as_str().into();
        }
        HttpRequest::post(self.url.with_path("/v2/enqueue").expose(), body.to_string())
    }
}
