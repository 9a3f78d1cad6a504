//! An engine that falls over and comes back, one after the other.

use crate::heat::{Heat, assert_stored_once};
use crate::host::Host;
use crate::load::Load;
use crate::patience::{so, wait_for};
use crate::role;
use crate::stack::Engine;
use crate::told::{ids, wait_until_told};
use crate::world::World;

/// Windows that were rolled up are rolled up again some time after they have ended, and that time has come for all
/// that a test posts.
const FIRST_CORRECTION_MINUTES: usize = 61;

#[test]
#[ignore = "needs engines of its own: cargo xtask test starts them"]
fn after_each_engine_is_restarted_new_samples_go_the_whole_way_and_none_is_lost_or_doubled() {
    let world = World::with_engines();
    let mut host = world.host("host");
    host.start(&role::all());
    host.wait_until_ready();
    let load = Load::on([host.role("ingest").url()]);
    let mut heats = Vec::new();
    for engine in Engine::ALL {
        load.wait_until_kept(&world.kept);
        world.stack.end(engine);
        wait_until_missed(engine, &host);
        load.wait_for_more();
        let heat = Heat::of(engine.name());
        heat.post(&host);
        if engine == Engine::Smtp {
            wait_until_mail_waits(&world);
        }

        world.stack.start(&[engine]);
        host.wait_until_ready();
        heats.push(heat);
        heats[heats.len() - 1].wait_until_stored(&world.kept);
        correct_rollups(&mut host, heats.len());
        for heat in &heats {
            heat.wait_until_cached(&world.kept);
            heat.wait_until_answered(&host);
            heat.wait_until_rolled_up(&world.kept);
        }
        wait_until_told(&heats, &world.kept);
    }
    load.stop(&world.kept);
    assert_stored_once(&heats, &world.kept);
    let mails = world.kept.mails();
    assert_eq!((mails.len(), ids(&mails).len()), (heats.len(), heats.len()), "{mails:?}");
}

/// Waits until a role has noticed that the engine is away; mail is only missed when there is some.
fn wait_until_missed(engine: Engine, host: &Host) {
    let (role, dependency) = match engine {
        Engine::Kafka => ("persister", "bus"),
        Engine::Postgres => ("persister", "store"),
        Engine::Redis => ("cache", "cache"),
        Engine::Mongodb => ("analytics", "rollups"),
        Engine::Smtp => return,
    };
    wait_for("the engine to be missed", || host.role(role).misses(&[dependency]));
}

/// Waits until a mail could not be sent.
fn wait_until_mail_waits(world: &World) {
    wait_for("a mail that waits", || {
        let notifications = world.kept.notifications();
        so(notifications.iter().any(|told| told.state == "waiting" && told.attempts > 0), notifications)
    });
}

/// Has all windows made again, for the so-manieth time: a pass that is new begins with the oldest.
fn correct_rollups(host: &mut Host, times: usize) {
    let corrections: Vec<_> =
        (FIRST_CORRECTION_MINUTES..).take(times).map(|minutes| format!("{minutes}m")).collect();
    host.correct_rollups_after(&corrections);
    host.stop(&["analytics"]);
    host.start(&["analytics"]);
}
