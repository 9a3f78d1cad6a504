//! Why a step failed.

use std::borrow::Cow;

/// Why a step failed, for people: `has no field status`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(Cow<'static, str>);

impl Failure {
    pub(crate) fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self(reason.into())
    }
}
