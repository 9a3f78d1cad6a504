//! The forms of the alerts pages.

use crate::examples::{alert, notification, rules, silence};
use crate::markup::assert_sound;
use crate::visit::{Answer, Shown, ago, ask, console, get, pages_for, post};
use crate::world::{Mood, World};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use watchkeeper_config::Document;
use watchkeeper_domain::{Alert, NotificationState, Severity, Silence, Timestamp};
use watchkeeper_ports::AlertKey;
use watchkeeper_runtime::RoleContext;
use watchkeeper_runtime::http::Access;
use watchkeeper_runtime::http::token::{self, Tokens};

const SERIES: &str = "uptime/availability_percent{target=\"shop\"} percent";

fn down() -> Alert {
    alert("site_down", "shop", Severity::Critical, 600)
}

fn id() -> String {
    AlertKey::of(&down()).id()
}

async fn firing() -> Shown {
    console(World { alerts: vec![down(), alert("slow", "blog", Severity::Info, 60)], ..World::default() })
        .await
}

async fn silences(shown: &Shown) -> Vec<Silence> {
    shown.world().silences.inner().ending_after(Timestamp::MIN, 10).await.unwrap()
}

async fn acknowledged_by(shown: &Shown) -> Option<String> {
    let alerts = shown.world().alerts.inner().alerts(None, 1).await.unwrap();
    alerts[0].acknowledged.as_ref().map(|ack| ack.by.clone())
}

/// Where the answer leads.
#[track_caller]
fn to(answer: &Answer) -> &str {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.header("location")
}

#[tokio::test]
async fn a_firing_alert_is_silenced_by_one_button() {
    let shown = firing().await;
    let answer = post(&shown, "/alerts/silence", &[("alert", &id())]).await;
    assert_eq!(to(&answer), "/alerts?done=silenced");
    let made = silences(&shown).await;
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].matchers.to_string(), "rule=\"site_down\", target=\"shop\"");
    assert_eq!(made[0].ends_at.since(made[0].starts_at).as_secs(), 7_200);
    let page = get(&shown, to(&answer)).await;
    assert_sound(&page.body);
    page.assert_has("role=\"status\">Silence created.<");
    page.assert_has("mutes 1 alert<");
    let gone = post(&shown, "/alerts/silence", &[("alert", "0123456789abcdef")]).await;
    assert_eq!(to(&gone), "/alerts?done=not-firing");
}

#[tokio::test]
async fn the_form_of_an_alert_is_filled_with_its_matchers_and_leads_back_to_it() {
    let shown = firing().await;
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("rule", "site_down"), ("series", SERIES)])
        .finish();
    let form = get(&shown, &format!("/alerts/silence?{query}")).await;
    assert_sound(&form.body);
    form.assert_has("rule=&#34;site_down&#34;\ntarget=&#34;shop&#34;</textarea>");
    form.assert_has("1 firing alert matches now.");
    form.assert_has("<option value=\"2h\" selected=\"selected\">2 hours</option>");
    let fields = [
        ("rule", "site_down"),
        ("series", SERIES),
        ("matchers", "rule=site_down\r\n target=~\"sh.*\" \r\n"),
        ("duration", "1d"),
        ("by", "ann"),
        ("comment", "new disks"),
        ("back", "https://evil.example/"),
    ];
    let answer = post(&shown, "/alerts/silence", &fields).await;
    assert!(to(&answer).starts_with("/alerts/alert?rule=site_down&series=uptime%2F"), "{}", to(&answer));
    assert!(to(&answer).ends_with("&done=silenced"), "{}", to(&answer));
    let made = &silences(&shown).await[0];
    assert_eq!(made.matchers.to_string(), "rule=\"site_down\", target=~\"sh.*\"");
    assert_eq!((made.created_by.as_str(), made.comment.as_str()), ("ann", "new disks"));
    assert_eq!(made.ends_at.since(made.starts_at).as_secs(), 86_400);
    get(&shown, to(&answer)).await.assert_has("Silence created.");
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_what_was_typed_stays() {
    let shown = firing().await;
    for (field, text, error) in [
        ("matchers", "rule~a", "must be FIELD=&#34;VALUE&#34;"),
        ("matchers", "", "must have at least one"),
        ("matchers", "host!=b", "must have one that does not match an empty value"),
        ("other", "soon", "must be a duration such as"),
        ("other", "367d", "must be at most 366d after the start"),
        ("by", &"b".repeat(101), "has 101 bytes, the limit is 100"),
        ("comment", &"c".repeat(1_001), "has 1001 bytes, the limit is 1000"),
    ] {
        let good = [("matchers", "rule=a"), ("other", ""), ("by", "ann"), ("comment", "typed before")];
        let fields = good.map(|(name, value)| (name, if name == field { text } else { value }));
        let refused = post(&shown, "/alerts/silence", &fields).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{field} {text}");
        assert_sound(&refused.body);
        refused.assert_has(error);
        assert_eq!(refused.body.matches("aria-invalid=\"true\"").count(), 1, "{field} {text}");
        if field != "comment" {
            refused.assert_has("value=\"typed before\"");
        }
    }
    assert_eq!(silences(&shown).await, []);
}

#[tokio::test]
async fn what_a_silence_would_mute_is_counted_before_it_is_made() {
    let shown = firing().await;
    let fields = [("matchers", "target=~\".+\""), ("check", "1"), ("comment", "kept")];
    let counted = post(&shown, "/alerts/silence", &fields).await;
    assert_eq!(counted.status, StatusCode::OK);
    counted.assert_has("2 firing alerts match now.");
    counted.assert_has("value=\"kept\"");
    assert_eq!(silences(&shown).await, []);
    let none = post(&shown, "/alerts/silence", &[("matchers", "target=other"), ("check", "1")]).await;
    none.assert_has("No firing alert matches now.");
}

#[tokio::test]
async fn a_silence_is_ended_by_its_button() {
    let world = World { silences: vec![silence("s1", "target=shop", ago(60))], ..World::default() };
    let shown = console(world).await;
    get(&shown, "/alerts").await.assert_has("name=\"id\" value=\"s1\"");
    let ended = post(&shown, "/alerts/silence/end", &[("id", "s1")]).await;
    assert_eq!(to(&ended), "/alerts?done=silence-ended");
    assert!(silences(&shown).await[0].ends_at <= Timestamp::now());
    assert_eq!(to(&post(&shown, "/alerts/silence/end", &[("id", "s2")]).await), "/alerts?done=no-silence");
}

#[tokio::test]
async fn an_alert_is_acknowledged_and_that_is_taken_back() {
    let shown = firing().await;
    let by_ann =
        [("id", &*id()), ("by", "ann"), ("comment", "on it"), ("rule", "site_down"), ("series", SERIES)];
    let done = post(&shown, "/alerts/acknowledge", &by_ann).await;
    assert!(to(&done).ends_with("&done=acknowledged"), "{}", to(&done));
    assert_eq!(acknowledged_by(&shown).await.as_deref(), Some("ann"));
    get(&shown, "/alerts").await.assert_has(">Take back</button>");
    let back = post(&shown, "/alerts/unacknowledge", &[("id", &id())]).await;
    assert_eq!(to(&back), "/alerts?done=taken-back");
    assert_eq!(acknowledged_by(&shown).await, None);
    let gone = post(&shown, "/alerts/acknowledge", &[("id", "0123456789abcdef")]).await;
    assert_eq!(to(&gone), "/alerts?done=not-firing");
    let refused = post(&shown, "/alerts/acknowledge", &[("id", &id()), ("comment", "a\nb")]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_notification_that_failed_is_sent_again_by_its_button() {
    let given_up = NotificationState::GivenUp { at: ago(60), reason: "550 no such user".into() };
    let delivered = NotificationState::Delivered { at: ago(60) };
    let told = |subject, state| watchkeeper_domain::Notification {
        group: String::from(subject),
        ..notification(subject, 90, state)
    };
    // The last of the list is number 0.
    let notifications = vec![told("delivered", delivered), told("failed", given_up)];
    let shown = console(World { notifications, ..World::default() }).await;
    let page = get(&shown, "/alerts").await;
    assert_eq!(page.body.matches(">Retry now<").count(), 1);
    page.assert_has("name=\"id\" value=\"0\"");
    assert_eq!(to(&post(&shown, "/alerts/retry", &[("id", "0")]).await), "/alerts?done=due");
    assert_eq!(shown.world().notifications.inner().waiting().await.unwrap(), 1);
    for (id, done) in [("0", "under-way"), ("1", "not-sent"), ("2", "no-notification")] {
        assert_eq!(to(&post(&shown, "/alerts/retry", &[("id", id)]).await), format!("/alerts?done={done}"));
    }
}

#[tokio::test]
async fn an_address_puts_no_text_of_its_own_on_a_page() {
    let shown = firing().await;
    let page = get(&shown, "/alerts?done=Your+password+has+expired").await;
    page.assert_lacks("password");
    page.assert_lacks("class=\"done");
}

#[tokio::test]
async fn a_store_that_refuses_is_a_problem_and_not_an_answer() {
    let world = World { silence_store: Mood::Refuses, alert_store: Mood::Refuses, ..World::default() };
    let shown = console(world).await;
    for (path, fields) in [
        ("/alerts/silence", &[("matchers", "rule=a")][..]),
        ("/alerts/silence/end", &[("id", "1")]),
        ("/alerts/acknowledge", &[("id", "1")]),
    ] {
        assert_eq!(post(&shown, path, fields).await.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
    }
}

#[tokio::test]
async fn a_form_beyond_the_largest_is_refused() {
    let shown = firing().await;
    let fits = "x".repeat(64 * 1_024 - "matchers=".len());
    assert_eq!(post(&shown, "/alerts/silence", &[("matchers", &fits)]).await.status, StatusCode::BAD_REQUEST);
    let beyond = format!("{fits}x");
    let refused = post(&shown, "/alerts/silence", &[("matchers", &beyond)]).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn who_may_only_read_sees_the_page_without_buttons_and_is_refused() {
    let tokens = ["read", "admin"].map(|scope| (scope, token::generate().unwrap()));
    let section = |(scope, (_, sha256)): &(&str, (String, String))| {
        format!("[[token]]\nname = \"{scope}\"\nscopes = [\"{scope}\"]\nsha256 = \"{sha256}\"\n")
    };
    let config: String = tokens.iter().map(section).collect();
    let access = Access::new(Document::parse("test.toml", &config).unwrap().read(Tokens::read).unwrap());
    let given_up = NotificationState::GivenUp { at: ago(60), reason: "550 no such user".into() };
    let world = World {
        alerts: vec![down()],
        silences: vec![silence("s1", "target=blog", ago(60))],
        notifications: vec![notification("failed", 90, given_up)],
        ..World::default()
    };
    let kept = world.kept().await;
    let router = pages_for(RoleContext::detached("console"), &kept, rules(""), &access);
    let [(_, (reads, _)), (_, (administers, _))] = &tokens;
    let sent = async |method: &str, path: &str, token: &str, body: &str| {
        let request =
            Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
        ask(&router, request.body(Body::from(body.to_owned())).unwrap()).await
    };
    let alert_page = format!(
        "/alerts/alert?{}",
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("rule", "site_down"), ("series", SERIES)])
            .finish()
    );
    for path in ["/alerts", "/alerts/silence", &alert_page] {
        let reader = sent("GET", path, reads, "").await;
        assert_eq!(reader.status, StatusCode::OK, "{path}");
        assert_sound(&reader.body);
        reader.assert_has("require the scope <code>admin</code>");
        for button in [
            ">Silence 2 h",
            ">Silence</button>",
            ">Acknowledge</button>",
            ">Retry now",
            ">End</button>",
            "<textarea",
        ] {
            reader.assert_lacks(button);
        }
        let admin = sent("GET", path, administers, "").await;
        admin.assert_lacks("require the scope");
        admin.assert_has("method=\"post\"");
    }
    sent("GET", &alert_page, administers, "").await.assert_has("name=\"by\" value=\"admin\"");
    for path in [
        "/alerts/silence",
        "/alerts/silence/end",
        "/alerts/acknowledge",
        "/alerts/unacknowledge",
        "/alerts/retry",
    ] {
        assert_eq!(sent("POST", path, reads, "").await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let done = sent("POST", "/alerts/silence", administers, &format!("alert={}", id())).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    let made = kept.silences.inner().ending_after(Timestamp::MIN, 10).await.unwrap();
    assert!(made.iter().any(|silence| silence.created_by == "admin"), "{made:?}");
}
