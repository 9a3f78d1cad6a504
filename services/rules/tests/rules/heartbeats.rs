//! Heartbeats: what is missing, what has failed, and what could not be received.

use crate::world::{World, at, partition, read, rules, told};
use std::sync::Arc;
use watchkeeper_domain::{Alert, Note, Sample, Series, Timestamp};
use watchkeeper_rules::{FAILED, STARTED, SUCCEEDED, explain, state_series};

const MINUTELY: &str = r#"
[[heartbeat]]
name = "backup"
every = "1m"
grace = "10s"
max_run = "30m"
"#;

const DAILY: &str = r#"
[[heartbeat]]
name = "backup"
every = "1d"
grace = "1h"
"#;

const HOUR: u64 = 3_600;

impl World {
    fn reports(&mut self, second: u64, state: f64, note: &str) -> Vec<String> {
        let sample = Sample::new(Arc::new(state_series("backup")), at(second), state);
        let note = Note::new(note);
        self.evaluator.observe(&partition(), &Sample { note, ..sample });
        told(&self.drain())
    }

    /// Heartbeats could be received from one second to the other.
    fn hears(&mut self, since: u64, until: u64) -> Vec<String> {
        told(&self.hears_of(since, until))
    }

    fn hears_of(&mut self, since: u64, until: u64) -> Vec<Alert> {
        self.evaluator.listen(&partition(), &state_series("backup"), at(since), at(until));
        self.drain()
    }

    fn explained(&self, rule: &str) -> Vec<String> {
        let rules = self.evaluator.rules();
        let memory = self.memories.first().map(|memory| &*memory.state);
        let rule = rules.rule(rule).expect("there is such a rule");
        explain(rule, &state_series("backup"), memory, None, None, Timestamp::MAX).lines
    }
}

#[test]
fn grace_counts_from_the_due_time_so_one_that_comes_a_little_late_changes_nothing() {
    let mut world = World::new(&rules(MINUTELY));
    for round in 0..10_u64 {
        // Every 61.2 s: each is 1.2 s late.
        let second = round * 612 / 10;
        assert!(world.hears(0, second).is_empty());
        assert!(world.reports(second, SUCCEEDED, "").is_empty());
        assert!(world.hears(0, second + 60).is_empty());
    }
    let last = 9 * 612 / 10;
    assert!(world.hears(0, last + 69).is_empty());
    let fired = world.hears_of(0, last + 75);
    assert_eq!(fired[0].fired_at, at(last + 70), "whenever it is noticed");
    assert_eq!(
        told(&fired),
        [
            "heartbeat:backup fires: no heartbeat within 1 min 10 s (expected every 1 min, last 2026-11-20T00:09:10Z)"
        ]
    );
    assert!(world.hears(0, last + 600).is_empty(), "once");
    let cleared = world.reports(last + 601, SUCCEEDED, "3 files");
    assert_eq!(cleared, ["heartbeat:backup clears: heartbeat at 2026-11-20T00:19:11Z: 3 files"]);
}

#[test]
fn a_run_has_a_limit_of_its_own() {
    let mut world = World::new(&rules(MINUTELY));
    world.reports(0, STARTED, "");
    assert!(world.hears(0, 20 * 60).is_empty());
    assert!(world.reports(20 * 60, SUCCEEDED, "").is_empty());
    world.reports(20 * 60 + 50, STARTED, "");
    assert!(world.hears(0, 50 * 60 + 49).is_empty());
    assert_eq!(
        world.hears(0, 50 * 60 + 50),
        ["heartbeat:backup fires: the run that started at 2026-11-20T00:20:50Z has not ended within 30 min"]
    );
}

#[test]
fn a_failure_fires_at_once_with_what_the_job_says_and_a_success_clears_it() {
    let mut world = World::new(&rules(DAILY));
    let failed = world.reports(0, FAILED, "exit code 3: rsync: disk full");
    assert_eq!(failed, ["heartbeat:backup fires: run failed with exit code 3: rsync: disk full"]);
    assert!(world.reports(60, FAILED, "again").is_empty());
    assert!(world.reports(70, STARTED, "").is_empty());
    assert_eq!(world.reports(90, SUCCEEDED, "").len(), 1);
    assert_eq!(world.reports(120, FAILED, ""), ["heartbeat:backup fires: run failed"]);
}

#[test]
fn one_that_never_comes_is_missing_after_every_and_grace() {
    let mut world = World::new(&rules(DAILY));
    assert!(world.hears(0, 0).is_empty());
    assert!(world.hears(0, 25 * HOUR - 1).is_empty());
    let never = world.hears(0, 25 * HOUR);
    assert_eq!(
        never,
        ["heartbeat:backup fires: no heartbeat within 25 h (expected every 1 day, none received yet)"]
    );
}

#[test]
fn nothing_is_absent_of_a_job_that_has_never_reported() {
    let silent = "[[rule]]\nname = \"silent\"\nmatch = ['source=\"heartbeat\"', 'name=\"state\"']\n";
    let mut world = World::new(&rules(&format!("{DAILY}\n{silent}absence = {{ after = \"10m\" }}\n")));
    assert!(world.hears(0, 0).is_empty());
    assert!(world.tick(HOUR).is_empty());
    assert!(world.reports(HOUR, SUCCEEDED, "").is_empty());
    let absent = told(&world.tick(2 * HOUR));
    assert_eq!(absent.len(), 1, "{absent:?}");
    assert!(absent[0].starts_with("silent fires: no sample for 10 min"), "{absent:?}");
}

#[test]
fn an_outage_of_the_receiver_fires_nothing_and_forgets_nothing() {
    let mut world = World::new(&rules(DAILY));
    world.reports(0, SUCCEEDED, "");
    assert!(world.hears(0, 23 * HOUR).is_empty());
    // Nothing could be received when the heartbeat was due; time alone changes nothing either.
    assert!(world.tick(40 * HOUR).is_empty());
    assert!(world.hears(41 * HOUR, 41 * HOUR).is_empty());
    assert!(world.hears(41 * HOUR, 66 * HOUR - 1).is_empty());
    assert_eq!(world.hears(41 * HOUR, 66 * HOUR).len(), 1, "a day and the grace after it could be received");
    // What fires goes on, through another outage.
    assert!(world.hears(90 * HOUR, 91 * HOUR).is_empty());
    assert_eq!(world.reports(92 * HOUR, SUCCEEDED, "").len(), 1);
}

#[test]
fn a_restart_at_another_time_puts_nothing_off() {
    let rules = rules(DAILY);
    let mut world = World::new(&rules);
    world.reports(0, SUCCEEDED, "");
    for hour in [4, 8, 12] {
        assert!(world.hears((hour - 4) * HOUR + 30, hour * HOUR).is_empty());
        world.restart(&rules);
    }
    assert!(world.hears(12 * HOUR + 30, 25 * HOUR - 1).is_empty());
    assert_eq!(world.hears(12 * HOUR + 30, 25 * HOUR).len(), 1);
    world.restart(&rules);
    assert!(world.hears(25 * HOUR, 80 * HOUR).is_empty(), "it is not told again");
    assert_eq!(world.reports(81 * HOUR, SUCCEEDED, "").len(), 1);
}

#[test]
fn a_reload_with_another_schedule_keeps_what_is_known() {
    let mut world = World::new(&rules(DAILY));
    world.reports(0, SUCCEEDED, "");
    world.hears(0, 10 * HOUR);
    assert!(world.reload(&rules(&DAILY.replace("1d", "12h"))).is_empty());
    assert!(world.hears(0, 13 * HOUR - 1).is_empty());
    assert_eq!(
        world.hears(0, 13 * HOUR),
        ["heartbeat:backup fires: no heartbeat within 13 h (expected every 12 h, last 2026-11-20T00:00:00Z)"]
    );
    world.reload(&rules(""));
    let removed = told(&world.tick(14 * HOUR));
    assert_eq!(removed, ["heartbeat:backup clears: the rule is no longer in the configuration"]);
}

#[test]
fn it_is_explained_also_before_the_first_report() {
    let mut world = World::new(&rules(DAILY));
    world.hears(0, 0);
    world.hears(0, HOUR);
    assert_eq!(
        world.explained("heartbeat:backup")[2..],
        [
            "it does not fire: no heartbeat yet (expected every 1 day)",
            "without another report it fires at 2026-11-21T01:00:00Z",
        ]
    );
    world.reports(HOUR, FAILED, "exit code 1");
    assert_eq!(
        world.explained("heartbeat:backup")[2..],
        [
            "it has been firing since 2026-11-20T01:00:00Z: run failed with exit code 1",
            "it clears when the job reports that it has run",
        ]
    );
}

#[test]
fn a_schedule_that_is_wrong_is_refused_by_the_name_of_its_key() {
    let refused = |text: &str| read(text).expect_err("it is wrong").to_string();
    for (text, expected) in [
        (
            "[[heartbeat]]\nname = \"a b\"\nevery = \"1d\"",
            "may have only letters, digits and any of _.- but has ' '",
        ),
        ("[[heartbeat]]\nname = \"a\"", "every: is missing: how often the job runs"),
        ("[[heartbeat]]\nevery = \"1d\"", "name: "),
        ("[[heartbeat]]\nname = \"a\"\nevery = \"5s\"", "every: "),
        ("[[heartbeat]]\nname = \"a\"\nevery = \"1d\"\ngrace = \"32d\"", "grace: "),
        ("[[heartbeat]]\nname = \"a\"\nevery = \"1d\"\nmax_run = \"0s\"", "max_run: "),
        ("[[heartbeat]]\nname = \"a\"\nevery = \"1d\"\nthreshold = {}", "threshold"),
    ] {
        assert!(refused(text).contains(expected), "{text}: {}", refused(text));
    }
    let twice = "[[heartbeat]]\nname = \"a\"\nevery = \"1d\"\n".repeat(2);
    assert!(refused(&twice).contains("there is a rule heartbeat:a already"), "{}", refused(&twice));
}

#[test]
fn its_series_is_that_of_its_job_alone() {
    let rules = rules(MINUTELY);
    let rule = rules.rule("heartbeat:backup").expect("there is such a rule");
    assert!(rule.matches(&state_series("backup")));
    assert!(!rule.matches(&state_series("other")));
    assert!(!rule.matches(&Series::new("demo", "state", "", &[("heartbeat", "backup")]).expect("a series")));
}
