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
