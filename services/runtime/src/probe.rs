//! Health checks of dependencies.

use crate::roster::Dependency;
use std::time::Duration;
use tokio::time::timeout;
use watchkeeper_ports::{Failure, PortError};

/// How often a role checks its dependencies.
pub const PROBE_EVERY: Duration = Duration::from_secs(2);
/// How long a dependency may take to answer.
pub const PROBE_WITHIN: Duration = Duration::from_secs(5);

/// Whether `dependency` answers the check `asked` in time. If not, it is down with the reason; marking it up is left
/// to the caller, who may know more.
///
/// # Errors
/// Only a failure that a restart may help.
pub async fn answers<T>(
    dependency: &Dependency,
    asked: impl Future<Output = Result<T, PortError>>,
) -> Result<bool, PortError> {
    match timeout(PROBE_WITHIN, asked).await {
        Ok(Ok(_)) => return Ok(true),
        Ok(Err(error)) if error.failure() == Failure::Stop => return Err(error),
        Ok(Err(error)) => dependency.down(error),
        Err(_) => dependency.down(format_args!("no answer within {} s", PROBE_WITHIN.as_secs())),
    }
    Ok(false)
}

/// The same, and marks a dependency that answers as up.
///
/// # Errors
/// Only a failure that a restart may help.
pub async fn probe<T>(
    dependency: &Dependency,
    asked: impl Future<Output = Result<T, PortError>>,
) -> Result<bool, PortError> {
    let up = answers(dependency, asked).await?;
    if up {
        dependency.up();
    }
    Ok(up)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::RoleContext;
    use std::future::{pending, ready};

    fn told(context: &RoleContext) -> String {
        context.roster().roles()[context.role()].to_string()
    }

    #[tokio::test(start_paused = true)]
    async fn a_dependency_that_does_not_answer_in_time_is_missing_until_it_does() {
        let context = RoleContext::detached("api");
        let store = context.dependency("store");
        assert!(!probe(&store, pending::<Result<(), _>>()).await.unwrap());
        assert_eq!(told(&context), "waiting for store: no answer within 5 s");
        assert!(probe(&store, ready(Ok(()))).await.unwrap());
        assert_eq!(told(&context), "starting");
    }

    #[tokio::test]
    async fn a_dependency_that_is_not_available_is_missing_for_its_reason() {
        let context = RoleContext::detached("api");
        let store = context.dependency("store");
        let away = PortError::Unavailable { what: "store", reason: "connection refused".into() };
        assert!(!probe(&store, ready(Err::<(), _>(away))).await.unwrap());
        assert_eq!(told(&context), "waiting for store: connection refused");
    }

    #[tokio::test]
    async fn a_dependency_that_only_a_restart_helps_ends_the_role() {
        let context = RoleContext::detached("api");
        let store = context.dependency("store");
        let broken = PortError::Broken { what: "store", reason: "not a database".into() };
        let failure = probe(&store, ready(Err::<(), _>(broken))).await.unwrap_err();
        assert_eq!(failure.failure(), Failure::Stop);
    }
}
