use super::config::MAX_WINDOWS;
use super::*;
use watchkeeper_adapter_embedded::EmbeddedAlerts;
use watchkeeper_config::Document;

const SUNDAYS: &str = "[[maintenance]]\nname = 'backup'\ndays = ['sun']\nstart = '02:30'\nduration = '1h'\n\
                       time_zone = 'Europe/Berlin'\nmatch = ['host=\"db1\"']\n";

fn read(text: &str) -> Result<Vec<Window>, String> {
    let document = Document::parse("watchkeeper.toml", text).unwrap();
    document.read(read_all).map_err(|errors| errors.first()[0].to_string())
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Start and end of the window that lasts at this instant.
fn lasting(window: &Window, now: &str) -> Option<(String, String)> {
    let silence = window.silence(at(now))?;
    Some((silence.starts_at.to_string(), silence.ends_at.to_string()))
}

fn span(start: &str, end: &str) -> (String, String) {
    (start.to_owned(), end.to_owned())
}

#[test]
fn a_window_is_in_local_time_all_year() {
    let window = &read(SUNDAYS).unwrap()[0];
    let july = span("2026-07-05T00:30:00Z", "2026-07-05T01:30:00Z");
    assert_eq!(lasting(window, "2026-07-05T00:30:00Z").as_ref(), Some(&july));
    assert_eq!(lasting(window, "2026-07-05T01:29:59Z").as_ref(), Some(&july));
    let january = span("2026-01-04T01:30:00Z", "2026-01-04T02:30:00Z");
    assert_eq!(lasting(window, "2026-01-04T02:00:00Z").as_ref(), Some(&january));
    for outside in
        ["2026-07-05T00:29:59Z", "2026-07-05T01:30:00Z", "2026-07-06T01:00:00Z", "2026-01-04T00:45:00Z"]
    {
        assert_eq!(lasting(window, outside), None, "{outside}");
    }
}

#[test]
fn a_start_that_does_not_exist_is_the_first_instant_after_the_gap() {
    // 02:00 is followed by 03:00.
    let window = &read(SUNDAYS).unwrap()[0];
    let moved = span("2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z");
    assert_eq!(lasting(window, "2026-03-29T01:00:00Z").as_ref(), Some(&moved));
    assert_eq!(lasting(window, "2026-03-29T00:59:59Z"), None);
    let at_the_gap = &read(&SUNDAYS.replace("02:30", "02:00")).unwrap()[0];
    assert_eq!(lasting(at_the_gap, "2026-03-29T01:30:00Z").as_ref(), Some(&moved));
}

#[test]
fn a_start_that_exists_twice_is_the_first() {
    let window = &read(SUNDAYS).unwrap()[0];
    let first = span("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z");
    assert_eq!(lasting(window, "2026-10-25T01:29:59Z").as_ref(), Some(&first));
    assert_eq!(lasting(window, "2026-10-25T01:30:00Z"), None, "02:30 for the second time");
}

#[test]
fn a_window_lasts_over_midnight() {
    let text = SUNDAYS.replace("02:30", "23:00").replace("'1h'", "'4h'");
    let window = &read(&text).unwrap()[0];
    let night = span("2026-07-05T21:00:00Z", "2026-07-06T01:00:00Z");
    assert_eq!(lasting(window, "2026-07-06T00:30:00Z").as_ref(), Some(&night), "it is Monday there");
}

#[test]
fn what_is_wrong_is_refused_by_name() {
    let refused = |from: &str, to: &str| read(&SUNDAYS.replace(from, to)).unwrap_err();
    assert!(
        refused("02:30", "25:00").starts_with("maintenance[0].start: must be a local time such as \"02:30\"")
    );
    assert!(refused("02:30", "02:30:5").starts_with("maintenance[0].start: must be a local time"));
    assert!(
        refused("Europe/Berlin", "Europe/Berlim")
            .starts_with("maintenance[0].time_zone: is not a known time zone")
    );
    assert!(refused("'1h'", "'25h'").starts_with("maintenance[0].duration: must be from 1m to 1d"));
    assert!(refused("'sun'", "'sunday'").starts_with("maintenance[0].days[0]: must be one of mon, tue"));
    assert!(refused("duration = '1h'\n", "").starts_with("maintenance[0].duration: is missing"));
    assert!(refused("'backup'", "'a b'").starts_with("maintenance[0].name: may have only letters"));
    assert_eq!(
        read(&SUNDAYS.repeat(2)).unwrap_err(),
        "maintenance[1].name: is the name of an earlier window"
    );
    let many = |count: usize| {
        (0..count).map(|number| SUNDAYS.replace("backup", &number.to_string())).collect::<String>()
    };
    assert_eq!(read(&many(MAX_WINDOWS)).unwrap().len(), MAX_WINDOWS);
    assert_eq!(read(&many(MAX_WINDOWS + 1)).unwrap_err(), "maintenance: has 51 items, the limit is 50");
}

#[tokio::test]
async fn a_window_becomes_a_silence_once_and_one_that_was_ended_stays_so() {
    let directory = tempfile::tempdir().unwrap();
    let silences = EmbeddedAlerts::open(directory.path()).unwrap().silences();
    let windows = read(SUNDAYS).unwrap();
    begin(&windows, &*silences, at("2026-07-05T00:29:00Z")).await.unwrap();
    assert_eq!(silences.ending_after(Timestamp::MIN, 10).await.unwrap(), []);
    begin(&windows, &*silences, at("2026-07-05T00:31:00Z")).await.unwrap();
    let begun = silences.ending_after(Timestamp::MIN, 10).await.unwrap();
    assert_eq!((begun.len(), begun[0].id.as_str()), (1, "maintenance-backup-1783211400"));
    assert_eq!(
        (begun[0].matchers.to_string(), &*begun[0].created_by),
        ("host=\"db1\"".to_owned(), "configuration")
    );
    let ended = Silence { ends_at: at("2026-07-05T00:32:00Z"), ..begun[0].clone() };
    silences.put(&ended).await.unwrap();
    begin(&windows, &*silences, at("2026-07-05T00:33:00Z")).await.unwrap();
    assert_eq!(silences.ending_after(Timestamp::MIN, 10).await.unwrap(), [ended]);
}

#[tokio::test]
async fn a_window_that_lasts_follows_the_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let silences = EmbeddedAlerts::open(directory.path()).unwrap().silences();
    let lasts = async |text: &str, now: &str| {
        begin(&read(text).unwrap(), &*silences, at(now)).await.unwrap();
        let all = silences.ending_after(at(now), 10).await.unwrap();
        let shown = |silence: &Silence| format!("{} until {}", silence.matchers, silence.ends_at);
        all.iter().map(shown).collect::<Vec<_>>()
    };
    let begun = [r#"host="db1" until 2026-07-05T01:30:00Z"#];
    assert_eq!(lasts(SUNDAYS, "2026-07-05T00:31:00Z").await, begun);
    let longer = SUNDAYS.replace("'1h'", "'2h'").replace("db1", "db2");
    let expected = [r#"host="db2" until 2026-07-05T02:30:00Z"#];
    assert_eq!(lasts(&longer, "2026-07-05T00:32:00Z").await, expected);
    let later = SUNDAYS.replace("02:30", "04:00");
    assert!(lasts(&later, "2026-07-05T00:33:00Z").await.is_empty());
    assert!(lasts(SUNDAYS, "2026-07-05T00:34:00Z").await.is_empty(), "what has ended stays so");
}
