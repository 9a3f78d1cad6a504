//! What runs for as long as a role does is watched.
//!
//! A loop that lasts is a periodic loop (`runtime::Rounds`) or the consuming loop (`runtime::consumer::consume`):
//! both beat, stop when they are asked to, and end the role for what only a restart helps. One that is neither
//! waits for the time or for the role's end by itself, or runs in a task or a thread of its own, so it shows here,
//! and says why that is right.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

#[path = "support/sources.rs"]
mod sources;

use sources::{code, services, sources};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// What a loop that lasts cannot do without, as it is written.
const SIGNS: [&str; 7] =
    ["cancelled", "interval", "interval_at", "sleep", "sleep_until", "spawn", "spawn_blocking"];

/// These crates run nowhere but in tests.
const ONLY_IN_TESTS: [&str; 2] = ["port-contract/", "test-kit/"];

/// Why a file may have what it has.
type Exception = (&'static str, &'static [&'static str], &'static str);

const EXCEPTIONS: &[Exception] = &[
    // The loops that the others use, and what they are made of.
    ("runtime/src/consumer.rs", &["cancelled", "sleep_until"], "the consuming loop"),
    ("runtime/src/consumer/replaced.rs", &["sleep"], "a part of the consuming loop"),
    ("persistence/src/persist.rs", &["spawn"], "a transaction, for which the consuming loop waits"),
    ("runtime/src/periodic.rs", &["cancelled", "interval"], "the periodic loop"),
    ("runtime/src/retry.rs", &["cancelled"], "waits through the heartbeat of the loop that tries again"),
    // A process.
    ("runtime/src/process.rs", &["cancelled", "spawn"], "runs the roles, and ends with them"),
    ("runtime/src/process/tasks.rs", &["spawn"], "the task of a role, whose end is the role's"),
    (
        "runtime/src/systemd.rs",
        &["interval", "spawn"],
        "tells systemd of the heartbeats: if it hangs, nothing is told",
    ),
    ("runtime/src/systemd/starting.rs", &["spawn"], "ends when the process has started"),
    ("runtime/src/role/assembly.rs", &["spawn"], "the roles themselves"),
    ("watchkeeper/src/command/up.rs", &["spawn"], "prints the greeting once"),
    ("notifier/src/failed_unit.rs", &["sleep", "spawn"], "a command of its own, which ends in time"),
    // A listener: each connection has a time for each thing that it waits for.
    (
        "runtime/src/http/serve.rs",
        &["cancelled", "sleep", "spawn"],
        "accepts connections, each a task of its own",
    ),
    (
        "runtime/src/http/connection.rs",
        &["cancelled", "interval"],
        "closes a connection that has stood still",
    ),
    (
        "ingest/src/syslog/stream.rs",
        &["cancelled", "spawn"],
        "accepts connections, each a task of its own, whose ends it waits for",
    ),
    ("ingest/src/syslog/connection.rs", &["cancelled"], "lasts as long as its connection"),
    ("runtime/src/grpc/deadline.rs", &["sleep_until"], "lasts as long as its call"),
    ("api/src/live/listener.rs", &["cancelled"], "lasts as long as its listener's connection"),
    (
        "api/src/dead_letters.rs",
        &["cancelled", "spawn"],
        "a run ends with the work that was asked for, and is waited for at the end",
    ),
    (
        "api/src/dead_letters/run.rs",
        &["cancelled"],
        "waits before a call of the bus is tried again, so often at most",
    ),
    // Loops of another kind, each with a heartbeat.
    ("letters/src/index.rs", &["cancelled"], "follows the dead-letter topics; whoever asks waits in time"),
    (
        "api/src/live/feed.rs",
        &["cancelled"],
        "follows the topic while somebody listens; it consumes in no group",
    ),
    (
        "collector/src/collect.rs",
        &["cancelled", "sleep_until"],
        "a target's own schedule; beats while it collects",
    ),
    (
        "collector/src/publish.rs",
        &["cancelled", "sleep"],
        "woken by samples; what is on its way is not broken off",
    ),
    (
        "collector/src/followed.rs",
        &["spawn"],
        "the tasks of the targets, which end with the role or a reload",
    ),
    ("collector/src/sources/journal/tool.rs", &["spawn"], "journalctl, which the periodic loop waits for"),
    ("collector/src/run.rs", &["cancelled"], "waits for targets that panic, and for reloads"),
    ("spool/src/forward.rs", &["cancelled", "sleep"], "consumes the spool, and gives way to new samples"),
    ("analytics/src/make.rs", &["cancelled"], "breaks off a stream within a round"),
    (
        "notifier/src/deliver.rs",
        &["sleep", "spawn"],
        "sends several at once, and renews their claims meanwhile",
    ),
    // Blocking work, each piece with an end of its own, which somebody awaits.
    (
        "collector/src/sources/host/command.rs",
        &["sleep", "spawn"],
        "one run of a tool, which is killed in time",
    ),
    ("collector/src/sources/host/usage.rs", &["spawn"], "one question to one file system, which may hang"),
    ("collector/src/sources/host/part.rs", &["sleep", "spawn_blocking"], "reads /proc"),
    ("http-client/src/connect.rs", &["spawn"], "attempts to connect, which end with the connection"),
    ("http-client/src/threads.rs", &["spawn_blocking"], "one request within its time"),
    ("ingest/src/intake.rs", &["spawn_blocking"], "decodes one body"),
    // Adapters: what is awaited of them is a dependency, and each call is bounded in time.
    ("adapter-embedded/src/maildir.rs", &["spawn_blocking"], "writes one mail"),
    ("adapter-embedded/src/reports.rs", &["spawn_blocking"], "one report, which ends in time"),
    ("adapter-embedded/src/sqlite/readers.rs", &["spawn_blocking"], "one read"),
    (
        "adapter-embedded/src/sqlite/writer.rs",
        &["spawn"],
        "the thread that writes a file; its callers wait in time",
    ),
    ("adapter-kafka/src/bus.rs", &["spawn_blocking"], "one question; ends a client"),
    (
        "adapter-kafka/src/client.rs",
        &["spawn_blocking"],
        "polls a consumer; what it fetches is waited for by the loop",
    ),
    (
        "adapter-kafka/src/subscription.rs",
        &["sleep", "spawn_blocking"],
        "one commit or seek, within its time",
    ),
    ("adapter-kafka/src/topics.rs", &["sleep"], "waits for a new topic, within its time"),
    // Commands.
    ("watchkeeper/src/command.rs", &["sleep"], "waits before a server is asked again"),
    ("migrate/src/patience.rs", &["sleep"], "waits for an engine while an operator looks on"),
];

#[test]
fn every_loop_that_lasts_is_watched_or_says_why_not() {
    let services = services();
    let found: BTreeMap<_, _> = sources(&services)
        .into_iter()
        .filter(|file| !ONLY_IN_TESTS.iter().any(|within| file.starts_with(within)))
        .map(|file| (signs(&fs::read_to_string(services.join(&file)).unwrap()), file))
        .filter(|(signs, _)| !signs.is_empty())
        .map(|(signs, file)| (file, signs))
        .collect();
    let declared =
        EXCEPTIONS.iter().map(|&(file, signs, _)| (file.to_owned(), signs.iter().copied().collect()));
    let declared: BTreeMap<String, BTreeSet<&str>> = declared.collect();
    for (file, signs) in &found {
        assert_eq!(
            Some(signs),
            declared.get(file),
            "{file} has what a loop that lasts has: let it use Rounds or consume, or declare it with the reason"
        );
    }
    let gone: Vec<_> = declared.keys().filter(|file| !found.contains_key(*file)).collect();
    assert!(gone.is_empty(), "declared, and not there any more: {gone:?}");
}

/// Which of [`SIGNS`] stand in a file before its tests.
fn signs(text: &str) -> BTreeSet<&'static str> {
    let code = code(text);
    let lines = || code.lines().filter(|line| !line.trim_start().starts_with("//"));
    SIGNS.into_iter().filter(|name| lines().any(|line| calls(line, name))).collect()
}

/// Whether a function of that name is called; of a method only where it lets something run or waits for the end.
fn calls(line: &str, name: &str) -> bool {
    let is_method_too = name.starts_with("spawn") || name == "cancelled";
    line.match_indices(&format!("{name}(")).any(|(at, _)| {
        let before = &line[..at];
        let is_whole = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        is_whole && !before.ends_with("fn ") && (is_method_too || !before.ends_with('.'))
    })
}

#[test]
fn a_loop_is_seen_by_what_it_waits_for_and_its_tests_are_not() {
    let text = "// sleep(forever)
async fn keep_pruning() {
    let mut due = tokio::time::interval(HOUR);
    timing.interval();
    let shortest_interval = shortest_interval(2);
    tokio::select! { () = stop.cancelled() => {} }
}
fn spawn(work: Work) {}
#[cfg(test)]
mod tests {
    fn test() { thread::spawn(work); }
}
";
    assert_eq!(signs(text), ["cancelled", "interval"].into());
    assert_eq!(signs("tasks.spawn(work)"), ["spawn"].into());
    assert_eq!(signs("spawn_blocking(work)"), ["spawn_blocking"].into());
}
