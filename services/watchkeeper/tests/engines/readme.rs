//! The README's way onto engines, as it is written there.

use crate::host::unused_address;
use crate::patience::{so, wait_for};
use crate::role::port;
use crate::roles::listen_at;
use crate::running::{agent, watchkeeper};
use crate::world::World;
use std::env;
use std::fs;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};

/// What stands before the commands in the shell: `cargo` is not called, but what it has built already. Engines end with
/// the test, and the roles listen where nobody else does.
const PRELUDE: &str = r#"
set -eu
cargo() {
    [ "$1" = xtask ] || return 0
    shift
    case "$*" in
        "stack up") "$XTASK" stack up --attached --dir "$STACK" && cat "$LISTEN" >> "$STACK/watchkeeper.toml" ;;
        *) "$XTASK" "$@" --dir "$STACK" ;;
    esac
}
"#;

#[test]
#[ignore = "needs engines of its own: cargo xtask test starts them"]
fn the_way_onto_engines_works_as_the_readme_has_it() {
    let world = World::without_engines();
    let address = unused_address();
    let [up, down] = commands().map(|block| {
        let block = block.replace("127.0.0.1:84", &format!("{address}:84"));
        let block = block.replace("/tmp/watchkeeper-stack", "$STACK");
        block.replace("target/release/watchkeeper", env!("CARGO_BIN_EXE_watchkeeper"))
    });
    let mut shell = shell(&world, address);
    let mut stdin = shell.stdin.take().unwrap();
    stdin.write_all(format!("{PRELUDE}{up}").as_bytes()).unwrap();
    wait_for("the sample to be the answer of the command", || {
        let url = format!("http://{address}:{}", port("api"));
        let mut query = watchkeeper(["query", "latest", "--source", "demo", "--url", &url]);
        let answer = query.output().map_err(|error| error.to_string())?;
        so(String::from_utf8_lossy(&answer.stdout).contains("answer"), answer)
    });
    wait_for("the page to show that all is well", || {
        let mut page = agent()
            .get(format!("http://{address}:{}/", port("console")))
            .call()
            .map_err(|error| error.to_string())?;
        let page = page.body_mut().read_to_string().map_err(|error| error.to_string())?;
        so(page.contains("Operational"), page)
    });
    stdin.write_all(down.as_bytes()).unwrap();
    drop(stdin);
    assert!(shell.wait().unwrap().success());
}

/// What the section has one type: up to the sample, and afterwards.
fn commands() -> [String; 2] {
    let readme = include_str!("../../../../README.md");
    let section = readme.lines().skip_while(|line| *line != "## When one machine is outgrown");
    let section: Vec<_> = section.skip(1).take_while(|line| !line.starts_with("## ")).collect();
    let blocks = section.split(|line| !line.starts_with("    "));
    let blocks: Vec<_> =
        blocks.filter(|block| !block.is_empty()).map(|block| block.join("\n") + "\n").collect();
    let block = |begins: &str| {
        let block = blocks.iter().find(|block| block.trim_start().starts_with(begins));
        block.unwrap_or_else(|| panic!("no commands begin with {begins}: {blocks:?}")).clone()
    };
    [block("cargo xtask stack up"), block("kill $(jobs -p)")]
}

/// A shell that reads commands from its stdin.
fn shell(world: &World, address: Ipv4Addr) -> Child {
    let stack = world.stack.config();
    let stack = stack.parent().unwrap();
    let listen = stack.join("listen.toml");
    fs::write(&listen, listen_at(address)).unwrap();
    let mut shell = Command::new("bash");
    shell
        .env("XTASK", env::var_os("WATCHKEEPER_TEST_STACK").unwrap())
        .env("STACK", stack)
        .env("LISTEN", &listen);
    shell.env("XDG_STATE_HOME", stack.join("state")).stdin(Stdio::piped()).stdout(Stdio::null());
    shell.spawn().unwrap()
}
