//! The address of a chart: everything that it shows is in it.

use super::combine::Combine;
use super::function::Function;
use super::span::{Over, Range, Span};
use crate::links::LABEL;
use form_urlencoded::Serializer;
use std::time::Duration;
use watchkeeper_domain::limits::MAX_LABELS;
use watchkeeper_domain::{Series, SeriesFilter, Timestamp, Violation};
use watchkeeper_query::Words;

/// Most series that are picked one by one.
pub(crate) const MAX_PICKED: usize = 20;
/// Last page of a list: more than a search can find.
const MAX_PAGE: usize = 10_000;
/// Most labels that lines are grouped by.
const MAX_BY: usize = 8;
/// Longest search text, in bytes.
const MAX_TEXT_BYTES: usize = 1_000;
/// Points of a line, as many as a page without script shows.
pub(crate) const DEFAULT_POINTS: u64 = 300;
/// Bounds of the points of a line that a script asks for: one for each pixel of a usual screen.
pub(crate) const POINTS: std::ops::RangeInclusive<u64> = 50..=1_000;

/// One line for each value of some labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) how: Combine,
    /// Labels, or `source`, `name` and `unit`; empty for one line of everything.
    pub(crate) by: Vec<String>,
}

/// The time that is shown beside the range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    DayBefore,
    WeekBefore,
}

impl Compare {
    pub(crate) const ALL: [Self; 2] = [Self::DayBefore, Self::WeekBefore];

    fn parse(name: &str) -> Result<Self, Violation> {
        let found = Self::ALL.into_iter().find(|compare| compare.name() == name);
        found.ok_or_else(|| Violation::new("compare", "must be 1d or 1w"))
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::DayBefore => "1d",
            Self::WeekBefore => "1w",
        }
    }

    /// Its name on the page.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::DayBefore => "a day before",
            Self::WeekBefore => "a week before",
        }
    }

    pub(crate) const fn by(self) -> Duration {
        Duration::from_secs(match self {
            Self::DayBefore => 24 * 60 * 60,
            Self::WeekBefore => 7 * 24 * 60 * 60,
        })
    }
}

/// What `/explore`, `/explore.csv` and `/explore/complete` are asked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Question {
    /// Words to find in the keys of series.
    pub(crate) text: String,
    pub(crate) filter: SeriesFilter,
    /// Series that were picked one by one; the others are not drawn.
    pub(crate) picked: Vec<Series>,
    pub(crate) function: Function,
    pub(crate) group: Option<Group>,
    pub(crate) range: Range,
    pub(crate) compare: Option<Compare>,
    /// The page of the list of series, from 1.
    pub(crate) page: usize,
    /// Most points of a line; not part of the address of a page, as it depends on the screen.
    pub(crate) points: u64,
}

impl Default for Question {
    fn default() -> Self {
        Self {
            text: String::new(),
            filter: SeriesFilter::default(),
            picked: Vec::new(),
            function: Function::default(),
            group: None,
            range: Range::default(),
            compare: None,
            page: 1,
            points: DEFAULT_POINTS,
        }
    }
}

impl Question {
    /// Reads the parameters of an address; empty and unknown ones are ignored.
    ///
    /// # Errors
    /// Names the parameter and its limit.
    pub(crate) fn parse(query: &[(String, String)], now: Timestamp) -> Result<Self, Violation> {
        let given = Given(query);
        Ok(Self {
            text: given.text()?,
            filter: given.filter()?,
            picked: given.picked()?,
            function: given.one("fn").map_or(Ok(Function::default()), Function::parse)?,
            group: given.group()?,
            range: given.range(now)?,
            compare: given.one("compare").map(Compare::parse).transpose()?,
            page: given.number("page", 1..=MAX_PAGE, 1)?,
            points: given.number("points", POINTS, DEFAULT_POINTS)?,
        })
    }

    /// Whether it is about some series: a page that asks for all of them draws none.
    pub(crate) fn is_narrow(&self) -> bool {
        !self.picked.is_empty() || !self.words().is_empty() || self.filter != SeriesFilter::default()
    }

    pub(crate) fn words(&self) -> Words {
        Words::of(&self.text)
    }

    /// Its parameters, but for those that have their default, and `page` and `points`.
    pub(crate) fn parameters(&self) -> Vec<(String, String)> {
        let mut parameters = Vec::new();
        // The value of a label may be empty.
        let mut push = |name: &str, value: String| {
            if !value.is_empty() || name.starts_with(LABEL) {
                parameters.push((name.to_owned(), value));
            }
        };
        push("q", self.text.clone());
        push("source", self.filter.source.clone().unwrap_or_default());
        push("name", self.filter.name.clone().unwrap_or_default());
        for (label, value) in &self.filter.labels {
            push(&format!("{LABEL}{label}"), value.clone());
        }
        self.picked.iter().for_each(|series| push("s", series.key().to_owned()));
        if self.function != Function::default() {
            push("fn", self.function.name().to_owned());
        }
        if let Some(group) = &self.group {
            push("group", group.how.name().to_owned());
            push("by", group.by.join(","));
        }
        for (name, value) in range_parameters(self.range) {
            push(name, value);
        }
        push("compare", self.compare.map(Compare::name).unwrap_or_default().to_owned());
        parameters
    }

    /// The address of this at `path`.
    pub(crate) fn link(&self, path: &str) -> String {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(self.parameters());
        if self.page > 1 {
            query.append_pair("page", &self.page.to_string());
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

/// The parameters of a range that are not the default.
pub(crate) fn range_parameters(range: Range) -> impl Iterator<Item = (&'static str, String)> {
    let over = (range.over != Over::default()).then(|| ("over", range.over.name()));
    let between = range.between.map(|Span { from, to }| [("from", from.to_string()), ("to", to.to_string())]);
    over.into_iter().chain(between.into_iter().flatten())
}

/// The same as the API reads them: `from` is a time or a duration before now.
pub(crate) fn range_parameters_of_api(range: Range) -> Vec<(&'static str, String)> {
    match range.between {
        Some(Span { from, to }) => vec![("from", from.to_string()), ("to", to.to_string())],
        None => vec![("from", range.over.of_api())],
    }
}

/// The parameters of an address.
pub(crate) struct Given<'q>(pub(crate) &'q [(String, String)]);

impl<'q> Given<'q> {
    fn all(&self, name: &'static str) -> impl Iterator<Item = &'q str> {
        let found = self.0.iter().filter(move |(given, _)| given == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    pub(crate) fn one(&self, name: &'static str) -> Option<&'q str> {
        self.all(name).next()
    }

    fn text(&self) -> Result<String, Violation> {
        let text = self.one("q").unwrap_or_default();
        if text.len() > MAX_TEXT_BYTES {
            let reason = format!("has {} bytes, the limit is {MAX_TEXT_BYTES}", text.len());
            return Err(Violation::new("q", reason));
        }
        Ok(text.to_owned())
    }

    /// `label.NAME=VALUE`, as in links, and `label` with `NAME=VALUE`, as a form has it.
    fn filter(&self) -> Result<SeriesFilter, Violation> {
        let named =
            self.0.iter().filter_map(|(name, value)| Some((name.strip_prefix(LABEL)?, value.as_str())));
        let mut labels: std::collections::BTreeMap<String, String> =
            named.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        for label in self.all("label") {
            let (name, value) = label
                .split_once('=')
                .ok_or_else(|| Violation::new("label", format!("must be NAME=VALUE, is {label:?}")))?;
            labels.insert(name.trim().to_owned(), value.trim().trim_matches('"').to_owned());
        }
        if labels.len() > MAX_LABELS {
            return Err(Violation::new("label", format!("is given more than {MAX_LABELS} times")));
        }
        let [source, name] = ["source", "name"].map(|field| self.one(field).map(str::to_owned));
        SeriesFilter { source, name, labels, key: None }.checked()
    }

    fn picked(&self) -> Result<Vec<Series>, Violation> {
        let mut picked: Vec<Series> = Vec::new();
        for key in self.all("s") {
            let series: Series =
                key.parse().map_err(|violation: Violation| Violation::new("s", violation.to_string()))?;
            if !picked.contains(&series) {
                picked.push(series);
            }
        }
        if picked.len() > MAX_PICKED {
            let reason = format!("picks {} series, the limit is {MAX_PICKED}", picked.len());
            return Err(Violation::new("s", reason));
        }
        Ok(picked)
    }

    fn group(&self) -> Result<Option<Group>, Violation> {
        let by: Vec<String> = self.all("by").flat_map(|by| by.split([',', ' '])).map(str::to_owned).collect();
        let by: Vec<String> = by.into_iter().filter(|label| !label.is_empty()).collect();
        if by.len() > MAX_BY {
            return Err(Violation::new("by", format!("has {} labels, the limit is {MAX_BY}", by.len())));
        }
        match self.one("group") {
            Some(how) => Ok(Some(Group { how: Combine::parse(how)?, by })),
            // A form has a list of labels and a choice whose first entry is "none".
            None if by.is_empty() => Ok(None),
            None => Err(Violation::new("group", "must be sum, avg, min or max when by is given")),
        }
    }

    pub(crate) fn range(&self, now: Timestamp) -> Result<Range, Violation> {
        let [over, from, to] = ["over", "from", "to"].map(|name| self.one(name).unwrap_or_default());
        Range::parse(over, from, to, now)
    }

    pub(crate) fn number<N>(
        &self,
        name: &'static str,
        range: std::ops::RangeInclusive<N>,
        default: N,
    ) -> Result<N, Violation>
    where
        N: std::str::FromStr + PartialOrd + std::fmt::Display,
    {
        let Some(text) = self.one(name) else { return Ok(default) };
        text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
            Violation::new(
                name,
                format!("must be a number from {} to {}, is {text:?}", range.start(), range.end()),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> Timestamp {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    fn read(query: &str) -> Result<Question, String> {
        let query: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Question::parse(&query, now()).map_err(|violation| violation.to_string())
    }

    #[test]
    fn an_address_is_read_and_written_as_it_was() {
        for query in [
            "",
            "q=avail+SHOP",
            "source=host&name=cpu&label.cpu=0&fn=rate&group=sum&by=host%2Ccpu&over=7d&compare=1w",
            "s=host%2Fcpu%7Bcpu%3D%220%22%7D+percent&s=host%2Fload&fn=p95",
            "over=24h&from=2026-11-19T10%3A00%3A00Z&to=2026-11-19T12%3A00%3A00Z&page=3",
        ] {
            let link = read(query).unwrap().link("/explore");
            assert_eq!(link.trim_start_matches("/explore").trim_start_matches('?'), query);
        }
    }

    #[test]
    fn a_form_has_empty_fields_and_labels_as_text() {
        let question = read(
            "q=&source=+host&name=&label=cpu%3D%220%22&label=&fn=avg&group=&by=&over=&from=&to=&compare=",
        )
        .unwrap();
        assert_eq!(question.link("/explore"), "/explore?source=host&label.cpu=0");
        assert!(question.is_narrow() && !read("over=7d").unwrap().is_narrow());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let many = (0..=MAX_PICKED).map(|index| format!("s=host/n{index}")).collect::<Vec<_>>().join("&");
        let long = format!("q={}", "x".repeat(MAX_TEXT_BYTES + 1));
        for (query, expected) in [
            ("fn=median", "fn: must be one of avg, min, max, p95, sum, count, rate"),
            ("group=p95", "group: must be one of sum, avg, min, max"),
            ("by=host", "group: must be sum, avg, min or max when by is given"),
            ("group=sum&by=a,b,c,d,e,f,g,h,i", "by: has 9 labels, the limit is 8"),
            ("compare=2d", "compare: must be 1d or 1w"),
            ("label=cpu", "label: must be NAME=VALUE, is \"cpu\""),
            ("source=a+b", "source: may have only letters, digits and any of _.:- but has ' '"),
            ("points=1001", "points: must be a number from 50 to 1000, is \"1001\""),
            ("page=0", "page: must be a number from 1 to 10000, is \"0\""),
            (&many, "s: picks 21 series, the limit is 20"),
            (&long, "q: has 1001 bytes, the limit is 1000"),
        ] {
            assert_eq!(read(query).unwrap_err(), expected, "{query}");
        }
        assert!(read("s=load").unwrap_err().starts_with("s: series: must be SOURCE/NAME"));
        assert_eq!(read(&many[..many.rfind('&').unwrap()]).unwrap().picked.len(), MAX_PICKED);
    }

    proptest! {
        #[test]
        fn any_address_is_read_or_refused_and_what_was_read_is_written_back(
            query in prop::collection::vec(("q|source|name|label|label.a|s|fn|group|by|over|from|to|compare|page", ".{0,12}"), 0..8),
        ) {
            if let Ok(question) = Question::parse(&query, now()) {
                let link = question.link("");
                let again = read(link.trim_start_matches('?')).unwrap();
                prop_assert_eq!(again, question);
            }
        }
    }
}
