//! `watchkeeper up`: every role in one process.

mod data_dir;
mod greeting;
mod reload;

use crate::backends::Ports;
use crate::cli::UpArgs;
use crate::config::Config;
use crate::role::Role;
use anyhow::{Context as _, bail};
use data_dir::data_dir;
use greeting::Greeting;
use reload::Reload;
use std::time::{Duration, Instant};
use tokio::runtime;
use watchkeeper_api::{Api, ApiPorts};
use watchkeeper_console::{Console, ConsolePorts};
use watchkeeper_ingest::Ingest;
use watchkeeper_runtime::http::{Access, Limits, Listener, Scope};
use watchkeeper_runtime::{Ended, Process, telemetry};

/// Threads that run the roles. The work that takes long (SQLite, decompression) has threads of its own.
const WORKER_THREADS: usize = 2;

/// How long threads that are still blocked may take to return at the end.
const LAST_THREADS: Duration = Duration::from_secs(2);

pub(crate) fn run(args: &UpArgs) -> anyhow::Result<()> {
    let started = Instant::now();
    let config = load(args)?;
    let log_control = telemetry::start_logging(config.log_level).context("cannot reach the journal")?;
    let data_dir = data_dir(args.data_dir.as_deref())?;
    let tokio = runtime::Builder::new_multi_thread().worker_threads(WORKER_THREADS).enable_all().build()?;
    let ended = tokio.block_on(async {
        let access = Access::new(config.tokens.clone());
        let http = Listener::bind("http.listen", config.http, &access).await?;
        let grpc = Listener::bind("grpc.listen", config.grpc, &access).await?;
        let ports = config.backends.open(&data_dir).with_context(|| {
            format!(
                "cannot use {}, where the data is; --data-dir DIR chooses another place",
                config.backends.place(&data_dir)
            )
        })?;
        let process = Process::new(telemetry::registry(env!("CARGO_PKG_VERSION"))?);

        let greeting = Greeting::new(args, &http, &grpc, config.backends.place(&data_dir), &access, started);
        let roster = process.roster().clone();
        let mut reload =
            Reload { args: args.clone(), running: config.clone(), log_control, access: access.clone() };
        let process = with_every_role(process, config, ports, &access, http, grpc)?;
        tokio::spawn(async move {
            roster.ready().await;
            greeting.print();
        });
        anyhow::Ok(process.run(|| reload.reload()).await?)
    })?;
    // A read of a dead disk may never return; it must not hold up the end.
    tokio.shutdown_timeout(LAST_THREADS);
    match ended {
        Ended::Stopped => Ok(()),
        Ended::Failed(reason) => bail!(reason),
        Ended::CutShort(reason) => bail!("stopped before everything was finished: {reason}"),
    }
}

/// Starts every role of this process, and its two listeners.
fn with_every_role(
    mut process: Process,
    config: Config,
    ports: Ports,
    access: &Access,
    http: Listener,
    grpc: Listener,
) -> anyhow::Result<Process> {
    let Ports { bus, samples, schedule, latest } = ports;
    let of = |role: Role| process.context(role.name());
    let ingest = Ingest::new(of(Role::Ingest), config.ingest, bus.clone())?;
    let asked = ApiPorts { bus: bus.clone(), samples: samples.clone(), latest: latest.clone() };
    let api = Api::new(of(Role::Api), config.api, asked)?.with_openapi(watchkeeper_ingest::openapi());
    let shown = ConsolePorts { bus: bus.clone(), samples: samples.clone(), latest: latest.clone() };
    let console = Console::new(of(Role::Console), shown);
    let persister =
        watchkeeper_persister::run(of(Role::Persister), config.persister, bus.clone(), samples.clone());
    let cache = watchkeeper_cache::run(of(Role::Cache), config.cache, bus.clone(), samples, latest.clone());
    let collector = watchkeeper_collector::run(of(Role::Collector), config.collector, bus, schedule);

    let pages = process
        .admin()
        .route_layer(access.require(Scope::Read))
        .merge(ingest.router(access))
        .merge(api.router(access))
        .merge(console.router(access));
    let calls = api.grpc(access).merge(watchkeeper_cache::grpc(access, latest));
    let stop = process.shutdown().clone();
    process.spawn("http", http.serve(pages, Limits::default(), stop.clone()));
    process.spawn("grpc", grpc.serve(calls, Limits::default(), stop));
    process.spawn(Role::Ingest.name(), ingest.run());
    process.spawn(Role::Api.name(), api.run());
    process.spawn(Role::Persister.name(), persister);
    process.spawn(Role::Cache.name(), cache);
    process.spawn(Role::Collector.name(), collector);
    Ok(process)
}

/// The configuration, with what the command line says about it.
fn load(args: &UpArgs) -> anyhow::Result<Config> {
    let mut config = Config::load(args.config.as_deref())?;
    config.http = args.http.unwrap_or(config.http);
    config.grpc = args.grpc.unwrap_or(config.grpc);
    Ok(config)
}
