//! A stop while the engines have stopped answering in the middle of work.

use crate::load::Load;
use crate::role;
use crate::stack::Engine;
use crate::world::World;

#[test]
#[ignore = "needs engines of its own: cargo xtask test starts them"]
fn roles_stop_as_asked_while_every_engine_is_frozen_and_lose_nothing_that_was_acknowledged() {
    let world = World::with_engines();
    let mut host = world.host("host");
    host.start(&role::all());
    host.wait_until_ready();
    let load = Load::on([host.role("ingest").url()]);
    load.wait_until_kept(&world.kept);
    load.wait_for_more();
    world.stack.freeze(&Engine::ALL);
    host.stop(&role::all());
    world.stack.thaw(&Engine::ALL);
    host.start(&role::all());
    host.wait_until_ready();
    load.wait_for_more();
    load.stop(&world.kept);
}
