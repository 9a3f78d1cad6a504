//! Progress of a migration.

use crate::takeover::LeftOut;
use std::time::Duration;
use watchkeeper_ports::PortError;

/// What a migration reports while it runs.
#[derive(Debug)]
pub enum Event<'a> {
    /// It has made progress.
    Came(&'a Progress),
    /// A row is skipped.
    LeavesOut(&'a LeftOut),
    /// An engine is unavailable; the call is retried after a wait.
    Waits {
        /// The error.
        error: &'a PortError,
        /// The wait before the retry.
        wait: Duration,
    },
}

/// Progress with one kind of item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The kind: `samples`.
    pub what: &'static str,
    /// The current part, from 1, and the number of parts; a part of the samples is a day.
    pub part: (usize, usize),
    /// How many were compared; items that are read back count again.
    pub compared: u64,
    /// How many were copied.
    pub copied: u64,
}

/// Reports progress.
pub(crate) struct Teller<'a> {
    tell: &'a mut dyn FnMut(&Event<'_>),
    progress: Progress,
}

impl<'a> Teller<'a> {
    pub(crate) fn new(tell: &'a mut dyn FnMut(&Event<'_>)) -> Self {
        Self { tell, progress: Progress::default() }
    }

    /// Starts a kind.
    pub(crate) fn begins(&mut self, what: &'static str) {
        self.progress = Progress { what, ..Progress::default() };
    }

    /// Starts a part.
    pub(crate) fn begins_part(&mut self, number: usize, of: usize) {
        self.progress.part = (number, of);
        self.came();
    }

    pub(crate) fn compares(&mut self, items: usize) {
        self.progress.compared += items as u64;
        self.came();
    }

    pub(crate) fn copies(&mut self, items: u64) {
        self.progress.copied += items;
        self.came();
    }

    pub(crate) fn waits(&mut self, error: &PortError, wait: Duration) {
        (self.tell)(&Event::Waits { error, wait });
    }

    pub(crate) fn leaves_out(&mut self, left_out: &LeftOut) {
        (self.tell)(&Event::LeavesOut(left_out));
    }

    fn came(&mut self) {
        (self.tell)(&Event::Came(&self.progress));
    }
}
