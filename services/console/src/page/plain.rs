//! Text of others on a page.

use askama::filters::{Escaper, Html};
use std::fmt;
use watchkeeper_domain::text;

/// Escapes what is markup, and writes out what a browser would obey or not show ([`text`]). Every expression of a
/// template goes through it. An attribute that a program reads is written with `|escape("xml")`, which leaves all
/// characters what they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlainHtml;

impl Escaper for PlainHtml {
    fn write_escaped_str<W: fmt::Write>(&self, dest: W, string: &str) -> fmt::Result {
        Html.write_escaped_str(dest, &text::lines(string))
    }
}
