//! Hostile pushes: nothing panics, no answer is 5xx, and the neighbours are stored.

use super::message::{Entry, push, snappy, stream};
use super::{JSON, NANOS, PATH, PROTOBUF, post_json, stage, text};
use crate::stage::Stage;
use watchkeeper_domain::event::{CHANGED, CUT, MAX_FIELDS, MAX_MESSAGE_BYTES};
use watchkeeper_ingest::IngestConfig;
use watchkeeper_wire::event::MAX_SENT_BYTES;

fn labels(count: usize) -> String {
    let labels: Vec<_> = (0..count).map(|number| format!("l{number}=\"v\"")).collect();
    format!("{{{}}}", labels.join(","))
}

#[tokio::test]
async fn a_hostile_stream_of_protobuf_costs_no_neighbour() {
    let long = "x".repeat(MAX_MESSAGE_BYTES + 1);
    let wide = vec![("n", "v"); 300];
    let names: Vec<_> = (0..=MAX_FIELDS).map(|number| format!("n{number}")).collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), "v")).collect();
    let at = |nanos| Entry::at(nanos, "odd");
    for (name, labels, entry, is_taken) in [
        ("as many labels as the limit", labels(MAX_FIELDS), at(NANOS), true),
        ("1,000 labels", labels(1_000), at(NANOS), false),
        ("labels that never end", "{a=\"b".into(), at(NANOS), false),
        ("labels that are none", "app=shop".into(), at(NANOS), false),
        ("a long label", format!("{{a=\"{}\"}}", "x".repeat(300 << 10)), at(NANOS), false),
        ("a long service", format!("{{app=\"{}\"}}", "x".repeat(10_000)), at(NANOS), true),
        ("a NUL in a label", r#"{a="x\x00"}"#.into(), at(NANOS), true),
        ("a NUL in a line", "{}".into(), Entry::at(NANOS, b"a\0b"), true),
        ("bytes in a line", "{}".into(), Entry::at(NANOS, b"caf\xe9 closed"), true),
        ("64 KiB in a line", "{}".into(), Entry::at(NANOS, &long[..64 << 10]), true),
        ("a line past the limit", "{}".into(), Entry::at(NANOS, &long), true),
        ("an empty line", "{}".into(), Entry::at(NANOS, ""), true),
        ("a time before 1970", "{}".into(), at(-1), false),
        ("a time far ahead", "{}".into(), at(i64::MAX), false),
        ("metadata of one name", "{}".into(), Entry { metadata: wide, ..at(NANOS) }, true),
        ("metadata past the limit", "{}".into(), Entry { metadata: many, ..at(NANOS) }, false),
    ] {
        let stage = stage();
        let good = || stream(r#"{app="good"}"#, &[Entry::at(NANOS, "neighbour")]);
        let body = snappy(&push(&[good(), stream(&labels, &[entry]), good()]));
        let answer = stage.post_to(PATH, &[PROTOBUF], body).await;
        let events = stage.events(0).await;
        let neighbours = events.iter().filter(|event| event.message == "neighbour").count();
        assert_eq!((neighbours, events.len()), (2, 2 + usize::from(is_taken)), "{name}: {}", text(&answer));
        assert_eq!(answer.status, if is_taken { 204 } else { 400 }, "{name}");
        if !is_taken {
            assert!(
                text(&answer).starts_with("accepted 2 of 3 entries; refused:\nentry 1: "),
                "{}",
                text(&answer)
            );
        }
    }
}

#[tokio::test]
async fn what_is_changed_to_store_a_line_is_marked() {
    let stage = stage();
    let long = "x".repeat(MAX_MESSAGE_BYTES + 1);
    let lines: [&[u8]; 3] = [b"caf\xe9 closed", b"a\0b", long.as_bytes()];
    let entries = lines.map(|line| Entry::at(NANOS, line));
    assert_eq!(stage.post_to(PATH, &[PROTOBUF], snappy(&push(&[stream("{}", &entries)]))).await.status, 204);
    assert_eq!(
        post_json(&stage, b"{\"streams\":[{\"stream\":{},\"values\":[[\"0\",\"caf\xe9\"]]}]}".to_vec())
            .await
            .status,
        204
    );
    let events = stage.events(0).await;
    assert_eq!(
        (events[0].message.as_str(), events[1].message.as_str()),
        ("caf\u{fffd} closed", "a\u{2400}b")
    );
    let marks: Vec<Vec<_>> = events.iter().map(|event| event.marks().collect()).collect();
    assert_eq!(marks, [[CHANGED], [CHANGED], [CUT], [CHANGED]]);
}

#[tokio::test]
async fn a_hostile_value_of_json_costs_no_neighbour() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let huge = format!(r#"["0","{}"]"#, "x".repeat(MAX_SENT_BYTES));
    for value in [
        "1",
        "null",
        "\"x\"",
        "{}",
        "[]",
        r#"["0"]"#,
        r#"["0",7]"#,
        r#"["0",{"a":1}]"#,
        r#"["soon","x"]"#,
        r#"[1.5,"x"]"#,
        r#"["0","x",7]"#,
        r#"["-5","x"]"#,
        r#"["99999999999999999999999999","x"]"#,
        r#"[null,"x"]"#,
        &deep,
        &huge,
    ] {
        let stage = stage();
        let good = r#"["0","neighbour"]"#;
        let body = format!(r#"{{"streams":[{{"stream":{{"a":"b"}},"values":[{good},{value},{good}]}}]}}"#);
        let answer = post_json(&stage, body).await;
        let shown: String = value.chars().take(40).collect();
        assert_eq!(answer.status, 400, "{shown}");
        assert!(
            text(&answer).starts_with("accepted 2 of 3 entries; refused:\nentry 1: "),
            "{shown}: {}",
            text(&answer)
        );
        assert!(text(&answer).ends_with(", in stream {\"a\":\"b\"}\n"), "{}", text(&answer));
        assert_eq!(stage.events(0).await.len(), 2, "{shown}");
    }
}

#[tokio::test]
async fn a_hostile_stream_of_json_costs_no_neighbour() {
    for stream in [
        "1",
        "null",
        "[]",
        "{}",
        r#"{"stream":7,"values":[["0","x"]]}"#,
        r#"{"stream":{},"values":7}"#,
        r#"{"stream":{}}"#,
    ] {
        let stage = stage();
        let good = r#"{"stream":{},"values":[["0","neighbour"]],"unknown":[1]}"#;
        let answer = post_json(&stage, format!(r#"{{"streams":[{good},{stream},{good}]}}"#)).await;
        assert_eq!((answer.status, stage.events(0).await.len()), (400, 2), "{stream}: {}", text(&answer));
        assert!(text(&answer).contains("\nentry 1: "), "{}", text(&answer));
    }
}

#[tokio::test]
async fn a_hostile_push_is_refused_as_a_whole_with_a_reason() {
    let stage = stage();
    let good = push(&[stream("{}", &[Entry::at(NANOS, "x")])]);
    let bomb = snap::raw::Encoder::new().compress_vec(&vec![0; 70 << 20]).unwrap();
    for (name, headers, body, status) in [
        ("no snappy", &[PROTOBUF][..], good.clone(), 400),
        ("truncated snappy", &[PROTOBUF], snappy(&good)[..8].to_vec(), 400),
        ("a block that says it has 4 GiB", &[PROTOBUF], b"\xff\xff\xff\xff\x0f".to_vec(), 413),
        ("a bomb", &[PROTOBUF], bomb, 413),
        ("truncated protobuf", &[PROTOBUF], snappy(&good[..good.len() - 3]), 400),
        ("a length of 2^63", &[PROTOBUF], snappy(b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), 400),
        ("no protobuf", &[PROTOBUF], snappy(b"{\"streams\":[]}"), 400),
        ("no JSON", &[JSON], b"streams".to_vec(), 400),
        ("truncated JSON", &[JSON], b"{\"streams\":[".to_vec(), 400),
        ("no streams", &[JSON], b"{}".to_vec(), 400),
        ("nothing", &[JSON], Vec::new(), 400),
        ("text", &[("content-type", "text/plain")], b"x".to_vec(), 415),
        ("another coding", &[JSON, ("content-encoding", "br")], b"{}".to_vec(), 415),
    ] {
        let answer = stage.post_to(PATH, headers, body).await;
        assert_eq!(answer.status, status, "{name}: {}", text(&answer));
        assert!(text(&answer).len() > 10, "{name}");
    }
    assert!(stage.events(0).await.is_empty());
}

#[tokio::test]
async fn no_more_entries_are_taken_than_the_limit_in_all_streams_together() {
    let stage = Stage::new(IngestConfig { max_items: 3, ..IngestConfig::default() });
    let two = || stream("{}", &[Entry::at(NANOS, "a"), Entry::at(NANOS, "b")]);
    let one = || stream("{}", &[Entry::at(NANOS, "a")]);
    let post = async |streams: &[_]| stage.post_to(PATH, &[PROTOBUF], snappy(&push(streams))).await.status;
    assert_eq!(post(&[two(), one()]).await, 204);
    assert_eq!(post(&[two(), two()]).await, 413);
    let value = r#"["0","x"]"#;
    let streams = |counts: &[usize]| {
        let stream = |count: &usize| format!(r#"{{"values":[{}]}}"#, vec![value; *count].join(","));
        format!(r#"{{"streams":[{}]}}"#, counts.iter().map(stream).collect::<Vec<_>>().join(","))
    };
    assert_eq!(post_json(&stage, streams(&[1, 2])).await.status, 204);
    for counts in [&[4][..], &[2, 2], &[0, 0, 0, 0]] {
        assert_eq!(post_json(&stage, streams(counts)).await.status, 413, "{counts:?}");
    }
    assert_eq!(stage.events(0).await.len(), 6);
}

#[tokio::test]
async fn labels_that_are_sent_once_do_not_become_more_bytes_than_the_limit() {
    let stage = Stage::new(IngestConfig { max_decompressed: 64 << 10, ..IngestConfig::default() });
    let labels = format!("{{a=\"{}\"}}", "x".repeat(32 << 10));
    let of = |count| snappy(&push(&[stream(&labels, &vec![Entry::at(NANOS, "x"); count])]));
    assert_eq!(stage.post_to(PATH, &[PROTOBUF], of(7)).await.status, 204);
    let answer = stage.post_to(PATH, &[PROTOBUF], of(9)).await;
    assert_eq!(answer.status, 413);
    assert!(text(&answer).contains("4 times `max_decompressed` in [ingest]"), "{}", text(&answer));
    assert_eq!(stage.events(0).await.len(), 7);
}
