//! What the marks of an event mean, in words.

use std::borrow::Cow;
use watchkeeper_domain::event::{CHANGED, CUT, NO_TIME};

/// What a mark means.
pub(crate) fn explained(mark: &str) -> Cow<'_, str> {
    match mark {
        CHANGED => {
            "Characters that cannot be stored were replaced: NUL by ␀, bytes that are no UTF-8 by \u{fffd}."
                .into()
        }
        CUT => "It was larger than the limit: a text was cut, or deeply nested fields were turned into text."
            .into(),
        NO_TIME => {
            "Its time could not be read, and is in the fields as it was sent: this is when it arrived.".into()
        }
        other => format!("Marked {other}: a step of processing failed, and left the event as it was.").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_has_a_sentence_that_is_its_own() {
        let sentences = [CHANGED, CUT, NO_TIME, "parse"].map(|mark| explained(mark).into_owned());
        assert!(sentences.iter().all(|sentence| sentence.ends_with('.')));
        assert!(sentences[3].contains("parse"));
        let different: std::collections::BTreeSet<_> = sentences.iter().collect();
        assert_eq!(different.len(), sentences.len());
    }
}
