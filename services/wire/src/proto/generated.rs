//! Generated code, one module per package.
#![allow(
    missing_docs,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    reason = "generated code keeps its own style"
)]

/// Package `watchkeeper.v1`: Watchkeeper's own service.
pub mod v1 {
    tonic::include_proto!("watchkeeper.v1");
}

/// Package `api`: the api service of the previous platform.
pub mod api {
    tonic::include_proto!("api");
}

/// Package `cache`: the cache service of the previous platform.
pub mod cache {
    tonic::include_proto!("cache");
}

/// OTLP, of which logs are read. Nested as the packages are, whose code refers to the others so.
pub mod opentelemetry {
    pub mod proto {
        pub mod common {
            pub mod v1 {
                tonic::include_proto!("opentelemetry.proto.common.v1");
            }
        }
        pub mod resource {
            pub mod v1 {
                tonic::include_proto!("opentelemetry.proto.resource.v1");
            }
        }
        pub mod logs {
            pub mod v1 {
                tonic::include_proto!("opentelemetry.proto.logs.v1");
            }
        }
        pub mod collector {
            pub mod logs {
                pub mod v1 {
                    tonic::include_proto!("opentelemetry.proto.collector.logs.v1");
                }
            }
        }
    }
}

/// Package `google.rpc`: errors of OTLP over HTTP.
pub mod google_rpc {
    tonic::include_proto!("google.rpc");
}
