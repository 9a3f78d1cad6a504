"""systemd restarts a unit that has stopped or whose loop hangs, and no other."""

ROLES = ["ingest", "persister", "collector"]
start_engines(machine)
run_roles(machine, ROLES)
for role in ROLES:
    wait_until_ready(machine, PORTS[role])


def restarts(role):
    return int(machine.get_unit_property(f"watchkeeper@{role}.service", "NRestarts"))


begun = seconds(machine)

with subtest("a stopped process is killed and started again"):
    stopped = main_pid(machine, "watchkeeper@ingest.service")
    machine.succeed(f"kill -STOP {stopped}")
    machine.wait_until_succeeds("systemctl show --property Result watchkeeper@ingest | grep watchdog", timeout=60)
    wait_until_ready(machine, PORTS['ingest'])
    assert main_pid(machine, "watchkeeper@ingest.service") != stopped
    assert restarts("ingest") == 1

with subtest("a database that does not answer for a minute restarts nothing"):
    postgres = "pgrep --uid postgres | xargs kill"
    machine.succeed(f"{postgres} -STOP")
    machine.wait_until_succeeds(
        "systemctl show --property StatusText watchkeeper@persister | grep -E 'waiting for store.* (6[0-9]|1 min)'",
        timeout=120)
    machine.succeed(f"{postgres} -CONT")
    wait_until_ready(machine, PORTS['persister'])
    assert restarts("persister") == 0

with subtest("a healthy unit is not restarted in three intervals"):
    interval = 30
    machine.sleep(max(0, begun + 3 * interval + 5 - seconds(machine)))
    assert restarts("collector") == 0 and restarts("persister") == 0

with subtest("a hung loop is reported, and its process is killed and started again"):
    unit = "watchkeeper@persister.service"
    machine.succeed(f"mkdir -p /run/systemd/system/{unit}.d")
    write(machine, f"/run/systemd/system/{unit}.d/hang.conf",
          "[Service]\nEnvironment=WATCHKEEPER_HANG=persister.receive\nWatchdogSec=10s\n")
    machine.succeed(f"systemctl daemon-reload; systemctl restart {unit}")
    machine.wait_until_succeeds(f"systemctl show --property StatusText {unit} | grep HUNG", timeout=60)
    machine.wait_until_succeeds(f"systemctl show --property Result {unit} | grep watchdog", timeout=60)
    machine.succeed(f"journalctl --unit {unit} | grep 'hung: watchdog keep-alive withheld'")
    machine.succeed(f"rm -r /run/systemd/system/{unit}.d; systemctl daemon-reload; systemctl restart {unit}")
    wait_until_ready(machine, PORTS['persister'])
