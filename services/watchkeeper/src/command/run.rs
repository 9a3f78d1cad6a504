//! `watchkeeper run`: one role in its own process.

use super::data_dir::data_dir;
use super::process::run_to_the_end;
use super::reload::Reload;
use crate::assembly;
use crate::cli::RunArgs;
use crate::config::Config;
use anyhow::Context as _;
use watchkeeper_runtime::http::{Access, Listener};
use watchkeeper_runtime::{Process, telemetry};

pub(crate) fn run(args: &RunArgs) -> anyhow::Result<()> {
    let RunArgs { role, config: file, data_dir: asked_for } = args;
    let role = *role;
    let load = || {
        let config = Config::load(Some(file))?;
        config.check_alone(role, file)?;
        anyhow::Ok(config)
    };
    let config = load()?;
    let log_control = telemetry::start_logging(config.log_level).context("cannot reach the journal")?;
    let data_dir = data_dir(asked_for.as_deref())?;
    run_to_the_end(async {
        // Listen first: a port that is in use is reported before any backend is opened.
        let access = Access::new(config.tokens.clone());
        let (key, address) = config.listen.http_of(role);
        let http = Listener::bind(&key, address, &access).await?;
        let grpc = match config.listen.grpc_of(role) {
            Some((key, address)) => Some(Listener::bind(&key, address, &access).await?),
            None => None,
        };
        let registry = telemetry::registry(env!("CARGO_PKG_VERSION"))?;
        let name = config.listen.process_name(role.name, role);
        let ports = config.backends.open(&name, &data_dir, &registry)?;
        let process = Process::new(registry.clone());
        tracing::info!(
            %role, http = %http.address(), grpc = grpc.as_ref().map(|grpc| grpc.address().to_string()), "started",
        );
        let process = assembly::start(process, &[role], &config, ports, &access, &data_dir, (http, grpc))?;
        let roster = process.roster().clone();
        let mut reload = Reload::new(config.clone(), access.clone(), log_control, roster, &registry)?;
        Ok(process.run(|| reload.reload(load())).await?)
    })
}
