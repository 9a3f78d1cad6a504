use super::*;
use crate::stage::{Stage, config, rollup, sample, series, time};
use watchkeeper_domain::{Rollup, RollupQuery, SeriesFilter, SeriesRollups, Window};
use watchkeeper_test_kit::{Running, broken, soon, unavailable};

impl Analytics {
    fn on(stage: &Stage) -> Self {
        let context = RoleContext::detached("analytics");
        let metrics = AnalyticsMetrics::register(context.registry()).unwrap();
        let world = World::new(context, stage.client(), stage.rollups.clone(), metrics);
        Self { world, walks: Walk::all(&config()) }
    }
}

async fn catch_up(stage: &Stage, now: &str) -> RoleContext {
    let analytics = Analytics::on(stage);
    soon(Box::pin(analytics.catch_up(time(now)))).await.unwrap();
    analytics.world.context
}

/// The hours that are kept of a host.
async fn hours(stage: &Stage, host: &str) -> Vec<Rollup> {
    let kept = stage.kept(Window::Hour).await;
    kept.into_iter().find(|kept| kept.series == series(host)).map(|kept| kept.rollups).unwrap_or_default()
}

/// The beginning and end of each question about windows of one length, in order.
fn asked(stage: &Stage, window: Window) -> Vec<(Timestamp, Timestamp)> {
    let asked = stage.api.asked.lock().unwrap();
    asked.iter().filter(|query| query.window() == window).map(|query| (query.from(), query.to())).collect()
}

#[tokio::test]
async fn a_window_becomes_what_its_samples_are() {
    let stage = Stage::sampled(&[
        sample("a", "20T10:00", 3.0),
        sample("a", "20T10:59", -1.0),
        sample("a", "20T11:00", 7.0),
        sample("b", "20T10:30", 5.0),
    ])
    .await;
    catch_up(&stage, "20T11:30").await;
    let first = Rollup { start: time("20T10:00"), avg: 1.0, min: -1.0, max: 3.0, count: 2, p95: 3.0 };
    assert_eq!(hours(&stage, "a").await, [first], "the window that is not over is not made");
    assert_eq!(hours(&stage, "b").await, [rollup("20T10:00", 5.0)]);
    assert_eq!(stage.kept(Window::Day).await, []);
    catch_up(&stage, "21T00:05").await;
    let day = Rollup { start: time("20T00:00"), avg: 3.0, min: -1.0, max: 7.0, count: 3, p95: 7.0 };
    let expected = SeriesRollups { series: series("a"), rollups: vec![day] };
    assert_eq!(stage.kept(Window::Day).await[0], expected);
}

#[tokio::test]
async fn running_twice_changes_nothing() {
    let samples = [sample("a", "20T10:00", 3.0), sample("b", "18T12:00", 5.0)];
    let stage = Stage::sampled(&samples).await;
    catch_up(&stage, "20T12:30").await;
    let (kept, times) = (stage.kept(Window::Hour).await, asked(&stage, Window::Hour).len());
    catch_up(&stage, "20T12:30").await;
    assert_eq!(asked(&stage, Window::Hour).len(), times, "nothing is asked for again");
    // Nor does it when every window is made again.
    for pass in Walk::all(&config()).iter().flat_map(|walk| &walk.passes) {
        stage.rollups.set_made_until(&pass.name, time("01T00:00")).await.unwrap();
    }
    catch_up(&stage, "20T12:30").await;
    assert!(asked(&stage, Window::Hour).len() > times);
    assert_eq!(stage.kept(Window::Hour).await, kept);
}

#[tokio::test]
async fn a_mark_that_is_put_back_while_its_windows_are_made_stays_put_back() {
    let stage = Stage::sampled(&[sample("a", "19T10:10", 1.0), sample("a", "20T10:10", 2.0)]).await;
    catch_up(&stage, "20T11:30").await;
    let analytics = Analytics::on(&stage);
    let now = time("20T12:30");
    let known = analytics.look(now).await.unwrap();
    let chunk = analytics.walks[0].next(&known).unwrap();
    stage.rollups.set_made_until(&chunk.pass.name, time("19T00:00")).await.unwrap();
    analytics.make(&chunk, &known).await.unwrap();
    assert_eq!(stage.rollups.made_until(&chunk.pass.name).await.unwrap(), Some(time("19T00:00")));
    stage.append(&[sample("a", "19T10:20", 3.0)]).await;
    catch_up(&stage, "20T12:30").await;
    assert_eq!(hours(&stage, "a").await[0].count, 2, "they are made anew");
}

#[tokio::test]
async fn a_late_sample_within_the_bound_corrects_its_window() {
    let stage = Stage::sampled(&[sample("a", "20T10:10", 1.0)]).await;
    catch_up(&stage, "20T11:05").await;
    assert_eq!(hours(&stage, "a").await, [rollup("20T10:00", 1.0)]);
    for (late, stored_by, values) in [(3.0, "20T12:00", 2), (5.0, "21T11:00", 3)] {
        stage.append(&[sample("a", &format!("20T10:{values}0"), late)]).await;
        catch_up(&stage, stored_by).await;
        let corrected = hours(&stage, "a").await[0];
        assert_eq!((corrected.count, corrected.max), (values, late));
    }
    stage.append(&[sample("a", "20T10:50", 7.0)]).await;
    catch_up(&stage, "22T11:00").await;
    assert_eq!(hours(&stage, "a").await[0].count, 3, "past the bound nothing is corrected");
}

#[tokio::test]
async fn a_window_whose_samples_were_pruned_meanwhile_stays_as_it_was() {
    let stage = Stage::sampled(&[sample("a", "20T10:10", 1.0), sample("a", "20T10:20", 3.0)]).await;
    catch_up(&stage, "20T11:05").await;
    let made = hours(&stage, "a").await;
    stage.prune_samples(time("20T10:15")).await;
    catch_up(&stage, "21T11:00").await;
    assert_eq!(hours(&stage, "a").await, made);
}

#[tokio::test]
async fn catching_up_goes_in_order_with_progress() {
    let stage = Stage::sampled(&[sample("a", "01T10:10", 1.0), sample("a", "20T09:10", 2.0)]).await;
    let context = catch_up(&stage, "20T10:30").await;
    assert_eq!(
        asked(&stage, Window::Hour),
        [
            (time("01T10:00"), time("08T10:00")),
            (time("08T10:00"), time("15T10:00")),
            (time("15T10:00"), time("19T10:00")),
            (time("19T10:00"), time("20T09:00")),
            (time("20T09:00"), time("20T10:00")),
        ]
    );
    let marks: Vec<_> = stage.rollups.noted().into_iter().map(|(pass, _)| pass).collect();
    assert_eq!(marks[..5], ["hour+86400s", "hour+86400s", "hour+86400s", "hour+3600s", "hour"]);
    assert_eq!(
        context.roster().roles()["analytics"].status,
        "hourly: done until 2026-01-20T10:00:00Z; daily: done until 2026-01-20T00:00:00Z"
    );
    assert_eq!(hours(&stage, "a").await.len(), 2);
}

#[tokio::test]
async fn a_restart_goes_on_where_the_last_run_came_to() {
    let stage = Stage::sampled(&[sample("a", "01T10:10", 1.0)]).await;
    stage.rollups.fail_next("put", broken("rollups"));
    assert!(matches!(Analytics::on(&stage).catch_up(time("20T10:30")).await, Err(Stopped::Failed(_))));
    let context = catch_up(&stage, "20T10:30").await;
    let made = context.registry().gather();
    let made = made.iter().find(|family| family.name() == "watchkeeper_analytics_rollups_total").unwrap();
    assert_eq!(made.get_metric().len(), 2);
    assert_eq!(hours(&stage, "a").await, [rollup("01T10:00", 1.0)]);
}

/// What is counted, as Prometheus reads it.
fn counted(context: &RoleContext) -> String {
    prometheus::TextEncoder::new().encode_to_string(&context.registry().gather()).unwrap()
}

#[tokio::test]
async fn the_time_of_a_pass_the_size_of_a_batch_and_a_store_that_fails_are_counted() {
    let stage = Stage::sampled(&[sample("a", "20T09:10", 1.0), sample("b", "20T09:20", 2.0)]).await;
    stage.rollups.fail_next("put", unavailable("rollups"));
    let context = catch_up(&stage, "20T10:30").await;
    let text = counted(&context);
    for line in [
        "watchkeeper_analytics_store_errors_total 1",
        "watchkeeper_analytics_batch_rollups_sum 2",
        "watchkeeper_analytics_batch_rollups_count 1",
        "watchkeeper_analytics_pass_seconds_count{window=\"hour\"} 1",
    ] {
        assert!(text.contains(line), "no {line} in\n{text}");
    }
}

#[tokio::test]
async fn killed_between_put_and_mark_it_makes_the_same() {
    let samples = [sample("a", "20T10:10", 1.0), sample("b", "20T10:20", 2.0)];
    let (undisturbed, killed) = (Stage::sampled(&samples).await, Stage::sampled(&samples).await);
    catch_up(&undisturbed, "20T12:30").await;
    killed.rollups.fail_next("move_made_until", broken("rollups"));
    assert!(matches!(Analytics::on(&killed).catch_up(time("20T12:30")).await, Err(Stopped::Failed(_))));
    assert_eq!(hours(&killed, "a").await.len(), 1, "it was put");
    assert_eq!(killed.rollups.noted(), [], "it was not marked");
    catch_up(&killed, "20T12:30").await;
    assert_eq!(killed.kept(Window::Hour).await, undisturbed.kept(Window::Hour).await);
    assert_eq!(asked(&killed, Window::Hour)[0], asked(&killed, Window::Hour)[1]);
}

#[tokio::test]
async fn an_api_that_is_lost_half_way_is_asked_again() {
    let stage = Stage::sampled(&[sample("a", "20T10:10", 1.0), sample("b", "20T10:20", 2.0)]).await;
    *stage.api.breaks_off.lock().unwrap() = vec![0, 1, 0];
    catch_up(&stage, "20T11:05").await;
    assert_eq!(asked(&stage, Window::Hour), [(time("20T10:00"), time("20T11:00")); 4]);
    assert_eq!((hours(&stage, "a").await.len(), hours(&stage, "b").await.len()), (1, 1));
}

#[tokio::test]
async fn a_store_that_is_away_is_waited_for() {
    let stage = Stage::sampled(&[sample("a", "20T10:10", 1.0)]).await;
    for call in ["made_until", "put", "move_made_until"] {
        stage.rollups.fail_next(call, unavailable("rollups"));
        stage.rollups.fail_next(call, unavailable("rollups"));
    }
    catch_up(&stage, "20T11:05").await;
    assert_eq!(hours(&stage, "a").await, [rollup("20T10:00", 1.0)]);
}

fn running(stage: &Stage) -> Running {
    let context = RoleContext::detached("analytics");
    Running::new(context.clone(), run(context, config(), stage.client(), stage.rollups.clone()))
}

#[tokio::test]
async fn the_role_makes_what_is_due_is_ready_and_stops_when_asked() {
    let stage = Stage::sampled(&[sample("a", "20T10:10", 1.0)]).await;
    let running = running(&stage);
    soon(running.context.roster().ready()).await;
    running.stop_well().await;
}

#[tokio::test]
async fn it_is_ready_although_nothing_is_due() {
    let stage = Stage::new();
    let running = running(&stage);
    soon(running.context.roster().ready()).await;
    running.says(|status| status == "hourly: no samples yet; daily: no samples yet").await;
    running.stop_well().await;
}

#[tokio::test]
async fn a_role_that_waits_for_its_store_says_so_and_stops_when_asked() {
    let stage = Stage::new();
    stage.rollups.fail("made_until", unavailable("rollups"));
    let running = running(&stage);
    running.says(|status| status == "waiting for rollups: connection refused").await;
    running.stop_well().await;
}

#[tokio::test]
async fn rollups_past_their_retention_are_removed() {
    let stage = Stage::new();
    let old = SeriesRollups { series: series("a"), rollups: vec![rollup("20T10:00", 1.0)] };
    let ancient = Rollup { start: Timestamp::MIN, ..old.rollups[0] };
    let both = SeriesRollups { rollups: vec![ancient, old.rollups[0]], ..old.clone() };
    stage.rollups.put(Window::Hour, &[both]).await.unwrap();
    let context = RoleContext::detached("analytics");
    let metrics = AnalyticsMetrics::register(context.registry()).unwrap();
    let walks = Walk::all(&config());
    let ledger = PassClock { rollups: stage.rollups.clone(), walks: walks.clone() };
    let clock = Clock::new(&context, ledger, || Duration::ZERO).unwrap();
    let pruning = tokio::spawn(keep_pruning(context.clone(), clock, walks, stage.rollups.clone(), metrics));
    let query =
        |from| RollupQuery::new(SeriesFilter::default(), Window::Hour, from, from.plus(Window::Day.length()));
    let removed = async {
        let (query, page) = (query(Timestamp::MIN).unwrap(), watchkeeper_ports::Page::first(1));
        while !stage.rollups.rollups(&query, &page).await.unwrap().is_empty() {}
    };
    soon(removed).await;
    assert_eq!(hours(&stage, "a").await, old.rollups);
    context.shutdown().cancel();
    soon(pruning).await.unwrap().unwrap();
}
