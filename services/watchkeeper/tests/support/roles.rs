//! The roles that the program has, as it lists them.

use crate::running::watchkeeper;
use serde::Deserialize;
use std::fmt::Write as _;
use std::sync::LazyLock;

/// A role.
#[derive(Debug, Deserialize)]
pub(crate) struct Role {
    pub(crate) name: String,
    /// Where it listens by default.
    pub(crate) http_port: u16,
    grpc_port: Option<u16>,
}

/// All of them, in the order in which `up` starts them.
pub(crate) fn roles() -> &'static [Role] {
    static ROLES: LazyLock<Vec<Role>> = LazyLock::new(|| {
        let listed = watchkeeper(["roles", "--json"]).output().unwrap();
        assert!(listed.status.success(), "{listed:?}");
        let lines = String::from_utf8(listed.stdout).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    });
    &ROLES
}

/// The part of a configuration by which every role listens at its default ports, but of `address`.
pub(crate) fn listen_at(address: impl std::fmt::Display) -> String {
    let (mut api, mut others) = (String::new(), "[listen]\n".to_owned());
    for Role { name, http_port, grpc_port } in roles() {
        if name == "api" {
            let grpc_port = grpc_port.unwrap();
            let _ = writeln!(api, "[http]\nlisten = \"{address}:{http_port}\"");
            let _ = writeln!(api, "[grpc]\nlisten = \"{address}:{grpc_port}\"");
        } else {
            let _ = writeln!(others, "{name} = \"{address}:{http_port}\"");
            if let Some(grpc_port) = grpc_port {
                let _ = writeln!(others, "{name}_grpc = \"{address}:{grpc_port}\"");
            }
        }
    }
    api + &others
}
