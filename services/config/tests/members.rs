//! Promises of sections that share keys.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

use std::collections::BTreeMap;
use watchkeeper_config::{ConfigErrors, Document, Membership, Section};

static MEMBERSHIP: Membership = Membership {
    own: &["url", "tcp", "name", "targets"],
    together: &[&["token", "user"]],
    name: "name",
    short: |text| text.strip_prefix("tcp://").map_or(("url", text), |rest| ("tcp", rest)),
    name_of: |text| Some(text.trim_start_matches("https://").to_owned()),
    samples: &["https://x", "tcp://x"],
};

#[derive(Debug, Default, PartialEq)]
struct Target {
    at: String,
    name: String,
    retries: u8,
    status: u16,
    token: Option<String>,
    user: Option<String>,
    labels: BTreeMap<String, String>,
}

fn target(section: &mut Section<'_>) -> Target {
    let url = section.optional_text("url", 30);
    let tcp = section.optional_text("tcp", 30);
    if url.is_none() && tcp.is_none() {
        section.refuse("url", "is missing");
    }
    Target {
        name: section.text("name", 30, "unnamed"),
        retries: section.integer("retries", 0..=9, 1),
        // Only targets with a URL have a status.
        status: if url.is_some() { section.integer("status", 100..=599, 200) } else { 0 },
        at: url.or(tcp).unwrap_or_default(),
        token: section.optional_text("token", 9),
        user: section.optional_text("user", 9),
        labels: section.joined_texts("labels", 2, 9),
    }
}

fn read(text: &str) -> Result<Vec<Target>, ConfigErrors> {
    let document = Document::parse("watchkeeper.toml", text)?;
    let entries = document.read(|root| {
        root.sections_with_defaults(("uptime", "defaults"), 3, &MEMBERSHIP, |entry| {
            if entry.has("targets") {
                entry.members("targets", 3, &MEMBERSHIP, target)
            } else {
                vec![target(entry)]
            }
        })
    });
    entries.map(|entries| entries.into_iter().flatten().collect())
}

fn refused(text: &str) -> Vec<String> {
    read(text).unwrap_err().first().iter().map(ToString::to_string).collect()
}

#[test]
fn a_key_of_a_target_counts_before_that_of_its_group_and_that_before_the_defaults() {
    let targets = read(
        r#"
        [defaults]
        retries = 2
        status = 201
        labels = { team = "web", tier = "1" }
        [[uptime]]
        url = "https://alone"
        [[uptime]]
        retries = 3
        labels = { team = "ops" }
        targets = ["https://plain", { url = "https://own", retries = 4, status = 204, labels = { tier = "2" } }]
        "#,
    )
    .unwrap();
    let seen: Vec<_> = targets
        .iter()
        .map(|target| {
            let labels: Vec<&str> = target.labels.values().map(String::as_str).collect();
            (target.at.as_str(), target.retries, target.status, labels.join(" "))
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("https://alone", 2, 201, "web 1".to_owned()),
            ("https://plain", 3, 201, "ops 1".to_owned()),
            ("https://own", 4, 204, "ops 2".to_owned()),
        ]
    );
}

#[test]
fn the_targets_of_a_group_are_a_list_or_a_table_with_their_names() {
    let list = read(
        "[[uptime]]\ntargets = [\"https://shop\", \"tcp://db:1\", { url = \"https://x\", name = \"y\" }]\n",
    );
    let table = read("[[uptime]]\ntargets.shop = \"https://shop\"\ntargets.\"db 1\" = { tcp = \"db:1\" }\n");
    let names = |targets: Result<Vec<Target>, ConfigErrors>| -> Vec<(String, String)> {
        targets.unwrap().into_iter().map(|target| (target.name, target.at)).collect()
    };
    let pair = |name: &str, at: &str| (name.to_owned(), at.to_owned());
    assert_eq!(
        names(list),
        [pair("shop", "https://shop"), pair("tcp://db:1", "db:1"), pair("y", "https://x")]
    );
    assert_eq!(names(table), [pair("db 1", "db:1"), pair("shop", "https://shop")]);
}

#[test]
fn keys_that_belong_together_are_not_taken_from_two_sections() {
    let targets = read(
        "[defaults]\ntoken = \"t\"\n[[uptime]]\nuser = \"u\"\ntargets = [\"https://a\", { url = \"https://b\", token = \"own\" }]\n",
    )
    .unwrap();
    let seen: Vec<_> =
        targets.iter().map(|target| (target.token.as_deref(), target.user.as_deref())).collect();
    assert_eq!(seen, [(None, Some("u")), (Some("own"), None)]);
}

#[test]
fn a_fault_in_what_targets_share_is_reported_once_where_it_is() {
    let group = "[[uptime]]\ntargets = [\"https://a\", \"https://b\"]\n";
    assert_eq!(
        refused(&format!("[defaults]\nretries = 10\n{group}")),
        ["defaults.retries: must be from 0 to 9, is 10"]
    );
    assert_eq!(refused(&format!("{group}retries = 10\n")), ["uptime[0].retries: must be from 0 to 9, is 10"]);
    assert_eq!(
        refused(&format!("[defaults]\nlabels = {{ a = 1 }}\n{group}")),
        ["defaults.labels.a: must be text, is a number"]
    );
    assert_eq!(
        refused("[[uptime]]\ntargets = [{ url = \"https://a\", retries = 10 }]\n"),
        ["uptime[0].targets[0].retries: must be from 0 to 9, is 10"]
    );
    assert_eq!(
        refused("[[uptime]]\ntargets.\"a b\" = { url = \"https://a\", retries = 10 }\n"),
        ["uptime[0].targets.\"a b\".retries: must be from 0 to 9, is 10"]
    );
}

#[test]
fn a_key_that_only_other_kinds_of_targets_use_is_checked_and_no_error() {
    let tcp = "[[uptime]]\ntargets = [\"tcp://a\"]\n";
    assert!(read(&format!("[defaults]\nstatus = 204\n{tcp}status = 205\n")).is_ok());
    assert_eq!(
        refused(&format!("[defaults]\nstatus = 9\n{tcp}")),
        ["defaults.status: must be from 100 to 599, is 9"]
    );
    assert_eq!(refused("[defaults]\nretries = 10\n"), ["defaults.retries: must be from 0 to 9, is 10"]);
}

#[test]
fn an_unknown_key_of_defaults_of_a_group_or_of_a_target_is_refused() {
    assert_eq!(
        refused(
            "[defaults]\nretry = 1\n[[uptime]]\nretry = 2\ntargets = [{ url = \"https://a\", retry = 3 }]\n"
        ),
        [
            "defaults.retry: unknown key; did you mean `retries`?",
            "uptime[0].retry: unknown key; did you mean `retries`?",
            "uptime[0].targets[0].retry: unknown key; did you mean `retries`?",
        ]
    );
}

#[test]
fn what_only_a_target_may_have_is_refused_elsewhere() {
    assert_eq!(
        refused("[defaults]\nurl = \"https://a\"\n"),
        ["defaults.url: is for a single target: move it to one of `uptime`"]
    );
    assert_eq!(
        refused("[[uptime]]\nname = \"a\"\ntargets = []\n"),
        ["uptime[0].name: is for a single target: move it to one of `targets`"]
    );
    assert_eq!(
        refused("[[uptime]]\ntargets.a = { url = \"https://a\", name = \"b\" }\n"),
        ["uptime[0].targets.a: is named by its key: remove `name`"]
    );
}

#[test]
fn what_is_no_target_or_too_many_is_refused() {
    assert_eq!(refused("[[uptime]]\ntargets = 5\n"), ["uptime[0].targets: must be a list or a section"]);
    assert_eq!(refused("[[uptime]]\ntargets = [5]\n"), ["uptime[0].targets[0]: must be text or a section"]);
    let four = "[[uptime]]\ntargets = [\"https://a\", \"https://b\", \"https://c\", \"https://d\"]\n";
    assert_eq!(refused(four), ["uptime[0].targets: has 4 items, the limit is 3"]);
    assert_eq!(
        refused(
            "[defaults]\nlabels = { a = \"1\", b = \"2\" }\n[[uptime]]\nurl = \"https://a\"\nlabels = { c = \"3\" }\n"
        ),
        ["uptime[0].labels: has 3 entries in all, the limit is 2"]
    );
}
