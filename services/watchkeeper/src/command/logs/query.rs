//! The words of the command line as a query.

use watchkeeper_domain::event::Condition;

/// What makes an argument with blanks a part of a query, and not a text.
const OPERATORS: [char; 8] = ['"', '=', '<', '>', '~', '(', ')', '*'];

/// The query. The shell has removed the quotes of `"timed out"`: such a text gets them back.
pub(super) fn joined(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let is_operator = |part: &str| matches!(part, "AND" | "OR" | "NOT") || part.starts_with('-');
    let is_text = word.trim().contains(char::is_whitespace)
        && !word.contains(OPERATORS)
        && !word.split_whitespace().any(is_operator);
    if is_text { Condition::Contains(word.to_owned()).to_string() } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_need_no_quotes_around_the_whole_and_a_text_stays_a_text() {
        let joined = |words: &[&str]| joined(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>());
        assert_eq!(joined(&[]), "");
        assert_eq!(
            joined(&["service=shop", "level>=warn", "timed out"]),
            "service=shop level>=warn \"timed out\""
        );
        assert_eq!(joined(&["service=shop \"timed out\""]), "service=shop \"timed out\"");
        assert_eq!(
            joined(&["timeout OR refused", "(a OR b)", "NOT", "x"]),
            "timeout OR refused (a OR b) NOT x"
        );
        assert_eq!(joined(&["C:\\my files"]), "\"C:\\\\my files\"");
        assert_eq!(joined(&["a -b", "say \"hi"]), "a -b say \"hi");
    }
}
