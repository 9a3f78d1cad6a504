//! Requests and responses as JSON: what the HTTP API serves and the command line reads.
//!
//! Times are RFC 3339 text in UTC. Empty fields may be omitted; readers treat a missing field as empty.

mod alert;
mod dead_letter;
mod dead_letter_run;
mod deletion;
mod event;
mod incident;
mod notification;
mod problem;
mod range;
mod refused;
mod report;
mod rollup;
mod rule;
mod sample;
mod series;
mod silence;
mod status;

pub use alert::{
    AcknowledgeRequest, AcknowledgementJson, AlertJson, AlertList, AlertRef, UnacknowledgeRequest,
};
pub use dead_letter::{BytesJson, DeadLetterJson, DeadLetterList, HeaderJson, TruncatedJson};
pub use dead_letter_run::{DeadLetterRun, DeadLetterRunList, DeadLettersRequest, RunAction, RunState};
pub use deletion::SeriesDeletionJson;
pub use event::{
    EventAround, EventBar, EventCountJson, EventCountList, EventFieldJson, EventFieldList, EventHistogram,
    EventJson, EventList, EventTop, EventValue, EventValueList, PartialJson,
};
pub use incident::{IncidentJson, IncidentList, IncidentRequest, IncidentUpdateJson, IncidentUpdateRequest};
pub use notification::{NotificationJson, NotificationList, RetryJson};
pub use problem::{IngestAnswer, Problem, Refusal};
pub use range::{RangeAnswer, RangeSeries};
pub use refused::{RefusalList, RefusedJson};
pub use report::{ReportAnswer, ReportJson, ReportList};
pub use rollup::{RollupJson, RollupList, RollupSeries};
pub use rule::{RuleExplanation, RuleJson, RuleList, SeriesExplanation};
pub use sample::{Lagged, SampleJson, SampleList};
pub use series::{SeriesJson, SeriesList};
pub use silence::{SilenceJson, SilenceList, SilenceRequest};
pub use status::{GroupLag, RoleStatus, StatusJson};
