"""`systemctl reload` applies a new configuration without a restart, and refuses one with errors."""

UNIT = "watchkeeper-up.service"
RULE = """
[[rule]]
name = "{name}"
match = ['source="demo"']
threshold = {{ above = 100 }}
"""
machine.wait_for_unit(UNIT)
wait_until_ready(machine, 8460, timeout=30)
pid = main_pid(machine, UNIT)

with subtest("rules are reloaded"):
    configure(machine, RULE.format(name="first"))
    machine.succeed(f"systemctl reload {UNIT}")
    machine.wait_until_succeeds("watchkeeper rules list | grep -w first", timeout=30)

with subtest("a file with errors is refused with its line, and the old one stays"):
    configure(machine, RULE.format(name="second") + "\n[log]\nlevel = \"loud\"\n")
    since = machine.succeed("date +%s").strip()
    machine.fail(f"systemctl reload {UNIT}")
    log = machine.succeed(f"journalctl --unit {UNIT} --output cat --since @{since}")
    assert f"{CONFIG}" in log and "level" in log and "error, warn, info, debug, trace" in log, log
    machine.succeed("watchkeeper rules list | grep -w first")
    machine.fail("watchkeeper rules list | grep -w second")
    assert machine.get_unit_property(UNIT, "ActiveState") == "active"

with subtest("a process that is sent SIGHUP refuses it as well, and its status says so"):
    machine.succeed(f"kill -HUP {pid}")
    machine.wait_until_succeeds(f"systemctl show --property StatusText {UNIT} | grep 'was rejected'", timeout=30)
    machine.fail("watchkeeper rules list | grep -w second")

with subtest("a file that is right again is taken"):
    configure(machine, RULE.format(name="third"))
    machine.succeed(f"systemctl reload {UNIT}")
    machine.wait_until_succeeds("watchkeeper rules list | grep -w third", timeout=30)
    machine.wait_until_fails(f"systemctl show --property StatusText {UNIT} | grep 'was rejected'", timeout=30)

with subtest("what needs a restart is named"):
    configure(machine, RULE.format(name="third") + "\n[grpc]\nlisten = \"127.0.0.1:8999\"\n")
    machine.succeed(f"systemctl reload {UNIT}")
    machine.wait_until_succeeds(f"systemctl show --property StatusText {UNIT} | grep 'restart to apply.*grpc'", timeout=30)

with subtest("targets, receivers and tokens are reloaded"):
    token = "wk_" + "a" * 40
    digest = machine.succeed(f"printf %s {token} | sha256sum | cut -d' ' -f1").strip()
    configure(machine, f"""
[[collector.uptime]]
name = "here"
url = "http://127.0.0.1:8460/livez"
interval = "1s"

[[notifier.receiver]]
name = "ops"
mail = ["ops@example.org"]

[[token]]
name = "laptop"
scopes = ["read", "admin", "ingest"]
sha256 = "{digest}"
""")
    machine.succeed(f"systemctl reload {UNIT}")
    write(machine, "/root/token", token)
    machine.succeed("chmod 600 /root/token")
    machine.wait_until_succeeds(
        "watchkeeper query latest --token-file /root/token --source uptime | grep -w here", timeout=60)
    machine.fail("curl --silent --fail http://127.0.0.1:8460/v1/latest")

assert main_pid(machine, UNIT) == pid, "a reload is no restart"
