//! Redis without persistence: Watchkeeper can fill the cache again.

use super::ask::ask;
use super::place::Place;
use crate::provide::{packages, program};
use std::process::Command;

pub(super) fn provide() -> anyhow::Result<()> {
    packages("Redis", &["redis-server"], || program("redis-server").is_some())
}

pub(super) fn command(place: &Place) -> Command {
    let mut redis = Command::new("redis-server");
    redis.args(["--bind", "127.0.0.1", "--port", &place.port().to_string()]);
    redis.arg("--dir").arg(place.dir()).args(["--appendonly", "no", "--save", ""]);
    redis
}

pub(super) fn answers(place: &Place) -> bool {
    ask(place, b"PING\r\n") == Some(*b"+PONG\r\n")
}
