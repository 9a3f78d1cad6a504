//! Roles in one process.

use super::{NotRead, Peers, RoleSpec, Settings, Shared, StartError};
use crate::context::{RoleContext, RoleResult};
use crate::grpc::Services;
use crate::http::{Access, Limits, Listener, ProblemPage, Scope};
use crate::process::Process;
use axum::Router;
use std::any::Any;
use std::future::Future;
use std::mem::take;
use std::sync::Arc;
use watchkeeper_config::Reloadable;
use watchkeeper_ports::{Consumers, Ports};

/// A process under construction: its started roles, and what its listeners will serve.
pub struct Assembly {
    process: Process,
    settings: Settings,
    ports: Ports,
    access: Access,
    peers: Peers,
    consumers: Consumers,
    shared: Shared,
    pages: Router,
    problem_page: Option<ProblemPage>,
    calls: Services,
}

/// The gRPC services of a role in this process, for the other roles in it: they need no token.
pub struct InProcess {
    /// The role.
    pub role: &'static str,
    /// Its services, as routes.
    pub grpc: Router,
}

impl Assembly {
    /// No role yet; `roles` are all that exist.
    pub fn new(
        process: Process,
        roles: &[&RoleSpec],
        settings: Settings,
        ports: Ports,
        access: Access,
        peers: Peers,
    ) -> Self {
        let pages = process.admin().route_layer(access.require(Scope::Read)).merge(process.liveness());
        let calls = Services::new(process.roster().clone());
        let consumers = roles.iter().flat_map(|role| role.consumes).cloned().collect();
        let mut shared = Shared::default();
        for share in roles.iter().filter_map(|role| role.share) {
            share(&mut shared);
        }
        Self { process, settings, ports, access, peers, consumers, shared, pages, problem_page: None, calls }
    }

    /// What the roles of this process share.
    pub fn shared(&mut self) -> &mut Shared {
        &mut self.shared
    }

    /// Starts a role. Start roles before the ones that call them.
    pub fn start(&mut self, role: &RoleSpec) -> Result<(), StartError> {
        let context = self.process.context(role.name);
        (role.start)(&mut Starter { assembly: self, context })
    }

    /// Starts the listeners and returns the process, ready to run; `descriptors` describe the gRPC services.
    pub fn listen(mut self, http: Listener, grpc: Option<Listener>, descriptors: &[u8]) -> Process {
        let stop = self.process.shutdown().clone();
        self.process.spawn(
            "http",
            http.with_problem_page(self.problem_page).serve(self.pages, Limits::default(), stop.clone()),
        );
        if let Some(grpc) = grpc {
            let calls = self.calls.router(descriptors, &self.access);
            self.process.spawn("grpc", grpc.serve(calls, Limits::default(), stop));
        }
        self.process
    }
}

/// What a role starts with.
pub struct Starter<'a> {
    assembly: &'a mut Assembly,
    context: RoleContext,
}

impl Starter<'_> {
    /// The context of the role.
    pub fn context(&self) -> RoleContext {
        self.context.clone()
    }

    /// The settings of this type, whichever role read them.
    pub fn settings<T: Any>(&self) -> Result<Arc<T>, NotRead> {
        self.assembly.settings.get()
    }

    /// The same, as it is after each reload.
    pub fn reloadable<T: Any>(&self) -> Result<Reloadable<T>, NotRead> {
        self.assembly.settings.reloadable()
    }

    /// The ports of this process.
    pub fn ports(&self) -> &Ports {
        &self.assembly.ports
    }

    /// Who may use the routes.
    pub fn access(&self) -> &Access {
        &self.assembly.access
    }

    /// How to reach roles in other processes.
    pub fn peers(&self) -> &Peers {
        &self.assembly.peers
    }

    /// The groups of all roles, wherever they run.
    pub fn consumers(&self) -> Consumers {
        self.assembly.consumers.clone()
    }

    /// What the roles of this process share.
    pub fn shared(&mut self) -> &mut Shared {
        &mut self.assembly.shared
    }

    /// Adds these routes to the HTTP listener of the process.
    pub fn serve_http(&mut self, routes: Router) {
        self.assembly.pages = take(&mut self.assembly.pages).merge(routes);
    }

    /// Answers browsers with this page instead of a problem, on the HTTP listener of the process.
    pub fn tell_problems_with(&mut self, page: ProblemPage) {
        self.assembly.problem_page = Some(page);
    }

    /// Adds these services, by their full names, as [`routes`](crate::grpc::routes).
    pub fn serve_grpc(&mut self, services: &[&'static str], routes: Router) {
        self.assembly.calls.add(self.context.role(), services, routes);
    }

    /// Runs the role, or a part of it. When it returns before a requested stop, panics or fails, the process ends.
    pub fn run(&mut self, run: impl Future<Output = RoleResult> + Send + 'static) {
        self.assembly.process.spawn(self.context.role(), run);
    }
}
