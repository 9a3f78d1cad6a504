//! Questions about events, against the best SQL written by hand on the same rows.
//!
//! The events of one day are stored by COPY in the tables of the program. Each question is asked both ways in turn, some
//! times, and the ratio of the medians is printed; both must find the same number of events or bars.

use crate::compare::median;
use crate::database::{Database, Server};
use crate::events::{Events, Load, RARE_SERVICE, RARE_WORD};
use crate::kind::Kind as _;
use crate::{ceiling, engine};
use anyhow::{Context as _, ensure};
use clap::Args;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio_postgres::Client;
use watchkeeper_adapter_postgres::{PostgresOptions, PostgresStore};
use watchkeeper_domain::{EventFilter, Timestamp};
use watchkeeper_ports::{EventQueries, EventQuery, EventStore, Order};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const HOUR: Duration = Duration::from_secs(60 * 60);
/// Rows per transaction.
const TRANSACTION_ROWS: usize = 50_000;
/// Among so many of the first events is one of each service on each host.
const SOME: usize = 500_000;
/// Events of a page.
const LIMIT: usize = 50;
/// Bars of a histogram.
const BARS: u32 = 96;

#[derive(Args, Debug)]
pub(crate) struct QueryArgs {
    /// Events
    #[arg(long, default_value_t = 1_000_000)]
    events: usize,
    /// How often each question is asked both ways
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// With an index of trigrams on the messages, which an operator may make
    #[arg(long)]
    trigrams: bool,
    /// Print the plans of the SQL written by hand
    #[arg(long)]
    explain: bool,
}

/// A question, and the ways of asking it by hand, of which the quickest counts.
struct Question {
    name: &'static str,
    ask: Ask,
    by_hand: Vec<String>,
}

enum Ask {
    /// The newest events.
    Newest(EventQuery),
    /// A histogram of a day.
    Histogram(EventFilter, Vec<Timestamp>),
}

pub(crate) fn run(args: &QueryArgs) -> anyhow::Result<()> {
    let runtime = Runtime::new()?;
    runtime.block_on(async {
        let server = Server::connect(&engine("POSTGRES")?).await?;
        let database = server.fresh("questions").await?;
        let compared = compare(args, &database).await;
        server.remove(database).await?;
        compared
    })
}

async fn compare(args: &QueryArgs, database: &Database) -> anyhow::Result<()> {
    let load = Load::new(args.events, DAY);
    let client = fill(args, database, &load).await?;
    let store = PostgresStore::connect(&PostgresOptions::new(&*database.url))?.events();
    for question in questions(&load.time(), args.trigrams)? {
        let (mut ours, mut by_hand) = (Vec::new(), vec![Vec::new(); question.by_hand.len()]);
        let mut found = 0;
        // The first time is to warm up.
        for round in 0..=args.rounds {
            let began = Instant::now();
            found = ask(&store, &question.ask).await?;
            let took = began.elapsed().as_secs_f64();
            for (sql, times) in question.by_hand.iter().zip(&mut by_hand) {
                let began = Instant::now();
                let rows = client.query(sql, &[]).await?.len();
                let took = began.elapsed().as_secs_f64();
                ensure!(rows == found, "{}: {found} are found, and {rows} by {sql}", question.name);
                if round > 0 {
                    times.push(took);
                }
            }
            if round > 0 {
                ours.push(took);
            }
        }
        let ours = median(ours);
        let best = by_hand.into_iter().map(median).enumerate().min_by(|one, other| one.1.total_cmp(&other.1));
        let (way, best) = best.context("it is asked by hand")?;
        println!(
            "{}: ratio {:.2}; {:.2} ms, by hand {:.2} ms (way {}), {found} rows",
            question.name,
            ours / best,
            ours * 1e3,
            best * 1e3,
            way + 1
        );
        if args.explain {
            for row in
                client.query(&format!("EXPLAIN (ANALYZE, BUFFERS) {}", question.by_hand[way]), &[]).await?
            {
                println!("    {}", row.try_get::<_, String>(0)?);
            }
        }
    }
    Ok(())
}

/// Stores the events of the day.
async fn fill(args: &QueryArgs, database: &Database, load: &Load) -> anyhow::Result<Client> {
    let begun = Instant::now();
    // Enough of them for each service and host.
    let some: Vec<_> = load.events().take(SOME).collect();
    let (mut client, numbers) = ceiling::make_tables::<Events>(database, &some).await?;
    if args.trigrams {
        client
            .batch_execute(
                "CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;
                 CREATE INDEX ON event_rows USING gin (lower(message) public.gin_trgm_ops)",
            )
            .await?;
    }
    let mut events = load.events().peekable();
    while events.peek().is_some() {
        let part: Vec<_> = events.by_ref().take(TRANSACTION_ROWS).collect();
        ceiling::store(&mut client, Events::COPY, &Events::encode(&part, &numbers)?).await?;
    }
    client.batch_execute("VACUUM ANALYZE event_rows").await?;
    let bytes: i64 = client
        .query_one("SELECT sum(pg_total_relation_size(inhrelid))::bigint FROM pg_inherits WHERE inhparent = 'event_rows'::regclass", &[])
        .await?
        .try_get(0)?;
    println!("{} events stored in {:.1?}: {} MiB with indexes", args.events, begun.elapsed(), bytes >> 20);
    Ok(client)
}

async fn ask(store: &Arc<dyn EventStore>, ask: &Ask) -> anyhow::Result<usize> {
    match ask {
        Ask::Newest(query) => {
            let page = EventQueries::events(&**store, query, Order::NewestFirst, None, LIMIT).await?;
            ensure!(!page.is_partial, "there was no time to answer");
            Ok(page.events.len())
        }
        Ask::Histogram(filter, edges) => {
            let counted = store.histogram(filter, edges).await?;
            ensure!(counted.since == edges[0], "there was no time to answer");
            Ok(counted
                .found
                .iter()
                .map(|bar| bar.by_level.iter().filter(|events| **events > 0).count())
                .sum())
        }
    }
}

fn questions(day: &Range<Timestamp>, has_trigrams: bool) -> anyhow::Result<Vec<Question>> {
    let newest = |query: &str, time: &Range<Timestamp>| {
        anyhow::Ok(Ask::Newest(EventQuery { filter: query.parse()?, time: time.clone() }))
    };
    let lines = |time: &Range<Timestamp>, condition: &str| {
        format!(
            "SELECT e.at, e.id, e.level, s.name, h.name, e.message, e.fields
             FROM event_rows e JOIN event_services s ON s.id = e.service_id JOIN event_hosts h ON h.id = e.host_id
             WHERE e.at >= '{}' AND e.at < '{}' AND {condition} ORDER BY e.at DESC, e.id DESC LIMIT {LIMIT}",
            time.start, time.end
        )
    };
    let inner = |time: &Range<Timestamp>, condition: &str| {
        format!(
            "SELECT e.at, e.id, e.level, s.name, h.name, e.message, e.fields
             FROM (SELECT * FROM event_rows e WHERE e.at >= '{}' AND e.at < '{}' AND {condition}
                   ORDER BY e.at DESC, e.id DESC LIMIT {LIMIT}) e
                 JOIN event_services s ON s.id = e.service_id JOIN event_hosts h ON h.id = e.host_id",
            time.start, time.end
        )
    };
    let both =
        |time: &Range<Timestamp>, condition: &str| vec![lines(time, condition), inner(time, condition)];
    let of_service =
        |name: &str| format!("e.service_id = (SELECT id FROM event_services WHERE name = '{name}')");
    // By the index of services, whatever the planner thinks of a number that it does not know.
    let by_index = |name: &str| {
        format!(
            "SELECT e.at, e.id, e.level, s.name, h.name, e.message, e.fields
             FROM (SELECT * FROM event_rows e WHERE e.at >= '{}' AND e.at < '{}' AND {}
                   ORDER BY e.service_id DESC, e.at DESC, e.id DESC LIMIT {LIMIT}) e
                 JOIN event_services s ON s.id = e.service_id JOIN event_hosts h ON h.id = e.host_id",
            day.start,
            day.end,
            of_service(name)
        )
    };
    let lines_of = |name: &str| {
        let mut ways = both(day, &of_service(name));
        ways.push(by_index(name));
        ways
    };
    let hour = day.start.plus(12 * HOUR)..day.start.plus(13 * HOUR);
    let edges: Vec<_> = (0..=BARS).map(|edge| day.start.plus(DAY / BARS * edge)).collect();
    let word = format!("lower(e.message) LIKE '%{RARE_WORD}%'");
    let mut in_messages = both(day, &word);
    if !has_trigrams {
        in_messages.extend(both(day, &format!("e.message ILIKE '%{RARE_WORD}%'")));
    }
    // The same meaning: a number or its text, or a list of them.
    let of_field = |name: &str, value: &str| {
        let text = format!("e.fields->>'{name}' = '{value}'");
        let listed = format!("e.fields @> '{{\"{name}\": [{value}]}}'");
        let contained =
            format!("e.fields @> '{{\"{name}\": {value}}}' OR e.fields @> '{{\"{name}\": \"{value}\"}}'");
        let typed = format!("jsonb_typeof(e.fields->'{name}') = 'array' AND {listed}");
        [
            both(&hour, &format!("({text} OR {listed})")),
            both(&hour, &format!("({text} OR {typed})")),
            both(&hour, &format!("({contained} OR {listed})")),
        ]
        .concat()
    };
    Ok(vec![
        Question {
            name: "the last 50 lines of a service",
            ask: newest("service=shop", day)?,
            by_hand: lines_of("shop"),
        },
        Question {
            name: "the last 50 lines of a service that says little",
            ask: newest(&format!("service={RARE_SERVICE}"), day)?,
            by_hand: lines_of(RARE_SERVICE),
        },
        Question {
            name: "a histogram of a day's errors",
            ask: Ask::Histogram("level>=error".parse()?, edges),
            by_hand: vec![format!(
                "SELECT date_bin('15 minutes', at, '{}'), level, count(*) FROM event_rows
                 WHERE at >= '{}' AND at < '{}' AND level >= 6 GROUP BY 1, 2",
                day.start, day.start, day.end
            )],
        },
        Question { name: "a word in a day's messages", ask: newest(RARE_WORD, day)?, by_hand: in_messages },
        Question {
            name: "a field's value in an hour",
            ask: newest("user=1234", &hour)?,
            by_hand: of_field("user", "1234"),
        },
        Question {
            name: "a field's frequent value in an hour",
            ask: newest("status=404", &hour)?,
            by_hand: of_field("status", "404"),
        },
    ])
}
