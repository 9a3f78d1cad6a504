//! The properties of a unit.

use std::collections::HashMap;
use watchkeeper_domain::Timestamp;
use zbus::zvariant::OwnedValue;

/// By name. One that is missing, or has another type, counts as unset: systemd adds properties with time.
#[derive(Debug, Default)]
pub(super) struct Properties(pub(super) HashMap<String, OwnedValue>);

impl Properties {
    pub(super) fn text(&self, name: &str) -> String {
        self.0.get(name).and_then(|value| value.downcast_ref().ok()).unwrap_or_default()
    }

    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        let value = self.0.get(name).and_then(|value| value.try_clone().ok());
        value.and_then(|value| value.try_into().ok()).unwrap_or_default()
    }

    pub(super) fn signed(&self, name: &str) -> i32 {
        self.0.get(name).and_then(|value| value.downcast_ref().ok()).unwrap_or_default()
    }

    pub(super) fn count(&self, name: &str) -> u32 {
        self.0.get(name).and_then(|value| value.downcast_ref().ok()).unwrap_or_default()
    }

    /// `None` for systemd's "not set", which is the largest number.
    pub(super) fn bytes(&self, name: &str) -> Option<u64> {
        let bytes = self.0.get(name).and_then(|value| value.downcast_ref().ok());
        bytes.filter(|bytes| *bytes != u64::MAX)
    }

    /// An instant in microseconds since 1970; 0 is unset.
    pub(super) fn instant(&self, name: &str) -> Option<Timestamp> {
        let micros = self.bytes(name).filter(|micros| *micros != 0)?;
        Timestamp::from_micros(micros.try_into().ok()?)
    }
}
