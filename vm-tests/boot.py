"""Everything that is enabled comes up after a reboot, and after a crash of the machine, in any order."""

start_engines(machine)
run_roles(machine)
machine.succeed("systemctl disable watchkeeper-up.service")
machine.succeed("systemctl enable " + " ".join(f"watchkeeper@{role}" for role in PORTS))
send(machine, [{"source": "boot", "name": "kept", "value": 7}], PORTS["ingest"])
machine.wait_until_succeeds("watchkeeper query samples --source boot --name kept | grep -w 7", timeout=60)


def is_up():
    for role, port in PORTS.items():
        machine.wait_for_unit(f"watchkeeper@{role}.service")
        wait_until_ready(machine, port, timeout=90)
    machine.wait_until_succeeds("watchkeeper query samples --source boot --name kept | grep -w 7", timeout=60)


with subtest("after a reboot"):
    machine.reboot()
    machine.wait_for_unit("watchkeeper.target")
    is_up()

with subtest("after a loss of power"):
    machine.crash()
    machine.start()
    machine.wait_for_unit("watchkeeper.target")
    is_up()

with subtest("roles before the engines that they need"):
    machine.succeed("systemctl stop watchkeeper.target")
    units = " ".join(SERVERS.values())
    machine.succeed(f"systemctl stop {units}")
    machine.succeed("systemctl start watchkeeper.target")
    for role in PORTS:
        machine.wait_for_unit(f"watchkeeper@{role}.service")
    machine.succeed(f"systemctl start {units}")
    is_up()
