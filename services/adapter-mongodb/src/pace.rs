//! Adapts the number of statements in a command to the server's speed.

use std::time::Duration;

/// Statements in the first command, and in the one after a timeout.
const FIRST: usize = 16;
/// Most statements in one command. The protocol's limit is 100,000, but the server does them all before it
/// answers, and that must be soon.
const MOST: usize = 500;
/// After a full command that took less, the next one has twice as many statements.
const SHORT: Duration = Duration::from_millis(250);
/// After one that took longer, the next one has half as many.
const LONG: Duration = Duration::from_secs(1);

/// How many statements the next command has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    statements: usize,
}

impl Pace {
    pub(crate) const fn new() -> Self {
        Self { statements: FIRST }
    }

    /// How many statements the next command may have.
    pub(crate) const fn statements(self) -> usize {
        self.statements
    }

    /// Records a command with this many statements, and how long it took.
    pub(crate) fn answered(&mut self, statements: usize, took: Duration) {
        if took > LONG {
            self.statements = (statements.min(self.statements) / 2).max(1);
        } else if took < SHORT && statements >= self.statements {
            self.statements = (self.statements * 2).min(MOST);
        }
    }

    /// Records a command with this many statements that timed out.
    pub(crate) fn unanswered(&mut self, statements: usize) {
        self.statements = (statements / 4).clamp(1, FIRST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The sizes of commands to a server that takes this long for each statement.
    fn sizes(each: Duration, commands: usize) -> Vec<usize> {
        let mut pace = Pace::new();
        let size = |_| {
            let statements = pace.statements();
            pace.answered(statements, each * u32::try_from(statements).unwrap());
            statements
        };
        (0..commands).map(size).collect()
    }

    #[test]
    fn a_fast_server_gets_the_largest_commands_soon() {
        assert_eq!(sizes(Duration::from_micros(100), 7), [16, 32, 64, 128, 256, MOST, MOST]);
    }

    #[test]
    fn a_slow_server_gets_commands_that_it_answers_soon() {
        assert_eq!(sizes(Duration::from_millis(100), 4), [16, 8, 8, 8]);
        assert_eq!(sizes(Duration::from_secs(30), 6), [16, 8, 4, 2, 1, 1]);
    }

    #[test]
    fn a_command_that_is_not_full_makes_no_later_one_larger() {
        let mut pace = Pace::new();
        pace.answered(FIRST - 1, Duration::ZERO);
        assert_eq!(pace.statements(), FIRST);
    }

    #[test]
    fn after_no_answer_comes_a_small_command() {
        let mut pace = Pace { statements: MOST };
        pace.unanswered(MOST);
        assert_eq!(pace.statements(), FIRST);
        for expected in [4, 1, 1] {
            pace.unanswered(pace.statements());
            assert_eq!(pace.statements(), expected);
        }
    }

    proptest! {
        #[test]
        fn a_command_has_one_statement_and_no_more_than_the_limit(
            happened in prop::collection::vec((0..=MOST, prop::option::of(0..60_000_u64)), 0..100),
        ) {
            let mut pace = Pace::new();
            for (statements, took) in happened {
                match took {
                    Some(millis) => pace.answered(statements, Duration::from_millis(millis)),
                    None => pace.unanswered(statements),
                }
                prop_assert!((1..=MOST).contains(&pace.statements()));
            }
        }
    }
}
