//! `watchkeeper run`: one role in its own process.

use super::data_dir::data_dir_of;
use super::listening::{listen_on, passed_sockets};
use super::process::run_to_the_end;
use super::refused::Refused;
use super::reload::Reload;
use crate::assembly;
use crate::cli::RunArgs;
use crate::config::Config;
use crate::version;
use anyhow::Context as _;
use watchkeeper_runtime::http::Access;
use watchkeeper_runtime::{Process, Starting, telemetry};

pub(crate) fn run(args: &RunArgs) -> anyhow::Result<()> {
    let RunArgs { instance, config: file, data_dir: asked_for } = args;
    let (instance, role) = (*instance, instance.role);
    let load = || {
        let config = Config::load_for(&instance.to_string(), &[role], Some(file))?;
        config.check_alone(instance, file)?;
        anyhow::Ok(config)
    };
    let mut sockets = passed_sockets()?;
    let config = load().map_err(Refused::because)?;
    let log_control =
        telemetry::start_logging(config.log_level, Some(role.name)).context("cannot reach the journal")?;
    let data_dir = data_dir_of(instance, asked_for.as_deref())?;
    run_to_the_end(async {
        config.check_backends().map_err(Refused::because)?;
        // Listen first: a port that is in use is reported before any backend is opened.
        let access = Access::new(config.tokens.clone());
        let (key, address) = config.listen.http_of(instance)?;
        let http = listen_on((&key, address), &access, &mut sockets).await?;
        let grpc = match config.listen.grpc_of(instance)? {
            Some((key, address)) => Some(listen_on((&key, address), &access, &mut sockets).await?),
            None => None,
        };
        sockets.check_all_wanted().map_err(Refused::because)?;
        let starting = Starting::begin();
        let registry = telemetry::registry(version::VERSION, version::commit())?;
        let name = config.listen.process_name(&instance.to_string(), instance)?;
        let ports = config.backends.open(&name, &data_dir, &registry)?;
        let process = Process::new(registry.clone());
        tracing::info!(
            http = %http.address(), grpc = grpc.as_ref().map(|grpc| grpc.address().to_string()),
            version = version::VERSION, commit = version::commit(), "started",
        );
        let process = assembly::start(process, &[role], &config, ports, &access, &data_dir, (http, grpc))?;
        let roster = process.roster().clone();
        let mut reload = Reload::new(config.clone(), access.clone(), log_control, roster, &registry)?;
        drop(starting);
        sockets.hand_over();
        Ok(process.run(|| reload.reload(load())).await?)
    })
}
