//! Generates the protobuf messages and services. The compiler is a library, so that no `protoc` has to
//! be installed.

use prost::Message as _;
use std::path::PathBuf;

const FILES: [&str; 6] = [
    "watchkeeper/v1/metrics.proto",
    "watchkeeper/v1/events.proto",
    "api/api.proto",
    "cache/cache.proto",
    "opentelemetry/proto/collector/logs/v1/logs_service.proto",
    "google/rpc/status.proto",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    let files = protox::compile(FILES, ["proto"])?;
    let descriptors = PathBuf::from(std::env::var("OUT_DIR")?).join("watchkeeper.bin");
    std::fs::write(descriptors, files.encode_to_vec())?;
    // Ordered maps: the same message is the same bytes.
    tonic_prost_build::configure().btree_map(".").compile_fds(files)?;
    Ok(())
}
