//! Splits statements into commands.

use mongodb::bson::RawDocumentBuf;

/// Most bytes of the statements of one command. The protocol's limit is 16 MiB for the whole command.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The first statements: as many as fit a command with at most `most`, but at least one if there is any.
pub(crate) fn first_of(
    statements: impl IntoIterator<Item = RawDocumentBuf>,
    most: usize,
) -> Vec<RawDocumentBuf> {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    for statement in statements.into_iter().take(most) {
        bytes += statement.as_bytes().len();
        if bytes > MAX_BYTES && !batch.is_empty() {
            break;
        }
        batch.push(statement);
    }
    batch
}

#[cfg(test)]
mod tests {
    use super::*;
    use mongodb::bson::rawdoc;

    const MOST: usize = 500;

    /// How many of `statements` with these sizes are taken.
    fn taken(statements: usize, bytes: usize) -> usize {
        let around = rawdoc! { "q": "" }.as_bytes().len();
        let statement = rawdoc! { "q": "x".repeat(bytes - around) };
        first_of(vec![statement; statements], MOST).len()
    }

    #[test]
    fn a_command_has_no_more_statements_than_it_may_have() {
        assert_eq!(taken(0, 100), 0);
        assert_eq!(taken(MOST, 100), MOST);
        assert_eq!(taken(MOST + 1, 100), MOST);
    }

    #[test]
    fn a_command_has_no_more_bytes_than_the_limit() {
        assert_eq!(taken(5, MAX_BYTES / 4), 4);
        assert_eq!(taken(5, MAX_BYTES / 4 + 1), 3);
        assert_eq!(taken(2, MAX_BYTES + 1), 1, "one is never left out");
    }
}
