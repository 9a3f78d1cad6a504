"""Each role becomes active, is ready, answers, and stops within its timeout."""

start_engines(machine)
run_roles(machine)

for role, port in PORTS.items():
    with subtest(f"{role} is ready and answers"):
        wait_until_ready(machine, port)
        assert "watchkeeper_build_info" in get(machine, port, "/metrics")

with subtest("a sample goes through all of them"):
    send(machine, [{"source": "demo", "name": "answer", "value": 42}], PORTS["ingest"])
    machine.wait_until_succeeds("watchkeeper query latest --source demo | grep -w 42", timeout=60)
    machine.wait_until_succeeds("watchkeeper query samples --source demo --name answer | grep -w 42", timeout=60)

for role in PORTS:
    unit = f"watchkeeper@{role}.service"
    with subtest(f"{role} stops within 5 s, and is not failed"):
        begun = seconds(machine)
        machine.succeed(f"systemctl stop {unit}")
        assert seconds(machine) - begun < 5, f"{role} took {seconds(machine) - begun:.1f} s"
        assert machine.get_unit_property(unit, "Result") == "success"
