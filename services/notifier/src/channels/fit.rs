//! Text within the limit of a service, cut at a line.

/// How a service counts and what it takes for markup.
pub(super) struct Form {
    /// The longest text, as counted by `count` after `escape`.
    pub(super) limit: usize,
    /// The length of escaped text.
    pub(super) count: fn(&str) -> usize,
    /// Escapes one line, so that it is shown as written. Longer text never gets shorter by it.
    pub(super) escape: fn(&str) -> String,
}

/// UTF-16 code units, as Telegram, Slack and Discord count at most.
pub(super) fn utf16(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Bytes of UTF-8.
pub(super) fn bytes(text: &str) -> usize {
    text.len()
}

/// Text in which nothing is markup.
pub(super) fn plain(line: &str) -> String {
    line.to_owned()
}

impl Form {
    /// The lines of `text`, escaped; if they are too long, those at the end are left out and counted, with `more` for
    /// where to read them.
    pub(super) fn fit(&self, text: &str, more: Option<&str>) -> String {
        let lines: Vec<_> = text.lines().collect();
        let whole = lines.iter().map(|line| (self.escape)(line)).collect::<Vec<_>>().join("\n");
        if (self.count)(&whole) <= self.limit {
            return whole;
        }
        if let [line] = lines[..] {
            return self.line(line, self.limit);
        }
        let room = self.limit.saturating_sub((self.count)(&self.rest(lines.len(), more)));
        let mut kept = String::new();
        let mut count = 0;
        for line in &lines {
            let line = format!("{}\n", (self.escape)(line));
            if (self.count)(&kept) + (self.count)(&line) > room {
                break;
            }
            kept.push_str(&line);
            count += 1;
        }
        if count == 0 {
            // Even the first line is too long.
            kept = format!("{}\n", self.line(lines[0], room.saturating_sub(1)));
            count = 1;
        }
        match lines.len() - count {
            0 => kept.trim_end().to_owned(),
            left_out => kept + &self.rest(left_out, more),
        }
    }

    /// One line of at most `limit`, escaped; a longer one ends in `…`.
    pub(super) fn line(&self, line: &str, limit: usize) -> String {
        let whole = (self.escape)(line);
        if (self.count)(&whole) <= limit {
            return whole;
        }
        let room = limit.saturating_sub((self.count)("…"));
        let ends: Vec<_> = line.char_indices().map(|(end, _)| end).take(limit + 1).collect();
        let fits = |&end: &usize| (self.count)(&(self.escape)(&line[..end])) <= room;
        let end = ends.partition_point(fits).checked_sub(1).map_or(0, |last| ends[last]);
        format!("{}…", (self.escape)(line[..end].trim_end()))
    }

    fn rest(&self, lines: usize, more: Option<&str>) -> String {
        let noun = if lines == 1 { "line" } else { "lines" };
        let at = more.map(|url| format!(": {}", (self.escape)(url))).unwrap_or_default();
        format!("… and {lines} more {noun}{at}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entities(line: &str) -> String {
        line.replace('&', "&amp;").replace('<', "&lt;")
    }

    fn form(limit: usize) -> Form {
        Form { limit, count: utf16, escape: entities }
    }

    #[test]
    fn what_fits_is_whole_and_the_rest_is_counted() {
        let text = "first\nsecond\nthird\nfourth and last";
        assert_eq!(form(100).fit(text, None), text);
        assert_eq!(form(33).fit(text, None), "first\nsecond\n… and 2 more lines");
        let longer = format!("{text} of all");
        assert_eq!(form(34).fit(&longer, Some("http://w")), "first\n… and 3 more lines: http://w");
    }

    #[test]
    fn a_first_line_that_is_too_long_is_cut_between_characters() {
        assert_eq!(form(12).fit("a&b&c<d", None), "a&amp;b…");
        assert_eq!(Form { limit: 6, count: utf16, escape: plain }.fit("🚨🚨🚨🚨", None), "🚨🚨…");
    }

    proptest! {
        #[test]
        fn any_text_fits_and_no_entity_is_cut(text in "[a&<é🚨\n]{0,120}", limit in 30_usize..80) {
            let shown = form(limit).fit(&text, None);
            prop_assert!(utf16(&shown) <= limit, "{shown}");
            let rest = shown.replace("&amp;", "").replace("&lt;", "");
            prop_assert!(!rest.contains('&') && !rest.contains('<'), "{shown}");
        }
    }
}
