//! Scripts the outcome of a port's calls, and counts them.

use crate::soon;
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};
use watchkeeper_ports::PortError;

/// Methods of a part of a port, which are not among those of the port itself.
const BESIDES: [&str; 2] = ["position", "commit"];

/// The outcomes of one port's calls, by method. Without a script, a call goes to the adapter.
pub struct Script {
    methods: &'static [&'static str],
    away: Mutex<Option<PortError>>,
    turns: Mutex<HashMap<&'static str, Turns>>,
    calls: watch::Sender<HashMap<&'static str, Calls>>,
}

/// The number of calls of a method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Started.
    pub begun: usize,
    /// Returned.
    pub ended: usize,
    /// Dropped before they returned.
    pub dropped: usize,
}

impl Calls {
    /// Neither returned nor dropped yet.
    pub fn under_way(self) -> usize {
        self.begun - self.ended - self.dropped
    }
}

/// The scripted outcomes of one method.
#[derive(Default)]
struct Turns {
    next: VecDeque<Option<PortError>>,
    always: Option<PortError>,
    gate: Option<Arc<Semaphore>>,
}

impl Script {
    pub(crate) fn new(methods: &'static [&'static str]) -> Arc<Self> {
        let (turns, calls) = (Mutex::default(), watch::Sender::default());
        Arc::new(Self { methods, away: Mutex::default(), turns, calls })
    }

    /// The next unscripted call fails.
    pub fn fail_next(&self, method: &'static str, error: PortError) {
        self.turn(method, |turns| turns.next.push_back(Some(error)));
    }

    /// The next unscripted call goes to the adapter.
    pub fn pass_next(&self, method: &'static str) {
        self.turn(method, |turns| turns.next.push_back(None));
    }

    /// Every call of a method fails, after the scripted ones.
    pub fn fail(&self, method: &'static str, error: PortError) {
        self.turn(method, |turns| turns.always = Some(error));
    }

    /// Every call of every method fails.
    pub fn fail_all(&self, error: PortError) {
        *self.away.lock() = Some(error);
    }

    /// No call fails from now on.
    pub fn mend(&self) {
        *self.away.lock() = None;
        for turns in self.turns.lock().values_mut() {
            turns.always = None;
            turns.next.clear();
        }
    }

    /// Calls of a method wait until they may pass.
    pub fn hold(&self, method: &'static str) {
        self.turn(method, |turns| turns.gate = Some(Arc::new(Semaphore::new(0))));
    }

    /// Calls of every method wait.
    pub fn hold_all(&self) {
        self.methods.iter().for_each(|method| self.hold(method));
    }

    /// Lets so many waiting or later calls pass.
    pub fn let_pass(&self, method: &'static str, calls: usize) {
        self.turn(method, |turns| turns.gate.as_ref().expect("it is held").add_permits(calls));
    }

    /// Stops holding calls of a method.
    pub fn release(&self, method: &'static str) {
        self.turn(method, |turns| turns.gate.take().expect("it is held").close());
    }

    /// The number of calls of a method so far.
    pub fn calls(&self, method: &'static str) -> Calls {
        self.known(method);
        self.calls.borrow().get(method).copied().unwrap_or_default()
    }

    /// Waits until there are enough calls of a method.
    pub async fn called(&self, method: &'static str, enough: impl Fn(Calls) -> bool) {
        self.known(method);
        let is_so = |calls: &HashMap<_, Calls>| enough(calls.get(method).copied().unwrap_or_default());
        soon(self.calls.subscribe().wait_for(is_so)).await.unwrap();
    }

    fn known(&self, method: &str) {
        let is_known = BESIDES.contains(&method) || self.methods.contains(&method);
        assert!(is_known, "there is no method {method}");
    }

    fn turn(&self, method: &'static str, change: impl FnOnce(&mut Turns)) {
        self.known(method);
        change(self.turns.lock().entry(method).or_default());
    }

    /// Starts a call: waits while it is held, and fails if the script says so.
    pub(crate) async fn enter(&self, method: &'static str) -> Result<Call<'_>, PortError> {
        let call = Call::begin(self, method);
        let gate = self.turns.lock().get(method).and_then(|turns| turns.gate.clone());
        if let Some(permit) = match &gate {
            Some(gate) => gate.acquire().await.ok(),
            None => None,
        } {
            permit.forget();
        }
        match self.failure(method) {
            Some(error) => {
                call.end();
                Err(error)
            }
            None => Ok(call),
        }
    }

    fn failure(&self, method: &str) -> Option<PortError> {
        if let Some(error) = &*self.away.lock() {
            return Some(error.clone());
        }
        let mut turns = self.turns.lock();
        let turns = turns.get_mut(method)?;
        turns.next.pop_front().unwrap_or_else(|| turns.always.clone())
    }

    fn count(&self, method: &'static str, count: impl FnOnce(&mut Calls)) {
        self.calls.send_modify(|calls| count(calls.entry(method).or_default()));
    }
}

/// A running call.
pub(crate) struct Call<'s> {
    script: &'s Script,
    method: &'static str,
    has_ended: bool,
}

impl<'s> Call<'s> {
    fn begin(script: &'s Script, method: &'static str) -> Self {
        script.count(method, |calls| calls.begun += 1);
        Self { script, method, has_ended: false }
    }

    pub(crate) fn end(mut self) {
        self.has_ended = true;
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let has_ended = self.has_ended;
        self.script.count(self.method, |calls| if has_ended { calls.ended += 1 } else { calls.dropped += 1 });
    }
}
