//! Stores plans.

use super::counter::Counter;
use super::{group, outbox};
use crate::sqlite::Error;
use rusqlite::Connection;
use watchkeeper_ports::{Plan, Planned};

/// Stores the plan, if every group is unchanged since the planner read it.
pub(super) fn store(conn: &Connection, plan: &Plan) -> Result<Planned, Error> {
    for change in &plan.groups {
        if !group::is_as_seen(conn, change)? {
            return Ok(Planned::Outdated);
        }
    }
    // Never reused: a planner that read a group which was removed and created again must not mistake it for
    // the same.
    let version = Counter::Plans.next(conn)?;
    for change in &plan.groups {
        group::apply(conn, change, version)?;
    }
    outbox::insert(conn, &plan.notifications)?;
    outbox::link(conn, &plan.about)?;
    Ok(Planned::Stored)
}
