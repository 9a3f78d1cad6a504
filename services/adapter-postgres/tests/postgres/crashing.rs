//! A server that is killed and restarted, separate from the shared one.

use crate::samples::{self, everything, midnight, moving, sample};
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};
use watchkeeper_adapter_postgres::{PostgresOptions, PostgresStore};
use watchkeeper_port_contract::engine_dir;
use watchkeeper_ports::{Offset, SampleStore};

/// The user for the server when root starts it, which it refuses to run as: nobody.
const NOBODY: u32 = 65_534;
const ENOUGH: Duration = Duration::from_secs(60);

/// A server for this test only, on a socket in its directory.
struct Server {
    dir: TempDir,
    programs: PathBuf,
    child: Option<Child>,
}

impl Server {
    fn prepare() -> Self {
        // The programs of the shared engine.
        let pid = std::fs::read_to_string(engine_dir("postgres").join("pid")).unwrap();
        let postgres = std::fs::read_link(format!("/proc/{}/exe", pid.split(' ').next().unwrap())).unwrap();
        let dir = tempfile::tempdir().unwrap();
        std::fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        if is_root() {
            chown(dir.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let server = Self { dir, programs: postgres.parent().unwrap().to_owned(), child: None };
        let mut initdb = server.program("initdb");
        initdb.args(["--username=watchkeeper", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        assert!(initdb.arg("--pgdata").arg(server.data()).status().unwrap().success());
        server
    }

    fn start(&mut self) {
        let mut postgres = self.program("postgres");
        postgres.arg("-D").arg(self.data()).arg("-k").arg(self.dir.path()).args(["-h", ""]);
        self.child = Some(postgres.stderr(Stdio::null()).spawn().unwrap());
    }

    fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Whether it has exited: a killed one may have left processes that hold its memory.
    fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some())
    }

    fn options(&self) -> PostgresOptions {
        let dir = self.dir.path().display();
        PostgresOptions::new(format!("postgres://watchkeeper@/postgres?host={dir}"))
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir("/").stdout(Stdio::null());
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.kill();
        }
    }
}

fn is_root() -> bool {
    std::fs::metadata(Path::new("/proc/self")).unwrap().uid() == 0
}

/// Waits until the server answers, and restarts it should it have exited.
async fn answering(server: &mut Server, store: &Arc<dyn SampleStore>) {
    let wait = async {
        while store.check().await.is_err() {
            if server.has_ended() {
                server.start();
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(ENOUGH, wait).await.unwrap();
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_server_that_is_killed() {
    let mut server = Server::prepare();
    let store = PostgresStore::connect(&server.options()).unwrap().samples();
    let mut acknowledged: Offset = 0;
    for _ in 0..3 {
        answering(&mut server, &store).await;
        // What was in flight at the kill may have been stored or not, and is one append at most.
        let position = samples::position(&*store).await.unwrap_or(0);
        assert!(
            [acknowledged, acknowledged + 1].contains(&position),
            "{position}, {acknowledged} acknowledged"
        );
        assert_eq!(everything(&*store).await.len() as u64, position);
        let appending = tokio::spawn({
            let store = Arc::clone(&store);
            async move {
                let mut next = position;
                loop {
                    let at = midnight(0).plus(Duration::from_secs(next));
                    let append = moving([sample("load", at, 1.0)], next, next + 1);
                    if store.append(append.clone()).await.is_err() {
                        return next;
                    }
                    next += 1;
                }
            }
        });
        let some_are_stored = async { while samples::position(&*store).await < Some(position + 20) {} };
        timeout(ENOUGH, some_are_stored).await.unwrap();
        server.kill();
        acknowledged = timeout(ENOUGH, appending).await.unwrap().unwrap();
        assert!(acknowledged >= position + 20);
    }
}
