"""What the machine's journal and syslog say is found; each line once, also over restarts; the sandbox reads no more for it."""

COUNT = 400
SYSLOG = """
[ingest.syslog]
udp = "127.0.0.1:5514"
tcp = "127.0.0.1:5514"
[collector.journal]
enabled = true
units = ["shop*"]
"""
configure(machine, SYSLOG)
machine.wait_for_unit("watchkeeper-up.service")
machine.succeed("systemctl restart watchkeeper-up.service")
wait_until_ready(machine, 8460)
# The first time, the journal is followed from then on.
machine.wait_until_succeeds("pgrep --full 'journalctl.*--follow'", timeout=30)


def messages(service):
    lines = machine.succeed(f"watchkeeper logs --json --from 1h service={service} 2> /dev/null").splitlines()
    return [json.loads(line)["message"] for line in lines]


with subtest("what a unit writes is found, with its unit, level and host"):
    machine.succeed("systemd-run --wait --unit shop-once --property SyslogLevel=warning echo timed out")
    machine.wait_until_succeeds("watchkeeper logs --from 1h service=shop-once 'timed out' | grep WARN", timeout=30)
    line = machine.succeed("watchkeeper logs --json --from 1h service=shop-once 'timed out'").splitlines()[0]
    event = json.loads(line)
    assert event["host"] == machine.succeed("hostname").strip(), event
    assert event["fields"]["unit"] == "shop-once.service" and event["fields"]["boot_id"], event

with subtest("syslog by UDP and by TCP is found"):
    for transport in ["udp", "tcp"]:
        machine.succeed(f"logger --{transport} --server 127.0.0.1 --port 5514 --tag by-{transport} --priority local0.err broken")
        machine.wait_until_succeeds(f"watchkeeper logs --from 1h service=by-{transport} 'level=error' | grep broken", timeout=30)

with subtest("over restarts, and kill -9, each line of the journal is there once"):
    machine.succeed(f"systemd-run --unit shop-stream bash -c 'for n in $(seq {COUNT}); do echo order $n; sleep 0.02; done'")
    for end in ["systemctl restart watchkeeper-up.service", "systemctl kill --signal KILL watchkeeper-up.service"]:
        machine.succeed(end)
        wait_until_ready(machine, 8460)
    machine.wait_until_succeeds(f"journalctl --unit shop-stream | grep --word-regexp 'order {COUNT}'", timeout=60)
    machine.wait_until_succeeds(f"watchkeeper logs --from 1h service=shop-stream | grep --word-regexp 'order {COUNT}'", timeout=60)
    found = [message for message in messages("shop-stream") if message.startswith("order ")]
    wanted = {f"order {number}" for number in range(1, COUNT + 1)}
    assert len(found) == COUNT and set(found) == wanted, (len(found), sorted(wanted - set(found))[:5])

with subtest("the unit may read the journal, and is not more exposed for it"):
    pid = main_pid(machine, "watchkeeper-up.service")
    group = machine.succeed("getent group systemd-journal | cut -d: -f3").strip()
    groups = machine.succeed(f"grep ^Groups: /proc/{pid}/status").split()[1:]
    assert group in groups and "0" not in groups, groups
    machine.succeed("systemd-analyze security --no-pager --threshold=15 watchkeeper-up.service")
