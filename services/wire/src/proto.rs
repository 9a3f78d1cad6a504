//! The gRPC messages and services, generated from the files under `proto/`, and their conversions.

mod compatible;
mod events;
mod generated;
mod messages;
mod questions;
mod rollups;

pub use events::time_of;
pub use generated::{api, cache, google_rpc, opentelemetry, v1};

/// All packages and their imports as a serialised `FileDescriptorSet`, for reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = tonic::include_file_descriptor_set!("watchkeeper");

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message as _;
    use prost_types::FileDescriptorSet;

    #[test]
    fn every_call_has_the_path_that_clients_know() {
        let mut paths = Vec::new();
        for file in FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap().file {
            for service in &file.service {
                for method in &service.method {
                    paths.push(format!("/{}.{}/{}", file.package(), service.name(), method.name()));
                }
            }
        }
        paths.sort_unstable();
        let expected = [
            "/api.MetricsService/GetMetric",
            "/api.MetricsService/GetMetrics",
            "/cache.CacheService/GetMetric",
            "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
            "/watchkeeper.v1.Events/Find",
            "/watchkeeper.v1.Events/Follow",
            "/watchkeeper.v1.Events/Get",
            "/watchkeeper.v1.Events/Histogram",
            "/watchkeeper.v1.Events/Top",
            "/watchkeeper.v1.Metrics/GetLatest",
            "/watchkeeper.v1.Metrics/GetOldest",
            "/watchkeeper.v1.Metrics/GetRange",
            "/watchkeeper.v1.Metrics/GetSamples",
            "/watchkeeper.v1.Metrics/ListRollups",
            "/watchkeeper.v1.Metrics/ListSeries",
            "/watchkeeper.v1.Metrics/RollUp",
            "/watchkeeper.v1.Metrics/StreamSamples",
        ];
        assert_eq!(paths, expected);
    }
}
