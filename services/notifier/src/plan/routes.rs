//! Routes from rules to recipients.

use super::{Receiver, Recipient};
use std::collections::{HashMap, HashSet};
use watchkeeper_rules::{Routing, RuleSet};

/// The route of one rule's alerts.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) routing: Routing,
    /// Each once, however many receivers have it.
    pub(super) recipients: Vec<Recipient>,
}

/// The routes of all rules.
#[derive(Debug)]
pub(super) struct Routes {
    by_rule: HashMap<String, Route>,
    /// All configured recipients, including those that no rule uses.
    recipients: HashSet<Recipient>,
}

impl Routes {
    pub(super) fn new(rules: &RuleSet, receivers: &[Receiver]) -> Self {
        let routes = rules.rules().iter().map(|rule| {
            let recipients = recipients(&rule.routing, receivers);
            (rule.name.clone(), Route { routing: rule.routing.clone(), recipients })
        });
        let recipients = receivers.iter().flat_map(|receiver| receiver.recipients.iter().cloned());
        Self { by_rule: routes.collect(), recipients: recipients.collect() }
    }

    /// The route of a rule's alerts; `None` if there is no such rule.
    pub(super) fn of(&self, rule: &str) -> Option<&Route> {
        self.by_rule.get(rule)
    }

    /// Whether the recipient is still configured.
    pub(super) fn leads_to(&self, recipient: &Recipient) -> bool {
        self.recipients.contains(recipient)
    }
}

fn recipients(routing: &Routing, receivers: &[Receiver]) -> Vec<Recipient> {
    let is_named =
        |receiver: &&Receiver| routing.receivers.as_ref().is_none_or(|names| names.contains(&receiver.name));
    let mut once: Vec<Recipient> = Vec::new();
    for recipient in receivers.iter().filter(is_named).flat_map(|receiver| &receiver.recipients) {
        if !once.contains(recipient) {
            once.push(recipient.clone());
        }
    }
    once
}
