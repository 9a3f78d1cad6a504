//! "Did you mean …?"

/// The known word that `word` was probably meant to be: at most one typing error per three letters.
pub fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distances =
        known.into_iter().map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate));
    let (distance, candidate) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= candidate.chars().count().div_ceil(3)).then_some(candidate)
}

/// `; did you mean …?`, or nothing when no known word is close.
pub(crate) fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    closest(word, known).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_finds_the_word_and_another_word_does_not() {
        let known = ["interval", "timeout", "url"];
        for (word, meant) in
            [("intervall", "interval"), ("inetrval", "interval"), ("time_out", "timeout"), ("uri", "url")]
        {
            assert_eq!(closest(word, known), Some(meant), "{word}");
        }
        for word in ["password", "x", ""] {
            assert_eq!(closest(word, known), None, "{word}");
        }
        assert_eq!(closest("interval", []), None);
    }
}
