//! Opening, and its errors.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use watchkeeper_adapter_embedded::{
    EmbeddedAlerts, EmbeddedBus, EmbeddedEvents, EmbeddedOptions, EmbeddedRollups, EmbeddedStore,
};
use watchkeeper_ports::{Failure, PortError};

fn bus(dir: &Path) -> Result<EmbeddedBus, PortError> {
    EmbeddedBus::open(dir, &EmbeddedOptions::default())
}

/// All files.
const DATABASES: [&str; 5] = ["bus", "store", "events", "rollups", "alerts"];

fn open_all(dir: &Path) -> (EmbeddedBus, EmbeddedStore, EmbeddedEvents, EmbeddedRollups, EmbeddedAlerts) {
    (
        bus(dir).unwrap(),
        EmbeddedStore::open(dir).unwrap(),
        EmbeddedEvents::open(dir).unwrap(),
        EmbeddedRollups::open(dir).unwrap(),
        EmbeddedAlerts::open(dir).unwrap(),
    )
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn all_files_share_a_directory_that_is_their_owners_alone() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("state/watchkeeper");
    let _open = open_all(&dir);
    assert_eq!(mode(&dir), 0o700);
    for database in DATABASES {
        assert!(dir.join(format!("{database}.db")).is_file(), "{database}");
    }
}

#[test]
fn every_file_is_its_owners_alone_also_in_a_directory_that_is_not() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    let _open = open_all(dir.path());
    for database in DATABASES {
        for kind in ["db", "db-wal", "db-shm", "lock"] {
            let file = dir.path().join(format!("{database}.{kind}"));
            assert_eq!(mode(&file), 0o600, "{}", file.display());
        }
    }
    assert_eq!(mode(dir.path()), 0o755, "what was there keeps its mode");
}

#[test]
fn what_is_open_cannot_be_opened_again_until_it_is_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let open = bus(dir.path()).unwrap();
    let error = bus(dir.path()).err().unwrap();
    assert_eq!(error.failure(), Failure::Retry);
    let (pid, place) = (std::process::id(), dir.path().display());
    let expected = format!("bus unavailable: another Watchkeeper (pid {pid}) is using {place}");
    assert_eq!(error.to_string(), expected);
    drop(open);
    bus(dir.path()).unwrap();
}

#[test]
fn a_file_that_is_no_database_stops_the_process() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("store.db"), [b'x'; 10_000]).unwrap();
    let error = EmbeddedStore::open(dir.path()).err().unwrap();
    assert_eq!(error.failure(), Failure::Stop);
    assert!(error.to_string().starts_with("store is unusable: "), "{error}");
}

#[test]
fn a_directory_that_cannot_be_created_stops_the_process() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = bus(&file.path().join("below")).err().unwrap();
    assert_eq!(error.failure(), Failure::Stop);
}
