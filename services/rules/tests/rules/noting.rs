//! What the source says about a value is part of the reason.

use crate::world::{World, partition, rules, sample, told};
use watchkeeper_domain::Note;

const SITE: &str = r#"uptime/availability_percent{target="shop"} percent"#;

const RULES: &str = r#"
[[rule]]
name = "site_down"
match = ['name="availability_percent"']
for = "30s"
threshold = { below = 50 }
"#;

impl World {
    /// A value with a note, and what it changes, in words.
    fn note(&mut self, second: u64, value: f64, note: &str) -> Vec<String> {
        let noted = sample(SITE, second, value).with_note(Note::new(note).expect("a note"));
        self.evaluator.observe(&partition(), &noted);
        told(&self.drain())
    }
}

#[test]
fn a_reason_begins_with_the_note_of_the_newest_sample_also_after_a_restart() {
    let rules = rules(RULES);
    let mut world = World::new(&rules);
    assert!(world.note(0, 0.0, "connection refused").is_empty());
    assert!(world.note(10, 0.0, "answered 500, expected 2xx").is_empty());
    world.restart(&rules);
    let reason = "answered 500, expected 2xx (availability is 0 %, below 50 % for 30 s)";
    assert_eq!(told(&world.tick(30)), [format!("site_down fires: {reason}")]);
}

#[test]
fn another_note_while_it_fires_is_no_news() {
    let mut world = World::new(&rules(RULES));
    world.note(0, 0.0, "connection refused");
    assert_eq!(world.note(30, 0.0, "connection refused").len(), 1);
    assert!(world.note(40, 0.0, "answered 500, expected 2xx").is_empty());
    assert_eq!(told(&world.observe(SITE, 50, 100.0)), ["site_down clears: is 100 %, not below 50 %"]);
}

#[test]
fn a_sample_without_a_note_leaves_none_of_the_one_before() {
    let mut world = World::new(&rules(RULES));
    world.note(0, 0.0, "connection refused");
    assert_eq!(told(&world.observe(SITE, 30, 0.0)), ["site_down fires: is 0 %, below 50 % for 30 s"]);
}

#[test]
fn a_note_says_nothing_about_samples_that_are_missing() {
    let absence =
        "[[rule]]\nname = \"silent\"\nmatch = ['source=\"uptime\"']\nabsence = { after = \"1m\" }\n";
    let mut world = World::new(&rules(absence));
    world.note(0, 0.0, "connection refused");
    let alerts = told(&world.tick(60));
    assert_eq!(alerts.len(), 1);
    assert!(alerts[0].starts_with("silent fires: no sample for 1 min"), "{alerts:?}");
}
