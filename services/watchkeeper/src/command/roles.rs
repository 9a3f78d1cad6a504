//! `watchkeeper roles`.

use super::table::{print_json, print_table};
use crate::cli::RolesArgs;
use crate::role::{ROLES, Role};
use serde::Serialize;

pub(crate) fn run(args: &RolesArgs) -> anyhow::Result<()> {
    let roles: Vec<_> = ROLES.iter().map(|role| RoleJson::of(role)).collect();
    if args.output.json {
        return print_json(&roles);
    }
    let row = |role: &RoleJson| {
        let RoleJson { name, about, http_port, grpc_port, consumes } = role;
        let grpc = grpc_port.map_or_else(String::new, |port| port.to_string());
        let mut groups: Vec<_> = consumes.iter().map(|consumes| consumes.group.as_str()).collect();
        groups.dedup();
        [(*name).to_owned(), http_port.to_string(), grpc, groups.join(" "), (*about).to_owned()]
    };
    let headings = ["NAME", "HTTP", "GRPC", "GROUP", "DESCRIPTION"];
    print_table(headings, roles.iter().map(row).collect(), "No roles.")?;
    Ok(())
}

#[derive(Serialize)]
struct RoleJson {
    name: &'static str,
    about: &'static str,
    /// The default ports of `run`.
    http_port: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    grpc_port: Option<u16>,
    consumes: Vec<ConsumesJson>,
}

/// A consumer group and its topic.
#[derive(Serialize)]
struct ConsumesJson {
    topic: String,
    group: String,
}

impl RoleJson {
    fn of(role: Role) -> Self {
        let consumes = role.consumes.iter();
        Self {
            name: role.name,
            about: role.about,
            http_port: role.http_port,
            grpc_port: role.grpc.map(|grpc| grpc.port),
            consumes: consumes
                .map(|(topic, group)| ConsumesJson { topic: topic.to_string(), group: group.to_string() })
                .collect(),
        }
    }
}
