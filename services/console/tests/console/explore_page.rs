//! The page at `/explore`.

use crate::markup::{assert_sound, elements};
use crate::visit::{console, get, page, sample, world};
use crate::world::{Mood, World};
use axum::http::StatusCode;
use watchkeeper_console::{MAX_CSV_SERIES, MAX_GROUPED, MAX_LINES, MAX_TYPED_COMPLETIONS, PAGE_SERIES};

#[tokio::test]
async fn a_sample_is_shown_with_its_value_unit_age_and_line() {
    let labels = [("host", "bare-01")];
    let hour =
        (0..60).map(|minute| sample("host/memory bytes", &labels, 1.3e9, 7_200 + 3 - 60 * minute - 3_600));
    let page = page(world(hour), "/explore").await;
    assert_sound(&page.body);
    page.assert_has("1.2 GiB</data>");
    page.assert_has(r#"href="/series?source=host&#38;name=memory&#38;label.host=bare-01&#38;unit=bytes""#);
    page.assert_has("averages per minute: min 1.2 GiB, avg 1.2 GiB, max 1.2 GiB</title>");
}

#[tokio::test]
async fn without_samples_the_page_says_how_to_send_one() {
    let page = page(World::default(), "/explore").await;
    assert_sound(&page.body);
    page.assert_has("No samples yet.");
    page.assert_has("http://watch.example:8460/v1/samples");
    page.assert_lacks("<table class=\"series\">");
    page.assert_lacks("data-stream");
}

fn many(count: usize) -> World {
    world((0..count).map(|cpu| sample("host/cpu percent", &[("cpu", &format!("{cpu:03}"))], 12.5, 30)))
}

fn rows(html: &str) -> Vec<String> {
    elements(html).iter().filter_map(|element| element.attribute("data-key").map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_full_page_has_no_next_one() {
    let page = page(many(PAGE_SERIES), "/explore").await;
    assert_eq!(rows(&page.body).len(), PAGE_SERIES);
    page.assert_has("Series <span class=\"muted\">50</span>");
    page.assert_lacks("Next page");
}

#[tokio::test]
async fn one_series_more_is_on_the_next_page_with_its_line() {
    let router = console(many(PAGE_SERIES + 1)).await;
    let first = get(&router, "/explore").await;
    assert_eq!(rows(&first.body).len(), PAGE_SERIES);
    first.assert_has("page 1 of 2");
    let elements = elements(&first.body);
    let next = elements.iter().find(|element| element.attribute("rel") == Some("next")).unwrap();
    let next = get(&router, next.attribute("href").unwrap()).await;
    assert_eq!(rows(&next.body), ["host/cpu{cpu=&#34;050&#34;} percent"]);
    next.assert_has("min 12.5 %");
    next.assert_has("rel=\"prev\">Previous page</a>");
    let past = get(&router, "/explore?page=9").await;
    assert_sound(&past.body);
    past.assert_has("No more series. <a href=\"/explore\">Back to the first page</a>");
}

#[tokio::test]
async fn series_are_in_natural_order() {
    let samples = ["answer", "a"].map(|name| sample(&format!("demo/{name}"), &[], 1.0, 9));
    let labelled = ["10", "5"].map(|x| sample("demo/a", &[("x", x)], 1.0, 9));
    let page = page(world(samples.into_iter().chain(labelled)), "/explore").await;
    let expected = ["demo/a", "demo/a{x=&#34;5&#34;}", "demo/a{x=&#34;10&#34;}", "demo/answer"];
    assert_eq!(rows(&page.body), expected);
}

#[tokio::test]
async fn a_filter_is_kept_in_the_form_and_in_the_links() {
    let others =
        (0..=PAGE_SERIES).map(|index| sample("shop/orders", &[("shop", &format!("{index:03}"))], 1.0, 9));
    let world = world(others.chain([sample("host/load", &[], 1.0, 9)]));
    let page = page(world, "/explore?source=shop").await;
    assert_eq!(rows(&page.body).len(), PAGE_SERIES);
    page.assert_has(r#"<input name="source" value="shop""#);
    page.assert_has(r#"href="/explore?source=shop&#38;page=2""#);
    page.assert_has(r#"data-stream="/v1/stream?source=shop""#);
    page.assert_lacks(">load</a>");
}

#[tokio::test]
async fn parts_of_words_find_a_series_and_a_label_is_chosen_and_removed() {
    let samples = ["shop", "blog"]
        .map(|target| sample("uptime/availability_percent percent", &[("target", target)], 100.0, 9));
    let router = console(world(samples)).await;
    let found = get(&router, "/explore?q=AVAIL+sho").await;
    assert_sound(&found.body);
    assert_eq!(rows(&found.body), ["uptime/availability_percent{target=&#34;shop&#34;} percent"]);
    let sent = get(&router, "/explore?q=&label=target%3Dblog&fn=avg&group=&by=&over=6h").await;
    assert_eq!(
        (sent.status, sent.header("location")),
        (StatusCode::SEE_OTHER, "/explore?label.target=blog&over=6h")
    );
    let chosen = get(&router, sent.header("location")).await;
    assert_eq!(rows(&chosen.body), ["uptime/availability_percent{target=&#34;blog&#34;} percent"]);
    chosen.assert_has("<span>target blog</span> <a href=\"/explore?over=6h\"");
    chosen.assert_has("<input type=\"hidden\" name=\"label.target\" value=\"blog\"/>");
    chosen.assert_has("<input type=\"hidden\" name=\"over\" value=\"6h\"/>");
}

#[tokio::test]
async fn every_field_offers_what_may_be_typed() {
    let page = page(many(2), "/explore").await;
    for option in ["host", "cpu", "cpu=000", "cpu=001"] {
        page.assert_has(&format!("<option value=\"{option}\"></option>"));
    }
}

async fn completions(router: &axum::Router, query: &str) -> String {
    let answer = get(router, &format!("/explore/complete?{query}")).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/json"));
    answer.body
}

#[tokio::test]
async fn what_is_being_typed_is_completed_up_to_a_number() {
    let others = (0..=MAX_TYPED_COMPLETIONS)
        .map(|disk| sample(&format!("host/disk{disk}"), &[("host", "a b")], 1.0, 9));
    let router = console(world(others.chain([sample("shop/orders", &[("shop", "7")], 1.0, 9)]))).await;
    assert_eq!(completions(&router, "field=source&text=H").await, r#"["host","shop"]"#);
    assert_eq!(completions(&router, "field=name&text=ord&name=x").await, r#"["orders"]"#);
    assert_eq!(completions(&router, "field=label&text=&source=shop").await, r#"["shop=7"]"#);
    assert_eq!(completions(&router, "field=q&text=orders+7").await, r#"["orders shop=\"7\""]"#);
    assert_eq!(completions(&router, "field=q&text=disk+b").await, "[]", "a word has no spaces");
    let disks = completions(&router, "field=name&text=disk").await;
    assert!(disks.starts_with(r#"["disk0","disk1","disk2""#), "{disks}");
    assert_eq!(disks.matches("disk").count(), MAX_TYPED_COMPLETIONS);
    let refused = get(&router, "/explore/complete?field=unit&text=").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

/// Counters of two hosts, and their load, for half an hour.
fn hosts() -> World {
    world((0..120_u32).flat_map(|step| {
        let (ago, risen) = (u64::from(120 - step) * 15, f64::from(step) * 150.0);
        ["a", "b"].into_iter().flat_map(move |host| {
            [
                sample(
                    "host/sent bytes",
                    &[("host", host)],
                    if host == "a" { risen } else { 2.0 * risen },
                    ago,
                ),
                sample("host/load", &[("host", host)], 1.5, ago),
            ]
        })
    }))
}

/// The cells of the legend.
fn legend(html: &str) -> Vec<String> {
    let cells = html.split("<td class=\"figure\" data-title=\"").skip(1);
    cells.map(|cell| cell.split("</td>").next().unwrap().replacen("\">", " ", 1)).collect()
}

#[tokio::test]
async fn what_is_found_is_drawn_with_a_panel_for_each_unit_and_a_legend() {
    let page = page(hosts(), "/explore?source=host").await;
    assert_sound(&page.body);
    assert_eq!(page.body.matches("<svg class=\"chart\"").count(), 2);
    page.assert_has("<h3>bytes</h3>");
    page.assert_has("<h3>no unit</h3>");
    assert_eq!(legend(&page.body)[..4], ["Latest 1.5", "Min 1.5", "Avg 1.5", "Max 1.5"]);
    page.assert_has("1 point = 15 s, mean.");
    assert_eq!(page.body.matches("data-line").count(), 4);
}

#[tokio::test]
async fn a_page_that_asks_for_all_series_draws_none() {
    let page = page(hosts(), "/explore?over=24h").await;
    page.assert_lacks("data-plot");
    page.assert_lacks("Copy as");
}

#[tokio::test]
async fn ticked_series_are_drawn_alone_and_stay_ticked() {
    let page = page(hosts(), "/explore?s=host%2Fload%7Bhost%3D%22a%22%7D").await;
    assert_eq!(page.body.matches("data-line").count(), 1);
    assert_eq!(page.body.matches("checked=\"checked\"").count(), 1);
    assert_eq!(rows(&page.body).len(), 4, "the list still has all");
}

#[tokio::test]
async fn a_rate_is_per_second_and_a_group_is_one_line() {
    let rate = page(hosts(), "/explore?name=sent&fn=rate").await;
    assert_eq!(legend(&rate.body)[..4], ["Latest 10 B/s", "Min 10 B/s", "Avg 10 B/s", "Max 10 B/s"]);
    rate.assert_has("Rate per second, last hour");
    rate.assert_has("rate = { above = 20.0, over = &#34;5m&#34; }");
    let sum = page(hosts(), "/explore?name=sent&fn=rate&group=sum").await;
    assert_eq!(legend(&sum.body)[..1], ["Latest 30 B/s"]);
    sum.assert_has("2 series");
    sum.assert_has("A rule watches each series on its own: remove the grouping.");
    let by = page(hosts(), "/explore?name=sent&fn=rate&group=max&by=host").await;
    assert_eq!(by.body.matches("data-line").count(), 2);
}

#[tokio::test]
async fn the_same_time_a_day_before_is_a_second_line() {
    let world = world((0..60).flat_map(|minute| {
        [
            sample("host/load", &[], 1.0, 60 * minute + 3),
            sample("host/load", &[], 5.0, 86_400 + 60 * minute + 3),
        ]
    }));
    let page = page(world, "/explore?name=load&compare=1d").await;
    page.assert_has("s0 earlier");
    page.assert_has("data-earlier=\"5,");
    page.assert_has("a day before (dashed)");
    assert_eq!(legend(&page.body)[..1], ["Latest 1"], "the figures are those of the range");
}

#[tokio::test]
async fn more_lines_than_a_page_draws_are_counted() {
    let page = page(many(MAX_LINES + 1), "/explore?name=cpu").await;
    assert_eq!(page.body.matches("data-line").count(), MAX_LINES);
    page.assert_has(&format!("{MAX_LINES} of {} lines are drawn", MAX_LINES + 1));
}

#[tokio::test]
async fn more_series_than_are_grouped_are_counted() {
    let page = page(many(MAX_GROUPED + 1), "/explore?name=cpu&group=sum").await;
    page.assert_has(&format!("Only the first {MAX_GROUPED} of {} series are grouped", MAX_GROUPED + 1));
    page.assert_has(&format!("{MAX_GROUPED} series</span>"));
}

#[tokio::test]
async fn a_long_range_comes_from_rollups_and_says_so() {
    let page = page(hosts(), "/explore?name=load&over=7d").await;
    page.assert_has("1 point = 1 h, mean of about");
    page.assert_has("from hourly rollups");
    assert_eq!(legend(&page.body)[..1], ["Latest 1.5"], "what is not rolled up yet is computed");
    page.assert_has("/v1/rollups?name=load&#38;window=hour&#38;from=7d");
    page.assert_has("watchkeeper query rollups --name load --window hour --from 7d");
}

#[tokio::test]
async fn a_chart_is_copied_as_commands_csv_and_a_rule_that_is_checked() {
    let page = page(hosts(), "/explore?source=host&name=load").await;
    page.assert_has(
        "curl &#39;http://watch.example:8460/v1/range?source=host&#38;name=load&#38;from=1h&#38;step=15s",
    );
    page.assert_has("watchkeeper query range --source host --name load --from 1h --step 15s --aggregate avg");
    page.assert_has("href=\"/explore.csv?source=host&#38;name=load\"");
    page.assert_has("name = &#34;load_high&#34;");
    page.assert_has("threshold = { above = 1.5 }");
}

#[tokio::test]
async fn a_csv_has_a_row_for_each_point_and_a_group_is_one_series() {
    let router = console(hosts()).await;
    let answer = get(&router, "/explore.csv?name=load").await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"));
    let rows: Vec<&str> = answer.body.lines().collect();
    assert_eq!(rows[0], "time,series,unit,value");
    assert_eq!(rows.len(), 1 + 2 * 120);
    assert!(rows[1].ends_with(r#","host/load{host=""a""}","",1.5"#), "{}", rows[1]);
    let grouped = get(&router, "/explore.csv?name=load&group=sum").await;
    assert!(grouped.body.lines().last().unwrap().ends_with(r#","{}","",3"#), "{}", grouped.body);
}

#[tokio::test]
async fn a_csv_has_a_limit_of_series() {
    let router = console(many(MAX_CSV_SERIES + 1)).await;
    let answer = get(&router, "/explore.csv").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    answer.assert_has(&format!("selects {} series, the limit is {MAX_CSV_SERIES}", MAX_CSV_SERIES + 1));
    let router = console(many(MAX_CSV_SERIES)).await;
    assert_eq!(get(&router, "/explore.csv").await.body.lines().count(), 1 + MAX_CSV_SERIES);
}

#[tokio::test]
async fn a_store_that_refuses_leaves_the_list() {
    let page = page(World { store: Mood::Refuses, ..hosts() }, "/explore?name=load").await;
    assert_sound(&page.body);
    page.assert_has("Not shown: store unavailable");
    assert_eq!(rows(&page.body).len(), 2);
    let page =
        self::page(World { store: Mood::Refuses, cache: Mood::Refuses, ..hosts() }, "/explore?name=load")
            .await;
    assert_sound(&page.body);
    assert_eq!(rows(&page.body), [""; 0]);
}

#[tokio::test]
async fn a_search_that_matches_nothing_says_so() {
    let page = page(world([sample("host/load", &[], 1.0, 9)]), "/explore?source=hots").await;
    page.assert_has("No current series matches.");
    assert_eq!(rows(&page.body), [""; 0]);
}

#[tokio::test]
async fn labels_are_shown_up_to_a_number_and_a_length() {
    let long = "x".repeat(61);
    let labels = ["a", "b", "c", "d", "e", "f", "g"].map(|name| (name, long.as_str()));
    let page = page(world([sample("host/load", &labels, 1.0, 9)]), "/explore").await;
    page.assert_has(&format!("</span> {}…</span>", "x".repeat(60)));
    page.assert_has("1 more</a>");
    page.assert_lacks("<span class=\"muted\">g</span>");
}

#[tokio::test]
async fn a_query_that_cannot_be_read_is_refused_by_field() {
    let router = console(World::default()).await;
    for (path, detail) in [
        ("/explore?fn=median", "fn: must be one of"),
        ("/explore?s=load", "s: series: must be"),
        ("/explore.csv?from=monday", "from: must be a time"),
    ] {
        let answer = get(&router, path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        answer.assert_has(detail);
    }
}
