//! Starts and stops the process of an engine.

use super::engine::Engine;
use super::place::Place;
use crate::guard::Guard;
use anyhow::{Context as _, bail};
use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Timeout until an engine responds.
const ANSWERS_WITHIN: Duration = Duration::from_secs(90);
/// Timeout until an engine stops, after which it is killed.
const ENDS_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Interval of messages while waiting.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// How long an engine runs, unless it is stopped.
#[derive(Clone, Copy)]
pub(crate) enum Lifetime<'g> {
    /// Until it is stopped.
    Background,
    /// As long as the process group of the caller.
    Attached,
    /// As long as its guard.
    Guarded(&'g Guard),
}

/// Starts the engine unless it is running.
pub(super) fn start(engine: Engine, place: &Place, lifetime: Lifetime<'_>) -> anyhow::Result<()> {
    if is_running(place) {
        return Ok(());
    }
    let log = File::create(place.log())?;
    let mut command = engine.command(place, !matches!(lifetime, Lifetime::Guarded(_)))?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    match lifetime {
        Lifetime::Background => _ = command.process_group(0),
        Lifetime::Attached => {}
        Lifetime::Guarded(guard) => guard.admit(&mut command),
    }
    if let Some(user) = engine.user() {
        command.uid(user).gid(user);
    }
    let child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
    let started = start_time(&child.id().to_string())
        .with_context(|| format!("{} exited at once; its log is {}", engine.name(), place.log().display()))?;
    fs::write(place.pid(), format!("{} {started}", child.id()))?;
    Ok(())
}

/// Waits until it responds.
#[expect(clippy::disallowed_methods, reason = "an engine does not signal that it is ready")]
pub(super) fn wait(engine: Engine, place: &Place) -> anyhow::Result<()> {
    let (begun, mut tell_at) = (Instant::now(), TELL_EVERY);
    let in_log = || format!("its log, {}, ends with:\n{}", place.log().display(), end_of_log(place));
    while !engine.answers(place) {
        if !is_running(place) {
            bail!("{} exited at once; {}", engine.name(), in_log());
        }
        if begun.elapsed() > ANSWERS_WITHIN {
            bail!("{} does not respond; {}", engine.name(), in_log());
        }
        if begun.elapsed() > tell_at {
            eprintln!(
                "{} has not responded for {} s; its log is {}",
                engine.name(),
                tell_at.as_secs(),
                place.log().display()
            );
            tell_at += TELL_EVERY;
        }
        thread::sleep(LOOK_EVERY);
    }
    Ok(())
}

/// Stops it and waits until it has exited; `false` if it was not running.
#[expect(clippy::disallowed_methods, reason = "only the parent of a process is notified of its exit")]
pub(super) fn stop(place: &Place) -> anyhow::Result<bool> {
    let Some(pid) = running(place) else { return Ok(false) };
    let begun = Instant::now();
    let mut signal = "-TERM";
    while is_running(place) {
        if begun.elapsed() > ENDS_WITHIN {
            signal = "-KILL";
        }
        if signal == "-KILL" || begun.elapsed() < LOOK_EVERY {
            Command::new("kill").args([signal, &pid]).stderr(Stdio::null()).status()?;
        }
        thread::sleep(LOOK_EVERY);
    }
    fs::remove_file(place.pid())?;
    Ok(true)
}

/// Kills it and its child processes, and waits until all have exited: they would hold ports and locks that the next
/// start needs. `false` if it was not running.
#[expect(clippy::disallowed_methods, reason = "only the parent of a process is notified of its exit")]
pub(super) fn kill(place: &Place) -> anyhow::Result<bool> {
    let Some(pid) = running(place) else { return Ok(false) };
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    let family: Vec<_> = [pid.as_str()].into_iter().chain(children.split_whitespace()).collect();
    Command::new("kill").arg("-KILL").args(&family).stderr(Stdio::null()).status()?;
    while family.iter().any(|pid| start_time(pid).is_some()) {
        thread::sleep(LOOK_EVERY);
    }
    fs::remove_file(place.pid())?;
    Ok(true)
}

/// Whether it is running.
pub(super) fn is_running(place: &Place) -> bool {
    running(place).is_some()
}

/// The PID, unless another process has got it since.
fn running(place: &Place) -> Option<String> {
    let file = fs::read_to_string(place.pid()).ok()?;
    let (pid, started) = file.split_once(' ')?;
    (start_time(pid)? == started).then(|| pid.to_owned())
}

/// The start time of a process in ticks since boot: field 22 of `stat` in proc(5). `None` once it has exited, even as a
/// zombie, but not while one of its threads is still exiting: until then its ports are in use.
fn start_time(pid: &str) -> Option<String> {
    const STATE: usize = 3;
    const THREADS: usize = 20;
    const STARTED: usize = 22;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // Field 2, the program name, is in parentheses and may contain spaces.
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let field = |number: usize| fields.get(number - STATE).copied();
    let has_ended = field(STATE)? == "Z" && matches!(field(THREADS)?, "0" | "1");
    if has_ended { None } else { field(STARTED).map(str::to_owned) }
}

fn end_of_log(place: &Place) -> String {
    const LINES: usize = 20;
    let log = fs::read_to_string(place.log()).unwrap_or_default();
    let lines: Vec<_> = log.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}
