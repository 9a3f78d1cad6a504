use super::{Journal, JournalConfig, JournalPorts};
use crate::config::CollectorConfig;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
use watchkeeper_config::Reloadable;
use watchkeeper_pipelines::PipelineSet;
use watchkeeper_ports::{EventBus, Tail, Topic};
use watchkeeper_runtime::{RoleContext, RoleResult};
use watchkeeper_spool::SpooledBus;
use watchkeeper_test_kit::{Staged, soon, unavailable};

mod journald;

/// Stands in for `journalctl`: prints the entries of the file `journal` that are after a cursor, at most as many as the
/// file `most` says, and then waits, or ends with an error if the file `ends` is there.
const SCRIPT: &str = r#"#!/bin/sh
cd "$(dirname "$0")"
after=
for argument in "$@"; do
    case "$argument" in
        --after-cursor=*) after=${argument#--after-cursor=} ;;
        --lines=1) exec awk 'BEGIN { RS = ""; ORS = "\n\n" } { last = $0 } END { if (last) print last }' journal ;;
    esac
done
awk -v after="__CURSOR=$after" -v most="$(cat most)" \
    'BEGIN { RS = ""; FS = "\n"; ORS = "\n\n" } $1 > after && printed < most { print; printed++ }' journal
if [ -e ends ]; then
    echo 'Failed to get data: Bad message' >&2
    exit 1
fi
exec sleep 1000
"#;

/// A journal on a bus.
struct Stage {
    directory: TempDir,
    bus: Arc<Staged<dyn EventBus>>,
    tail: Box<dyn Tail>,
    /// The messages that have arrived, by id, and what each event is.
    arrived: Vec<serde_json::Value>,
    ids: BTreeSet<String>,
}

/// It is followed.
struct Running {
    context: RoleContext,
    task: JoinHandle<RoleResult>,
}

impl Running {
    async fn stop(self) {
        self.context.shutdown().cancel();
        soon(self.task).await.unwrap().unwrap();
    }

    fn metric(&self, name: &str) -> u64 {
        let text =
            prometheus::TextEncoder::new().encode_to_string(&self.context.registry().gather()).unwrap();
        let name = format!("watchkeeper_collector_journal_{name}_total ");
        text.lines().find_map(|line| line.strip_prefix(&*name)).map_or(0, |value| value.parse().unwrap())
    }

    fn says(&self) -> String {
        self.context.roster().roles()["collector"].to_string()
    }
}

impl Stage {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let bus = EmbeddedBus::open(directory.path(), &EmbeddedOptions::default()).unwrap();
        let bus: Arc<Staged<dyn EventBus>> = Staged::new(Arc::new(bus));
        let tail = bus.tail(&Topic::EVENTS).await.unwrap();
        let stage = Self { directory, bus, tail, arrived: Vec::new(), ids: BTreeSet::new() };
        stage.write("most", "1000000");
        stage.write("journal", "");
        stage.write("journalctl", SCRIPT);
        fs::set_permissions(stage.path("journalctl"), fs::Permissions::from_mode(0o755)).unwrap();
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// The journal has the entries of these numbers.
    fn has(&self, numbers: impl IntoIterator<Item = u32>) {
        let mut text = String::new();
        for number in numbers {
            writeln!(text, "__CURSOR={}\nMESSAGE=n{number}\nPRIORITY=6\n", cursor(number)).unwrap();
        }
        self.write("journal", &text);
    }

    fn follow(&self) -> Running {
        self.follow_with(&self.path("journalctl"))
    }

    fn follow_with(&self, tool: &Path) -> Running {
        let context = RoleContext::detached("collector");
        let journal = Some(JournalConfig { tool: Some(tool.to_owned()), ..JournalConfig::default() });
        let config = Reloadable::new(CollectorConfig { journal, ..CollectorConfig::default() });
        let bus = SpooledBus::new(&context, self.bus.clone(), None, Topic::EVENTS).unwrap();
        let pipelines = Reloadable::new(PipelineSet::default());
        let ports = JournalPorts { directory: self.directory.path().to_owned(), pipelines };
        let journal = Journal::new(&context, config, ports).unwrap();
        let task = tokio::spawn(async move { journal.run(&bus).await });
        Running { context, task }
    }

    /// Waits until there are so many different events, and gives them.
    async fn events(&mut self, count: usize) -> &[serde_json::Value] {
        soon(async {
            while self.arrived.len() < count {
                self.read().await;
            }
        })
        .await;
        assert_eq!(self.arrived.len(), count);
        &self.arrived
    }

    async fn read(&mut self) {
        for record in self.tail.next(100_000).await.unwrap().records.iter() {
            let event: serde_json::Value = serde_json::from_slice(record.value).unwrap();
            if self.ids.insert(event["@id"].to_string()) {
                self.arrived.push(event);
            }
        }
    }

    async fn messages(&mut self, count: usize) -> Vec<&str> {
        self.events(count).await.iter().map(|event| event["message"].as_str().unwrap()).collect()
    }

    /// Waits until the saved cursor is that of an entry.
    async fn saved(&self, number: u32) {
        soon(async {
            while fs::read_to_string(self.path("journal-cursor")).unwrap_or_default().trim() != cursor(number)
            {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

fn cursor(number: u32) -> String {
    format!("s=a;i={number:08x};b=1")
}

fn numbers(of: impl IntoIterator<Item = u32>) -> Vec<String> {
    of.into_iter().map(|number| format!("n{number}")).collect()
}

#[tokio::test]
async fn at_first_only_what_comes_afterwards_is_read_and_after_a_restart_what_came_meanwhile() {
    let mut stage = Stage::new().await;
    stage.has(1..=3);
    let running = stage.follow();
    stage.saved(3).await;
    running.stop().await;
    stage.has(1..=5);
    let running = stage.follow();
    assert_eq!(stage.messages(2).await, numbers(4..=5));
    stage.saved(5).await;
    running.stop().await;
}

#[tokio::test]
async fn a_child_that_ends_is_started_again_and_each_entry_is_an_event_once() {
    let mut stage = Stage::new().await;
    stage.has(1..=8);
    stage.write("most", "3");
    stage.write("ends", "");
    stage.write("journal-cursor", &cursor(0));
    let running = stage.follow();
    assert_eq!(stage.messages(8).await, numbers(1..=8));
    assert!(running.metric("restarts") >= 2);
    let says = running.says();
    running.stop().await;
    assert!(
        says.contains(
            "the journal is not read: journalctl has ended: exit status: 1: Failed to get data: Bad message"
        ),
        "{says}"
    );
}

#[tokio::test]
async fn the_cursor_is_saved_only_when_the_events_are_published() {
    let mut stage = Stage::new().await;
    stage.has(1..=5);
    stage.write("journal-cursor", &cursor(2));
    stage.bus.fail("publish", unavailable("bus"));
    let running = stage.follow();
    stage.bus.called("publish", |calls| calls.ended >= 2).await;
    assert_eq!(fs::read_to_string(stage.path("journal-cursor")).unwrap(), cursor(2));
    // As after kill -9: nothing is written at the end.
    running.task.abort();
    stage.bus.mend();
    let running = stage.follow();
    assert_eq!(stage.messages(3).await, numbers(3..=5));
    stage.saved(5).await;
    running.stop().await;
}

#[tokio::test]
async fn what_was_removed_before_it_was_read_is_said_by_an_event_and_counted() {
    let mut stage = Stage::new().await;
    stage.has((501..=700).chain(711..=1_000));
    stage.write("journal-cursor", &cursor(100));
    let running = stage.follow();
    let events = stage.events(492).await;
    let gaps: BTreeMap<_, _> = events
        .iter()
        .enumerate()
        .filter_map(|(at, event)| Some((at, event["fields"]["missing"].as_u64()?)))
        .collect();
    assert_eq!(gaps, [(0, 400), (201, 10)].into());
    assert_eq!((&events[0]["level"], &events[0]["service"]), (&"warn".into(), &"watchkeeper".into()));
    assert_eq!(running.metric("missed"), 410);
    running.stop().await;
}

#[tokio::test]
async fn a_host_without_journalctl_is_told_so() {
    let stage = Stage::new().await;
    let running = stage.follow_with(Path::new("/no/such/journalctl"));
    soon(async {
        while !running
            .says()
            .contains("the journal is not read: cannot run /no/such/journalctl: No such file")
        {
            tokio::task::yield_now().await;
        }
    })
    .await;
    running.stop().await;
}
