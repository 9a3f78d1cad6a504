//! Parses series keys.

use super::Series;
use crate::limits::Violation;
use std::str::FromStr;

/// Parses what [`Series::key`] writes; the labels may be in any order.
impl FromStr for Series {
    type Err = Violation;

    fn from_str(key: &str) -> Result<Self, Violation> {
        let form = || {
            Violation::new(
                "series",
                r#"must be SOURCE/NAME{LABEL="VALUE",…} UNIT, such as host/load{host="a"}"#,
            )
        };
        let (source, rest) = key.split_once('/').ok_or_else(form)?;
        let (name, rest) = rest.split_at(rest.find(['{', ' ']).unwrap_or(rest.len()));
        let (labels, rest) = read_labels(rest).ok_or_else(form)?;
        let unit = match rest {
            "" => "",
            _ => rest.strip_prefix(' ').filter(|unit| !unit.is_empty()).ok_or_else(form)?,
        };
        let labels: Vec<_> = labels.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Self::new(source, name, unit, &labels)
    }
}

/// The labels at the start of `text`, none if there are no braces, and the text after them.
fn read_labels(text: &str) -> Option<(Vec<(&str, String)>, &str)> {
    let mut labels = Vec::new();
    let Some(mut rest) = text.strip_prefix('{') else { return Some((labels, text)) };
    loop {
        let (name, quoted) = rest.split_once("=\"")?;
        let (value, behind) = read_value(quoted)?;
        labels.push((name, value));
        if let Some(behind) = behind.strip_prefix('}') {
            return Some((labels, behind));
        }
        rest = behind.strip_prefix(',')?;
    }
}

/// The value up to its closing quote, and the text after it.
fn read_value(quoted: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = quoted.chars();
    loop {
        match rest.next()? {
            '"' => return Some((value, rest.as_str())),
            '\\' => value.push(rest.next()?),
            plain => value.push(plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::btree_map;
    use proptest::prelude::*;

    #[test]
    fn a_text_that_is_no_key_is_refused() {
        for text in
            ["", "host", "/x", "host/", "a/b{", "a/b{}", "a/b{c}", r#"a/b{c="d"#, r#"a/b{c="d" }"#, "a/b "]
        {
            assert!(text.parse::<Series>().is_err(), "{text}");
        }
        assert_eq!(r#"a/b{d="1",c="2"} x"#.parse::<Series>().unwrap().key(), r#"a/b{c="2",d="1"} x"#);
    }

    proptest! {
        #[test]
        fn a_series_is_read_back_from_its_key(
            source in "[a-z]{1,3}", name in "[a-z/]{1,3}", unit in r"[ -~é]{0,3}",
            labels in btree_map("[a-z/]{1,3}", r"[ -~é]{0,6}", 0..4),
        ) {
            let labels: Vec<_> = labels.iter().map(|(name, value)| (&**name, &**value)).collect();
            let series = Series::new(&source, &name, &unit, &labels).unwrap();
            let read: Series = series.key().parse().unwrap();
            prop_assert_eq!((read.source(), read.name(), read.unit()), (&*source, &*name, &*unit));
            prop_assert_eq!(read.labels().collect::<Vec<_>>(), labels);
        }

        #[test]
        fn reading_never_panics(text in r#"[a/b{}=",\\ é]{0,24}"#) {
            let _ = text.parse::<Series>();
        }
    }
}
