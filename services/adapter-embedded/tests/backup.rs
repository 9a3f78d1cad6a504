//! Backing up and restoring files.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

use rusqlite::Connection;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_adapter_embedded::backup::{self, BackupError, BackupSource, Manifest, Restored, Step};
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedEvents, EmbeddedOptions, EmbeddedStore};
use watchkeeper_domain::event::Fields;
use watchkeeper_domain::{Event, EventId, Level, Sample, Series, SeriesFilter, Timestamp};
use watchkeeper_ports::{
    Advance, Append, BatchBuilder, Delivery, EventBus as _, EventQueries as _, Group, Offset, Position,
    PositionStore as _, Processed, SampleQueries as _, Sink as _, Topic, TopicPartition,
};

const RECORDS: Offset = 5;

fn partition() -> TopicPartition {
    TopicPartition::new(Topic::METRICS, 0)
}

fn take(data_dir: &Path, to: &Path) -> Result<Manifest, BackupError> {
    let source = BackupSource { data_dir: data_dir.to_owned(), elsewhere: Vec::new() };
    backup::take(&source, to, &mut |_| {})
}

fn restore(from: &Path, to: &Path, force: bool) -> Result<Restored, BackupError> {
    backup::restore(from, to, force, &mut |_| {})
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, BackupError>, because: &str) {
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains(because), "{error}");
}

async fn publish(bus: &EmbeddedBus) {
    let mut batch = BatchBuilder::default();
    for number in 0..RECORDS {
        batch.push(b"key", number.to_string().as_bytes());
    }
    bus.publish(&Topic::METRICS, batch.finish()).await.unwrap();
}

/// Stores samples up to a position.
async fn store_until(store: &EmbeddedStore, bus: &EmbeddedBus, next: Offset) {
    let series = Arc::new(Series::new("backup", "number", "", &[]).unwrap());
    let at = |number| Timestamp::MIN.plus(Duration::from_secs(number));
    let items = (0..next).map(|number| Sample::new(Arc::clone(&series), at(number), 1.0)).collect();
    let topic_id = bus.topic_id(&Topic::METRICS).await.unwrap();
    let advance = Advance { group: Group::PERSISTER, partition: partition(), topic_id, expected: None, next };
    store.samples().append(Arc::new(Append { items, advances: vec![advance] })).await.unwrap();
}

#[tokio::test]
async fn what_was_acknowledged_is_in_the_backup_of_an_installation_that_runs_in_the_store_or_on_the_bus() {
    let dir = tempfile::tempdir().unwrap();
    let (data, to, restored) =
        (dir.path().join("data"), dir.path().join("backup"), dir.path().join("restored"));
    let bus = EmbeddedBus::open(&data, &EmbeddedOptions::default()).unwrap();
    let store = EmbeddedStore::open(&data).unwrap();
    fs::create_dir_all(data.join("mail/new")).unwrap();
    fs::write(data.join("mail/new/1"), "Subject: fire").unwrap();
    publish(&bus).await;
    store_until(&store, &bus, 2).await;
    // As if it had stored all of them between the moments at which the two files are read.
    let mut member = bus.subscribe(&Topic::METRICS, &Group::PERSISTER).await.unwrap();
    assert!(matches!(member.next(1).await.unwrap(), Delivery::Assigned(_)));
    member.commit(&[Position { partition: partition(), next: RECORDS }]).await.unwrap();

    let mut steps = Vec::new();
    let source = BackupSource { data_dir: data.clone(), elsewhere: Vec::new() };
    let manifest = backup::take(&source, &to, &mut |progress| steps.push(progress.step)).unwrap();
    assert!(steps.contains(&Step::Copying) && steps.contains(&Step::Checking));
    let names: Vec<_> = manifest.files.iter().map(|file| file.path.display().to_string()).collect();
    assert_eq!(names, ["bus.db", "mail/new/1", "store.db"]);
    let positions: Vec<_> = manifest
        .positions
        .iter()
        .map(|found| (found.group.as_str(), found.next, found.low, found.high))
        .collect();
    assert_eq!(positions, [("persister", 2, 0, RECORDS)]);
    for name in ["", "bus.db", "mail", "mail/new/1", "manifest.json"] {
        let mode = to.join(name).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if to.join(name).is_dir() { 0o700 } else { 0o600 }, "{name}");
    }

    restore(&to, &restored, false).unwrap();
    let bus = EmbeddedBus::open(&restored, &EmbeddedOptions::default()).unwrap();
    let store = EmbeddedStore::open(&restored).unwrap();
    let topic_id = bus.topic_id(&Topic::METRICS).await.unwrap();
    let position = store.position(&Group::PERSISTER, &partition(), &topic_id).await.unwrap();
    assert_eq!(position.known(), Some(2), "the consumer continues where the store ends");
    let lag = bus.lag(&Topic::METRICS, &Group::PERSISTER).await.unwrap();
    assert_eq!((lag[0].committed, lag[0].high), (2, RECORDS), "the bus prunes nothing that is not stored");
    let rest = bus.read(&partition(), 2, 10).await.unwrap();
    assert_eq!(
        rest.records.iter().map(|record| record.value.to_vec()).collect::<Vec<_>>(),
        [b"2", b"3", b"4"]
    );
    let stored = store.newest(&SeriesFilter::default(), 10, Timestamp::MAX).await.unwrap();
    assert_eq!(stored.len(), 2);
    assert_eq!(fs::read_to_string(restored.join("mail/new/1")).unwrap(), "Subject: fire");
}

#[tokio::test]
async fn events_are_in_the_backup_with_the_position_up_to_which_they_were_stored() {
    let dir = tempfile::tempdir().unwrap();
    let (data, to, restored) =
        (dir.path().join("data"), dir.path().join("backup"), dir.path().join("restored"));
    let bus = EmbeddedBus::open(&data, &EmbeddedOptions::default()).unwrap();
    let events = EmbeddedEvents::open(&data).unwrap();
    let mut batch = BatchBuilder::default();
    for line in ["a", "b"] {
        batch.push(b"key", line.as_bytes());
    }
    bus.publish(&Topic::EVENTS, batch.finish()).await.unwrap();
    let event = Event {
        id: EventId::given("a"),
        occurred_at: Timestamp::MIN,
        level: Level::Info,
        service: "shop".into(),
        host: String::new(),
        message: "a".into(),
        fields: Fields::new(),
    };
    let (group, partition) = (Group::PROCESSOR, TopicPartition::new(Topic::EVENTS, 0));
    let topic_id = bus.topic_id(&Topic::EVENTS).await.unwrap();
    let advance = Advance { group, partition, topic_id, expected: None, next: 1 };
    let append = Append { items: vec![Processed::stored(event.clone())], advances: vec![advance] };
    events.append(Arc::new(append)).await.unwrap();

    let manifest = take(&data, &to).unwrap();
    let positions: Vec<_> =
        manifest.positions.iter().map(|found| (found.group.as_str(), found.next, found.high)).collect();
    assert_eq!(positions, [("processor", 1, 2)]);
    restore(&to, &restored, false).unwrap();
    let events = EmbeddedEvents::open(&restored).unwrap();
    assert_eq!(events.event(event.id).await.unwrap(), Some(event));
}

/// A data directory that is not in use, and its backup.
fn backed_up(dir: &Path) -> (std::path::PathBuf, std::path::PathBuf) {
    let (data, to) = (dir.join("data"), dir.join("backup"));
    drop(EmbeddedStore::open(&data).unwrap());
    take(&data, &to).unwrap();
    (data, to)
}

#[test]
fn a_backup_goes_to_a_new_directory_outside_the_data() {
    let dir = tempfile::tempdir().unwrap();
    let (data, to) = backed_up(dir.path());
    refused(take(&data, &to), "is not empty: name a new directory");
    refused(take(&data, &data.join("backup")), "is in the data directory");
    refused(take(&data, Path::new("/")), "name a new directory in it");
    refused(take(&data, &dir.path().join("absent/backup")), "No such file or directory");
    refused(take(&dir.path().join("absent"), &dir.path().join("b")), "has no data");
    let empty = dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    take(&data, &empty).unwrap();
    let left = fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(left, ["data", "backup", "empty"].len(), "no temporary directory is left");
}

#[test]
fn a_damaged_database_is_not_backed_up() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    drop(EmbeddedStore::open(&data).unwrap());
    let store = data.join("store.db");
    let conn = Connection::open(&store).unwrap();
    conn.execute_batch(
        "PRAGMA journal_mode = DELETE; CREATE TABLE t(x); INSERT INTO t VALUES (zeroblob(20000))",
    )
    .unwrap();
    drop(conn);
    let mut bytes = fs::read(&store).unwrap();
    let page = 4096;
    let last = bytes.len() - page;
    // A page of an overflow chain that leads nowhere.
    bytes[last - page..last - page + 4].copy_from_slice(&[0xff; 4]);
    fs::write(&store, bytes).unwrap();
    refused(take(&data, &dir.path().join("backup")), "data/store.db: the database is corrupt: ");
    assert!(!dir.path().join("backup").exists());
}

#[test]
fn a_backup_that_was_changed_is_not_restored_and_nothing_is_touched() {
    let dir = tempfile::tempdir().unwrap();
    let (data, to) = backed_up(dir.path());
    let store = to.join("store.db");
    let whole = fs::read(&store).unwrap();
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    for (bytes, because) in [(&changed[..], "SHA-256"), (&whole[1..], "bytes, the manifest says")] {
        fs::write(&store, bytes).unwrap();
        refused(restore(&to, &data, true), because);
    }
    fs::remove_file(&store).unwrap();
    refused(restore(&to, &data, true), "store.db: No such file or directory");
    fs::remove_file(to.join("manifest.json")).unwrap();
    refused(restore(&to, &data, true), "manifest.json: No such file or directory");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing was created");
    EmbeddedStore::open(&data).unwrap();
}

#[test]
fn a_directory_in_use_is_never_replaced_and_one_with_data_only_by_force_which_keeps_it() {
    let dir = tempfile::tempdir().unwrap();
    let (data, to) = backed_up(dir.path());
    let running = EmbeddedStore::open(&data).unwrap();
    for force in [false, true] {
        refused(restore(&to, &data, force), "is in use by another process: stop Watchkeeper first");
    }
    drop(running);
    fs::write(data.join("mine"), "").unwrap();
    refused(restore(&to, &data, false), "is not empty: name a new directory with --data-dir, or use --force");
    fs::set_permissions(&to, fs::Permissions::from_mode(0o500)).unwrap();
    let kept = restore(&to, &data, true).unwrap().kept.unwrap();
    assert!(kept.join("mine").exists() && !data.join("mine").exists());
    assert!(kept.file_name().unwrap().to_string_lossy().starts_with("data.before-restore-"));
    EmbeddedStore::open(&data).unwrap();
    let empty = dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert_eq!(restore(&to, &empty, false).unwrap().kept, None);
    // So that the temporary directory can be deleted.
    fs::set_permissions(&to, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_spool_in_use_keeps_its_directory_from_being_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let (data, to) = backed_up(dir.path());
    let _spool = EmbeddedBus::open(&data.join("spool"), &EmbeddedOptions::default()).unwrap();
    refused(restore(&to, &data, true), "is in use");
}

#[test]
fn a_spool_in_use_behind_a_symbolic_link_keeps_its_directory_from_being_replaced() {
    let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (data, to) = backed_up(dir.path());
    let spool = elsewhere.path().join("spool");
    let _spool = EmbeddedBus::open(&spool, &EmbeddedOptions::default()).unwrap();
    std::os::unix::fs::symlink(&spool, data.join("spool")).unwrap();
    refused(restore(&to, &data, true), "is in use");
}

#[test]
fn a_mount_point_is_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let (_, to) = backed_up(dir.path());
    refused(restore(&to, Path::new("/proc"), true), "/proc is a mount point and cannot be replaced");
}

#[test]
fn files_elsewhere_are_backed_up_under_their_name_and_the_manifest_says_where_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let (data, other, to) = (dir.path().join("data"), dir.path().join("other"), dir.path().join("backup"));
    drop(EmbeddedStore::open(&data).unwrap());
    drop(EmbeddedStore::open(&other).unwrap());
    let elsewhere = vec![("store.db".into(), other.join("store.db"))];
    let source = BackupSource { data_dir: data, elsewhere };
    let manifest = backup::take(&source, &to, &mut |_| {}).unwrap();
    assert_eq!(manifest.files.len(), 1);
    assert_eq!(manifest.files[0].from, Some(other.join("store.db")));
}

#[test]
fn a_location_elsewhere_that_is_missing_or_unreadable_is_not_left_out_silently() {
    let dir = tempfile::tempdir().unwrap();
    let (data, other, to) = (dir.path().join("data"), dir.path().join("other"), dir.path().join("backup"));
    drop(EmbeddedStore::open(&data).unwrap());
    let elsewhere = vec![("store.db".into(), other.join("store.db"))];
    let source = BackupSource { data_dir: data, elsewhere };
    let taken = || backup::take(&source, &to, &mut |_| {});
    refused(taken(), "other/store.db, which the configuration names, does not exist");
    fs::write(&other, "").unwrap();
    refused(taken(), "other/store.db: Not a directory");
    assert!(!to.exists());
}
