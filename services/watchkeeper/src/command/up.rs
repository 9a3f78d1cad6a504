//! `watchkeeper up`: every role in one process.

mod greeting;

use super::data_dir::data_dir;
use super::listening::{listen_on, passed_sockets};
use super::process::run_to_the_end;
use super::refused::Refused;
use super::reload::Reload;
use crate::assembly;
use crate::cli::UpArgs;
use crate::config::Config;
use crate::listen::Listen;
use crate::role::{FRONT, ROLES};
use crate::version;
use anyhow::{Context as _, ensure};
use greeting::Greeting;
use std::time::Instant;
use watchkeeper_runtime::http::Access;
use watchkeeper_runtime::{Process, Starting, telemetry};

pub(crate) fn run(args: &UpArgs) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut sockets = passed_sockets()?;
    let config = load(args).map_err(Refused::because)?;
    let log_control = telemetry::start_logging(config.log_level, None).context("cannot reach the journal")?;
    let data_dir = data_dir(args.data_dir.as_deref())?;
    run_to_the_end(async {
        config.check_backends().map_err(Refused::because)?;
        // Listen first: a port that is in use is reported before any backend is opened.
        let access = Access::new(config.tokens.clone());
        let (http_key, grpc_key) = keys(args);
        let http = listen_on((http_key, config.listen.http), &access, &mut sockets).await?;
        let grpc = listen_on((grpc_key, config.listen.grpc), &access, &mut sockets).await?;
        sockets.check_all_wanted().map_err(Refused::because)?;
        let starting = Starting::begin();
        let location = config.backends.location(&data_dir);
        let registry = telemetry::registry(version::VERSION, version::commit())?;
        let name = config.listen.process_name("up", FRONT.into())?;
        let ports = config.backends.open(&name, &data_dir, &registry).with_context(|| {
            format!("cannot use the data in {location}; use --data-dir DIR for another directory")
        })?;
        config.backends.register_last_backup(&data_dir, &registry)?;
        let process = Process::new(registry.clone());
        tracing::info!(
            http = %http.address(), grpc = %grpc.address(),
            version = version::VERSION, commit = version::commit(), "started",
        );

        let greeting = Greeting::new(args, &http, &grpc, location, &access, started);
        let roster = process.roster().clone();
        let listeners = (http, Some(grpc));
        let process = assembly::start(process, ROLES, &config, ports, &access, &data_dir, listeners)?;
        // The greeting waits for readiness; the process does not wait for the greeting.
        let mut reload = Reload::new(config.clone(), access.clone(), log_control, roster.clone(), &registry)?;
        tokio::spawn(async move {
            roster.ready().await;
            greeting.print();
        });
        drop(starting);
        sockets.hand_over();
        Ok(process.run(|| reload.reload(load(args))).await?)
    })
}

/// Reads the configuration and applies the command-line options.
fn load(args: &UpArgs) -> anyhow::Result<Config> {
    let mut config = Config::load(args.config.as_deref())?;
    config.check_together()?;
    config.listen.http = args.http.unwrap_or(config.listen.http);
    config.listen.grpc = args.grpc.unwrap_or(config.listen.grpc);
    let Listen { http, grpc, .. } = config.listen;
    ensure!(
        http != grpc || http.port() == 0,
        "{} and {} must not both be {http}",
        keys(args).0,
        keys(args).1
    );
    Ok(config)
}

/// Where the listen addresses were given.
fn keys(args: &UpArgs) -> (&'static str, &'static str) {
    let http = if args.http.is_some() { "--http" } else { "http.listen" };
    let grpc = if args.grpc.is_some() { "--grpc" } else { "grpc.listen" };
    (http, grpc)
}
