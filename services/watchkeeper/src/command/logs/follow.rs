//! What is said from now on.

use super::history;
use super::seen::Seen;
use super::{Client, Parameters, Range, Screen};
use crate::command::client::Refusal;
use crate::command::pause;
use crate::command::server_events::ServerEvent;
use std::time::{Duration, Instant};
use watchkeeper_domain::Timestamp;
use watchkeeper_runtime::Grouped;
use watchkeeper_wire::json::{EventJson, Lagged};

/// Added to the wait before each further attempt to connect.
const RETRY: Duration = Duration::from_secs(1);
/// Longest wait.
const MAX_RETRY: Duration = Duration::from_secs(10);

/// How long after connecting the store is read once more, for what had arrived before but was not stored yet. On a
/// quiet stream, that is at its first comment.
const STORED_AFTER: Duration = Duration::from_secs(5);
/// How long before the stream began what is read then may have happened, if no event was printed.
const BEFORE_BEGIN: Duration = Duration::from_secs(10);

/// Prints the newest events and those that arrive. Connects again when the connection ends; what arrived meanwhile is
/// then read from the store.
pub(super) fn follow(
    client: &Client,
    question: &Parameters,
    range: &Range,
    screen: &mut Screen<'_>,
) -> anyhow::Result<()> {
    let mut follower = Follower { client, question, seen: Seen::default(), last: None, unstored: None };
    // Before the history is read, so that nothing is between the two.
    let mut stream = Some(follower.connect()?);
    follower.print_stored(range, screen)?;
    follower.unstored = Some(Unstored::since(follower.last.clone()));
    let mut attempts = 0;
    loop {
        if let Some(stream) = stream.take() {
            let (ended, arrived) = follower.print_arriving(stream, screen)?;
            attempts = if arrived > 0 { 0 } else { attempts };
            screen.say(&format!("the connection has ended ({ended}): connecting again"));
        }
        pause((RETRY * attempts).min(MAX_RETRY));
        attempts += 1;
        stream = match follower.connect() {
            Ok(stream) => {
                follower.print_missed(screen)?;
                Some(stream)
            }
            Err(error) if error.is::<Refusal>() => return Err(error),
            Err(_) => None,
        };
    }
}

struct Follower<'f> {
    client: &'f Client,
    question: &'f Parameters,
    seen: Seen,
    /// The time of the newest event that was printed, or since when events arrive.
    last: Option<String>,
    /// What is read once more.
    unstored: Option<Unstored>,
}

/// What had arrived when the stream began, but was not stored when the history was read.
struct Unstored {
    /// The time of the newest event that was stored then.
    since: Option<String>,
    connected_at: Instant,
}

impl Unstored {
    fn since(since: Option<String>) -> Self {
        Self { since, connected_at: Instant::now() }
    }
}

impl Follower<'_> {
    fn connect(&self) -> anyhow::Result<impl Iterator<Item = std::io::Result<ServerEvent>> + use<>> {
        self.client.server_events("/v1/events/stream", self.question)
    }

    /// Prints what arrives until the connection ends; returns why, and how many arrived.
    fn print_arriving(
        &mut self,
        stream: impl Iterator<Item = std::io::Result<ServerEvent>>,
        screen: &mut Screen<'_>,
    ) -> anyhow::Result<(String, usize)> {
        let mut arrived = 0;
        for event in stream {
            let ServerEvent { name, data } = match event {
                Ok(event) => event,
                Err(error) => return Ok((error.to_string(), arrived)),
            };
            let is_stored =
                |unstored: &mut Unstored| name.is_empty() || unstored.connected_at.elapsed() > STORED_AFTER;
            if let Some(unstored) = self.unstored.take_if(is_stored) {
                self.print_unstored(unstored.since, screen)?;
            }
            match name.as_str() {
                "event" => {
                    let event: EventJson = serde_json::from_str(&data)?;
                    if is_next(&mut self.seen, &mut self.last, &event) {
                        screen.print(&event)?;
                        screen.flush()?;
                    }
                    arrived += 1;
                }
                "lagged" => {
                    let Lagged { missed } = serde_json::from_str(&data)?;
                    screen.say(&format!("… {} events skipped, matching or not", Grouped(missed)));
                }
                "begin" => self.begin(&data),
                "end" => return Ok(("the server stops".to_owned(), arrived)),
                _ => {}
            }
        }
        Ok(("the server has closed it".to_owned(), arrived))
    }

    /// Remembers since when events arrive here, for the case that none does before the connection ends.
    fn begin(&mut self, data: &str) {
        let begin = serde_json::from_str::<serde_json::Value>(data).unwrap_or_default();
        if self.last.is_none() {
            self.last = begin["from"].as_str().map(str::to_owned);
        }
    }

    /// Prints what arrived while there was no connection.
    fn print_missed(&mut self, screen: &mut Screen<'_>) -> anyhow::Result<()> {
        let Some(from) = self.last.clone() else {
            screen.say("connected again; events that arrived meanwhile are not shown");
            return Ok(());
        };
        screen.say(&format!("connected again; what is stored since {from} is shown first"));
        self.unstored = Some(Unstored::since(Some(from.clone())));
        self.print_stored(&Range { from: Some(from), to: None, newest: None }, screen)
    }

    /// Prints what was not stored yet when the stream began.
    fn print_unstored(&mut self, since: Option<String>, screen: &mut Screen<'_>) -> anyhow::Result<()> {
        let before_begin =
            |begin: &String| Some(begin.parse::<Timestamp>().ok()?.minus(BEFORE_BEGIN).to_string());
        let from = since.or_else(|| self.last.as_ref().and_then(before_begin));
        if from.is_none() {
            return Ok(());
        }
        self.print_stored(&Range { from, to: None, newest: None }, screen)
    }

    fn print_stored(&mut self, range: &Range, screen: &mut Screen<'_>) -> anyhow::Result<()> {
        let Self { client, question, seen, last, .. } = self;
        history::print(client, question, range, screen, &mut |event| is_next(seen, last, event))?;
        Ok(())
    }
}

/// Whether an event is printed for the first time; remembers it, and the newest time.
fn is_next(seen: &mut Seen, last: &mut Option<String>, event: &EventJson) -> bool {
    let is_new = seen.is_new(&event.id);
    // Times of one form compare as texts do, up to fractions of a second, and nobody loses by an event read again.
    if is_new && last.as_ref().is_none_or(|last| *last < event.time) {
        *last = Some(event.time.clone());
    }
    is_new
}
