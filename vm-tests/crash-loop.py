"""A unit that fails again and again ends as failed, and somebody is notified."""

MAIL = """
[[notifier.receiver]]
name = "ops"
mail = ["ops@example.org"]
"""
machine.wait_for_unit("watchkeeper-up.service")
# The mail of the unit goes to the Maildir of `up`.
configure(machine, MAIL)
machine.succeed("systemctl reload watchkeeper-up.service")


def mails(text):
    return f"grep --recursive --files-with-matches -- {shlex.quote(text)} /var/lib/watchkeeper/mail/new"


with subtest("a role that crashes is started again, and in the end is failed"):
    unit = "watchkeeper@cache.service"
    machine.succeed(f"mkdir -p /run/systemd/system/{unit}.d")
    write(machine, f"/run/systemd/system/{unit}.d/crash.conf",
          "[Service]\nExecStart=\nExecStart=/bin/sh -c 'kill -SEGV $$$$'\nType=exec\nRestartSec=100ms\n")
    machine.succeed("systemctl daemon-reload")
    machine.execute(f"systemctl start {unit}")
    machine.wait_until_succeeds(f"systemctl is-failed {unit}", timeout=120)
    assert int(machine.get_unit_property(unit, "NRestarts")) >= 9

with subtest("the receivers are notified of the unit that failed"):
    machine.wait_until_succeeds(mails(f"{unit}"), timeout=60)

with subtest("the collector counts it, and the default rule for failed units sees it"):
    machine.wait_until_succeeds("watchkeeper query latest --source host --name units_failed | grep -w 1", timeout=120)
    machine.wait_until_succeeds("watchkeeper alerts --state pending | grep unit_failed | grep cache", timeout=60)

with subtest("a configuration that is refused is not tried again"):
    configure(machine, "[log]\nlevel = \"loud\"\n")
    other = "watchkeeper@persister.service"
    machine.execute(f"systemctl start {other}")
    machine.wait_until_succeeds(f"systemctl is-failed {other}", timeout=30)
    assert machine.get_unit_property(other, "ExecMainStatus") == "78"
    assert machine.get_unit_property(other, "NRestarts") == "0"
    machine.succeed(f"journalctl --unit {other} | grep 'error, warn, info, debug, trace'")

with subtest("the command says which units are failed"):
    status, output = machine.execute("watchkeeper status")
    assert status == 1 and "failed" in output and "cache" in output, output
