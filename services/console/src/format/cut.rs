//! Texts that may be longer than there is room for.

/// The first `max_chars` characters of `text`, with a mark where the rest is cut off.
pub(crate) fn cut(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_off_is_marked() {
        assert_eq!([cut("", 0), cut("äöü", 3), cut("äöü", 2)], ["", "äöü", "äö…"]);
    }
}
