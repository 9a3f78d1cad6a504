//! The text of an update: paragraphs, with links where there are addresses.

use watchkeeper_config::HttpUrl;

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    /// An `http://` or `https://` address.
    Link(&'a str),
}

/// The paragraphs, each as lines of pieces. Paragraphs are separated by empty lines.
pub(super) fn paragraphs(text: &str) -> Vec<Vec<Vec<Piece<'_>>>> {
    let mut paragraphs = vec![Vec::new()];
    for line in text.lines() {
        let is_empty = line.trim().is_empty();
        match paragraphs.last_mut() {
            Some(paragraph) if !is_empty => paragraph.push(pieces(line)),
            Some(paragraph) if paragraph.is_empty() => {}
            _ => paragraphs.push(Vec::new()),
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs
}

fn pieces(line: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest) = (Vec::new(), line);
    // Where the text that is not in `pieces` yet begins.
    let mut searched = 0;
    while let Some(at) = start_of_link(&rest[searched..]).map(|at| searched + at) {
        let found = link(&rest[at..]);
        if is_link(found) {
            pieces.extend((at > 0).then(|| Piece::Text(&rest[..at])));
            pieces.push(Piece::Link(found));
            (rest, searched) = (&rest[at + found.len()..], 0);
        } else {
            searched = at + "http".len();
        }
    }
    pieces.extend((!rest.is_empty()).then_some(Piece::Text(rest)));
    pieces
}

fn start_of_link(text: &str) -> Option<usize> {
    [text.find("https://"), text.find("http://")].into_iter().flatten().min()
}

/// The beginning of the text up to what ends an address; punctuation at its end belongs to the sentence.
fn link(text: &str) -> &str {
    let ends = |c: char| c.is_whitespace() || c.is_control() || "<>\"'`{}|\\^".contains(c);
    let link = &text[..text.find(ends).unwrap_or(text.len())];
    let closes_more_than_it_opens = |link: &str| link.matches(')').count() > link.matches('(').count();
    let mut link = link;
    loop {
        let shorter = link.trim_end_matches(['.', ',', ';', ':', '!', '?']);
        let shorter = match shorter.strip_suffix(')') {
            Some(inner) if closes_more_than_it_opens(shorter) => inner,
            _ => shorter,
        };
        if shorter.len() == link.len() {
            return link;
        }
        link = shorter;
    }
}

/// Whether it is an address with a host and no password, whatever its fragment.
fn is_link(text: &str) -> bool {
    text.is_ascii() && text.split('#').next().is_some_and(|url| url.parse::<HttpUrl>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Piece::{Link, Text};
    use proptest::prelude::*;

    #[test]
    fn empty_lines_separate_paragraphs_and_others_do_not() {
        let found = paragraphs("\none\ntwo\n\n  \nthree\n");
        assert_eq!(found, [vec![vec![Text("one")], vec![Text("two")]], vec![vec![Text("three")]]]);
        assert!(paragraphs("").is_empty());
    }

    #[test]
    fn addresses_become_links_without_the_punctuation_around_them() {
        for (line, expected) in [
            (
                "See https://example.org/a?b=c#d.",
                vec![Text("See "), Link("https://example.org/a?b=c#d"), Text(".")],
            ),
            ("(http://example.org)", vec![Text("("), Link("http://example.org"), Text(")")]),
            ("https://example.org/a_(b)!", vec![Link("https://example.org/a_(b)"), Text("!")]),
            ("<https://example.org>", vec![Text("<"), Link("https://example.org"), Text(">")]),
            (
                "https://a.test https://b.test",
                vec![Link("https://a.test"), Text(" "), Link("https://b.test")],
            ),
        ] {
            assert_eq!(pieces(line), expected, "{line}");
        }
    }

    #[test]
    fn nothing_else_becomes_a_link() {
        for line in [
            "javascript:alert(1)",
            "https://",
            "http:// a",
            "https://user:pass@example.org",
            "data:text/html,x",
            "example.org",
        ] {
            assert_eq!(pieces(line), [Text(line)], "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_lost_and_links_are_addresses(line in "([a-z .,()<>\"]|https?://|ä){0,20}") {
            let found = pieces(&line);
            let text: String = found.iter().map(|piece| match piece { Text(text) | Link(text) => *text }).collect();
            prop_assert_eq!(text, line.clone());
            for piece in found {
                if let Link(link) = piece {
                    prop_assert!(is_link(link));
                }
            }
        }
    }
}
