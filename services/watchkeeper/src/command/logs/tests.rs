//! The command against a server that answers as scripted.

use super::line::Style;
use super::screen::Screen;
use crate::cli::{Cli, Command, with_negations_in_words};
use crate::command::client::Client;
use clap::Parser as _;
use jiff::tz::TimeZone;
use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

/// An answer: status, type and body. The connection ends after it.
type Answer = (u16, &'static str, String);

/// Serves one request after the other; returns their paths.
fn serve(answers: Vec<Answer>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let mut paths = Vec::new();
        for (status, content_type, body) in answers {
            let (mut connection, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(connection.try_clone().unwrap()).lines().map(Result::unwrap);
            let request = lines.next().unwrap();
            assert!(lines.any(|line| line.is_empty()), "the request has an end");
            paths.push(request.split(' ').nth(1).unwrap().to_owned());
            let head =
                format!("HTTP/1.1 {status} x\r\ncontent-type: {content_type}\r\nconnection: close\r\n\r\n");
            connection.write_all((head + body.as_str()).as_bytes()).unwrap();
        }
        paths
    });
    (url, server)
}

/// What became of a command.
struct Ran {
    /// On stdout.
    printed: String,
    /// On stderr.
    said: Vec<String>,
    error: Option<String>,
    /// What the server was asked.
    asked: Vec<String>,
}

fn run(words: &[&str], answers: Vec<Answer>) -> Ran {
    let (url, server) = serve(answers);
    let server_args = ["--url", &url];
    let args = ["watchkeeper", "logs"].iter().chain(words).chain(&server_args).map(OsString::from);
    let Command::Logs(args) = Cli::try_parse_from(with_negations_in_words(args)).unwrap().command else {
        unreachable!("it begins with logs")
    };
    let (mut out, said) = (Vec::new(), RefCell::new(Vec::new()));
    let say = |text: &str| said.borrow_mut().push(text.to_owned());
    let style = Style { has_colours: false, zone: TimeZone::UTC };
    let mut screen = Screen::new(&mut out, &say, style, args.output.json);
    let result = super::print(&args, &Client::new(&args.server).unwrap(), &mut screen);
    let printed = String::from_utf8(out).unwrap();
    let error = result.err().map(|error| error.to_string());
    Ran { printed, said: said.into_inner(), error, asked: server.join().unwrap() }
}

/// An event that happened at this second.
fn event(second: u32) -> String {
    format!(
        r#"{{"id":"e{second}","time":"2026-11-29T10:00:{second:02}Z","level":"info","service":"shop","host":"","message":"m{second}","fields":{{}}}}"#
    )
}

fn events(seconds: &[u32]) -> String {
    seconds.iter().map(|&second| event(second)).collect::<Vec<_>>().join(",")
}

fn json(body: impl Into<String>) -> Answer {
    (200, "application/json", body.into())
}

fn page(seconds: &[u32], rest: &str) -> Answer {
    json(format!(r#"{{"events":[{}]{rest}}}"#, events(seconds)))
}

fn stream(parts: &[(&str, String)]) -> Answer {
    let message = |(name, data): &(&str, String)| format!("event: {name}\ndata: {data}\n\n");
    let body = parts.iter().map(message).collect::<Vec<_>>().concat();
    (200, "text/event-stream", body)
}

fn refusal(status: u16, detail: &str) -> Answer {
    let kind = "https://watchkeeper.dev/problems/x";
    let body = format!(r#"{{"type":"{kind}","title":"x","status":{status},"detail":"{detail}"}}"#);
    (status, "application/problem+json", body)
}

fn line(second: u32) -> String {
    format!("2026-11-29 10:00:{second:02}.000 INFO  shop m{second}\n")
}

fn lines(seconds: &[u32]) -> String {
    seconds.iter().map(|&second| line(second)).collect()
}

#[test]
fn the_newest_events_are_printed_with_the_newest_at_the_bottom() {
    let answers = vec![page(&[9, 8, 7], r#","next":"c""#)];
    let ran = run(&["service=shop", "-path=/x", "timed out", "--from", "1d", "-n", "2"], answers);
    assert_eq!((ran.printed, ran.error), (lines(&[8, 9]), None));
    assert_eq!(ran.said, ["only the newest 2 are shown: use a higher --limit N for more"]);
    assert_eq!(
        ran.asked,
        [
            "/v1/events?query=service%3Dshop%20NOT%20path%3D%2Fx%20%22timed%20out%22&from=1d&order=newest&limit=3"
        ]
    );
}

#[test]
fn a_search_that_the_server_ends_goes_on_until_the_newest_are_found() {
    let partial = r#","next":"c1","partial":true,"hint":"narrow it""#;
    let ran =
        run(&["-n", "3"], vec![page(&[], partial), page(&[9], &partial.replace("c1", "c2")), page(&[5], "")]);
    assert_eq!((ran.printed, ran.said), (lines(&[5, 9]), vec![]));
    assert!(ran.asked[1].ends_with("&after=c1") && ran.asked[2].ends_with("&after=c2"), "{:?}", ran.asked);
}

#[test]
fn a_range_of_any_length_is_printed_page_by_page() {
    let ran = run(&["--from", "1d", "--to", "1h"], vec![page(&[1, 2], r#","next":"c""#), page(&[3], "")]);
    assert_eq!((ran.printed, ran.said), (lines(&[1, 2, 3]), vec![]));
    let question = "/v1/events?query=&from=1d&to=1h&order=oldest&limit=1000";
    assert_eq!(ran.asked, [question.to_owned(), format!("{question}&after=c")]);
}

#[test]
fn json_is_one_event_per_line_as_the_api_has_it() {
    let ran = run(&["--json"], vec![page(&[2, 1], "")]);
    assert_eq!(ran.printed, format!("{}\n{}\n", event(1), event(2)));
}

#[test]
fn nothing_found_is_said_apart_from_the_output() {
    let ran = run(&["x"], vec![page(&[], "")]);
    assert_eq!(ran.said, ["no events match in the last hour: use --from for earlier ones"]);
    assert_eq!((ran.printed.as_str(), ran.error), ("", None));
    assert_eq!(run(&["x", "--from", "1d"], vec![page(&[], "")]).said, ["no events match"]);
    assert!(run(&["x", "--json"], vec![page(&[], "")]).said.is_empty());
}

#[test]
fn a_query_that_is_none_is_refused_in_the_words_of_the_server() {
    let ran = run(&["level>=wran"], vec![refusal(400, "query: `wran` is no level")]);
    assert_eq!(ran.error.as_deref(), Some("query: `wran` is no level (400 Bad Request)"));
}

#[test]
fn what_is_around_each_event_is_printed_once_and_gaps_are_shown() {
    let around = |before: &[u32], second: u32, after: &[u32]| {
        let (before, event, after) = (events(before), event(second), events(after));
        json(format!(r#"{{"event":{event},"before":[{before}],"after":[{after}]}}"#))
    };
    let answers =
        || vec![page(&[9, 4, 3], ""), around(&[2], 3, &[4]), around(&[3], 4, &[5]), around(&[8], 9, &[])];
    let ran = run(&["x", "--context", "1", "--from", "1d"], answers());
    let marked = |mark: &str, second| format!("{mark} {}", line(second));
    let expected = [
        marked(" ", 2),
        marked(">", 3),
        marked(">", 4),
        marked(" ", 5),
        "--\n".to_owned(),
        marked(" ", 8),
        marked(">", 9),
    ];
    assert_eq!(ran.printed, expected.concat());
    assert!(ran.asked[0].contains("limit=101"), "{:?}", ran.asked);
    assert_eq!(
        ran.asked[1..],
        ["/v1/events/e3?around=1", "/v1/events/e4?around=1", "/v1/events/e9?around=1"]
    );
    let ran = run(&["x", "--context", "1", "--json"], answers());
    assert_eq!(ran.printed.lines().count(), 3);
    assert!(ran.printed.starts_with(r#"{"event":{"id":"e3""#), "{}", ran.printed);
}

/// Report 32.
#[test]
fn who_follows_sees_each_event_once_and_is_told_what_was_skipped_and_when_the_connection_ended() {
    let begin = || ("begin", r#"{"from":"2026-11-29T10:00:02Z"}"#.to_owned());
    let ran = run(
        &["--follow", "service=shop"],
        vec![
            stream(&[
                begin(),
                ("event", event(3)),
                ("event", event(4)),
                ("lagged", r#"{"missed":1200}"#.to_owned()),
                ("event", event(6)),
                ("end", "{}".to_owned()),
            ]),
            page(&[3, 2], ""),
            stream(&[begin(), ("event", event(8))]),
            page(&[6, 7], ""),
            refusal(401, "x"),
        ],
    );
    assert_eq!(ran.printed, lines(&[2, 3, 4, 6, 7, 8]));
    assert_eq!(
        ran.said,
        [
            "… 1,200 events skipped, matching or not",
            "the connection has ended (the server stops): connecting again",
            "connected again; what is stored since 2026-11-29T10:00:06Z is shown first",
            "the connection has ended (the server has closed it): connecting again",
        ]
    );
    let asked = |rest: &str| format!("/v1/events{rest}");
    assert_eq!(
        ran.asked[..4],
        [
            asked("/stream?query=service%3Dshop"),
            asked("?query=service%3Dshop&order=newest&limit=11"),
            asked("/stream?query=service%3Dshop"),
            asked("?query=service%3Dshop&from=2026-11-29T10%3A00%3A06Z&order=oldest&limit=1000"),
        ]
    );
    assert!(ran.error.unwrap().contains("requires a valid token"), "a refusal is not tried again");
}

#[test]
fn what_was_not_stored_yet_when_the_stream_began_is_shown_as_soon_as_it_is() {
    let begin = || ("begin", r#"{"from":"2026-11-29T10:00:30Z"}"#.to_owned());
    let quiet = |(status, content_type, body): Answer| (status, content_type, body + ":\n\n");
    let ran = run(
        &["--follow"],
        vec![
            quiet(stream(&[begin(), ("event", event(5))])),
            page(&[2], ""),
            page(&[2, 4, 5], ""),
            refusal(401, "x"),
        ],
    );
    assert_eq!(ran.printed, lines(&[2, 5, 4]));
    assert!(ran.asked[2].contains("&from=2026-11-29T10%3A00%3A02Z&"), "{:?}", ran.asked);
    let ran = run(
        &["--follow"],
        vec![quiet(stream(&[begin()])), page(&[], ""), page(&[25], ""), refusal(401, "x")],
    );
    assert_eq!(ran.printed, lines(&[25]));
    assert!(ran.asked[2].contains("&from=2026-11-29T10%3A00%3A20Z&"), "{:?}", ran.asked);
}

#[test]
fn who_follows_misses_nothing_if_nothing_arrived_before_the_connection_ended() {
    let begin = ("begin", r#"{"from":"2026-11-29T10:00:02Z"}"#.to_owned());
    let ran = run(
        &["--follow"],
        vec![
            stream(&[begin]),
            page(&[], ""),
            stream(&[("event", event(4))]),
            page(&[3], ""),
            refusal(401, "x"),
        ],
    );
    assert_eq!(ran.printed, lines(&[3, 4]));
    assert!(ran.asked[3].contains("&from=2026-11-29T10%3A00%3A02Z&"), "{:?}", ran.asked);
}
