"""Each engine goes away and comes back: units stay active, say what they wait for, log it once, and go on."""

start_engines(machine)
run_roles(machine)
for role, port in PORTS.items():
    wait_until_ready(machine, port)

ENGINES = {
    # Who waits for it, and its address.
    "kafka": (["persister", "cache", "notifier"], "127.0.0.1:9092"),
    "postgresql": (["persister", "notifier"], "/run/postgresql"),
    "redis": (["cache"], "127.0.0.1:6379"),
    "mongodb": (["analytics"], "127.0.0.1:27017"),
}


def restarts():
    return {role: machine.get_unit_property(f"watchkeeper@{role}.service", "NRestarts") for role in PORTS}


def log_lines(role, since):
    lines = machine.succeed(f"journalctl --unit watchkeeper@{role} --output cat --since @{since} --priority warning")
    return [line for line in lines.splitlines() if line]


sent = 0
for engine, (roles, address) in ENGINES.items():
    unit = SERVERS[engine]
    # journalctl knows whole seconds only: what was logged before is not of the next one.
    machine.sleep(1)
    since = machine.succeed("date +%s").strip()
    with subtest(f"without {engine}, units are active and say what they wait for"):
        machine.succeed(f"systemctl stop {unit}")
        for role in roles:
            machine.wait_until_succeeds(
                f"systemctl show --property StatusText watchkeeper@{role} | grep -F 'waiting for' | grep -F '{address}'",
                timeout=60)
            machine.succeed(f"systemctl is-active watchkeeper@{role}")
            machine.wait_until_fails(f"curl --silent --fail http://127.0.0.1:{PORTS[role]}/readyz", timeout=60)
            machine.succeed(f"curl --silent --fail http://127.0.0.1:{PORTS[role]}/livez")
            # Right after another outage, one is logged when it has lasted for half a minute.
            machine.wait_until_succeeds(f"journalctl --unit watchkeeper@{role} --since @{since} "
                                        "--priority warning | grep 'is unavailable'", timeout=90)
    with subtest(f"samples are accepted without {engine}"):
        sent += 1
        send(machine, [{"source": "outage", "name": engine, "value": sent}], PORTS["ingest"])
    with subtest(f"with {engine} again, all roles are ready and the sample arrives"):
        machine.succeed(f"systemctl start {unit}")
        for role, port in PORTS.items():
            wait_until_ready(machine, port, timeout=90)
        machine.wait_until_succeeds(f"watchkeeper query samples --source outage --name {engine} | grep -w {sent}",
                                    timeout=60)
    with subtest(f"the outage of {engine} is a line when it begins and one when it ends"):
        for role in roles:
            lines = log_lines(role, since)
            about = [line for line in lines if "unavailable" in line]
            assert len(about) == 1, f"{role}: {lines}"
            assert len(lines) <= 2, f"{role}: {lines}"

with subtest("no outage has restarted a unit"):
    assert set(restarts().values()) == {"0"}, restarts()
