//! Rules as the configuration has them.

use crate::world::{RECEIVERS, read, rules};
use proptest::prelude::*;
use std::time::Duration;
use watchkeeper_config::Document;
use watchkeeper_domain::Severity;
use watchkeeper_rules::{
    Condition, Escalation, MAX_GROUP_FIELDS, MAX_INHIBITIONS, MAX_RULES, MAX_SUMMARY_BYTES, MAX_TESTS,
    Routing, RuleSet, Threshold,
};

const MINUTE: Duration = Duration::from_secs(60);

fn errors(text: &str) -> Vec<String> {
    let errors = read(text).expect_err("must be refused");
    errors.first().iter().map(ToString::to_string).collect()
}

/// A rule that is right but for `changed`, which may replace a key or add one.
fn rule(changed: &str) -> String {
    let keys = [r#"name = "r""#, r#"match = ['a="b"']"#, "threshold = { above = 1 }"];
    let key = |line: &str| line.split('=').next().map(|key| key.trim().to_owned());
    let kept = keys.iter().filter(|line| key(line) != key(changed));
    let lines: Vec<&str> = kept.copied().chain([changed]).collect();
    format!("[[rule]]\n{}\n", lines.join("\n"))
}

fn only_error(changed: &str) -> String {
    let mut errors = errors(&rule(changed));
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.remove(0)
}

#[test]
fn a_rule_says_what_it_says_and_the_defaults_say_the_rest() {
    let rules = rules(
        r#"
        [[rule]]
        name = "site_down"
        severity = "critical"
        match = ['source="uptime"', 'name=~"a.*"']
        for = "2m"
        summary = "{{ labels.target }} is down"
        receivers = ["ops"]
        group_by = []
        repeat_interval = "1d"
        [rule.threshold]
        below = 50
        clear_at = 60.5
        [[rule]]
        name = "plain"
        match = ['source="x"']
        absence = { after = "3h" }
        [[inhibit]]
        when = ['rule="host_down"']
        mute = ['severity="warning"']
        equal = ["host"]
        "#,
    );
    let [down, plain] = rules.rules() else { panic!("two rules") };
    assert_eq!((&*down.name, down.severity, down.hold), ("site_down", Severity::Critical, 2 * MINUTE));
    let threshold = Threshold { is_above: false, limit: 50.0, clear_at: 60.5 };
    assert_eq!(down.condition, Condition::Threshold(threshold));
    assert_eq!(down.matchers.to_string(), r#"source="uptime", name=~"a.*""#);
    let receivers = Some(vec!["ops".to_owned()]);
    let repeat = Duration::from_secs(24 * 3600);
    assert_eq!(down.routing, Routing { receivers, repeat, group_by: Vec::new(), ..Routing::default() });
    assert_eq!((plain.severity, plain.hold, &plain.summary), (Severity::Warning, Duration::ZERO, &None));
    assert_eq!((plain.stale_after, &plain.routing), (24 * 60 * MINUTE, &Routing::default()));
    assert_eq!(rules.rule("plain"), Some(plain));
    assert_eq!(rules.inhibitions()[0].equal, ["host"]);
}

#[test]
fn a_silence_longer_than_a_day_is_waited_for_before_the_series_counts_as_gone() {
    let rules = rules(&rule("threshold = 0").replace("threshold = 0", r#"absence = { after = "3d" }"#));
    assert_eq!(rules.rules()[0].stale_after, Duration::from_secs(6 * 24 * 3600));
}

#[test]
fn each_mistake_names_its_key_and_says_what_it_must_be() {
    for (changed, error) in [
        ("name = \"a b\"", "rule[0].name: may have only letters, digits and any of _.:- but has ' '"),
        ("severity = \"bad\"", "rule[0].severity: must be info, warning or critical (is \"bad\")"),
        ("for = \"8d\"", "rule[0].for: must be from 0s to 7d, is 8d"),
        (
            "match = ['a']",
            "rule[0].match[0]: must be FIELD=\"VALUE\" (or !=, =~, !~): the operator is missing (is \"a\")",
        ),
        (
            "receivers = [\"opps\"]",
            "rule[0].receivers[0]: must be one of ops, chat, is \"opps\"; did you mean `ops`?",
        ),
        (
            "group_by = [\"a b\"]",
            "rule[0].group_by[0]: must be 1 to 128 letters, digits and any of _.:-/ (is \"a b\")",
        ),
        ("threshold = {}", "rule[0].threshold.above: exactly one of above and below must be given"),
        (
            "threshold = { above = 1, clear_at = 2 }",
            "rule[0].threshold.clear_at: must not be beyond the limit, 1",
        ),
        ("threshold = { above = inf }", "rule[0].threshold.above: must be a finite number, is inf"),
        (
            "absence = {}",
            "rule[0].name: a rule must have exactly one of threshold, change, rate, ratio, forecast, absence, anomaly, dead_letters and events, this one has 2",
        ),
        ("threshold = { above = 1, abov = 2 }", "rule[0].threshold.abov: unknown key; did you mean `above`?"),
        ("stale_after = \"1s\"", "rule[0].stale_after: must be from 1m to 366d, is 1s"),
    ] {
        assert_eq!(only_error(changed), error);
    }
    let with =
        |condition: &str| errors(&rule("threshold = 0").replace("threshold = 0", condition)).join("\n");
    assert_eq!(
        with("change = {}"),
        "rule[0].change.rises_by: exactly one of rises_by, falls_by and changes_by must be given"
    );
    assert_eq!(with("change = { falls_by = 0 }"), "rule[0].change.falls_by: must be more than 0, is 0");
    assert_eq!(
        with("forecast = {}"),
        "rule[0].forecast.rises_to: exactly one of rises_to and falls_to must be given"
    );
    assert_eq!(
        with("forecast = { rises_to = 100, from = 100 }"),
        "rule[0].forecast.from: must be below the limit, 100"
    );
    assert_eq!(
        with("forecast = { falls_to = 0, from = -1 }"),
        "rule[0].forecast.from: must be above the limit, 0"
    );
    assert_eq!(
        with("forecast = { falls_to = 0, within = \"1s\" }"),
        "rule[0].forecast.within: must be from 1m to 31d, is 1s"
    );
    assert_eq!(
        with("rate = { above = 1, over = \"2d\" }"),
        "rule[0].rate.over: must be from 1s to 1d, is 2d"
    );
    assert_eq!(with("rate = {}"), "rule[0].rate.above: exactly one of above and below must be given");
    assert_eq!(
        with("ratio = { to = \"total\", below = 1 }"),
        "rule[0].match: must have name=\"NAME\" for a ratio: the series to divide"
    );
    assert!(with("ratio = { below = 1 }").contains("rule[0].ratio.to: is missing"));
    assert_eq!(with("anomaly = { deviations = 0 }"), "rule[0].anomaly.deviations: must be more than 0, is 0");
    assert_eq!(with("anomaly = { at_least = -1 }"), "rule[0].anomaly.at_least: must not be negative, is -1");
    assert!(with("anomaly = { against = \"x\" }").contains("must be recent, same_hour or both"));
    assert_eq!(
        with("dead_letters = {}"),
        "rule[0].match: is only for rules over series, not for dead_letters"
    );
    assert_eq!(
        with("absence = { after = \"2h\" }\nstale_after = \"1h\""),
        "rule[0].stale_after: must be longer than the 2h that the condition covers"
    );
}

#[test]
fn two_rules_of_one_name_are_refused() {
    let twice = format!("{}{}", rule("for = \"1s\""), rule("for = \"2s\""));
    assert_eq!(errors(&twice), ["rule[1].name: is the name of an earlier rule"]);
}

#[test]
fn every_list_is_read_up_to_its_limit_and_refused_past_it() {
    let many = |count: usize, text: fn(usize) -> String| (0..count).map(text).collect::<String>();
    let rules = |count| many(count, |index| rule(&format!("name = \"r{index}\"")));
    assert_eq!(read(&rules(MAX_RULES)).unwrap().rules().len(), MAX_RULES);
    assert_eq!(errors(&rules(MAX_RULES + 1)), ["rule: has 1001 items, the limit is 1000"]);
    let inhibitions = |count| many(count, |_| "[[inhibit]]\nwhen = ['a=b']\nmute = ['a=c']\n".to_owned());
    assert_eq!(read(&inhibitions(MAX_INHIBITIONS)).unwrap().inhibitions().len(), MAX_INHIBITIONS);
    assert_eq!(errors(&inhibitions(MAX_INHIBITIONS + 1)), ["inhibit: has 101 items, the limit is 100"]);
    let tests = |count| {
        let test =
            |_| "[[rule.test]]\nseries = \"a/b\"\nvalues = \"1\"\nexpect = [{ is = \"clear\" }]\n".to_owned();
        rule("") + &many(count, test)
    };
    assert_eq!(read(&tests(MAX_TESTS)).unwrap().rules()[0].tests.len(), MAX_TESTS);
    assert_eq!(errors(&tests(MAX_TESTS + 1)), ["rule[0].test: has 51 items, the limit is 50"]);
    let fields = |count| rule(&format!("group_by = [{}]", many(count, |index| format!("\"f{index}\","))));
    assert_eq!(read(&fields(MAX_GROUP_FIELDS)).unwrap().rules()[0].routing.group_by.len(), MAX_GROUP_FIELDS);
    assert_eq!(errors(&fields(MAX_GROUP_FIELDS + 1)), ["rule[0].group_by: has 9 items, the limit is 8"]);
    let summary = |length| rule(&format!("summary = \"{}\"", "x".repeat(length)));
    assert!(read(&summary(MAX_SUMMARY_BYTES)).is_ok());
    assert_eq!(
        errors(&summary(MAX_SUMMARY_BYTES + 1)),
        ["rule[0].summary: has 2001 bytes, the limit is 2000"]
    );
}

#[test]
fn matchers_that_are_missing_do_not_mean_everything_and_none_do() {
    assert!(read(&rule("match = []")).unwrap().rules()[0].matches(&"any/thing".parse().unwrap()));
    let missing = rule("").replace("match = ['a=\"b\"']\n", "");
    assert_eq!(errors(&missing), ["rule[0].match: is missing"]);
    assert_eq!(errors("[[inhibit]]"), ["inhibit[0].when: is missing", "inhibit[0].mute: is missing"]);
}

#[test]
fn each_mistake_in_a_test_names_its_key() {
    let test = |lines: &str| errors(&(rule("") + "[[rule.test]]\n" + lines)).join("\n");
    let series = "series = \"a/b\"\n";
    let right = "values = \"1\"\nexpect = [{ is = \"clear\" }]\n";
    assert_eq!(test(right), "rule[0].test[0].series: is missing");
    assert!(test(&format!("{series}values = \"1\"")).contains("expect: must state what is expected"));
    assert!(
        test(&format!("{series}expect = [{{ is = \"clear\" }}]"))
            .contains("exactly one of values and samples")
    );
    assert!(test(&format!("{series}{right}samples = []")).contains("exactly one of values and samples"));
    let listed =
        "samples = [{ at = \"1s\", value = 1 }, { at = \"1s\", value = 1 }]\nexpect = [{ is = \"clear\" }]";
    assert!(test(&format!("{series}{listed}")).contains("must be in order of time"));
    assert!(
        test(&format!("{series}{}", right.replace("clear", "dark")))
            .contains("must be firing, pending or clear")
    );
}

fn any_configuration() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("[[rule]]".to_owned()),
        Just("[[rule.test]]".to_owned()),
        Just("[[inhibit]]".to_owned()),
        ("[a-z_]{1,12}", "[ -~]{0,24}").prop_map(|(key, value)| format!("{key} = {value}")),
        (
            prop::sample::select(vec![
                "name",
                "match",
                "for",
                "threshold",
                "change",
                "absence",
                "anomaly",
                "dead_letters",
                "summary",
                "receivers",
                "group_by",
                "when",
                "mute",
                "equal",
                "series",
                "values",
                "samples",
                "expect",
                "every",
                "stale_after",
            ]),
            prop::sample::select(vec![
                "1",
                "-1e300",
                "nan",
                "\"5m\"",
                "\"x\"",
                "[]",
                "{}",
                "['a=~\"b|c\"']",
                "[{ at = \"1m\", is = \"firing\" }]",
                "{ above = 3 }",
                "{ rises_by = 1e-300, percent = true }",
                "{ after = \"1s\" }",
                "{ deviations = 0.1 }",
                "\"uptime/x{a=\\\"b\\\"}\"",
                "\"1x10 _x1000 5e300 0\"",
            ]),
        )
            .prop_map(|(key, value)| format!("{key} = {value}")),
    ];
    proptest::collection::vec(line, 0..24).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_and_its_tests_run(text in any_configuration()) {
        if let Ok(rules) = read(&text) {
            watchkeeper_rules::run_tests(&rules);
        }
    }

    #[test]
    fn any_rule_is_read_or_refused_and_its_tests_run(lines in any_configuration()) {
        let text = format!("[[rule]]\nname = \"r\"\nmatch = ['a=b']\n{lines}");
        if let Ok(rules) = read(&text) {
            watchkeeper_rules::run_tests(&rules);
        }
    }
}

#[test]
fn an_unknown_receiver_is_told_which_there_are() {
    assert!(only_error("receivers = [\"nobody\"]").contains(&RECEIVERS.join(", ")));
}

#[test]
fn a_ratio_needs_the_name_and_perhaps_the_unit_of_the_series_to_divide() {
    let ratio = |matchers: &str, ratio: &str| {
        format!("[[rule]]\nname = \"r\"\nmatch = [{matchers}]\nratio = {{ {ratio}, below = 1 }}\n")
    };
    let of = |matchers: &str, keys: &str| errors(&ratio(matchers, keys));
    assert_eq!(
        of(r#"'name=~"used"'"#, r#"to = "total""#),
        [r#"rule[0].match: must have name="NAME" for a ratio: the series to divide"#]
    );
    assert_eq!(
        of(r#"'name="total"'"#, r#"to = "total""#),
        ["rule[0].match: must have another name than `to` of the ratio"]
    );
    assert_eq!(
        of(r#"'name="total"'"#, r#"to = "total", unit = "bytes""#),
        [r#"rule[0].match: must have unit="UNIT" for a ratio whose divisor has another unit"#]
    );
    let rules = rules(&ratio(r#"'name="used"', 'unit="pages"'"#, r#"to = "total", unit = "bytes""#));
    let Condition::Ratio(ratio) = &rules.rules()[0].condition else { panic!("a ratio") };
    assert_eq!((&*ratio.of, ratio.units.clone()), ("used", Some(("pages".into(), "bytes".into()))));
}

#[test]
fn an_escalation_goes_to_a_receiver_that_is_not_notified_at_once() {
    let rule = |more: &str| format!("[[rule]]\nname = \"r\"\nmatch = ['a=\"b\"']\nabsence = {{}}\n{more}\n");
    let routing = read(&rule("escalate = { to = \"chat\", after = \"1h\" }")).unwrap();
    let routing = routing.rules()[0].routing.clone();
    assert!(routing.goes_to("ops") && !routing.goes_to("chat"));
    let refused = |more: &str| read(&rule(more)).unwrap_err().to_string();
    for (more, expected) in [
        ("escalate = { to = \"nobody\" }", "to: must be one of ops, chat, is \"nobody\""),
        ("escalate = {}", "to: is missing"),
        ("escalate = { to = \"chat\", after = \"59s\" }", "after: "),
        ("receivers = [\"ops\", \"chat\"]\nescalate = { to = \"chat\" }", "is notified at once"),
    ] {
        assert!(refused(more).contains(expected), "{more}: {}", refused(more));
    }
}

/// The routing of a rule with these lines, or why it is refused; `default` is that of `[notifier]`.
fn routing(lines: &str, default: &Routing, receivers: &[&str]) -> Result<Routing, String> {
    let text = format!("[[rule]]\nname = \"r\"\nmatch = ['a=\"b\"']\nabsence = {{}}\n{lines}\n");
    let known: Vec<_> = receivers.iter().map(|&name| name.to_owned()).collect();
    let document = Document::parse("rules.toml", &text).map_err(|errors| errors.to_string())?;
    let rules = document.read(|root| RuleSet::read(root, default, &known));
    rules.map(|rules| rules.rules()[0].routing.clone()).map_err(|errors| errors.to_string())
}

#[test]
fn a_rule_that_notifies_the_inherited_receiver_of_an_escalation_at_once_escalates_nothing() {
    let escalation = Escalation { to: "chat".to_owned(), after: 30 * MINUTE };
    let default = Routing { escalation: Some(escalation), ..Routing::default() };
    let read = |lines: &str| routing(lines, &default, &RECEIVERS).unwrap();
    let at_once = read("receivers = [\"chat\"]");
    assert!(at_once.goes_to("chat") && at_once.escalation.is_none());
    assert_eq!(read("receivers = [\"ops\"]").escalation, default.escalation);
    assert_eq!(read("").escalation, default.escalation);
}

#[test]
fn a_rule_that_escalates_to_an_inherited_receiver_notifies_the_others_first() {
    let names = RECEIVERS.map(str::to_owned).to_vec();
    let default = Routing { receivers: Some(names), ..Routing::default() };
    let read = routing("escalate = { to = \"chat\" }", &default, &RECEIVERS).unwrap();
    assert!(read.goes_to("ops") && !read.goes_to("chat") && read.escalation.is_some());
}

#[test]
fn an_escalation_needs_another_receiver_to_notify_first() {
    let expected = "there is no other receiver to notify first: add one, or remove escalate";
    let only_chat = Routing { receivers: Some(vec!["chat".to_owned()]), ..Routing::default() };
    for (default, receivers) in [(Routing::default(), &["chat"][..]), (only_chat, &RECEIVERS[..])] {
        let refused = routing("escalate = { to = \"chat\" }", &default, receivers).unwrap_err();
        assert!(refused.contains(expected), "{refused}");
    }
}
