//! Assembles a process from roles, ports and listeners.

use crate::config::Config;
use crate::role::{ROLES, Role};
use std::path::Path;
use watchkeeper_ports::Ports;
use watchkeeper_runtime::Process;
use watchkeeper_runtime::http::{Access, Listener, session_key};
use watchkeeper_runtime::role::{Assembly, DataDir};
use watchkeeper_spool::OpenSpool;
use watchkeeper_wire::proto::FILE_DESCRIPTOR_SET;

/// Starts the roles in the given order, and the listeners.
pub(crate) fn start(
    process: Process,
    roles: &[Role],
    config: &Config,
    ports: Ports,
    access: &Access,
    data_dir: &Path,
    (http, grpc): (Listener, Option<Listener>),
) -> anyhow::Result<Process> {
    process.roster().set_addresses(config.backends.places());
    let settings = config.settings.clone();
    let access = with_session_key(access, roles, data_dir);
    let mut assembly = Assembly::new(process, ROLES, settings, ports, access, config.peers());
    assembly.shared().add(DataDir(data_dir.to_owned()));
    let (backends, data_dir) = (config.backends.clone(), data_dir.to_owned());
    // Only roles that publish open a spool, and each its own; so they get a function.
    assembly.shared().add::<OpenSpool>(Box::new(move |spool| backends.open_spool(spool, &data_dir)));
    for role in roles {
        assembly.start(role).map_err(anyhow::Error::from_boxed)?;
    }
    Ok(assembly.listen(http, grpc, FILE_DESCRIPTOR_SET))
}

/// Keeps those signed in who are, if this process has the pages and there are tokens to sign in with.
fn with_session_key(access: &Access, roles: &[Role], data_dir: &Path) -> Access {
    let access = access.clone();
    if access.is_open() || !roles.iter().any(|role| role.name == watchkeeper_console::ROLE.name) {
        return access;
    }
    match session_key(data_dir) {
        Ok(key) => access.with_session_key(&key),
        Err(error) => {
            let path = data_dir.display();
            tracing::warn!(%error, %path, "cannot keep session.key: a restart signs out every browser");
            access
        }
    }
}
