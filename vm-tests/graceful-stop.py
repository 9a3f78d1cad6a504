"""Stopping and killing roles under load loses nothing that was acknowledged, and stores nothing twice."""

start_engines(machine)
run_roles(machine, ["api", "ingest", "persister", "cache"])
wait_until_ready(machine, PORTS['ingest'])

# Sends ever more samples, and notes those that were acknowledged, until /tmp/stop exists.
write(machine, "/tmp/load", r"""#!/bin/bash
value=0
until [ -e /tmp/stop ]; do
    value=$((value + 1))
    body="[{\"source\":\"load\",\"name\":\"sent\",\"value\":$value,\"labels\":{\"n\":\"$((value % 7))\"}}]"
    if curl --silent --fail --max-time 10 --json "$body" http://127.0.0.1:8462/v1/samples > /dev/null; then
        echo "$value" >> /tmp/acknowledged
    fi
done
""")
machine.succeed("chmod +x /tmp/load; systemd-run --quiet --unit load /tmp/load")
stored = "runuser -u watchkeeper -- psql --no-align --tuples-only watchkeeper --command"


def acknowledged():
    return int(machine.succeed("wc -l < /tmp/acknowledged"))


machine.wait_until_succeeds("test -s /tmp/acknowledged", timeout=30)
for signal in ["TERM", "KILL"]:
    for role in ["persister", "ingest", "cache"]:
        with subtest(f"SIG{signal} to {role}"):
            before = acknowledged()
            pid = main_pid(machine, f"watchkeeper@{role}.service")
            machine.succeed(f"kill -{signal} {pid}")
            machine.wait_until_succeeds(
                f"test $(systemctl show --value --property MainPID watchkeeper@{role}) -gt {pid}", timeout=60)
            machine.wait_until_succeeds(f"test $(wc -l < /tmp/acknowledged) -gt {before + 20}", timeout=60)

machine.succeed("touch /tmp/stop")
machine.wait_until_succeeds("! systemctl is-active --quiet load", timeout=30)
with subtest("everything that was acknowledged is stored once"):
    # What was sent while ingest was killed may be stored without having been acknowledged.
    count = f"{stored} \"SELECT value FROM metrics WHERE source = 'load'\" | cut -d. -f1 | sort"
    machine.succeed("sort /tmp/acknowledged > /tmp/expected; test -s /tmp/expected")
    machine.wait_until_succeeds(f"{count} > /tmp/stored; test -z \"$(comm -23 /tmp/expected /tmp/stored)\"", timeout=60)
    twice = machine.succeed("uniq --repeated /tmp/stored")
    assert twice == "", f"stored twice: {twice}"
    machine.log(f"{acknowledged()} samples were acknowledged")
