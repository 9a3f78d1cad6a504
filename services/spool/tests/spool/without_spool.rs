//! A role whose spool is not there: the bus is watched, and used alone.

use crate::scripted_bus::{ScriptedBus, Turn};
use crate::stage::{Role, events, record};
use watchkeeper_ports::{EventBus as _, Failure, PortError, Topic};
use watchkeeper_runtime::RoleContext;
use watchkeeper_spool::{SpoolState, SpooledBus};

#[tokio::test(start_paused = true)]
async fn without_a_spool_that_opens_the_bus_is_used_alone_and_the_role_is_not_ready() {
    let locked = PortError::Unavailable { what: "bus", reason: "another process has it open".into() };
    let role = Role::with(tempfile::tempdir().unwrap(), Err(locked));
    role.accepted(&["a"]).await;
    role.says_in_the_end(|says| says.starts_with("waiting for spool: ")).await;
    assert!(!role.context.roster().is_ready());
    role.bus.then(Turn::Refuse);
    assert_eq!(role.publish("b").await.unwrap_err().failure(), Failure::Retry);
    role.bus.then(Turn::Take);
    role.accepted(&["b"]).await;
    role.taken(&["a", "b"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_role_without_a_spool_depends_on_the_bus() {
    let (bus, context) = (ScriptedBus::new([Turn::Refuse]), RoleContext::detached("test"));
    let spooled = SpooledBus::new(&context, bus.clone(), None, Topic::METRICS).unwrap();
    let says = || context.roster().roles()["test"].to_string();
    assert_eq!((says(), spooled.dependency()), ("waiting for bus: not reached yet".into(), "bus"));
    let refused = spooled.publish(&events(), record("a")).await.unwrap_err();
    assert_eq!(refused.to_string(), "bus unavailable: connection refused");
    assert_eq!(says(), "waiting for bus: connection refused");
    assert_eq!(spooled.state(), SpoolState::Idle);
    let run = async {
        context.roster().ready().await;
        context.shutdown().cancel();
    };
    let (ended, ()) = tokio::join!(spooled.run(), run);
    assert!(ended.is_ok());
}
