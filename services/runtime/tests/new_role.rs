//! The template of a new role compiles, and passes its own test.

#![allow(unreachable_pub, missing_docs, reason = "a role is a crate of its own")]

#[path = "../../../xtask/src/new_role/template/config.rs.in"]
mod config;
#[path = "../../../xtask/src/new_role/template/metrics.rs.in"]
mod metrics;
#[path = "../../../xtask/src/new_role/template/role.rs.in"]
mod role;
#[path = "../../../xtask/src/new_role/template/run.rs.in"]
mod run;

use watchkeeper_config::Document;
use watchkeeper_runtime::role::Settings;

#[test]
fn a_new_role_reads_its_section_with_defaults() {
    let read = |text| {
        Document::parse("watchkeeper.toml", text)
            .unwrap()
            .read(|root| Settings::read(root, &[&role::ROLE], |_| true))
    };
    let every = |text| read(text).unwrap().get::<config::TITLEConfig>().unwrap().every.as_secs();
    assert_eq!((every(""), every("[NAME]\nevery = \"2m\"")), (60, 120));
    assert_eq!(read("[NAME]\nevery = \"0s\"").unwrap_err().count(), 1);
}
