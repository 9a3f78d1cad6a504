//! Notes in columns.

use crate::sqlite::Error;
use rusqlite::Row;
use watchkeeper_domain::Note;

/// The note in a column, if there is one.
pub(super) fn read(row: &Row<'_>, column: usize) -> Result<Option<Note>, Error> {
    let text = row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?;
    Ok(text.and_then(Note::new))
}
