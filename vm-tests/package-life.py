"""The package: installation, upgrades, removal, purge. The machine begins without it."""

# The version before, and this one.
OLD, NEW = machine.succeed("ls /packages/watchkeeper_*.deb | sort --version-sort").split()
STATE = "/var/lib/watchkeeper"
COLLECTOR = "watchkeeper@collector.service"


def dpkg(arguments):
    # Nobody is asked: a conffile that was changed here and in the package is kept, as unattended-upgrades does.
    return machine.succeed(f"DEBIAN_FRONTEND=noninteractive dpkg --force-confold {arguments} 2>&1")


def installed():
    return machine.succeed("dpkg-query --show --showformat='${Version}' watchkeeper")


def upgrade_to(package):
    dpkg(f"--install {package}")
    assert installed() in package, f"{installed()} is installed, not {package}"


def state(unit):
    """Whether a unit is enabled, and whether it runs."""
    machine.get_unit_property(unit, "Id")
    return tuple(machine.systemctl(f"{verb} {unit}")[1].strip() for verb in ["is-enabled", "is-active"])


def stored():
    """The values of the samples that this test has sent."""
    return set(machine.succeed("watchkeeper query latest --source life --json | grep -o '\"value\":[0-9]*' || true").split())


def keep_sample(value):
    send(machine, [{"source": "life", "name": f"kept_{value}", "value": value}])
    machine.wait_until_succeeds(f"watchkeeper query latest --source life | grep -w kept_{value}", timeout=30)


# Another conffile, and nothing else that differs.
machine.succeed(f"mkdir /tmp/changed && dpkg-deb --raw-extract {NEW} /tmp/changed",
                "echo '# new in this version' >> /tmp/changed/etc/watchkeeper/watchkeeper.toml",
                "sed -i 's/^Version: .*/Version: 99.0.0-1/' /tmp/changed/DEBIAN/control",
                "dpkg-deb -Zgzip -z1 --root-owner-group --build /tmp/changed /tmp/watchkeeper_99.0.0-1.deb")
CHANGED = "/tmp/watchkeeper_99.0.0-1.deb"

with subtest("an installation starts all roles in one process, on loopback only"):
    dpkg(f"--install {OLD}")
    assert state("watchkeeper-up.service") == ("enabled", "active")
    assert state(COLLECTOR)[1] == "inactive"
    get(machine, 8460, "/readyz")
    listening = machine.succeed("ss --listening --tcp --numeric --no-header | awk '{ print $4 }'").split()
    assert listening and all(address.startswith("127.0.0.1:") for address in listening), listening

with subtest("secrets are readable to root only, data to the user of the units"):
    modes = machine.succeed(f"stat --format='%a %U' /etc/watchkeeper/credentials /etc/watchkeeper/credentials/all {STATE}")
    assert modes.splitlines() == ["700 root", "700 root", "750 watchkeeper"], modes

with subtest("an upgrade keeps the data, and refuses no connection"):
    keep_sample(1)
    machine.succeed("systemd-run --unit=client bash -c 'while :; do"
                    " curl --silent --show-error --fail --output /dev/null --max-time 30 http://127.0.0.1:8460/livez"
                    " 2>> /tmp/refused || true; echo >> /tmp/asked; done'")
    machine.wait_for_file("/tmp/asked")
    before = main_pid(machine, "watchkeeper-up.service")
    upgrade_to(NEW)
    asked = int(machine.succeed("wc --lines < /tmp/asked"))
    machine.wait_until_succeeds(f"test $(wc --lines < /tmp/asked) -gt {asked}", timeout=60)
    machine.succeed("systemctl stop client.service")
    assert main_pid(machine, "watchkeeper-up.service") != before, "the executable before still runs"
    assert machine.succeed("cat /tmp/refused") == "", machine.succeed("sort /tmp/refused | uniq --count")
    assert stored() == {'"value":1'}, stored()
    get(machine, 8460, "/readyz")

with subtest("an upgrade restarts each role that runs, and the administrator's own units and drop-ins are untouched"):
    machine.succeed("mkdir -p /etc/systemd/system/watchkeeper@collector.service.d")
    write(machine, "/etc/watchkeeper/second.toml",
          "[backends]\nbus = \"http://127.0.0.1:8460\"\n[collector.spool]\nmax = \"64MiB\"\n")
    write(machine, "/etc/systemd/system/watchkeeper@collector.service.d/own.conf",
          "[Service]\nExecStart=\nExecStart=/usr/bin/watchkeeper run collector --config /etc/watchkeeper/second.toml\n")
    write(machine, "/etc/systemd/system/watchkeeper-own.service", "[Service]\nExecStart=/bin/sleep infinity\n")
    own = "sha256sum /etc/systemd/system/watchkeeper-own.service /etc/systemd/system/watchkeeper@collector.service.d/own.conf"
    sums = machine.succeed(own)
    machine.succeed("systemctl daemon-reload", f"systemctl enable --now {COLLECTOR}", "systemctl start watchkeeper-own.service")
    machine.wait_for_unit(COLLECTOR)
    pids = [main_pid(machine, unit) for unit in ["watchkeeper-up.service", COLLECTOR, "watchkeeper-own.service"]]
    upgrade_to(OLD)
    after = [main_pid(machine, unit) for unit in ["watchkeeper-up.service", COLLECTOR, "watchkeeper-own.service"]]
    assert [old == new for old, new in zip(pids, after)] == [False, False, True], (pids, after)
    assert state(COLLECTOR) == ("enabled", "active")
    assert machine.succeed(own) == sums

with subtest("what is stopped stays stopped, what is disabled stays disabled"):
    machine.succeed(f"systemctl stop watchkeeper-up.service {COLLECTOR}", "systemctl disable watchkeeper-up.service")
    upgrade_to(NEW)
    assert state("watchkeeper-up.service") == ("disabled", "inactive")
    assert state(COLLECTOR) == ("enabled", "inactive")
    machine.succeed("systemctl enable --now watchkeeper-up.service", f"systemctl start {COLLECTOR}")

with subtest("an edited conffile is kept"):
    machine.succeed(f"echo '# edited here' >> {CONFIG}")
    upgrade_to(CHANGED)
    machine.succeed(f"grep '^# edited here' {CONFIG}", f"grep '^# new in this version' {CONFIG}.dpkg-dist")
    assert state("watchkeeper-up.service") == ("enabled", "active")

with subtest("a deleted conffile does not come back"):
    # The unit has a configuration at another place.
    machine.succeed(f"mv {CONFIG} /etc/watchkeeper/own.toml", "mkdir -p /etc/systemd/system/watchkeeper-up.service.d")
    write(machine, "/etc/systemd/system/watchkeeper-up.service.d/own.conf",
          "[Service]\nExecStart=\nExecStart=/usr/bin/watchkeeper up --config /etc/watchkeeper/own.toml\n")
    machine.succeed("systemctl daemon-reload")
    upgrade_to(NEW)
    upgrade_to(CHANGED)
    machine.fail(f"test -e {CONFIG}")
    assert state("watchkeeper-up.service") == ("enabled", "active")

with subtest("data survives a change to DynamicUser=yes, and back"):
    keep_sample(2)
    write(machine, "/etc/systemd/system/watchkeeper-up.service.d/dynamic.conf", "[Service]\nDynamicUser=yes\n")
    machine.succeed("systemctl daemon-reload", "systemctl restart watchkeeper-up.service")
    keep_sample(3)
    upgrade_to(NEW)
    keep_sample(4)
    machine.succeed("rm /etc/systemd/system/watchkeeper-up.service.d/dynamic.conf", "systemctl daemon-reload",
                    "systemctl restart watchkeeper-up.service")
    keep_sample(5)
    machine.succeed(f"test -d {STATE} && test ! -L {STATE} && test ! -e /var/lib/private/watchkeeper")
    assert stored() == {f'"value":{value}' for value in range(1, 6)}, stored()

with subtest("a removal stops the units, and keeps data, configuration and the administrator's units"):
    dpkg("--remove watchkeeper")
    assert state("watchkeeper-up.service")[1] == state(COLLECTOR)[1] == "inactive"
    machine.wait_for_closed_port(8460)
    machine.fail("command -v watchkeeper")
    machine.succeed(f"test -e {STATE}/store.db", "test -e /etc/watchkeeper/own.toml", own)

with subtest("an installation after a removal starts what is enabled, on the data from before"):
    dpkg(f"--install {NEW}")
    machine.wait_for_unit("watchkeeper-up.service")
    machine.wait_for_unit(COLLECTOR)
    assert stored() == {f'"value":{value}' for value in range(1, 6)}, stored()

with subtest("a purge takes data, configuration and secrets, and says what it leaves"):
    write(machine, "/etc/watchkeeper/credentials/all/kafka-password", "secret")
    machine.succeed(f"mkdir {STATE}.before-restore-2026-11-30T17-23-19Z")
    said = dpkg("--purge watchkeeper")
    assert "user 'watchkeeper'" in said and "journal" in said, said
    machine.fail("test -e /etc/watchkeeper")
    machine.fail(f"ls --directory {STATE}*")
    machine.fail("find /etc/systemd/system -lname '*watchkeeper@*' | grep .")
    machine.succeed("id watchkeeper", own)
    assert "watchkeeper" not in machine.succeed("systemctl list-units --plain --no-legend 'watchkeeper@*' 'watchkeeper-up*'")
