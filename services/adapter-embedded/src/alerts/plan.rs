//! What a planner decided.

use super::counter::Counter;
use super::{group, outbox};
use crate::sqlite::Error;
use rusqlite::Connection;
use watchkeeper_ports::{Plan, Planned};

/// Stores the plan, if every group is still as the planner saw it.
pub(super) fn store(conn: &Connection, plan: &Plan) -> Result<Planned, Error> {
    for change in &plan.groups {
        if !group::is_as_seen(conn, change)? {
            return Ok(Planned::Outdated);
        }
    }
    // Never given again: who saw a group that was removed and made anew does not take it for the same.
    let version = Counter::Plans.next(conn)?;
    for change in &plan.groups {
        group::apply(conn, change, version)?;
    }
    outbox::insert(conn, &plan.notifications)?;
    Ok(Planned::Stored)
}
