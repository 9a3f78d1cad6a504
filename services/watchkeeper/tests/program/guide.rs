//! The guide for moving over is as the program is.

use crate::running::watchkeeper;
use std::fs;

#[path = "../support/guide.rs"]
#[expect(dead_code, reason = "its parts are for the test that walks it")]
mod parts;

#[test]
fn the_configuration_of_the_guide_for_moving_over_is_accepted_as_a_whole() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("watchkeeper.toml");
    fs::write(&file, parts::toml()).unwrap();
    let output = watchkeeper(["check-config", file.to_str().unwrap()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_program_has_every_command_and_every_option_that_the_guide_names() {
    let commands = parts::commands();
    assert!(commands.len() > 8, "{commands:?}");
    let takes_one_more = |command: &Vec<String>| ["query", "rules"].contains(&command[0].as_str());
    assert!(commands.iter().any(takes_one_more), "those within text are not found: {commands:?}");
    for command in commands {
        let names = &command[..if takes_one_more(&command) { 2 } else { 1 }];
        let output = watchkeeper(names).arg("--help").output().unwrap();
        let help = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{command:?}");
        for option in command.iter().filter(|word| word.starts_with("--")) {
            assert!(help.contains(&format!("{option} ")), "{command:?} has no {option}: {help}");
        }
    }
}
