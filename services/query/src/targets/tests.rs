//! Boards over the embedded stores.

use super::*;
use watchkeeper_config::Document;
use watchkeeper_domain::{Note, Rollup, Series, SeriesRollups, Severity, Window};
use watchkeeper_rules::{FAILED, HEARTBEAT_RULE, Routing, STARTED, SUCCEEDED, state_series};
use watchkeeper_test_kit::{World, alert, unavailable};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Half a minute past a minute at noon: no window of an hour or day begins between the checks of a test.
fn now() -> Timestamp {
    let day = Timestamp::now().window_start(24 * HOUR);
    day.minus(12 * HOUR).plus(Duration::from_secs(30))
}

fn series(name: &str, unit: &str, target: &str) -> Arc<Series> {
    Arc::new(
        Series::new("uptime", name, unit, &[("target", target), ("group", "shop"), ("team", "web")]).unwrap(),
    )
}

fn availability(target: &str) -> Arc<Series> {
    series("availability_percent", "percent", target)
}

/// Checks of a target, oldest first, one per interval up to `now`: `+` succeeded, `-` failed.
fn checks(target: &str, results: &str, every: Duration, now: Timestamp) -> Vec<Sample> {
    let (series, count) = (availability(target), results.len());
    let check = |(index, result): (usize, char)| {
        let at = now.minus(every * u32::try_from(count - 1 - index).unwrap());
        let sample = Sample::new(Arc::clone(&series), at, if result == '+' { 100.0 } else { 0.0 });
        if result == '+' { sample } else { sample.with_note(Note::new("answered 500").unwrap()) }
    };
    results.chars().enumerate().map(check).collect()
}

fn targets(world: &World, most: usize) -> Targets {
    Targets::at_most(most, world.samples.clone(), world.latest.clone(), world.rollups.clone())
}

async fn keep(world: &World, samples: &[Sample]) {
    world.store(samples).await;
    world.cache(samples).await;
}

async fn board(targets: &Targets, now: Timestamp) -> Board {
    targets.board(&RuleSet::default(), &[], now).await.unwrap()
}

/// The only target, after all that can be read has been.
async fn only(world: &World, now: Timestamp) -> Target {
    let board = board(&targets(world, 10), now).await;
    assert_eq!(board.history, Ok(()));
    board.targets().next().unwrap().clone()
}

fn bar(target: &Target) -> String {
    target.checks.iter().map(|check| if check.is_up { '+' } else { '-' }).collect()
}

#[tokio::test]
async fn a_target_has_its_state_its_last_checks_and_its_uptime() {
    let (world, now) = (World::new(), now());
    let mut samples = checks("blog", &format!("{}--", "+".repeat(48)), MINUTE, now);
    let latency = |at, value| Sample::new(series("latency_seconds", "seconds", "blog"), at, value);
    samples.extend([latency(now.minus(2 * MINUTE), 0.2), latency(now, 0.5)]);
    samples.push(Sample::new(
        series("certificate_expires_in_days", "days", "blog"),
        now.minus(12 * HOUR),
        10.0,
    ));
    samples.push(Sample::new(series("http_status", "", "blog"), now, 500.0));
    keep(&world, &samples).await;

    let target = only(&world, now).await;
    assert_eq!((target.name.as_str(), target.group.as_deref()), ("blog", Some("shop")));
    assert_eq!(target.labels, [("team".to_owned(), "web".to_owned())]);
    assert_eq!((target.state, target.kind), (State::Down, Kind::Http));
    assert_eq!(target.reason.as_deref(), Some("answered 500"));
    assert_eq!(target.since, Some(Since::Exactly(now.minus(MINUTE))));
    assert_eq!((target.checked, target.latency), (Some(now), Some(Duration::from_millis(500))));
    assert_eq!(target.certificate_days, Some(9.5));
    assert_eq!(bar(&target), format!("{}--", "+".repeat(MAX_CHECKS - 2)));
    let third_last = &target.checks[MAX_CHECKS - 3];
    assert_eq!(
        (third_last.at, third_last.latency),
        (now.minus(2 * MINUTE), Some(Duration::from_millis(200)))
    );
    let day = target.day.unwrap();
    assert_eq!((day.checks, day.percent(), day.is_partial), (50, 96.0, true));
    assert_eq!(day.since, Window::Hour.start(now.minus(49 * MINUTE)));
}

#[tokio::test]
async fn a_board_is_as_new_as_the_latest_values_whatever_the_history_knows() {
    let (world, now) = (World::new(), now());
    keep(&world, &checks("blog", "++++", MINUTE, now)).await;
    let targets = targets(&world, 10);
    board(&targets, now).await;
    let later = now.plus(MINUTE);
    world.cache(&checks("blog", "-", MINUTE, later)).await;
    let board = board(&targets, later).await;
    let target = board.targets().next().unwrap();
    assert_eq!((target.state, bar(target)), (State::Down, "++++-".to_owned()));
    assert_eq!(board.attention(), [target]);
}

#[tokio::test]
async fn groups_are_in_order_and_those_without_one_are_last() {
    let (world, now) = (World::new(), now());
    let of = |target: &str, group: Option<&str>| {
        let labels: Vec<_> =
            [("target", target)].into_iter().chain(group.map(|group| ("group", group))).collect();
        let series = Series::new("uptime", "availability_percent", "percent", &labels).unwrap();
        Sample::new(Arc::new(series), now, 100.0)
    };
    keep(&world, &[of("c", None), of("b", Some("web")), of("a", Some("web")), of("d", Some("db"))]).await;
    let board = board(&targets(&world, 10), now).await;
    let names = |group: &Group| group.targets.iter().map(|target| target.name.clone()).collect::<String>();
    let groups: Vec<_> = board.groups.iter().map(|group| (group.name.as_deref(), names(group))).collect();
    assert_eq!(groups, [(Some("db"), "d".into()), (Some("web"), "ab".into()), (None, "c".into())]);
}

#[tokio::test]
async fn a_target_without_checks_has_no_data_and_is_gone_after_two_days() {
    let (world, now) = (World::new(), now());
    keep(&world, &checks("blog", "+++++", MINUTE, now)).await;
    let targets = targets(&world, 10);
    for (after, state) in [(3 * MINUTE, State::Up), (5 * MINUTE, State::NoData), (GONE_AFTER, State::NoData)]
    {
        let board = board(&targets, now.plus(after)).await;
        let target = board.targets().next().unwrap();
        assert_eq!((target.state, target.checked), (state, Some(now)), "after {after:?}");
    }
    let gone = board(&targets, now.plus(GONE_AFTER + MINUTE)).await;
    assert_eq!(gone.groups, []);
}

#[tokio::test]
async fn what_the_prober_cannot_see_is_not_down() {
    let (world, now) = (World::new(), now());
    keep(&world, &checks("blog", "++++-", MINUTE, now)).await;
    let later = now.plus(2 * MINUTE);
    let blind = Series::new("uptime", "can_probe", "", &[("host", "web1"), ("kind", "dns")]).unwrap();
    let blind = Sample::new(Arc::new(blind), later, 0.0);
    world.cache(&[blind.with_note(Note::new("no name server responds").unwrap())]).await;
    let target = only(&world, later).await;
    assert_eq!(target.state, State::CannotSee);
    assert_eq!(target.reason.as_deref(), Some("web1: no name server responds"));
    assert_eq!(target.since, Some(Since::Exactly(now)));
}

#[tokio::test]
async fn the_beginning_of_an_outage_is_found_that_is_longer_than_the_last_checks() {
    let (world, now) = (World::new(), now());
    keep(&world, &checks("blog", &format!("+++{}", "-".repeat(100)), MINUTE, now)).await;
    let began = now.minus(99 * MINUTE);
    assert_eq!(only(&world, now).await.since, Some(Since::Exactly(began)));
}

#[tokio::test]
async fn an_outage_without_an_earlier_success_is_at_least_as_long_as_is_known() {
    let (world, now) = (World::new(), now());
    keep(&world, &checks("blog", &"-".repeat(100), MINUTE, now)).await;
    assert_eq!(only(&world, now).await.since, Some(Since::Before(now.minus(99 * MINUTE))));
}

#[tokio::test]
async fn a_target_that_is_seldom_checked_has_its_checks_beside_others() {
    let (world, now) = (World::new(), now());
    keep(&world, &checks("often", &"+".repeat(1_000), Duration::from_secs(5), now)).await;
    let seldom = format!("-{}", "+".repeat(20));
    keep(&world, &checks("seldom", &seldom, HOUR, now)).await;
    let board = board(&targets(&world, 10), now).await;
    let bars: Vec<_> = board.targets().map(bar).collect();
    assert_eq!(bars, ["+".repeat(MAX_CHECKS), seldom]);
}

#[tokio::test]
async fn checks_that_arrive_late_are_found() {
    let (world, now) = (World::new(), now());
    let mut all = checks("blog", "++-++", MINUTE, now);
    let late = all.remove(2);
    keep(&world, &all).await;
    let targets = targets(&world, 10);
    assert_eq!(bar(board(&targets, now).await.targets().next().unwrap()), "++++");
    world.store(&[late]).await;
    targets.refresh(now).await;
    assert_eq!(bar(board(&targets, now).await.targets().next().unwrap()), "++-++");
}

fn days(target: &str, days: impl Iterator<Item = u32>, avg: f64, now: Timestamp) -> SeriesRollups {
    let today = Window::Day.start(now);
    let rollup = |day: u32| {
        let start = today.minus(day * Window::Day.length());
        Rollup { start, avg, min: 0.0, max: 100.0, count: 100, p95: 100.0 }
    };
    let mut rollups: Vec<_> = days.map(rollup).collect();
    rollups.sort_by_key(|rollup| rollup.start);
    SeriesRollups { series: availability(target), rollups }
}

#[tokio::test]
async fn uptimes_of_months_count_rollups_and_the_samples_of_today() {
    let (world, now) = (World::new(), now());
    keep(&world, &checks("blog", "++++++++--", MINUTE, now)).await;
    world.rollups.put(Window::Day, &[days("blog", 1..=40, 99.0, now)]).await.unwrap();
    let target = only(&world, now).await;
    let (month, quarter) = (target.month.unwrap(), target.quarter.unwrap());
    let today = Window::Day.start(now);
    let day = Window::Day.length();
    // 30 days of 100 checks and ten of today.
    assert_eq!((month.checks, month.since, month.is_partial), (3_010, today.minus(30 * day), false));
    let percents = [month.percent(), quarter.percent()].map(|percent| format!("{percent:.2}"));
    assert_eq!(percents, ["98.93", "98.95"]);
    assert_eq!((quarter.checks, quarter.since, quarter.is_partial), (4_010, today.minus(40 * day), true));
}

#[tokio::test]
async fn yesterday_counts_by_its_samples_until_it_has_a_rollup() {
    let (world, now) = (World::new(), now());
    let midnight = Window::Day.start(now);
    keep(&world, &checks("blog", "++++", MINUTE, midnight.minus(MINUTE))).await;
    keep(&world, &checks("blog", "+", MINUTE, midnight)).await;
    let soon = midnight.plus(MINUTE);
    assert_eq!(only(&world, soon).await.month.unwrap().checks, 5);
    world.rollups.put(Window::Day, &[days("blog", 1..=1, 100.0, soon)]).await.unwrap();
    assert_eq!(only(&world, soon).await.month.unwrap().checks, 101);
}

#[tokio::test]
async fn of_more_targets_than_the_limit_the_first_are_on_the_board_which_says_so() {
    let (world, now) = (World::new(), now());
    for (index, target) in ["a", "b", "c"].into_iter().enumerate() {
        keep(&world, &checks(target, "++", MINUTE, now)).await;
        let board = board(&targets(&world, 2), now).await;
        assert_eq!((board.targets().count(), board.more), ((index + 1).min(2), index == 2));
    }
}

#[tokio::test]
async fn a_refresh_that_fails_keeps_what_was_known_and_says_why() {
    let (world, now) = (World::new(), now());
    keep(&world, &checks("blog", "+-+", MINUTE, now)).await;
    let targets = targets(&world, 10);
    board(&targets, now).await;
    world.samples.fail_all(unavailable("store"));
    targets.refresh(now).await;
    let board = board(&targets, now).await;
    assert_eq!(bar(board.targets().next().unwrap()), "+-+");
    assert_eq!(board.history, Err(NoAnswer::new("store", "store unavailable: connection refused")));
}

const HEARTBEAT: &str = "[[heartbeat]]\nname = \"backup\"\nevery = \"1d\"\n";

async fn backup(reports: &[f64], alerts: &[Alert]) -> Target {
    let (world, now) = (World::new(), now());
    let series = Arc::new(state_series("backup"));
    let report = |(index, value): (usize, &f64)| {
        let at = now.minus(HOUR * u32::try_from(reports.len() - index).unwrap());
        Sample::new(Arc::clone(&series), at, *value)
    };
    keep(&world, &reports.iter().enumerate().map(report).collect::<Vec<_>>()).await;
    let document = Document::parse("rules.toml", HEARTBEAT).unwrap();
    let rules = document.read(|root| RuleSet::read(root, &Routing::default(), &[])).unwrap();
    let board = targets(&world, 10).board(&rules, alerts, now).await.unwrap();
    assert_eq!(board.groups[0].name.as_deref(), Some(HEARTBEATS));
    board.groups[0].targets[0].clone()
}

#[tokio::test]
async fn a_heartbeat_is_up_after_its_last_report_until_an_alert_says_otherwise() {
    let never = backup(&[], &[]).await;
    assert_eq!((never.name.as_str(), never.kind, never.state), ("backup", Kind::Heartbeat, State::NotYet));
    let running = backup(&[FAILED, SUCCEEDED, STARTED], &[]).await;
    assert_eq!((running.state, bar(&running)), (State::Up, "-+".to_owned()));
    let failed = backup(&[SUCCEEDED, FAILED], &[]).await;
    assert_eq!(failed.state, State::Down);
    let (rule, series) = (format!("{HEARTBEAT_RULE}backup"), Arc::new(state_series("backup")));
    let missing = alert(&rule, series, Severity::Critical, now());
    let missed = backup(&[SUCCEEDED], std::slice::from_ref(&missing)).await;
    assert_eq!((missed.state, missed.reason), (State::Down, Some(missing.reason.clone())));
    assert_eq!(missed.since, Some(Since::Exactly(missing.fired_at)));
}

#[tokio::test]
async fn targets_that_are_read_on_their_own_are_so_many_at_once_and_the_others_next_time() {
    let (world, now) = (World::new(), now());
    let seldom = checks::MAX_FILLED + 1;
    // One query reaches back for as long as this target alone fills it.
    let often = (seldom + 1) * checks::FIRST;
    world.store(&checks("often", &"+".repeat(often), Duration::from_secs(1), now)).await;
    let of = |index: usize| checks(&format!("t{index:03}"), "+++", 12 * HOUR, now.minus(13 * HOUR));
    world.store(&(0..seldom).flat_map(of).collect::<Vec<_>>()).await;
    let targets = targets(&world, seldom + 1);
    let are_read = async || {
        targets.refresh(now).await;
        let kept = targets.kept().0;
        kept.targets.values().filter(|past| past.checks.len() >= 3).count()
    };
    assert_eq!(are_read().await, checks::MAX_FILLED + 1, "and the one that is checked often");
    assert_eq!(are_read().await, seldom + 1);
}

#[tokio::test]
async fn the_beginnings_of_so_many_outages_are_searched_at_once_and_of_the_others_next_time() {
    let (world, now) = (World::new(), now());
    let outages = onset::MAX_SEARCHES + 1;
    let of =
        |index: usize| checks(&format!("t{index}"), &format!("+{}", "-".repeat(MAX_CHECKS)), MINUTE, now);
    keep(&world, &(0..outages).flat_map(of).collect::<Vec<_>>()).await;
    let targets = targets(&world, outages);
    for known in [onset::MAX_SEARCHES, outages] {
        targets.refresh(now).await;
        let board = board(&targets, now).await;
        let exact = board.targets().filter(|target| matches!(target.since, Some(Since::Exactly(_))));
        assert_eq!(exact.count(), known);
    }
}
