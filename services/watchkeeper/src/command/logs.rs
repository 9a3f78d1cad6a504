//! `watchkeeper logs`.

mod around;
mod follow;
mod history;
mod line;
mod query;
mod screen;
mod seen;
#[cfg(test)]
mod tests;

use super::client::{Client, Parameters};
use crate::cli::LogsArgs;
use line::Style;
use screen::Screen;
use std::io::{self, BufWriter};
use watchkeeper_wire::json::EventJson;

/// How many of the newest events are printed, unless the arguments say.
const NEWEST: usize = 100;
/// How many of them before those that arrive.
const NEWEST_BEFORE_FOLLOWING: usize = 10;

pub(crate) fn run(args: &LogsArgs) -> anyhow::Result<()> {
    let mut stdout = BufWriter::new(io::stdout());
    let style = Style::of_stdout();
    let mut screen = Screen::new(&mut stdout, &super::notice, style, args.output.json);
    print(args, &Client::new(&args.server)?, &mut screen)
}

fn print(args: &LogsArgs, client: &Client, screen: &mut Screen<'_>) -> anyhow::Result<()> {
    let mut question = Parameters::default();
    question.set("query", query::joined(&args.query));
    if args.follow {
        return follow::follow(client, &question, &Range::of(args), screen);
    }
    let range = Range::of(args);
    if let Some(neighbours) = args.context {
        return around::print(client, &question, &range, neighbours, screen);
    }
    let printed = history::print(client, &question, &range, screen, &mut |_| true)?;
    if printed == 0 {
        screen.say_nothing_found(args.from.is_some());
    }
    Ok(())
}

/// Which part of the history is printed.
struct Range {
    from: Option<String>,
    to: Option<String>,
    /// The newest of it alone.
    newest: Option<usize>,
}

impl Range {
    fn of(args: &LogsArgs) -> Self {
        let newest = if args.follow { NEWEST_BEFORE_FOLLOWING } else { NEWEST };
        // Each event with its context is a request of its own.
        let is_whole = args.from.is_some() && args.context.is_none();
        let newest = args.limit.or((!is_whole).then_some(newest));
        Self { from: args.from.clone(), to: args.to.clone(), newest }
    }

    fn of_question(&self, question: &Parameters) -> Parameters {
        let mut question = question.clone();
        question.set_some("from", self.from.as_ref());
        question.set_some("to", self.to.as_ref());
        question
    }
}

/// Decides whether an event is still to be printed.
type IsNew<'f> = dyn FnMut(&EventJson) -> bool + 'f;
