//! The clients that people have: logger, rsyslog, SDKs of OpenTelemetry, clients of Loki, curl.

use std::path::Path;
use std::process::Command;

/// The variable with a Python that has what `requirements.txt` of xtask lists; that of the system has no SDKs.
const PYTHON: &str = "WATCHKEEPER_TEST_PYTHON";

/// Clients that are not installed are skipped, which the output says.
#[test]
#[ignore = "needs clients: cargo xtask test provides them"]
fn every_message_of_a_real_client_arrives_once_with_its_service_host_level_time_and_text() {
    let python = std::env::var_os(PYTHON).unwrap_or_else(|| "python3".into());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/run.py");
    let status = Command::new(python).arg(script).arg(env!("CARGO_BIN_EXE_watchkeeper")).status();
    assert!(status.expect("Python is there").success(), "the output says which client failed");
}
