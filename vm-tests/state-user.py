"""Data is kept when a unit changes from a fixed to a dynamic user, and back."""

UNIT = "watchkeeper-up.service"
machine.wait_for_unit(UNIT)
send(machine, [{"source": "demo", "name": "kept", "value": 1}])
query = "watchkeeper query samples --source demo --name kept"
machine.wait_until_succeeds(f"{query} | grep -w 1", timeout=30)


def restart():
    machine.succeed("systemctl daemon-reload", f"systemctl restart {UNIT}")
    wait_until_ready(machine, 8460, timeout=30)


for value, drop_in in enumerate(["[Service]\nDynamicUser=yes\nUser=watchkeeper-dynamic\nGroup=\n", None], 2):
    with subtest("a dynamic user" if drop_in else "and a fixed one again"):
        machine.succeed(f"mkdir -p /run/systemd/system/{UNIT}.d; rm -f /run/systemd/system/{UNIT}.d/*")
        if drop_in:
            write(machine, f"/run/systemd/system/{UNIT}.d/user.conf", drop_in)
        restart()
        send(machine, [{"source": "demo", "name": "kept", "value": value}])
        for kept in range(1, value + 1):
            machine.wait_until_succeeds(f"{query} | grep -w {kept}", timeout=30)
