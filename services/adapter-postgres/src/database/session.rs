//! What holds for every connection.

use std::time::Duration;

/// How often the server looks whether who asked is still there, while it works on an answer.
const CLIENT_CHECK: Duration = Duration::from_secs(5);

/// The statements with which a connection begins.
///
/// A series is read in the order of the index, which a plan that sorts or collects pages first would have
/// to hold in memory; and each statement is planned for its own instants, because these say which days are
/// looked at. Compiling a plan costs more than it saves here. What was acknowledged has to be on disk,
/// whatever the server's usual setting is.
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
