//! The `api` entry of the role table.

use crate::ports::ApiPorts;
use crate::{Api, ApiConfig};
use std::sync::Arc;
use utoipa::openapi::OpenApi;
use watchkeeper_letters::Letters;
use watchkeeper_pipelines::PipelineSet;
use watchkeeper_query::{ReportSet, SilenceChanges, StatusPages};
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::http::Access;
use watchkeeper_runtime::role::{GrpcPort, InProcess, RoleSpec, StartError, Starter};

/// The api.
pub static ROLE: RoleSpec = RoleSpec {
    name: "api",
    about: "Serves the HTTP and gRPC API",
    http_port: 8460,
    grpc: Some(GrpcPort { key: "api_grpc", port: 8461 }),
    consumes: &[],
    read: |root, settings| settings.add("api", root.section("api", ApiConfig::read)),
    share: None,
    only_publishes: false,
    check_alone: None,
    start,
};

fn start(starter: &mut Starter<'_>) -> Result<(), StartError> {
    let (ports, bus) = (ApiPorts::from(starter.ports()), Arc::clone(&starter.ports().bus));
    let (config, rules) = (*starter.settings::<ApiConfig>()?, starter.reloadable::<RuleSet>()?);
    let (consumers, silences) = (starter.consumers(), Arc::clone(&ports.silences));
    let letters = starter.shared().first_or_add(|| Letters::new(bus)).clone();
    let pages = starter.reloadable::<StatusPages>()?;
    let api = Api::new(starter.context(), config, ports, letters, rules, consumers)?.with_status_pages(pages);
    let api = api.with_pipelines(starter.reloadable::<PipelineSet>()?);
    let api = api.with_reports(starter.reloadable::<ReportSet>()?);
    let changes = SilenceChanges::new(silences);
    let api = api.with_silence_changes(starter.shared().first_or_add(|| changes).clone());
    let described = starter.shared().all::<OpenApi>().iter().cloned();
    let api = described.fold(api, Api::with_openapi);
    starter.shared().add(InProcess { role: ROLE.name, grpc: api.grpc(&Access::open()) });
    starter.serve_grpc(&Api::SERVICES, api.grpc(starter.access()));
    starter.serve_http(api.router(starter.access()));
    starter.run(api.run());
    Ok(())
}
