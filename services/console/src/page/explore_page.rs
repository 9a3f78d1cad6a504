//! The page that finds series and draws them.

mod copy;
mod form;
mod list;

use super::Part;
use super::panel::{Panel, panels};
use super::range_choice::RangeChoice;
use super::shell::Shell;
use crate::explore::{Question, Resolution};
use crate::format::{count, duration};
use crate::gather::{Drawing, Explored, MAX_GROUPED};
use askama::Template;
use copy::CopyPart;
use form::FormPart;
use list::ListPart;
use watchkeeper_domain::Timestamp;

/// The page at `/explore`.
#[derive(Template)]
#[template(path = "explore.html", whitespace = "minimize")]
pub(crate) struct ExplorePage {
    shell: Shell,
    form: FormPart,
    range: RangeChoice,
    /// What is drawn, in words: `rate per second, last hour`.
    title: String,
    drawing: Part<Option<DrawingPart>>,
    list: Part<ListPart>,
}

/// The charts.
struct DrawingPart {
    panels: Vec<Panel>,
    /// What a point is, and what is not drawn.
    remarks: Vec<String>,
    copy: CopyPart,
}

impl ExplorePage {
    /// The page at the instant `now`.
    pub(crate) fn new(shell: Shell, question: &Question, explored: Explored, now: Timestamp) -> Self {
        let Explored { found, history, drawing } = explored;
        let title = title(question);
        let address = format!("http://{}", shell.address);
        let without_range = Question { range: crate::explore::Range::default(), ..question.clone() };
        let link = |range| Question { range, page: 1, ..question.clone() }.link("/explore");
        let drawing = drawing
            .map(|drawing| drawing.map(|drawing| DrawingPart::new(question, &drawing, &title, &address)));
        Self {
            form: FormPart::new(question, found.as_ref().ok()),
            range: RangeChoice::new("/explore", without_range.parameters(), question.range, link),
            drawing,
            list: found.map(|found| ListPart::new(&found, history, question, now)),
            title,
            shell,
        }
    }
}

fn title(question: &Question) -> String {
    let mut title = question.function.title().to_owned();
    if let Some(group) = &question.group {
        let by = if group.by.is_empty() { "everything".to_owned() } else { group.by.join(", ") };
        title = format!("{} by {by} of the {title}", group.how.name());
    }
    let compared =
        question.compare.map(|compare| format!(", and {} (dashed)", compare.title())).unwrap_or_default();
    let title = format!("{title}, {}{compared}", question.range.title());
    let (first, rest) = title.split_at(1);
    first.to_uppercase() + rest
}

impl DrawingPart {
    fn new(question: &Question, drawing: &Drawing, title: &str, address: &str) -> Self {
        Self {
            panels: panels(drawing, title),
            remarks: remarks(question, drawing),
            copy: CopyPart::new(question, drawing, address),
        }
    }
}

/// `1 point = 5 min, mean of about 20 samples`, and what else a reader must know.
fn remarks(question: &Question, drawing: &Drawing) -> Vec<String> {
    let mut remarks =
        vec![format!("{}.", point(drawing.resolution, question.function.title(), drawing.samples_per_point))];
    let drawn = drawing.lines.len();
    if question.group.is_some() && drawing.asked > drawing.read.len() {
        let (read, asked) = (count(MAX_GROUPED), count(drawing.asked));
        remarks.push(format!("Only the first {read} of {asked} series are grouped: narrow the search."));
    }
    if drawing.all_lines > drawn && drawn > 0 {
        let all = count(drawing.all_lines);
        let limit = crate::gather::MAX_LINES;
        remarks.push(if drawing.all_lines > limit {
            format!(
                "{drawn} of {all} lines are drawn: narrow the search, tick series in the list, or group them."
            )
        } else {
            format!("{} of {all} series have no samples in this range.", drawing.all_lines - drawn)
        });
    }
    remarks
}

/// `1 point = 5 min, mean of about 20 samples, from hourly rollups`
pub(super) fn point(resolution: Resolution, function: &str, samples: Option<f64>) -> String {
    let of = match samples {
        Some(samples) if samples > 1.05 => format!(" of about {samples:.0} samples"),
        _ => String::new(),
    };
    let from = resolution.remark().map(|rollups| format!(", from {rollups}")).unwrap_or_default();
    format!("1 point = {}, {function}{of}{from}", duration(resolution.step.as_secs_f64()))
}
