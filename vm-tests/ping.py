"""The unit pings although the kernel allows no sockets for it, and says so when it cannot; a target is not down then."""

UNIT = "watchkeeper-up.service"
TARGET = """
[[collector.uptime]]
name = "self"
url = "icmp://127.0.0.1"
interval = "1s"
"""
machine.wait_for_unit(UNIT)
assert machine.succeed("cat /proc/sys/net/ipv4/ping_group_range").split() == ["1", "0"], "nobody may have such sockets"

with subtest("the unit can ping"):
    configure(machine, TARGET)
    machine.succeed(f"systemctl restart {UNIT}")
    machine.wait_until_succeeds(
        "watchkeeper query latest --source uptime --name availability_percent | grep -w self | grep -w 100", timeout=60)

with subtest("without the capability it cannot probe, which is no outage of the target"):
    machine.succeed(f"mkdir -p /run/systemd/system/{UNIT}.d")
    write(machine, f"/run/systemd/system/{UNIT}.d/capability.conf",
          "[Service]\nAmbientCapabilities=\nCapabilityBoundingSet=\n")
    since = machine.succeed("date +%s").strip()
    machine.succeed("systemctl daemon-reload", f"systemctl restart {UNIT}")
    machine.wait_until_succeeds(f"journalctl --unit {UNIT} --since @{since} --priority warning | grep -i icmp", timeout=60)
    machine.wait_until_succeeds("watchkeeper query latest --source uptime --name can_probe | grep -w 0", timeout=60)
    machine.fail("watchkeeper query latest --source uptime --name availability_percent | grep -w self | grep ' 0.0 %'")
