//! Settings of every connection.

use std::time::Duration;

/// How often the server checks that the client is still connected while it runs a query.
const CLIENT_CHECK: Duration = Duration::from_secs(5);

/// The first statements of a connection.
///
/// Series are read in index order: a plan that sorts, or collects pages first, would hold them in memory.
/// Each statement is planned for its own instants, because these determine which days are scanned. JIT costs
/// more than it saves here. Acknowledged commits must be on disk, whatever the server's default is.
pub(super) fn settings(schema: &str, statement_timeout: Duration) -> String {
    let (statement, client_check) = (statement_timeout.as_millis(), CLIENT_CHECK.as_millis());
    format!(
        "SET search_path = \"{schema}\";
         SET statement_timeout = {statement};
         SET idle_in_transaction_session_timeout = {statement};
         SET client_connection_check_interval = {client_check};
         SET plan_cache_mode = force_custom_plan;
         SET enable_bitmapscan = off;
         SET enable_sort = off;
         SET jit = off;
         SELECT set_config('synchronous_commit', 'on', false)
             WHERE current_setting('synchronous_commit') = 'off'"
    )
}
