"""The journal has the fields that docs/logs.md names, at the right priorities, and no secret is anywhere."""

SECRETS = {"telegram-token": "12345678:AAsecretsecretsecretsecretsecretsecr", "webhook-password": "hunter2-of-the-webhook"}
start_engines(machine)
machine.succeed("mkdir -p /etc/watchkeeper/credentials/notifier")
for name, secret in SECRETS.items():
    write(machine, f"/etc/watchkeeper/credentials/notifier/{name}", secret)
machine.succeed("chmod 600 /etc/watchkeeper/credentials/notifier/*")
run_roles(machine, PORTS, """
[[notifier.receiver]]
name = "chat"
telegram = { token_file = "telegram-token", chat = "1" }
webhook = { url = "http://127.0.0.1:9/hook", username = "watchkeeper", password_file = "webhook-password" }

[[rule]]
name = "too_high"
match = ['source="demo"']
threshold = { above = 10 }
""")
for role, port in PORTS.items():
    wait_until_ready(machine, port)


def entries(role):
    lines = machine.succeed(f"journalctl --unit watchkeeper@{role} --output json").splitlines()
    return [entry for entry in map(json.loads, lines) if entry.get("_COMM", "").startswith("watchkeeper")]


with subtest("a sample is stored, so that every role has worked"):
    send(machine, [{"source": "demo", "name": "load", "value": 42}], PORTS["ingest"])
    machine.wait_until_succeeds("watchkeeper query latest --source demo | grep -w 42", timeout=60)

with subtest("each line has its role, its priority, and a message"):
    for role in PORTS:
        lines = entries(role)
        assert lines, role
        for entry in lines:
            assert entry.get("ROLE") == role, entry
            assert entry["PRIORITY"] in ["3", "4", "5", "6"] and entry["MESSAGE"], entry
            assert entry["SYSLOG_IDENTIFIER"] == "watchkeeper", entry

with subtest("nothing is logged twice, and nothing per record"):
    before = {role: len(entries(role)) for role in PORTS}
    for value in range(50):
        send(machine, [{"source": "demo", "name": f"load{value}", "value": 1}], PORTS["ingest"])
    machine.wait_until_succeeds("watchkeeper query latest --source demo --name load49 | grep -w 1", timeout=60)
    for role in PORTS:
        lines = entries(role)
        assert len(lines) <= before[role] + 2, lines[before[role]:]
        shown = [(entry["MESSAGE"], entry["__REALTIME_TIMESTAMP"][:-3]) for entry in lines]
        assert len(shown) == len(set(shown)), shown

with subtest("an outage has the fields of what failed"):
    machine.succeed(f"systemctl stop {SERVERS['redis']}")
    machine.wait_until_succeeds("journalctl --unit watchkeeper@cache PRIORITY=4 | grep unavailable", timeout=60)
    outage = [entry for entry in entries("cache") if "unavailable" in entry["MESSAGE"]][0]
    assert outage["ROLE"] == "cache" and outage["ERROR"], outage

with subtest("no secret is in the journal, in a command line, an environment or a property"):
    # In a file, so that the search does not find itself.
    write(machine, "/root/secrets", "\n".join(SECRETS.values()))
    for where in ["journalctl --output export", "cat /proc/[0-9]*/cmdline", "cat /proc/[0-9]*/environ",
                  "systemctl show '*'"]:
        machine.fail(f"{where} 2> /dev/null | grep --text --fixed-strings --file /root/secrets")
    # They are there: the process that needs them has them.
    machine.succeed("ls /run/credentials/watchkeeper@notifier.service | grep telegram-token")
