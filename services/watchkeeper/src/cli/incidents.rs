//! `watchkeeper incidents`.

use super::{Output, Server};
use clap::{Args, Subcommand};

#[derive(Args, Debug)]
pub(crate) struct IncidentsArgs {
    #[command(subcommand)]
    pub(crate) action: IncidentsAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum IncidentsAction {
    /// List open incidents and coming maintenance
    #[command(after_help = "Example: watchkeeper incidents list --ended")]
    List {
        /// Include those that ended in the last 90 days
        #[arg(long)]
        ended: bool,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        server: Server,
    },
    /// Open an incident on status pages, or announce maintenance
    #[command(
        after_help = "Examples:\n  watchkeeper incidents open 'The shop is slow' --text 'We are looking into it.' \
                            --affects 'Web shop'\n  watchkeeper incidents open 'New disks' --text 'The shop will be \
                            closed.' --from 2026-12-01T22:00:00Z --for 2h"
    )]
    Open(OpenIncidentArgs),
    /// Add an update to an incident
    #[command(
        after_help = "Example: watchkeeper incidents update k3v9x2m7q4w8t5zn --status identified --text 'A disk \
                            is full.'"
    )]
    Update(UpdateIncidentArgs),
    /// Resolve an incident, or end maintenance early
    #[command(
        after_help = "Example: watchkeeper incidents resolve k3v9x2m7q4w8t5zn --text 'Orders are fast again.'"
    )]
    Resolve(ResolveIncidentArgs),
}

#[derive(Args, Debug)]
pub(crate) struct OpenIncidentArgs {
    /// What happened, or what will be done, in one line
    #[arg(value_name = "TITLE")]
    pub(crate) title: String,
    /// What readers should know: plain text; an empty line separates paragraphs, and addresses become links
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: String,
    /// investigating, identified, monitoring or resolved [default: investigating, or scheduled for maintenance]
    #[arg(long, value_name = "STATUS")]
    pub(crate) status: Option<String>,
    /// The status page that shows it; repeatable [default: all]
    #[arg(long = "page", value_name = "NAME")]
    pub(crate) pages: Vec<String>,
    /// A target or group that it affects, as the pages name it; repeatable
    #[arg(long, value_name = "NAME")]
    pub(crate) affects: Vec<String>,
    /// How long the maintenance lasts, such as 2h
    #[arg(long = "for", value_name = "DURATION", conflicts_with = "until")]
    pub(crate) duration: Option<String>,
    /// When the maintenance ends: an RFC 3339 time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// When the maintenance begins: an RFC 3339 time [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Who opens it; not shown on status pages
    #[arg(long, value_name = "NAME", env = "USER")]
    pub(crate) by: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Args, Debug)]
pub(crate) struct UpdateIncidentArgs {
    /// The id, as `incidents list` shows it
    pub(crate) id: String,
    /// What readers should know now
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: String,
    /// investigating, identified, monitoring or resolved [default: unchanged]
    #[arg(long, value_name = "STATUS")]
    pub(crate) status: Option<String>,
    /// Who writes it; not shown on status pages
    #[arg(long, value_name = "NAME", env = "USER")]
    pub(crate) by: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Args, Debug)]
pub(crate) struct ResolveIncidentArgs {
    /// The id, as `incidents list` shows it
    pub(crate) id: String,
    /// What readers should know at the end
    #[arg(long, value_name = "TEXT", default_value = "This is resolved.")]
    pub(crate) text: String,
    /// Who resolves it; not shown on status pages
    #[arg(long, value_name = "NAME", env = "USER")]
    pub(crate) by: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: Server,
}
