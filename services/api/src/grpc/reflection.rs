//! `grpc.reflection`: which services there are, so that a tool can call them without the `.proto` files.

use tonic_reflection::server::{Builder, v1, v1alpha};
use watchkeeper_wire::proto::FILE_DESCRIPTOR_SET;

/// The reflection that current tools ask.
pub(super) fn v1() -> v1::ServerReflectionServer<impl v1::ServerReflection> {
    described().build_v1().expect("the descriptors are those that the code was generated from")
}

/// The reflection that older tools ask.
pub(super) fn v1alpha() -> v1alpha::ServerReflectionServer<impl v1alpha::ServerReflection> {
    described().build_v1alpha().expect("the descriptors are those that the code was generated from")
}

fn described() -> Builder<'static> {
    Builder::configure()
        .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}
