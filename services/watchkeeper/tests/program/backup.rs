//! Backups of a running installation.

use crate::crash::{Load, stored_ids, wait_until_all_is_stored};
use crate::running::{PATIENCE, Up, agent, post_samples, watchkeeper};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Output;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

const CLIENTS: usize = 3;
/// Bodies that are acknowledged before each backup begins.
const BODIES_BEFORE: usize = 30;
const BACKUPS: usize = 3;

fn run(args: &[&str], paths: [&Path; 2]) -> Output {
    let [first, data_dir] = paths;
    watchkeeper(args).arg(first).arg("--data-dir").arg(data_dir).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_backup_under_load_has_every_sample_acknowledged_before_it_began_and_none_twice() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let (load, acknowledged, is_over) =
        (Load::default(), Mutex::new(BTreeSet::new()), AtomicBool::new(false));
    let up = Up::start(&data);
    let before: Vec<BTreeSet<u64>> = thread::scope(|scope| {
        let _over = OverWhenDropped(&is_over);
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let agent = agent();
                while !is_over.load(Ordering::SeqCst) {
                    let first = load.next();
                    if post_samples(&agent, &up.url, &load.body(first)) == Some(202) {
                        acknowledged.lock().unwrap().insert(first);
                    }
                }
            });
        }
        let before = (1..=BACKUPS).map(|number| {
            let before = wait_until(|| {
                let before = acknowledged.lock().unwrap().clone();
                (before.len() >= number * BODIES_BEFORE).then_some(before)
            });
            let taken = run(&["backup"], [&dir.path().join(format!("backup-{number}")), &data]);
            assert!(taken.status.success(), "{}", text(&taken.stderr));
            before
        });
        before.collect()
    });
    assert!(up.stop().success());

    for (number, before) in (1..).zip(before) {
        let restored = dir.path().join(format!("restored-{number}"));
        let done = run(&["restore"], [&dir.path().join(format!("backup-{number}")), &restored]);
        assert!(done.status.success(), "{}", text(&done.stderr));
        let up = Up::start(&restored);
        wait_until_all_is_stored(&up);
        assert!(up.stop().success());
        let stored = stored_ids(&restored);
        let lost: Vec<_> = Load::ids(&before).filter(|id| !stored.contains_key(id)).collect();
        assert!(lost.is_empty(), "backup {number} lacks {} samples, the first is {}", lost.len(), lost[0]);
        let twice = stored.values().filter(|count| **count > 1).count();
        assert_eq!(twice, 0, "backup {number} has samples twice");
    }
}

/// Ends the load, also when the test fails.
struct OverWhenDropped<'a>(&'a AtomicBool);

impl Drop for OverWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn wait_until<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let give_up = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < give_up, "the load is not acknowledged");
        thread::yield_now();
    }
}

#[test]
fn a_stopped_installation_has_all_data_in_its_files_without_the_logs() {
    let dir = tempfile::tempdir().unwrap();
    let (data, copy) = (dir.path().join("data"), dir.path().join("copy"));
    let up = Up::start(&data);
    let (load, mut sent) = (Load::default(), BTreeSet::new());
    let first = load.next();
    assert_eq!(up.post_samples(&load.body(first)), Some(202));
    sent.insert(first);
    wait_until_all_is_stored(&up);
    assert!(up.stop().success());
    let logs = data
        .read_dir()
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with("-wal"));
    assert_eq!(logs.count(), 0);
    std::fs::create_dir(&copy).unwrap();
    std::fs::copy(data.join("store.db"), copy.join("store.db")).unwrap();
    let stored = stored_ids(&copy);
    assert!(Load::ids(&sent).all(|id| stored.contains_key(&id)));
}

#[test]
fn the_commands_say_what_they_have_done_and_refuse_a_directory_in_use() {
    let dir = tempfile::tempdir().unwrap();
    let (data, backup) = (dir.path().join("data"), dir.path().join("backup"));
    let up = Up::start(&data);
    let is_backed_up = || {
        let metrics = up.get("/metrics");
        let metric = "watchkeeper_backup_last_success_timestamp_seconds ";
        let value = metrics.lines().find_map(|line| line.strip_prefix(metric)).expect("the metric");
        value.parse::<f64>().expect("a number") > 0.0
    };
    assert!(!is_backed_up());
    let taken = run(&["backup"], [&backup, &data]);
    let said = text(&taken.stdout);
    assert!(taken.status.success() && said.starts_with("Backed up /"), "{taken:?}");
    assert!(taken.stderr.is_empty() && is_backed_up(), "{taken:?}");
    assert!(said.trim_end().ends_with("all checked."), "{said}");
    let refused = run(&["restore"], [&backup, &data]);
    assert!(!refused.status.success());
    let error = text(&refused.stderr);
    assert!(error.contains("is in use by another process: stop Watchkeeper first"), "{error}");
    assert!(up.stop().success());
    let forced = run(&["restore", "--force"], [&backup, &data]);
    let said = text(&forced.stdout);
    assert!(said.contains("The data before is in ") && said.contains("data.before-restore-"), "{forced:?}");
    assert!(Up::start(&data).stop().success());
}
