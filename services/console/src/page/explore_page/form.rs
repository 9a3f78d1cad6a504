//! The form that searches and chooses what is drawn.

use crate::explore::{Combine, Compare, Function, Question};
use crate::format::cut;
use crate::gather::Found;
use watchkeeper_domain::SeriesFilter;

/// Longest text of a chosen label or series on the page, in characters.
const SHOWN_CHARS: usize = 80;

pub(super) struct FormPart {
    pub(super) text: String,
    pub(super) source: String,
    pub(super) name: String,
    /// Parameters that the form keeps: labels, and picked series that are not in the list.
    pub(super) kept: Vec<(String, String)>,
    /// What was chosen, each with a link that removes it.
    pub(super) chips: Vec<Chip>,
    pub(super) functions: Vec<Choice>,
    pub(super) combines: Vec<Choice>,
    pub(super) by: String,
    pub(super) compares: Vec<Choice>,
    pub(super) is_narrow: bool,
    /// What may be typed.
    pub(super) sources: Vec<String>,
    pub(super) names: Vec<String>,
    pub(super) labels: Vec<String>,
    /// Words for the search: sources and names.
    pub(super) words: Vec<String>,
    /// Labels to group by.
    pub(super) label_names: Vec<String>,
}

/// A chosen label or series.
pub(super) struct Chip {
    pub(super) text: String,
    pub(super) without: String,
}

/// An entry of a list to choose from.
pub(super) struct Choice {
    pub(super) value: &'static str,
    pub(super) title: &'static str,
    pub(super) is_chosen: bool,
}

impl FormPart {
    pub(super) fn new(question: &Question, found: Option<&Found>) -> Self {
        let filter = &question.filter;
        let completions = found.map(|found| found.completions.clone()).unwrap_or_default();
        let mut label_names: Vec<String> =
            completions.labels.iter().filter_map(|label| Some(label.split_once('=')?.0.to_owned())).collect();
        label_names.dedup();
        let words = completions.sources.iter().chain(&completions.names).cloned().collect();
        Self {
            text: question.text.clone(),
            source: filter.source.clone().unwrap_or_default(),
            name: filter.name.clone().unwrap_or_default(),
            kept: kept(question, found),
            chips: chips(question),
            functions: functions(question.function),
            combines: combines(question.group.as_ref().map(|group| group.how)),
            by: question.group.as_ref().map(|group| group.by.join(", ")).unwrap_or_default(),
            compares: compares(question.compare),
            is_narrow: question.is_narrow(),
            sources: completions.sources,
            names: completions.names,
            labels: completions.labels,
            words,
            label_names,
        }
    }
}

/// The parameters that no field of the form has.
fn kept(question: &Question, found: Option<&Found>) -> Vec<(String, String)> {
    let is_listed =
        |key: &str| found.is_some_and(|found| found.rows.iter().any(|sample| sample.series.key() == key));
    let is_kept = |(name, value): &(String, String)| match name.as_str() {
        "s" => !is_listed(value),
        name => name.starts_with(crate::links::LABEL) || ["over", "from", "to"].contains(&name),
    };
    question.parameters().into_iter().filter(is_kept).collect()
}

fn chips(question: &Question) -> Vec<Chip> {
    let labels = question.filter.labels.iter().map(|(name, value)| {
        let mut labels = question.filter.labels.clone();
        labels.remove(name);
        let filter = SeriesFilter { labels, ..question.filter.clone() };
        Chip {
            text: cut(&format!("{name} {value}"), SHOWN_CHARS),
            without: Question { filter, page: 1, ..question.clone() }.link("/explore"),
        }
    });
    let picked = question.picked.iter().map(|series| {
        let rest = question.picked.iter().filter(|one| *one != series).cloned().collect();
        Chip {
            text: cut(series.key(), SHOWN_CHARS),
            without: Question { picked: rest, ..question.clone() }.link("/explore"),
        }
    });
    labels.chain(picked).collect()
}

fn functions(chosen: Function) -> Vec<Choice> {
    let choice = |function: Function| Choice {
        value: function.name(),
        title: function.title(),
        is_chosen: function == chosen,
    };
    Function::ALL.into_iter().map(choice).collect()
}

fn combines(chosen: Option<Combine>) -> Vec<Choice> {
    let none = Choice { value: "", title: "each series", is_chosen: chosen.is_none() };
    let choice = |combine: Combine| Choice {
        value: combine.name(),
        title: match combine {
            Combine::Sum => "sum",
            Combine::Avg => "mean",
            Combine::Min => "minimum",
            Combine::Max => "maximum",
        },
        is_chosen: chosen == Some(combine),
    };
    [none].into_iter().chain(Combine::ALL.map(choice)).collect()
}

fn compares(chosen: Option<Compare>) -> Vec<Choice> {
    let none = Choice { value: "", title: "nothing", is_chosen: chosen.is_none() };
    let choice = |compare: Compare| Choice {
        value: compare.name(),
        title: compare.title(),
        is_chosen: chosen == Some(compare),
    };
    [none].into_iter().chain(Compare::ALL.map(choice)).collect()
}
