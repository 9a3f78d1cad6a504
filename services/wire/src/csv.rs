//! Cells of CSV (RFC 4180), which no spreadsheet takes for formulas.

use watchkeeper_ports::Table;

/// The table with a heading. Where there is no value, the cell is empty; a cut table ends with a row that says so in its
/// first cell.
pub fn table(table: &Table) -> String {
    let mut out = String::new();
    add_row(&mut out, table.columns.iter().map(|name| &name[..]));
    for row in &table.rows {
        add_row(&mut out, row.iter().map(|cell| cell.as_deref().unwrap_or_default()));
    }
    if table.is_cut {
        let rest = table.columns.len().saturating_sub(1);
        add_row(&mut out, std::iter::once(CUT).chain(std::iter::repeat_n("", rest)));
    }
    out
}

/// In the first cell of the last row of a table that is cut.
pub const CUT: &str = "cut: there are more rows";

fn add_row<'c>(out: &mut String, cells: impl Iterator<Item = &'c str>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            out.push(',');
        }
        add_cell(out, cell);
    }
    out.push_str("\r\n");
}

/// Adds a cell, quoted where RFC 4180 asks for it, and where programs that take `;` or tabs for commas would divide it.
/// What a spreadsheet would run as a formula gets an apostrophe in front, which spreadsheets take for the sign of text:
/// at the start, and behind what such a program takes for the end of a cell.
pub fn add_cell(out: &mut String, text: &str) {
    let is_quoted = text.contains(['"', ',', ';', '\t', '\r', '\n']) || text != text.trim();
    if is_quoted {
        out.push('"');
    }
    let mut may_begin_a_cell = true;
    for c in text.chars() {
        if may_begin_a_cell && FORMULA.contains(&c) {
            out.push('\'');
        }
        if c == '"' {
            out.push('"');
        }
        out.push(c);
        may_begin_a_cell =
            matches!(c, ';' | '\t' | '\r' | '\n') || may_begin_a_cell && (c.is_whitespace() || c == '"');
    }
    if is_quoted {
        out.push('"');
    }
}

/// What begins a formula, also as the wide signs of East Asian input.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cell(text: &str) -> String {
        let mut out = String::new();
        add_cell(&mut out, text);
        out
    }

    /// A cell read as RFC 4180 says.
    fn read(cell: &str) -> String {
        match cell.strip_prefix('"') {
            Some(quoted) => quoted[..quoted.len() - 1].replace("\"\"", "\""),
            None => cell.to_owned(),
        }
    }

    #[test]
    fn a_cell_is_quoted_where_it_must_be() {
        for (text, expected) in [
            ("plain text", "plain text"),
            ("", ""),
            ("one\ntwo", "\"one\ntwo\""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }

    #[test]
    fn no_cell_is_a_formula_to_a_spreadsheet() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@sum(a1)", "'@sum(a1)"),
            ("\t=1", "\t'=1"),
            (" =1", " '=1"),
            ("\"=1", "\"'=1"),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("one\n=1", "one\n'=1"),
            ("one; =1;2", "one; '=1;2"),
            ("a=1, -1", "a=1, -1"),
        ] {
            assert_eq!(read(&cell(text)), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back_and_ends_where_it_should(text in "[\"',;=\\r\\n\\t a-z+@-]{0,12}|\\PC*") {
            let written = cell(&text);
            let without = |text: &str| text.replace('\'', "");
            prop_assert_eq!(without(&read(&written)), without(&text), "but for apostrophes");
            if written.starts_with('"') {
                let inner = &written[1..written.len() - 1];
                prop_assert!(!inner.replace("\"\"", "").contains('"'));
            } else {
                prop_assert!(!written.contains(['"', ',', ';', '\t', '\r', '\n']));
            }
        }
    }
}
