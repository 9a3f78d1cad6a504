"""Units cannot write outside of their state, read credentials of others, or reach what they must not."""

ROLES = ["ingest", "collector", "persister"]
SECRET = "hunter2-of-the-notifier"
start_engines(machine)
machine.succeed("mkdir -p /etc/watchkeeper/credentials/notifier; umask 077; "
                f"printf %s {SECRET} > /etc/watchkeeper/credentials/notifier/other-secret; "
                f"printf %s shared > /etc/watchkeeper/credentials/all/common")
run_roles(machine, [*ROLES, "notifier"])


def make_probe(role):
    """A unit with the privileges, the namespaces and the filters of a role, that runs a script instead."""
    replaced = ("ExecStart=", "ExecReload=", "Type=", "NotifyAccess=", "WatchdogSec=", "Restart", "OnFailure=", "StartLimit")
    lines = machine.succeed(f"systemctl cat watchkeeper@{role}.service").splitlines()
    kept = [line.replace("%i", role) for line in lines if not line.startswith(replaced)]
    write(machine, f"/run/systemd/system/probe-{role}.service", "\n".join(
        [*kept, "[Unit]", "StartLimitIntervalSec=0", "[Service]", "Type=oneshot", "Environment=PATH=/usr/bin:/bin:/usr/sbin:/run/current-system/sw/bin",
         "ExecStart=/bin/bash /run/probe", ""]))


def inside(role, command):
    """Runs a command with the privileges of a role."""
    write(machine, "/run/probe", command)
    return f"systemctl start probe-{role}.service"


for role in ROLES:
    make_probe(role)
machine.succeed("systemctl daemon-reload")

machine.succeed("ip address add 169.254.169.254/32 dev lo", "systemd-run python3 -m http.server 80")
machine.wait_for_open_port(80, "169.254.169.254", timeout=30)
machine.wait_for_open_port(9092, "127.0.0.1", timeout=60)

OUTSIDE = ["/etc/watchkeeper/x", "/var/lib/watchkeeper/x", "/var/lib/watchkeeper/notifier/x", "/usr/bin/x", "/home/x",
           "/root/x", "/run/x", "/sys/fs/cgroup/x", "/proc/sys/kernel/hostname"]
PRIVILEGES = ["unshare --user true", "mount -t tmpfs tmpfs /tmp", "chown root /tmp", "mknod /tmp/x b 8 0", "dmesg",
              "hostname other", "date --set 2020-01-01", "test -e /dev/kmsg", "kill -0 1",
              "python3 -c 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3)'",
              "python3 -c 'import mmap; mmap.mmap(-1, 4096, prot=7)'"]


def succeeding(role, commands):
    """Those of the commands that succeed inside of the role's sandbox."""
    attempts = [f"bash -c {shlex.quote(command)} && echo {shlex.quote(command)} >> \"$STATE_DIRECTORY/succeeding\""
                for command in commands]
    machine.succeed(inside(role, "\n".join(["touch \"$STATE_DIRECTORY/succeeding\"", *attempts, "true"])))
    output = f"/var/lib/watchkeeper/{role}/succeeding"
    return machine.succeed(f"cat {output}; rm {output}").splitlines()


def check(role, allowed, refused):
    """Commands of the first list must succeed inside of the role's sandbox, and those of the second fail."""
    found = succeeding(role, [*allowed, *refused])
    if found != allowed:
        log = machine.succeed(f"journalctl --no-pager --output cat --lines 30 --unit probe-{role}")
        raise AssertionError(f"{role}: {found} succeed instead of {allowed}:\n{log}")


for role in ROLES:
    with subtest(f"{role} can write to its state, and nowhere else"):
        writing = [f"touch {path} && echo x > {path}" for path in OUTSIDE]
        own = 'touch "$STATE_DIRECTORY/written"'
        check(role, allowed=[own], refused=writing)

    with subtest(f"{role} has the credentials for all roles and not those of the notifier"):
        notifier = main_pid(machine, "watchkeeper@notifier.service")
        own = 'grep shared "$CREDENTIALS_DIRECTORY/all_common"'
        foreign = [f"grep --recursive {SECRET} {where}"
                   for where in ["/etc/watchkeeper", "/run/credentials", f"/proc/{notifier}/root/run/credentials"]]
        check(role, allowed=[own], refused=foreign)

    with subtest(f"{role} cannot gain privileges"):
        allowed = "python3 -c 'import mmap, socket; mmap.mmap(-1, 4096, prot=3)'"
        check(role, allowed=[allowed], refused=PRIVILEGES)

    with subtest(f"{role} reaches its engines, and no service of the network segment"):
        # What is filtered gets no answer.
        engine, segment = [f"timeout 5 bash -c ': < /dev/tcp/{address}'"
                           for address in ["127.0.0.1/9092", "169.254.169.254/80"]]
        machine.succeed(segment)
        if role == "collector":
            check(role, allowed=[engine, segment], refused=[])
        else:
            check(role, allowed=[engine], refused=[segment])

with subtest("the exposure of each unit is 1.5 or less"):
    units = ["watchkeeper-up.service", "watchkeeper-failed@x.service", *(f"watchkeeper@{role}.service" for role in PORTS)]
    for unit in units:
        machine.succeed(f"systemd-analyze security --no-pager --threshold=15 {unit}")
        level = machine.succeed(f"systemd-analyze security --no-pager {unit} | tail -1")
        machine.log(level.strip())

with subtest("systemd finds nothing wrong with the units"):
    found = machine.succeed(f"systemd-analyze verify --man=no {' '.join(units)} watchkeeper.target 2>&1")
    assert found == "", found
