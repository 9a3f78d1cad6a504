"""A start that has to wait for its database for longer than TimeoutStartSec succeeds."""

start_engines(machine)
machine.succeed("systemctl stop watchkeeper-up")
configure(machine, ON_ENGINES)
UNIT = "watchkeeper@persister.service"
machine.succeed(f"mkdir -p /run/systemd/system/{UNIT}.d")
write(machine, f"/run/systemd/system/{UNIT}.d/timeout.conf", "[Service]\nTimeoutStartSec=3s\n")
machine.succeed("systemctl daemon-reload", "pgrep --uid postgres | xargs kill -STOP")

with subtest("it is started while the database does not answer"):
    machine.succeed(f"systemctl start {UNIT}")
    machine.sleep(5)
    assert machine.get_unit_property(UNIT, "ActiveState") == "active"
    assert machine.get_unit_property(UNIT, "NRestarts") == "0"
    machine.wait_until_succeeds(f"systemctl show --property StatusText {UNIT} | grep 'waiting for store'", timeout=30)

with subtest("it is ready when the database answers"):
    machine.succeed("pgrep --uid postgres | xargs kill -CONT")
    wait_until_ready(machine, PORTS['persister'])
