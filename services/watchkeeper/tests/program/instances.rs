//! Several instances of a role on one host.

use crate::running::{PATIENCE, Process, agent, wait_for, watchkeeper};
use std::fs;
use std::process;

#[test]
fn a_second_instance_of_a_role_runs_beside_the_first_a_hundred_ports_above_it() {
    let dir = tempfile::tempdir().unwrap();
    let [.., high, low] = process::id().to_be_bytes();
    let at = format!("127.{high}.{low}.86");
    // Nothing listens where the engines are.
    let text = format!(
        "[backends]\nbus = \"kafka://127.0.0.1:1\"\nstore = \"postgres://127.0.0.1:2/watchkeeper\"\n\
         cache = \"redis://127.0.0.1:3\"\nrollups = \"mongodb://127.0.0.1:4/watchkeeper\"\n\
         [listen]\ncache = \"{at}:8463\"\ncache_grpc = \"{at}:8464\"\n"
    );
    let file = dir.path().join("watchkeeper.toml");
    fs::write(&file, text).unwrap();
    let checked = watchkeeper(["check-config", "--role", "cache-2"]).arg(&file).output().unwrap();
    assert!(checked.status.success(), "{checked:?}");
    let start = |instance: &str| {
        let mut command = watchkeeper(["run", instance, "--config"]);
        command.arg(&file).env("HOME", dir.path()).env_remove("XDG_STATE_HOME").env_remove("STATE_DIRECTORY");
        Process::start(&mut command)
    };
    let running = ["cache", "cache-2"].map(start);
    for port in [8463, 8563] {
        let url = format!("http://{at}:{port}/readyz");
        wait_for("the instance", || {
            let mut answer = agent().get(&url).call().ok()?;
            answer.body_mut().read_to_string().ok().filter(|body| body.contains("Redis at 127.0.0.1:3"))
        });
    }
    for process in running {
        assert!(process.stop_within(PATIENCE).success());
    }
}
