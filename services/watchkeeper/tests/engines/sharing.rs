//! Two processes of each role, of which one or the other is away.

use crate::heat::{Heat, assert_stored_once};
use crate::host::Host;
use crate::load::Load;
use crate::patience::{so, wait_for};
use crate::role::Role;
use crate::told::{ids, wait_until_told};
use crate::world::World;

/// The roles of which there are two: the path of a sample, and of an alert.
const ROLES: [Role; 4] = ["ingest", "cache", "persister", "notifier"];
/// Those that share the partitions of the bus.
const CONSUMERS: [Role; 3] = ["cache", "persister", "notifier"];

#[test]
#[ignore = "needs engines of its own: cargo xtask test starts them"]
fn two_of_each_share_the_work_and_a_rebalance_loses_and_doubles_nothing() {
    let world = World::with_engines();
    let (mut one, mut other) = (world.host("one"), world.host("other"));
    one.start(&ROLES);
    other.start(&ROLES);
    one.wait_until_ready();
    other.wait_until_ready();
    let load = Load::on([&one, &other].map(|host| host.role("ingest").url()));
    let mut heats = Vec::new();
    let mut heat = |by: &Host, of| {
        let heat = Heat::of(of);
        heat.post(by);
        heats.push(heat);
    };
    wait_until_shared([&one, &other]);
    heat(&one, "attic");
    heat(&other, "bakery");

    one.kill(&ROLES);
    heat(&other, "cellar");
    load.wait_until_kept(&world.kept);
    heat(&other, "dairy");
    one.start(&ROLES);
    wait_until_shared([&one, &other]);
    heat(&one, "engine");

    other.stop(&ROLES);
    heat(&one, "forge");
    load.wait_until_kept(&world.kept);
    heat(&one, "garage");
    other.start(&ROLES);
    wait_until_shared([&one, &other]);
    heat(&other, "hall");

    load.stop(&world.kept);
    for heat in &heats {
        heat.wait_until_stored(&world.kept);
        heat.wait_until_cached(&world.kept);
    }
    assert_stored_once(&heats, &world.kept);
    wait_until_told(&heats, &world.kept);
    // One that was killed between sending a mail and noting that has it sent again, as the same mail.
    assert_eq!(ids(&world.kept.mails()).len(), heats.len());
}

/// Waits until each consumer has received records since it was started: it has partitions.
fn wait_until_shared(hosts: [&Host; 2]) {
    for host in hosts {
        host.wait_until_ready();
        for role in CONSUMERS {
            wait_for("records to be received", || {
                let received = host.role(role).received()?;
                so(received > 0.0, (role, received))
            });
        }
    }
}
