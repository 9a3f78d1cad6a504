//! How far a migration has come.

use crate::takeover::LeftOut;
use std::time::Duration;
use watchkeeper_ports::PortError;

/// What a migration tells while it goes on.
#[derive(Debug)]
pub enum Event<'a> {
    /// It has come further.
    Came(&'a Progress),
    /// A row is not taken over.
    LeavesOut(&'a LeftOut),
    /// An engine is away, and is asked again after a wait.
    Waits {
        /// What it said.
        error: &'a PortError,
        /// How long the wait is.
        wait: Duration,
    },
}

/// How far one kind of thing has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// What is carried: `samples`.
    pub what: &'static str,
    /// Which part of it, from 1, and of how many: a day, for samples.
    pub part: (usize, usize),
    /// How many were compared; those that are read back count again.
    pub compared: u64,
    /// How many were copied.
    pub copied: u64,
}

/// Tells how far it has come.
pub(crate) struct Teller<'a> {
    tell: &'a mut dyn FnMut(&Event<'_>),
    progress: Progress,
}

impl<'a> Teller<'a> {
    pub(crate) fn new(tell: &'a mut dyn FnMut(&Event<'_>)) -> Self {
        Self { tell, progress: Progress::default() }
    }

    /// What is carried from now on.
    pub(crate) fn begins(&mut self, what: &'static str) {
        self.progress = Progress { what, ..Progress::default() };
    }

    /// Which part of it.
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
