use super::Listening;
use std::net::UdpSocket;
use watchkeeper_ports::EventBus as _;
use watchkeeper_test_kit::unavailable;

const UDP: &str = "udp = \"127.0.0.1:0\"";

impl Listening {
    /// Sends datagrams, one after the other.
    fn send<M: AsRef<[u8]>>(&self, messages: impl IntoIterator<Item = M>) {
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        for message in messages {
            sender.send_to(message.as_ref(), self.addresses[0]).unwrap();
        }
    }
}

#[tokio::test]
async fn one_datagram_is_one_event_of_all_its_lines() {
    let mut listening = Listening::at(UDP).await;
    listening.send(["<11>1 2026-11-29T10:00:00Z web-1 shop 7 - - Trace:\n  at a()\n  at b()"]);
    let event = &listening.events(1).await[0];
    assert_eq!(event["message"], "Trace:\n  at a()\n  at b()");
    assert_eq!(
        (&event["level"], &event["service"], &event["host"]),
        (&"error".into(), &"shop".into(), &"web-1".into())
    );
    assert_eq!(event["time"], "2026-11-29T10:00:00Z");
    assert_eq!(listening.metric("messages_total{protocol=\"udp\"}"), 1);
}

#[tokio::test]
async fn a_datagram_that_is_no_syslog_is_an_event_of_its_text_from_the_address_of_the_sender() {
    let mut listening = Listening::at(UDP).await;
    listening.send(["<30>Link 3 went down", "10:00 gate down"]);
    let events = listening.events(2).await;
    for (event, text) in events.iter().zip(["Link 3 went down", "10:00 gate down"]) {
        assert_eq!((&event["message"], &event["host"]), (&text.into(), &"127.0.0.1".into()));
        assert_eq!(event["level"], "info");
    }
}

#[tokio::test]
async fn bytes_that_no_text_column_takes_are_shown_and_marked_and_cost_nothing_beside_them() {
    let mut listening = Listening::at(UDP).await;
    listening.send([
        &b"<13>Nov 29 10:00:00 gate app: caf\xE9 closed"[..],
        b"<13>Nov 29 10:00:00 gate app: a\0b",
        b"<13>ok",
    ]);
    let events = listening.events(3).await;
    assert_eq!(
        (&events[0]["message"], &events[0]["fields"]["@marks"][0]),
        (&"caf\u{fffd} closed".into(), &"changed".into())
    );
    assert_eq!(
        (&events[1]["message"], &events[1]["fields"]["@marks"][0]),
        (&"a␀b".into(), &"changed".into())
    );
    assert_eq!(events[2]["message"], "ok");
}

#[tokio::test]
async fn a_datagram_over_the_limit_is_cut_and_marked_and_an_empty_one_is_nothing() {
    let mut listening = Listening::at("udp = \"127.0.0.1:0\"\nmax_message = \"480B\"").await;
    listening.send(["x".repeat(481), String::new(), "\n".to_owned(), "x".repeat(480)]);
    let events = listening.events(2).await;
    assert_eq!(events[0]["message"].as_str().unwrap().len(), 480);
    assert_eq!(events[0]["fields"]["@marks"][0], "cut");
    assert_eq!(events[1]["fields"]["@marks"], serde_json::Value::Null);
    assert_eq!(listening.metric("cut_total"), 1);
}

#[tokio::test]
async fn datagrams_wait_for_a_bus_that_is_away_and_are_there_once_afterwards() {
    let mut listening = Listening::at(UDP).await;
    listening.bus.fail("publish", unavailable("bus"));
    listening.send((0..100).map(|number| format!("<13>n{number}")));
    listening.bus.called("publish", |calls| calls.ended >= 2).await;
    listening.bus.mend();
    let messages: Vec<_> = (0..100).map(|number| format!("n{number}")).collect();
    assert_eq!(listening.messages(100).await, messages);
}

#[tokio::test]
async fn what_has_arrived_when_the_role_stops_is_published() {
    let mut listening = Listening::at(UDP).await;
    listening.send((0..100).map(|number| format!("<13>n{number}")));
    listening.stop().await;
    assert_eq!(listening.messages(100).await.len(), 100);
}

#[tokio::test]
async fn datagrams_without_room_are_dropped_and_counted_and_what_was_taken_is_published() {
    let mut listening = Listening::at(UDP).await;
    listening.bus.hold("publish");
    // Sends until there is no room: each datagram is waited for, so that the kernel drops none.
    let (full, received) = ("dropped_total{reason=\"full\"}", "messages_total{protocol=\"udp\"}");
    let mut sent = 0;
    while listening.metric(full) == 0 {
        listening.send(["x".repeat(60_000), "x".repeat(60_000)]);
        sent += 2;
        while listening.metric(received) < sent {
            tokio::task::yield_now().await;
        }
    }
    let dropped = listening.metric(full);
    listening.bus.release("publish");
    let taken = usize::try_from(sent - dropped).unwrap();
    assert_eq!(listening.events(taken).await.len(), taken);
    assert!(listening.bus.topics().await.is_ok());
}
