//! The entry in the table of roles.

use crate::api::{self, ApiClient};
use crate::config::AnalyticsConfig;
use crate::run::run;
use std::sync::Arc;
use watchkeeper_runtime::role::{InProcess, Peers, RoleSpec, Settings, StartError, Starter};

/// Analytics.
pub static ROLE: RoleSpec = RoleSpec {
    name: "analytics",
    about: "Computes hourly and daily rollups of samples",
    http_port: 8467,
    grpc: None,
    consumes: &[],
    read: |root, settings| settings.add("analytics", root.section("analytics", AnalyticsConfig::read)),
    share: None,
    only_publishes: false,
    check_alone: Some(check_alone),
    start,
};

/// Why the role cannot find an api.
const NO_API: &str = "analytics cannot find the api: [grpc] listen has port 0. Give it a fixed port, or set \
                      [analytics] api = \"http://127.0.0.1:8461\"";
/// Why the api refuses the role.
const NO_TOKEN: &str = "analytics queries the api, which requires a token: create one with `watchkeeper token \
                        analytics --scope read` and set [analytics] token_file to its file";

fn check_alone(settings: &Settings, peers: &Peers) -> Result<(), String> {
    let config = settings.get::<AnalyticsConfig>().map_err(|error| error.to_string())?;
    if config.api.is_some() {
        return Ok(());
    }
    if !peers.grpc.contains_key(api::NAME) {
        return Err(NO_API.to_owned());
    }
    if !peers.are_open && config.token.is_none() {
        return Err(NO_TOKEN.to_owned());
    }
    Ok(())
}

fn start(starter: &mut Starter<'_>) -> Result<(), StartError> {
    let config = (*starter.settings::<AnalyticsConfig>()?).clone();
    let here = starter.shared().all::<InProcess>().iter().find(|here| here.role == api::NAME);
    let here = here.map(|api| api.grpc.clone());
    let elsewhere = |url| ApiClient::at(url, config.token.as_ref());
    let asks = match (&config.api, here) {
        (Some(named), _) => elsewhere(named.clone()),
        (None, Some(here)) => ApiClient::in_process(here),
        (None, None) => elsewhere(starter.peers().grpc.get(api::NAME).ok_or(NO_API)?.clone()),
    };
    let rollups = Arc::clone(&starter.ports().rollups);
    starter.run(run(starter.context(), config, asks, rollups));
    Ok(())
}
