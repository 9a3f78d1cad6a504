//! Reports which promises were tested, for `cargo xtask test`, which lists them by suite and adapter.

use std::env;
use std::fmt::Write as _;
use std::fs::File;
use std::future::Future;
use std::io::Write as _;
use std::path::Path;

/// The variable that may name a file. A test appends a line when it begins, and another when it passes:
/// `begun` or `kept`, and the fields of [`Tested`], separated by tabs.
const VARIABLE: &str = "WATCHKEEPER_TEST_PROMISES";

/// A promise that an adapter is tested for.
#[derive(Clone, Copy, Debug)]
pub struct Tested {
    pub suite: &'static str,
    /// The crate of the adapter.
    pub adapter: &'static str,
    /// The module that includes the suite: an adapter may include one several times, in different setups.
    pub module: &'static str,
    pub promise: &'static str,
    /// How many promises the suite has.
    pub promises: usize,
}

impl Tested {
    /// Runs the test.
    pub async fn test(&self, promise: impl Future<Output = ()>) {
        let file = env::var_os(VARIABLE);
        let file = file.as_deref().map(Path::new);
        self.tell(file, "begun");
        promise.await;
        self.tell(file, "kept");
    }

    /// In one write: tests of many processes write at the same time.
    fn tell(&self, file: Option<&Path>, outcome: &str) {
        let Some(file) = file else { return };
        let Self { suite, adapter, module, promise, promises } = self;
        let mut line = String::new();
        writeln!(line, "{outcome}\t{suite}\t{adapter}\t{module}\t{promise}\t{promises}").unwrap();
        File::options().append(true).create(true).open(file).unwrap().write_all(line.as_bytes()).unwrap();
    }
}
