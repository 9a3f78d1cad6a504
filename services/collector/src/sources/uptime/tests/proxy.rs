//! HTTP checks through a proxy.

use super::http::http;
use super::{listener, probe};
use crate::sources::uptime::config::{Check, HttpCheck};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::sync::Mutex;
use watchkeeper_test_kit::serve_always;

/// A proxy that answers each CONNECT with `status`, and then itself with `answer`; and the hosts that it was asked for.
async fn serve(status: &'static str, answer: &'static str) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let (listener, address) = listener().await;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            let Some(first) = head(&mut stream).await else { continue };
            seen.lock().await.push(first);
            stream.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).await.unwrap();
            if head(&mut stream).await.is_some() {
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        }
    });
    (address, asked)
}

/// The first line of a request; `None` if there is none.
async fn head(stream: &mut (impl AsyncBufRead + Unpin)) -> Option<String> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            return lines.into_iter().next();
        }
        lines.push(line.trim_end().to_owned());
    }
}

fn through(proxy: SocketAddr, url: &str) -> Check {
    Check::Http(HttpCheck { proxy: Some(format!("http://{proxy}").parse().unwrap()), ..http(url) })
}

#[tokio::test]
async fn a_target_elsewhere_is_asked_through_the_proxy_which_looks_it_up() {
    let (proxy, asked) = serve("200 OK", "HTTP/1.1 204 No Content\r\n\r\n").await;
    let found = probe(&through(proxy, "http://shop.invalid/health")).await;
    assert_eq!((found.failure, found.status), (None, Some(204)));
    assert_eq!(*asked.lock().await, ["CONNECT shop.invalid:80 HTTP/1.1"]);
}

#[tokio::test]
async fn a_target_on_this_host_is_asked_directly() {
    let (proxy, asked) = serve("200 OK", "HTTP/1.1 204 No Content\r\n\r\n").await;
    let url = serve_always("well").await;
    for url in [url.replace("127.0.0.1", "localhost"), url] {
        assert_eq!(probe(&through(proxy, &url)).await.status, Some(200));
    }
    assert!(asked.lock().await.is_empty());
}

#[tokio::test]
async fn a_proxy_that_refuses_is_the_reason() {
    let (proxy, _) = serve("403 Forbidden", "").await;
    let reason = probe(&through(proxy, "http://shop.invalid/")).await.failure.unwrap();
    assert_eq!(reason, "the proxy answered 403");
}

#[tokio::test]
async fn a_redirect_of_a_proxied_target_does_not_reach_this_host() {
    let inside = serve_always("inside").await;
    let answer = format!("HTTP/1.1 302 Found\r\nlocation: {inside}/\r\ncontent-length: 0\r\n\r\n");
    let (proxy, _) = serve("200 OK", answer.leak()).await;
    let reason = probe(&through(proxy, "http://shop.invalid/")).await.failure.unwrap();
    assert!(reason.starts_with("answered 302 and redirects to a loopback address"), "{reason}");
}
