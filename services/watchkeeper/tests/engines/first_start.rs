//! The roles need nobody to start them in order.

use crate::heat::{Heat, assert_stored_once};
use crate::patience::{so, wait_for};
use crate::role::{self, Role};
use crate::stack::Engine;
use crate::told::{ids, wait_until_told};
use crate::world::World;

/// What each role says that it misses when there are no engines. Ingest misses nothing: it takes samples, and keeps
/// them on its disk until Kafka is there, as the collector does once it has its schedule from the store.
const MISSED: [(Role, &[&str]); 6] = [
    ("collector", &["store"]),
    ("cache", &["bus", "cache"]),
    ("persister", &["bus", "store"]),
    ("api", &["bus", "store", "cache"]),
    ("analytics", &["api", "rollups"]),
    ("notifier", &["bus", "store", "outbox"]),
];

#[test]
#[ignore = "needs engines of its own: cargo xtask test starts them"]
fn roles_that_start_before_any_engine_come_up_by_themselves() {
    let world = World::without_engines();
    let mut host = world.host("host");
    host.start(&role::all());
    for role in role::all() {
        wait_for("the role to live", || {
            let answer = host.role(role).get("/livez")?;
            so(answer.0 == 200, answer)
        });
    }
    for (role, dependencies) in MISSED {
        wait_for("the role to say what it misses", || host.role(role).misses(dependencies));
    }
    let heat = Heat::of("attic");
    heat.post(&host);

    world.stack.start(&Engine::ALL);
    host.wait_until_ready();
    heat.wait_until_stored(&world.kept);
    heat.wait_until_cached(&world.kept);
    heat.wait_until_answered(&host);
    heat.wait_until_rolled_up(&world.kept);
    let heats = [heat];
    wait_until_told(&heats, &world.kept);
    assert_stored_once(&heats, &world.kept);
    let mails = world.kept.mails();
    assert_eq!((mails.len(), ids(&mails).len()), (1, 1), "{mails:?}");
    wait_for("what the collector has measured", || {
        let measured = world.kept.newest("host");
        so(!measured.is_empty(), measured)
    });
}
