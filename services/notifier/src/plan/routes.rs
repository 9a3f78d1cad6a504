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
    /// Those of what nobody acknowledges, but for those above.
    pub(super) escalation: Vec<Recipient>,
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
            let routing = rule.routing.clone();
            let recipients = recipients(receivers, |receiver| routing.goes_to(receiver));
            let escalation = self::recipients(receivers, |receiver| {
                routing.escalation.as_ref().is_some_and(|escalation| escalation.to == receiver)
            });
            let escalation = escalation.into_iter().filter(|one| !recipients.contains(one)).collect();
            (rule.name.clone(), Route { routing, recipients, escalation })
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

/// Those of the receivers of these names.
fn recipients(receivers: &[Receiver], is_meant: impl Fn(&str) -> bool) -> Vec<Recipient> {
    let meant = receivers.iter().filter(|receiver| is_meant(&receiver.name));
    let mut once: Vec<Recipient> = Vec::new();
    for recipient in meant.flat_map(|receiver| &receiver.recipients) {
        if !once.contains(recipient) {
            once.push(recipient.clone());
        }
    }
    once
}
