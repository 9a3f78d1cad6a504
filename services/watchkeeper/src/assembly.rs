//! Roles in one process.

use crate::alone;
use crate::backends::Ports;
use crate::config::Config;
use crate::role::Role;
use anyhow::Context as _;
use axum::Router;
use std::path::Path;
use std::sync::Arc;
use watchkeeper_analytics::{AnalyticsConfig, ApiClient};
use watchkeeper_api::Api;
use watchkeeper_cache::Cache;
use watchkeeper_console::Console;
use watchkeeper_domain::Timestamp;
use watchkeeper_ingest::Ingest;
use watchkeeper_letters::Letters;
use watchkeeper_runtime::Process;
use watchkeeper_runtime::grpc::Services;
use watchkeeper_runtime::http::{Access, Limits, Listener, Scope};
use watchkeeper_wire::proto::FILE_DESCRIPTOR_SET;

/// A process to which roles are added, and what its listeners are to serve.
pub(crate) struct Assembly<'a> {
    process: Process,
    config: &'a Config,
    ports: Ports,
    /// The dead letters on the bus: one index for all roles of this process.
    letters: Letters,
    access: &'a Access,
    data_dir: &'a Path,
    pages: Router,
    calls: Services,
    /// The api of this process, if it has one: analytics asks it.
    api: Option<ApiClient>,
}

impl<'a> Assembly<'a> {
    /// Without a role yet.
    pub(crate) fn new(
        process: Process,
        config: &'a Config,
        ports: Ports,
        access: &'a Access,
        data_dir: &'a Path,
    ) -> Self {
        let pages = process.admin().route_layer(access.require(Scope::Read)).merge(process.healthz());
        let letters = Letters::new(Arc::clone(&ports.bus));
        let calls = Services::new(process.roster().clone());
        Self { process, config, ports, letters, access, data_dir, pages, calls, api: None }
    }

    /// Starts a role. One that others in this process ask comes before them: [`Role::ALL`] has them so.
    pub(crate) fn add(&mut self, role: Role) -> anyhow::Result<()> {
        let (context, name) = (self.process.context(role.name()), role.name());
        let Self { config, ports, access, .. } = self;
        match role {
            Role::Collector => {
                let (bus, schedule) = (Arc::clone(&ports.bus), Arc::clone(&ports.schedule));
                let run = watchkeeper_collector::run(context, config.collector.clone(), bus, schedule);
                self.process.spawn(name, run);
            }
            Role::Ingest => {
                let spool = config.backends.open_spool(&config.ingest.spool, self.data_dir);
                // What the persister would not keep is refused at once: it is told where the sender hears it.
                let retention = config.persister.retention;
                let ingest =
                    Ingest::new(context, config.ingest.clone(), retention, Arc::clone(&ports.bus), spool)?;
                self.serve_pages(ingest.router(self.access));
                self.process.spawn(name, ingest.run());
            }
            Role::Cache => {
                let Ports { bus, samples, latest, schedule, .. } = ports.clone();
                let cache = Cache::new(context, config.cache.clone(), bus, samples, latest, schedule)?;
                self.calls.add(name, &Cache::SERVICES, cache.grpc(access, Timestamp::now));
                self.process.spawn(name, cache.run());
            }
            Role::Persister => {
                let Ports { bus, samples, schedule, .. } = ports.clone();
                let run =
                    watchkeeper_persister::run(context, config.persister.clone(), bus, samples, schedule);
                self.process.spawn(name, run);
            }
            Role::Api => {
                let (letters, rules) = (self.letters.clone(), Arc::clone(&config.rules));
                let api = Api::new(context, config.api, ports.of_api(), letters, rules)?
                    .with_openapi(watchkeeper_ingest::openapi());
                self.api = Some(ApiClient::in_process(api.grpc(&Access::open())));
                self.calls.add(name, &Api::SERVICES, api.grpc(access));
                self.serve_pages(api.router(self.access));
                self.process.spawn(name, api.run());
            }
            Role::Analytics => {
                let AnalyticsConfig { api, token, .. } = &config.analytics;
                let elsewhere = |url| ApiClient::at(url, token.as_ref());
                let asks = match (api, self.api.clone()) {
                    (Some(named), _) => elsewhere(named.clone()),
                    (None, Some(here)) => here,
                    (None, None) => elsewhere(config.listen.api().context(alone::NO_API)?),
                };
                let rollups = Arc::clone(&ports.rollups);
                let run = watchkeeper_analytics::run(context, config.analytics.clone(), asks, rollups);
                self.process.spawn(name, run);
            }
            Role::Notifier => {
                let (settings, rules) = (config.notifier.clone(), Arc::clone(&config.rules));
                let run = watchkeeper_notifier::run(context, settings, rules, ports.of_notifier());
                self.process.spawn(name, run);
            }
            Role::Console => {
                let (letters, rules) = (self.letters.clone(), Arc::clone(&config.rules));
                let console = Console::new(context, ports.of_console(), letters, rules);
                self.serve_pages(console.router(self.access));
                self.process.spawn(name, console.run());
            }
        }
        Ok(())
    }

    /// Starts the listeners, and gives the process to be run.
    pub(crate) fn listen(mut self, http: Listener, grpc: Option<Listener>) -> Process {
        let stop = self.process.shutdown().clone();
        self.process.spawn("http", http.serve(self.pages, Limits::default(), stop.clone()));
        if let Some(grpc) = grpc {
            let calls = self.calls.router(FILE_DESCRIPTOR_SET, self.access);
            self.process.spawn("grpc", grpc.serve(calls, Limits::default(), stop));
        }
        self.process
    }

    fn serve_pages(&mut self, pages: Router) {
        self.pages = std::mem::take(&mut self.pages).merge(pages);
    }
}
