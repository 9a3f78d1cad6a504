//! The settings of the notifier, which a reload replaces as a whole.

use crate::config::NotifierConfig;
use crate::outgoing::Outgoing;
use crate::plan::Planner;
use std::error::Error;
use std::sync::Arc;
use watchkeeper_rules::RuleSet;

/// The configuration and the rules of one file, and what is made of both. They are replaced together: rules that name
/// receivers of another file would lead nowhere.
#[derive(Debug)]
pub struct NotifierSettings {
    pub(crate) config: NotifierConfig,
    pub(crate) planner: Planner,
    pub(crate) outgoing: Outgoing,
    rules: Arc<RuleSet>,
}

impl NotifierSettings {
    /// Of what [`NotifierConfig::read`] gave.
    ///
    /// # Errors
    /// A template that fails, of those that reading has not tried.
    pub fn new(config: NotifierConfig, rules: Arc<RuleSet>) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let outgoing = config.outgoing(&rules).map_err(|mut errors| errors.swap_remove(0))?;
        Ok(Self { planner: Planner::new(&rules, &config.planned()), outgoing, config, rules })
    }
}

impl NotifierSettings {
    /// Writes messages about alerts of a rule that is in no file and has this summary.
    pub(crate) fn outgoing_with(
        &self,
        rule: &str,
        summary: &'static str,
    ) -> Result<Outgoing, Box<dyn Error + Send + Sync>> {
        let mut outgoing = self.config.outgoing(&self.rules).map_err(|mut errors| errors.swap_remove(0))?;
        outgoing.templates.add_summary(rule, summary)?;
        Ok(outgoing)
    }
}

impl PartialEq for NotifierSettings {
    fn eq(&self, other: &Self) -> bool {
        (&self.config, &self.rules) == (&other.config, &other.rules)
    }
}

#[cfg(test)]
impl NotifierSettings {
    pub(crate) fn rules(&self) -> Arc<RuleSet> {
        Arc::clone(&self.rules)
    }

    /// Those of a file, as the loops take them.
    pub(crate) fn of(text: &str) -> watchkeeper_config::Reloadable<Self> {
        let document = watchkeeper_config::Document::parse("watchkeeper.toml", text).unwrap();
        let (config, rules) = document
            .read(|root| NotifierConfig::read(root, false))
            .unwrap_or_else(|errors| panic!("{errors}"));
        watchkeeper_config::Reloadable::new(Self::new(config, rules).unwrap())
    }
}
