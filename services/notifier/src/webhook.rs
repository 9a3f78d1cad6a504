//! Notifications as signed POST requests with JSON.

use crate::config::Webhook;
use crate::deliver::SendError;
use crate::http::{Answer, HttpPoster};
use data_encoding::HEXLOWER;
use ring::hmac;
use watchkeeper_domain::Timestamp;
use watchkeeper_http_client::HttpRequest;

/// The notification's id, the same for every attempt.
pub const ID_HEADER: &str = "x-watchkeeper-id";
/// When the request was signed, in whole seconds since 1970: receivers refuse old requests.
pub const TIMESTAMP_HEADER: &str = "x-watchkeeper-timestamp";
/// `sha256=` and the hexadecimal HMAC-SHA256 (RFC 2104) of the timestamp, a dot and the body, keyed with the
/// receiver's secret.
pub const SIGNATURE_HEADER: &str = "x-watchkeeper-signature";

/// Posts `body`, JSON, to a webhook. The signature covers the exact bytes sent.
///
/// # Errors
/// Whether to retry: after a timeout, no connection, 408, 429 or 5xx. Any other status than 2xx means that the
/// request itself is refused.
pub(crate) async fn send(
    poster: &HttpPoster,
    webhook: &Webhook,
    id: &str,
    body: String,
    now: Timestamp,
) -> Result<(), SendError> {
    let timestamp = (now.as_micros() / 1_000_000).to_string();
    let signature = signature(webhook.secret.expose(), &timestamp, &body);
    let request = HttpRequest::post(webhook.url.expose(), body)
        .header(ID_HEADER, id)
        .header(TIMESTAMP_HEADER, timestamp)
        .header(SIGNATURE_HEADER, signature);
    judge(webhook.url.host(), poster.post(request).await)
}

fn signature(secret: &str, timestamp: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut signing = hmac::Context::with_key(&key);
    for part in [timestamp, ".", body] {
        signing.update(part.as_bytes());
    }
    format!("sha256={}", HEXLOWER.encode(signing.sign().as_ref()))
}

/// The meaning of a response for the notification.
fn judge(host: &str, answer: Result<Answer, String>) -> Result<(), SendError> {
    let answer = answer.map_err(|reason| SendError::Failed { reason, retry_after: None })?;
    let reason = format!("{host} answered {answer}");
    match answer.status {
        200..300 => Ok(()),
        408 | 429 | 500.. => Err(SendError::Failed { reason, retry_after: answer.retry_after }),
        _ => Err(SendError::Rejected(reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use std::time::Duration;
    use watchkeeper_test_kit::{Received, Server, nowhere};

    const NOW: Timestamp = Timestamp::from_micros(1_795_168_800_999_999).unwrap();

    fn webhook(url: &str) -> Webhook {
        Webhook { url: format!("{url}/hook").parse().unwrap(), secret: "s3cret".to_owned().into() }
    }

    async fn sent(server: &Server) -> Result<(), SendError> {
        send(&HttpPoster::new(), &webhook(&server.url), "id-1", r#"{"a":"é"}"#.into(), NOW).await
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
        let nobody = webhook(&nowhere().await);
        let error = send(&HttpPoster::new(), &nobody, "id-1", "{}".into(), NOW).await.unwrap_err();
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
