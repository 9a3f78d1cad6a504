//! The table of roles.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use watchkeeper_runtime::role::RoleSpec;

/// A role: one job, one crate, one systemd unit.
pub(crate) type Role = &'static RoleSpec;

/// All roles, in start order: a role that others query starts before them.
pub(crate) static ROLES: &[Role] = &[
    &watchkeeper_ingest::ROLE,
    &watchkeeper_api::ROLE,
    &watchkeeper_console::ROLE,
    &watchkeeper_persister::ROLE,
    &watchkeeper_cache::ROLE,
    &watchkeeper_collector::ROLE,
    &watchkeeper_analytics::ROLE,
    &watchkeeper_notifier::ROLE,
    &watchkeeper_processor::ROLE,
];

/// The role that listens on `[http]` and `[grpc]` even in its own process, as `up` does.
pub(crate) static FRONT: Role = &watchkeeper_api::ROLE;

/// Parses a role argument.
pub(crate) fn parser() -> impl TypedValueParser<Value = Role> {
    let names = ROLES.iter().map(|role| PossibleValue::new(role.name).help(role.about));
    PossibleValuesParser::new(names).map(|name| named(&name).expect("the parser takes no other name"))
}

fn named(name: &str) -> Option<Role> {
    ROLES.iter().copied().find(|role| role.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::PathBuf;

    fn in_repository(path: &str) -> PathBuf {
        [env!("CARGO_MANIFEST_DIR"), "../..", path].iter().collect()
    }

    fn read(path: &str) -> String {
        fs::read_to_string(in_repository(path)).unwrap()
    }

    #[test]
    fn a_role_is_one_lower_case_word_and_no_two_share_a_port() {
        let (mut names, mut ports) = (BTreeSet::new(), BTreeSet::new());
        for role in ROLES {
            assert!(role.name.chars().all(|c| c.is_ascii_lowercase()), "{role}");
            assert!(names.insert(role.name), "{role}");
            assert!(ports.insert(role.http_port), "{role}");
            assert!(role.grpc.is_none_or(|grpc| ports.insert(grpc.port)), "{role}");
        }
    }

    #[test]
    fn every_role_is_in_the_documents_and_in_the_example_and_has_a_dashboard() {
        let (readme, architecture) = (read("README.md"), read("ARCHITECTURE.md"));
        let example = read("examples/watchkeeper.toml");
        let scrape = read("dashboards/prometheus/scrape.yml");
        for role in ROLES {
            assert!(readme.contains(&format!("\n| `{role}` ")), "README.md has no row for {role}");
            assert!(architecture.contains(&format!("`{role}`")), "ARCHITECTURE.md does not name {role}");
            let dashboard = format!("dashboards/grafana/role-{role}.json");
            assert!(in_repository(&dashboard).is_file(), "{role} has no dashboard: {dashboard}");
            let job = format!(
                "job_name: watchkeeper-{role}, static_configs: [{{ targets: [\"127.0.0.1:{}\"]",
                role.http_port
            );
            assert!(scrape.contains(&job), "scrape.yml has no job for {role}: {job}");
            let mut keys = vec![(role.name, role.http_port)];
            keys.extend(role.grpc.map(|grpc| (grpc.key, grpc.port)));
            for (key, port) in keys {
                let key = if role.name == FRONT.name { "listen" } else { key };
                let line = format!("\n{key} = \"127.0.0.1:{port}\"");
                assert!(example.contains(&line), "the example has no listen address for {role}:{line}");
            }
        }
    }
}
