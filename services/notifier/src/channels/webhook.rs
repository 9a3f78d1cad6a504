//! POST requests with the notice as JSON, or with what the receiver's template makes of it; signed if there is a secret.

use crate::message::TemplateSource;
use data_encoding::HEXLOWER;
use ring::hmac;
use watchkeeper_config::{HttpUrl, Secret, Section};
use watchkeeper_domain::Timestamp;
use watchkeeper_http_client::{Access, HttpRequest};

/// The notification's id, the same for every attempt.
pub const ID_HEADER: &str = "x-watchkeeper-id";
/// When the request was signed, in whole seconds since 1970: receivers refuse old requests.
pub const TIMESTAMP_HEADER: &str = "x-watchkeeper-timestamp";
/// `sha256=` and the hexadecimal HMAC-SHA256 (RFC 2104) of the timestamp, a dot and the body, keyed with the
/// receiver's secret.
pub const SIGNATURE_HEADER: &str = "x-watchkeeper-signature";

/// The content type of a webhook's body, unless configured.
const JSON: &str = "application/json";
/// Longest content type, in bytes.
const MAX_CONTENT_TYPE_BYTES: usize = 128;

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Webhook {
    /// Its URL, which is often a secret itself.
    url: HttpUrl,
    /// The key that signs requests, if any.
    secret: Option<Secret>,
    /// The header `Authorization`, if any.
    authorization: Option<Secret>,
    /// Makes the body.
    pub(crate) template: Option<TemplateSource>,
    content_type: String,
}

impl Webhook {
    /// `None` is recorded as an error.
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let url = section.required_hidden("url");
        let secret = section.secret_file("secret_file");
        let authorization = Access::read_authorization(section);
        let template = section.path("template").and_then(|path| {
            let source = TemplateSource::read(&path);
            source.map_err(|error| section.refuse("template", error.to_string())).ok()
        });
        let content_type = section.text("content_type", MAX_CONTENT_TYPE_BYTES, JSON);
        if !content_type.chars().all(|c| c.is_ascii_graphic() || c == ' ') || !content_type.contains('/') {
            section.refuse("content_type", "must be a media type such as application/json or text/plain");
        }
        if section.has("content_type") && !section.has("template") {
            section.refuse("content_type", "needs a template: without one, the body is JSON");
        }
        Some(Self { url: url?, secret, authorization, template, content_type })
    }

    pub(super) fn host(&self) -> &str {
        self.url.host()
    }

    /// Whether the body must be JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.content_type.split(';').next().is_some_and(|media_type| media_type.trim() == JSON)
    }

    /// Posts `body`. The signature covers the exact bytes sent.
    pub(super) fn request(&self, id: &str, body: String, now: Timestamp) -> HttpRequest {
        let timestamp = (now.as_micros() / 1_000_000).to_string();
        let signature = self.secret.as_ref().map(|secret| signature(secret.expose(), &timestamp, &body));
        let mut request =
            HttpRequest::post_as(self.url.expose(), &*self.content_type, body).header(ID_HEADER, id);
        if let Some(signature) = signature {
            request = request.header(TIMESTAMP_HEADER, timestamp).header(SIGNATURE_HEADER, signature);
        }
        match &self.authorization {
            Some(value) => request.header("authorization", value.expose()),
            None => request,
        }
    }
}

fn signature(secret: &str, timestamp: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut signing = hmac::Context::with_key(&key);
    for part in [timestamp, ".", body] {
        signing.update(part.as_bytes());
    }
    format!("sha256={}", HEXLOWER.encode(signing.sign().as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::Service;
    use crate::deliver::SendError;
    use crate::fakes::outbox::mail;
    use crate::http::HttpPoster;
    use axum::http::StatusCode;
    use std::time::Duration;
    use watchkeeper_domain::{Channel, Notification};
    use watchkeeper_test_kit::{Received, Server, nowhere};

    const NOW: Timestamp = Timestamp::from_micros(1_795_168_800_999_999).unwrap();

    fn webhook(url: &str) -> Webhook {
        Webhook {
            url: format!("{url}/hook").parse().unwrap(),
            secret: Some("s3cret".to_owned().into()),
            authorization: None,
            template: None,
            content_type: JSON.to_owned(),
        }
    }

    async fn sent(server: &Server) -> Result<(), SendError> {
        sent_by(webhook(&server.url)).await
    }

    async fn sent_by(webhook: Webhook) -> Result<(), SendError> {
        let body = r#"{"a":"é"}"#.to_owned();
        let notification = Notification { channel: Channel::Webhook, body, ..mail("id-1") };
        Service::Webhook(webhook).send(&HttpPoster::new(), &notification, NOW).await
    }

    /// As a receiver would check it.
    fn is_genuine(request: &Received, secret: &str) -> bool {
        let signature = request.header(SIGNATURE_HEADER).unwrap().strip_prefix("sha256=").unwrap();
        let signature = HEXLOWER.decode(signature.as_bytes()).unwrap();
        let signed = format!("{}.{}", request.header(TIMESTAMP_HEADER).unwrap(), request.body);
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        hmac::verify(&key, signed.as_bytes(), &signature).is_ok()
    }

    #[tokio::test]
    async fn what_arrives_is_signed_and_has_the_id_of_the_notification() {
        let server = Server::always(StatusCode::NO_CONTENT).await;
        assert_eq!(sent(&server).await, Ok(()));
        let request = server.requests().remove(0);
        assert_eq!((request.target.as_str(), request.body.as_str()), ("/hook", r#"{"a":"é"}"#));
        assert_eq!(
            (request.header(ID_HEADER), request.header(TIMESTAMP_HEADER)),
            (Some("id-1"), Some("1795168800"))
        );
        assert!(is_genuine(&request, "s3cret"));
        assert!(!is_genuine(&request, "another"));
        assert!(!is_genuine(&Received { body: "{}".into(), ..request }, "s3cret"));
    }

    #[tokio::test]
    async fn without_a_secret_nothing_is_signed_and_a_token_is_sent_as_bearer() {
        let server = Server::always(StatusCode::OK).await;
        let webhook = Webhook {
            secret: None,
            authorization: Some("Bearer t0ken".to_owned().into()),
            content_type: "text/plain".to_owned(),
            ..webhook(&server.url)
        };
        assert_eq!(sent_by(webhook).await, Ok(()));
        let request = server.requests().remove(0);
        assert_eq!((request.header(SIGNATURE_HEADER), request.header(TIMESTAMP_HEADER)), (None, None));
        assert_eq!(request.header("authorization"), Some("Bearer t0ken"));
        assert_eq!(
            (request.header("content-type"), request.header(ID_HEADER)),
            (Some("text/plain"), Some("id-1"))
        );
    }

    #[test]
    fn the_signature_is_that_of_other_programs() {
        // printf '1795168800.{}' | openssl dgst -sha256 -hmac s3cret
        assert_eq!(
            signature("s3cret", "1795168800", "{}"),
            "sha256=e2be786aebbe4261228b71800c7f350ee1e09711d301077c445853b2081baf63"
        );
    }

    #[tokio::test]
    async fn a_side_that_is_away_or_busy_is_tried_again() {
        for status in [408, 429, 500, 502, 503, 504] {
            let server = Server::always((StatusCode::from_u16(status).unwrap(), "later")).await;
            let reason = format!("127.0.0.1 answered {status}: later");
            assert_eq!(sent(&server).await, Err(SendError::Failed { reason, retry_after: None }));
        }
        let error = sent_by(webhook(&nowhere().await)).await.unwrap_err();
        assert!(matches!(error, SendError::Failed { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn it_is_left_alone_for_as_long_as_it_asks() {
        let answer = (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "90")], "slowly");
        let server = Server::always(answer).await;
        let reason = "127.0.0.1 answered 429: slowly".to_owned();
        let retry_after = Some(Duration::from_secs(90));
        assert_eq!(sent(&server).await, Err(SendError::Failed { reason, retry_after }));
    }

    #[tokio::test]
    async fn a_refusal_is_final_and_says_why() {
        for status in [301, 400, 401, 404, 410, 413] {
            let server = Server::always((StatusCode::from_u16(status).unwrap(), "no\nsuch hook")).await;
            let reason = format!("127.0.0.1 answered {status}: no such hook");
            assert_eq!(sent(&server).await, Err(SendError::Rejected(reason)));
        }
    }
}
