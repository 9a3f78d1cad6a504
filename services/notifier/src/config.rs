//! The section `[notifier]`.

mod receiver;

pub(crate) use receiver::ServiceConfig;
pub use receiver::{MAX_MAIL_ADDRESSES, MAX_RECEIVERS, ReceiverConfig};

use crate::channels::Service;
use crate::maintenance::{self, Window};
use crate::message::{Body, TemplateError, TemplateOf, TemplateSource, TemplateSources, Templates};
use crate::outgoing::Outgoing;
use crate::own_heartbeat::OwnHeartbeat;
use crate::plan::Receiver;
use std::fs;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::{HttpUrl, Section};
use watchkeeper_domain::{Channel, MailAddress};
use watchkeeper_http_client::Access;
use watchkeeper_query::{ReportReceiver, ReportSet};
use watchkeeper_rules::{DEFAULT_RULES, Routing, Rule, RuleSet, default_rules};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a failing notification is retried: the default and the bounds.
const GIVE_UP_AFTER: (Duration, RangeInclusive<Duration>) =
    (Duration::from_secs(3 * 24 * 60 * 60), MINUTE..=Duration::from_secs(30 * 24 * 60 * 60));
/// How long settled notifications and ended silences are kept: the default and the bounds.
const RETENTION: (Duration, RangeInclusive<Duration>) =
    (Duration::from_secs(30 * 24 * 60 * 60), DAY..=Duration::from_secs(3_660 * 24 * 60 * 60));

/// The path of the alerts page.
const ALERTS_PAGE: &str = "/alerts";

/// Receivers, routing and retries.
#[derive(Clone, Debug, PartialEq)]
pub struct NotifierConfig {
    /// The default routing of rules.
    pub routing: Routing,
    /// How long a failing notification is retried.
    pub give_up_after: Duration,
    /// How long notifications are kept after their creation, and silences after their end.
    pub retention: Duration,
    /// The names of the default rules that are on.
    pub default_rules: Vec<&'static str>,
    /// Whether the file has receivers.
    has_receivers: bool,
    /// The receivers; never empty.
    pub receivers: Vec<ReceiverConfig>,
    /// The sender address of mail.
    pub mail_from: MailAddress,
    /// Alertmanager, if configured: its URL, and what it needs.
    pub alertmanager: Option<(HttpUrl, Access)>,
    /// Where this process reports that it is well, if configured.
    pub(crate) heartbeat: Option<OwnHeartbeat>,
    /// The public URL of the console, if configured.
    pub page_url: Option<HttpUrl>,
    /// The maintenance windows.
    pub(crate) maintenance: Vec<Window>,
    /// Replacements of the default templates.
    pub(crate) templates: TemplateSources,
    /// The saved reports, which may name receivers.
    pub(crate) reports: ReportSet,
}

impl NotifierConfig {
    /// Reads the sections `[notifier]`, `[[rule]]`, `[[inhibit]]` and `[[report]]` of the root; missing keys get their defaults.
    /// Templates and summaries of rules are checked by rendering them. With `match_old_names`, rules for Watchkeeper's
    /// sources also match the names of the previous platform.
    pub fn read(root: &mut Section<'_>, match_old_names: bool) -> (Self, Arc<RuleSet>) {
        let mut config = root.section("notifier", Self::read_section);
        config.reports = config.read_reports(root);
        let names: Vec<_> = config.receivers.iter().map(|receiver| receiver.name.clone()).collect();
        let rules = RuleSet::read(root, &config.routing, &names).with_defaults(config.default_rules());
        let rules = if match_old_names { rules.with_old_names() } else { rules };
        for error in config.outgoing(&rules).err().into_iter().flatten() {
            let key = match error.of {
                TemplateOf::File(_) => "notifier",
                TemplateOf::Summary(_) => "rule",
            };
            root.refuse(key, error.to_string());
        }
        (config, Arc::new(rules))
    }

    fn read_section(section: &mut Section<'_>) -> Self {
        let has_receivers = section.has("receiver");
        let receivers = receiver::read_all(section);
        let names: Vec<_> = receivers.iter().map(|receiver| receiver.name.clone()).collect();
        Self {
            routing: Routing::read(section, &Routing::default(), &names),
            give_up_after: section.duration("give_up_after", GIVE_UP_AFTER.1, GIVE_UP_AFTER.0),
            retention: section.duration("retention", RETENTION.1, RETENTION.0),
            default_rules: section.selection("default_rules", &DEFAULT_RULES),
            has_receivers,
            receivers,
            mail_from: section.section("mail", |mail| mail.parsed("from").unwrap_or_else(own_address)),
            alertmanager: section.section("alertmanager", |alertmanager| {
                let access = Access::read(alertmanager);
                alertmanager.parsed("url").map(|url| (url, access))
            }),
            heartbeat: section.section("heartbeat", OwnHeartbeat::read),
            page_url: section.parsed("page_url"),
            maintenance: maintenance::read_all(section),
            templates: section.section("templates", read_templates),
            reports: ReportSet::default(),
        }
    }

    fn read_reports(&self, root: &mut Section<'_>) -> ReportSet {
        let receivers: Vec<_> = self
            .receivers
            .iter()
            .map(|receiver| ReportReceiver { name: &receiver.name, has_mail: !receiver.mail.is_empty() })
            .collect();
        ReportSet::read(root, &receivers)
    }

    /// The default rules that are on. Without a receiver in the file, nobody is notified of what they find: it is shown
    /// on the alerts page.
    fn default_rules(&self) -> Vec<Rule> {
        let receivers = if self.has_receivers { self.routing.receivers.clone() } else { Some(Vec::new()) };
        default_rules(&self.default_rules, &Routing { receivers, ..self.routing.clone() })
    }

    /// Writes notifications with the templates, which were checked when they were read.
    pub(crate) fn outgoing(&self, rules: &RuleSet) -> Result<Outgoing, Vec<TemplateError>> {
        let page = self.alerts_page().map(|url| url.expose().to_owned());
        let templates = Templates::new(&self.templates, rules, page.clone())?.with_bodies(&self.bodies())?;
        Ok(Outgoing { templates, from: self.mail_from.clone(), page })
    }

    /// The URL of the alerts page.
    pub(crate) fn alerts_page(&self) -> Option<HttpUrl> {
        self.page_url.as_ref().map(|url| url.with_path(ALERTS_PAGE))
    }

    /// Whether the file has receivers; without one, [`Self::receivers`] has the default one.
    pub(crate) fn has_receivers(&self) -> bool {
        self.has_receivers
    }

    /// Whether any receiver has mail addresses.
    pub(crate) fn sends_mail(&self) -> bool {
        self.receivers.iter().any(|receiver| !receiver.mail.is_empty())
    }

    /// The service on this channel of the receiver of that name.
    pub(crate) fn service(&self, channel: Channel, receiver: &str) -> Option<&ServiceConfig> {
        let receiver = self.receivers.iter().find(|one| one.name == receiver)?;
        receiver.services.iter().find(|one| one.service.channel() == channel)
    }

    /// The templates of webhooks.
    fn bodies(&self) -> Vec<Body<'_>> {
        let bodies = self.receivers.iter().flat_map(|receiver| {
            receiver.services.iter().filter_map(|one| match &one.service {
                Service::Webhook(webhook) => Some(Body {
                    receiver: &receiver.name,
                    source: webhook.template.as_ref()?,
                    is_json: webhook.is_json(),
                }),
                _ => None,
            })
        });
        bodies.collect()
    }

    /// The receivers for the planner.
    pub(crate) fn planned(&self) -> Vec<Receiver> {
        self.receivers.iter().map(ReceiverConfig::planned).collect()
    }
}

fn read_templates(section: &mut Section<'_>) -> TemplateSources {
    let mut read = |key| {
        let source = TemplateSource::read(&section.path(key)?);
        source.map_err(|error| section.refuse(key, error.to_string())).ok()
    };
    TemplateSources { subject: read("subject"), text: read("text"), html: read("html") }
}

/// The current user at this host, or at `localhost` if the host name is not valid in an address.
fn own_address() -> MailAddress {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let at_host = format!("watchkeeper@{}", name.trim()).parse();
    at_host.unwrap_or_else(|_| local_address())
}

/// The fallback mailbox.
fn local_address() -> MailAddress {
    "watchkeeper@localhost".parse().expect("the address is valid")
}
