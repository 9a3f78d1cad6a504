//! What a target is, as configured: a reload keeps the targets whose definition is the same.

use crate::config::CollectorConfig;
use crate::sources::github::{GithubConfig, Repository};
use crate::sources::host::HostConfig;
use crate::sources::moex::MoexConfig;
use crate::sources::openweather::{City, OpenWeatherConfig};
use crate::sources::scrape::ScrapeConfig;
use crate::sources::uptime::UptimeConfig;
use crate::sources::{github, moex, openweather};
use std::sync::Arc;

/// Everything that decides what one target collects, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    /// See [`CollectorConfig::old_names`].
    pub(crate) old_names: bool,
    pub(crate) kind: Kind,
}

/// The configuration of a source, reduced to one target. What the targets of a source share is separate from what names
/// one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Host(HostConfig),
    Github(Arc<GithubConfig>, Repository),
    OpenWeather(Arc<OpenWeatherConfig>, City),
    Moex(MoexConfig),
    Uptime(Arc<UptimeConfig>),
    Scrape(Arc<ScrapeConfig>),
}

impl CollectorConfig {
    /// The definitions of all targets.
    pub(crate) fn definitions(&self) -> Vec<Definition> {
        let Self { host, github, openweather, moex, uptime, scrape, old_names, journal: _, spool: _ } = self;
        let kinds = (host.iter().flat_map(HostConfig::of_each).map(Kind::Host))
            .chain(github.iter().flat_map(GithubConfig::of_each).map(|(all, one)| Kind::Github(all, one)))
            .chain(
                openweather
                    .iter()
                    .flat_map(OpenWeatherConfig::of_each)
                    .map(|(all, one)| Kind::OpenWeather(all, one)),
            )
            .chain(moex.iter().cloned().map(Kind::Moex))
            .chain(uptime.iter().map(Arc::clone).map(Kind::Uptime))
            .chain(scrape.iter().map(Arc::clone).map(Kind::Scrape));
        kinds.map(|kind| Definition { old_names: *old_names, kind }).collect()
    }
}

impl Definition {
    /// The name of the target.
    pub(crate) fn name(&self) -> String {
        match &self.kind {
            Kind::Host(config) => config.target().name().to_owned(),
            Kind::Github(_, repository) => github::target_name(repository),
            Kind::OpenWeather(_, city) => openweather::target_name(city),
            Kind::Moex(_) => moex::SOURCE.to_owned(),
            Kind::Uptime(config) => config.target(),
            Kind::Scrape(config) => config.target(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::changes::Changes;
    use crate::sources::AllSources;
    use crate::target::Sources as _;
    use prometheus::Registry;
    use watchkeeper_config::Document;

    fn config(text: &str) -> CollectorConfig {
        let document = Document::parse("watchkeeper.toml", text).unwrap();
        document.read(|root| root.section("collector", CollectorConfig::read)).unwrap()
    }

    /// What a reload changes: the names of the targets that are added, changed and removed.
    fn reloaded(before: &str, after: &str) -> [Vec<String>; 3] {
        let mut sources = AllSources::register(&Registry::new()).unwrap();
        let before = sources.definitions(&config(before)).into_iter().collect();
        let Changes { added, changed, removed, .. } =
            Changes::between(&before, sources.definitions(&config(after))).unwrap();
        let names = |of: Vec<(Arc<str>, Definition)>| of.into_iter().map(|(name, _)| name).collect();
        [names(added), names(changed), removed].map(|names: Vec<Arc<str>>| {
            let mut names: Vec<_> = names.iter().map(ToString::to_string).collect();
            names.sort();
            names
        })
    }

    fn none() -> Vec<String> {
        Vec::new()
    }

    #[test]
    fn a_target_has_the_name_that_its_definition_says() {
        let all = config(
            "[collector.host]\nprocesses = [\"nginx\"]\ncgroups = [\"a.slice\"]\n\
             [collector.github]\nrepositories = [\"a/b\"]\n[collector.moex]\nenabled = true\n\
             [[collector.uptime]]\nurl = \"http://a.test/\"\ngroup = \"web\"\n\
             [[collector.scrape]]\nurl = \"http://a.test/metrics\"\n",
        );
        let mut sources = AllSources::register(&Registry::new()).unwrap();
        let definitions = sources.definitions(&all);
        assert_eq!(definitions.len(), 13 + 4);
        for (name, definition) in &definitions {
            assert_eq!(sources.open(definition).name(), &**name);
        }
    }

    #[test]
    fn a_site_that_is_added_changed_or_removed_concerns_no_other() {
        let site =
            |name: &str, more: &str| format!("[[collector.uptime]]\nurl = \"http://{name}.test/\"\n{more}");
        let before = [site("a", ""), site("b", ""), site("c", "")].concat();
        let after = [site("d", ""), site("c", ""), site("b", "failures = 2\n")].concat();
        let [added, changed, removed] = reloaded(&before, &after);
        assert_eq!(added, ["uptime/http://d.test/"]);
        assert_eq!(changed, ["uptime/http://b.test/"]);
        assert_eq!(removed, ["uptime/http://a.test/"]);
    }

    #[test]
    fn of_the_host_only_what_a_key_concerns_changes() {
        let host = |keys: &str| format!("[collector.host]\n{keys}");
        let keys = "exclude_disks = [\"/mnt/*\"]\nprocesses = [\"nginx\"]\n";
        let reload = reloaded(&host(""), &host(keys));
        assert_eq!(reload, [vec!["host/processes".to_owned()], vec!["host/disk".to_owned()], none()]);
        let [added, changed, removed] = reloaded(&host(""), &host("parts = [\"cpu\", \"disk\"]\n"));
        assert_eq!((added, changed, removed.len()), (none(), none(), 9));
        let [added, changed, removed] = reloaded(&host(""), &host("interval = \"30s\"\n"));
        assert_eq!((added, changed.len(), removed), (none(), 11, none()));
        let disabled = host("enabled = false\n");
        assert_eq!(reloaded(&disabled, &host(""))[0].len(), 11);
    }

    #[test]
    fn a_repository_more_keeps_the_others_and_another_interval_changes_all() {
        let github = |keys: &str| format!("[collector.github]\n{keys}\n");
        let (one, two) = (github("repositories = [\"a/b\"]"), github("repositories = [\"a/b\", \"c/d\"]"));
        assert_eq!(reloaded(&one, &two), [vec!["github/c/d".to_owned()], none(), none()]);
        let slower = format!("{one}interval = \"1h\"\n");
        assert_eq!(reloaded(&one, &slower), [none(), vec!["github/a/b".to_owned()], none()]);
    }
}
