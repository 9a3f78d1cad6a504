//! What was acknowledged of events outlives `kill -9` of whatever it passes.

use crate::load::Load;
use crate::patience::wait_for;
use crate::role::Role;
use crate::stack::Engine;
use crate::world::World;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::env;

/// How many seeds are tried; [`DEFAULT_SEEDS`] if it is not set.
const SEEDS: &str = "WATCHKEEPER_TEST_SEEDS";
/// Each seed kills all three once.
const DEFAULT_SEEDS: u64 = 2;
/// The path of an event.
const ROLES: [Role; 2] = ["ingest", "processor"];
/// A kill comes after so many acknowledgements or fewer.
const MAX_ACKNOWLEDGEMENTS: u32 = 5;

/// What is killed.
#[derive(Clone, Copy, Debug)]
enum Victim {
    Role(Role),
    Postgres,
}

#[test]
#[ignore = "needs engines of its own: cargo xtask test starts them"]
fn kill_9_of_ingest_processor_and_postgres_under_load_loses_and_doubles_no_event_and_counts_each_once() {
    let world = World::with_engines();
    let mut host = world.host("host");
    host.start(&ROLES);
    host.wait_until_ready();
    let load = Load::of_events([host.role("ingest").url()]);
    let seeds = env::var(SEEDS).map_or(DEFAULT_SEEDS, |seeds| seeds.parse().unwrap());
    let mut kills = 0;
    for seed in 0..seeds {
        let mut random = StdRng::seed_from_u64(seed);
        let mut victims = vec![Victim::Role("ingest"), Victim::Role("processor"), Victim::Postgres];
        while !victims.is_empty() {
            let victim = victims.swap_remove(random.random_range(0..victims.len()));
            for _ in 0..random.random_range(1..=MAX_ACKNOWLEDGEMENTS) {
                load.wait_for_more();
            }
            match victim {
                Victim::Role(role) => {
                    host.kill(&[role]);
                    host.start(&[role]);
                }
                Victim::Postgres => {
                    world.stack.end(Engine::Postgres);
                    load.wait_for_more();
                    world.stack.start(&[Engine::Postgres]);
                }
            }
            kills += 1;
            host.wait_until_ready();
        }
        load.wait_until_events_are_kept(&world.kept);
    }
    let acknowledged = load.stop_events(&world.kept);
    // What was not acknowledged may still be on its way.
    let counts = wait_for("the counts to be those of the rows", || {
        let (wrong, counts) = world.kept.wrong_counts();
        if wrong.is_empty() { Ok(counts) } else { Err(format!("{wrong:?}")) }
    });
    assert!(counts > 3, "events of several levels: {counts}");
    host.stop(&ROLES);
    let (wrong, _) = world.kept.wrong_counts();
    assert!(wrong.is_empty(), "{wrong:?}");
    eprintln!("{seeds} seeds, {kills} kills: {acknowledged} acknowledged events, each once; {counts} counts");
}
