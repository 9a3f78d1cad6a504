//! The `console` entry of the role table.

use crate::http::Console;
use crate::metrics::{ConsoleMetrics, measure};
use crate::ports::ConsolePorts;
use axum::middleware::from_fn_with_state;
use std::sync::Arc;
use watchkeeper_letters::{Letters, Refused};
use watchkeeper_query::{SilenceChanges, StatusPages};
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::role::{RoleSpec, StartError, Starter};

/// The console.
pub static ROLE: RoleSpec = RoleSpec {
    name: "console",
    about: "Serves the web pages: what is up, hosts, alerts and series",
    http_port: 8469,
    grpc: None,
    consumes: &[],
    read: |root, settings| settings.add_reloadable("status_page", StatusPages::read(root)),
    share: None,
    only_publishes: false,
    check_alone: None,
    start,
};

fn start(starter: &mut Starter<'_>) -> Result<(), StartError> {
    let (ports, bus) = (ConsolePorts::from(starter.ports()), Arc::clone(&starter.ports().bus));
    let rules = starter.reloadable::<RuleSet>()?;
    let consumers = starter.consumers();
    let letters = starter.shared().first_or_add(|| Letters::new(bus)).clone();
    let refused = starter.shared().first_or_add(Refused::default).clone();
    let changes = SilenceChanges::new(Arc::clone(&ports.silences));
    let changes = starter.shared().first_or_add(|| changes).clone();
    let console = Console::new(starter.context(), ports, letters, rules, consumers)
        .with_refused(refused)
        .with_silence_changes(changes)
        .with_status_pages(starter.reloadable::<StatusPages>()?);
    let metrics = ConsoleMetrics::register(starter.context().registry())?;
    starter.serve_http(console.router(starter.access()).layer(from_fn_with_state(metrics, measure)));
    starter.tell_problems_with(Console::problem_page());
    starter.run(console.run());
    Ok(())
}
