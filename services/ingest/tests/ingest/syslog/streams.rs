use super::{Listening, write_all};
use std::io::ErrorKind;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use watchkeeper_test_kit::soon;

const TCP: &str = "tcp = \"127.0.0.1:0\"";

#[tokio::test]
async fn counted_messages_are_events_whatever_the_packets() {
    let mut listening = Listening::at(TCP).await;
    let mut stream = listening.connect().await;
    let writes: [&[u8]; 3] = [
        b"4",
        b"6 <13>1 2026-11-29T10:00:0",
        b"0Z gate shop 7 - - one46 <13>1 2026-11-29T10:00:01Z gate shop 7 - - two",
    ];
    write_all(&mut stream, &writes).await;
    assert_eq!(listening.messages(2).await, ["one", "two"]);
    assert_eq!(listening.events(2).await[1]["time"], "2026-11-29T10:00:01Z");
}

#[tokio::test]
async fn a_message_over_the_limit_is_cut_and_its_neighbours_and_the_connection_stay() {
    let mut listening = Listening::at("tcp = \"127.0.0.1:0\"\nmax_message = \"480B\"").await;
    let mut stream = listening.connect().await;
    let long = format!("<13>{}", "x".repeat(100_000));
    let message = format!("5 <13>a{} {long}5 <13>b", long.len());
    stream.write_all(message.as_bytes()).await.unwrap();
    let cut = "x".repeat(476);
    assert_eq!(listening.messages(3).await, ["a", cut.as_str(), "b"]);
    assert_eq!(listening.events(3).await[1]["fields"]["@marks"][0], "cut");
    stream.write_all(b"<13>c\n").await.unwrap();
    assert_eq!(listening.messages(4).await[3], "c");
    assert_eq!(listening.metric("cut_total"), 1);
}

#[tokio::test]
async fn the_last_line_needs_no_line_feed() {
    let mut listening = Listening::at(TCP).await;
    let mut stream = listening.connect().await;
    stream.write_all(b"<13>a\r\n<13>b").await.unwrap();
    drop(stream);
    assert_eq!(listening.messages(2).await, ["a", "b"]);
}

#[tokio::test]
async fn a_sender_waits_while_too_much_is_pending_and_nothing_is_lost() {
    let mut listening = Listening::at(TCP).await;
    listening.bus.hold("publish");
    let mut stream = listening.connect().await;
    let line = format!("<13>{}\n", "x".repeat(60_000));
    // Until neither the role nor the buffers of the kernel take more.
    let mut written = 0;
    loop {
        let write =
            tokio::time::timeout(std::time::Duration::from_secs(2), stream.write_all(line.as_bytes()));
        if write.await.is_err() {
            break;
        }
        written += 1;
        assert!(written < 10_000, "the sender never waits");
    }
    listening.bus.release("publish");
    drop(stream);
    // The last one was broken off somewhere.
    let events = listening.events(written + 1).await;
    assert!(events[..written].iter().all(|event| event["message"].as_str().unwrap().len() == 60_000));
    assert_eq!(listening.metric("dropped_total{reason=\"full\"}"), 0);
}

#[tokio::test]
async fn a_connection_over_the_limit_is_closed_and_counted_and_the_others_stay() {
    let mut listening = Listening::at("tcp = \"127.0.0.1:0\"\nmax_connections = 1").await;
    let mut first = listening.connect().await;
    first.write_all(b"<13>a\n").await.unwrap();
    listening.events(1).await;
    let mut second = listening.connect().await;
    let ended = soon(second.read(&mut [0])).await;
    assert!(
        ended.as_ref().is_ok_and(|bytes| *bytes == 0)
            || ended.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
    );
    assert_eq!(listening.metric("refused_connections_total{reason=\"limit\"}"), 1);
    first.write_all(b"<13>b\n").await.unwrap();
    assert_eq!(listening.messages(2).await, ["a", "b"]);
}

#[tokio::test]
async fn a_connection_that_is_silent_for_too_long_is_closed_with_what_it_has_sent() {
    let mut listening = Listening::at("tcp = \"127.0.0.1:0\"\nidle_timeout = \"1s\"").await;
    let mut stream = listening.connect().await;
    stream.write_all(b"9 <13>a").await.unwrap();
    assert_eq!(soon(stream.read(&mut [0])).await.unwrap(), 0);
    let event = &listening.events(1).await[0];
    assert_eq!((&event["message"], &event["fields"]["@marks"][0]), (&"a".into(), &"cut".into()));
}

#[tokio::test]
async fn what_a_connection_has_sent_when_the_role_stops_is_published() {
    let mut listening = Listening::at(TCP).await;
    let mut stream = listening.connect().await;
    stream.write_all(b"<13>first\n").await.unwrap();
    listening.events(1).await;
    let lines = (0..1_000).fold(String::new(), |lines, number| lines + &format!("<13>n{number}\n"));
    stream.write_all(lines.as_bytes()).await.unwrap();
    listening.stop().await;
    assert_eq!(listening.messages(1_001).await[1_000], "n999");
}
