"""The archive for other distributions: install.sh installs, upgrades and removes. The machine begins without Watchkeeper."""

STATE = "/var/lib/watchkeeper"

# The version before, and this one.
OLD, NEW = machine.succeed("ls /packages/watchkeeper-*.tar.gz | sort --version-sort").split()
for number, archive in enumerate([OLD, NEW]):
    machine.succeed(f"mkdir -p /tmp/{number} && tar --extract --gzip --file {archive} --directory /tmp/{number}")
OLD, NEW = (machine.succeed(f"echo /tmp/{number}/*/install.sh").strip() for number in range(2))


def state(unit):
    """Whether a unit is enabled, and whether it runs."""
    machine.get_unit_property(unit, "Id")
    return tuple(machine.systemctl(f"{verb} {unit}")[1].strip() for verb in ["is-enabled", "is-active"])


with subtest("where it cannot run, install.sh says why and changes nothing"):
    for answer, expected in [("systemd 249 (249.11)", "systemd 249 is too old: 252 or later is needed"),
                             ("runit", "systemd of unknown version is too old")]:
        machine.succeed("mkdir -p /tmp/bin", f"printf '#!/bin/sh\\necho \"{answer}\"\\n' > /tmp/bin/systemctl",
                        "chmod +x /tmp/bin/systemctl")
        said = machine.fail(f"PATH=/tmp/bin:$PATH {NEW} 2>&1")
        assert expected in said, said
    machine.succeed("printf '#!/bin/sh\\necho riscv64\\n' > /tmp/bin/uname", "chmod +x /tmp/bin/uname", "rm /tmp/bin/systemctl")
    said = machine.fail(f"PATH=/tmp/bin:$PATH {NEW} 2>&1")
    assert "this archive is for x86_64, and this machine is riscv64" in said, said
    for arguments, expected in [("--prefix opt", "needs an absolute path"), ("--purge", "--purge needs --uninstall"),
                                ("--uninstall", "nothing from install.sh is below /usr/local"), ("--no", "unknown argument")]:
        said = machine.fail(f"{NEW} {arguments} 2>&1")
        assert expected in said, said
    machine.fail("test -e /usr/local/bin/watchkeeper")
    machine.fail("test -e /etc/watchkeeper")

for arguments, prefix, units in [("", "/usr/local", "/usr/local/lib/systemd/system"),
                                 ("--prefix /opt/watchkeeper", "/opt/watchkeeper", "/etc/systemd/system")]:
    watchkeeper = f"{prefix}/bin/watchkeeper"

    with subtest(f"it is installed below {prefix}, and all roles run in one process"):
        files = machine.succeed("find /usr/local /opt /etc/systemd | sort")
        machine.succeed(f"{OLD} {arguments}")
        assert state("watchkeeper-up.service") == ("enabled", "active")
        get(machine, 8460, "/readyz")
        machine.succeed(f"test -e {units}/watchkeeper@.service")
        machine.fail(f"grep --recursive /usr/bin/watchkeeper {units}/watchkeeper*")
        send(machine, [{"source": "life", "name": "kept", "value": 1}])
        machine.wait_until_succeeds(f"{watchkeeper} query latest --source life | grep -w kept", timeout=30)

    with subtest(f"an upgrade below {prefix} keeps data and configuration, and restarts what runs"):
        machine.succeed(f"echo '# edited here' >> {CONFIG}")
        before = main_pid(machine, "watchkeeper-up.service")
        machine.succeed(f"{NEW} {arguments}")
        assert main_pid(machine, "watchkeeper-up.service") != before, "the executable before still runs"
        machine.succeed(f"grep '^# edited here' {CONFIG}", f"{watchkeeper} query latest --source life | grep -w kept")

    with subtest(f"an upgrade below {prefix} starts nothing that is stopped, and restores no configuration that is deleted"):
        machine.succeed("systemctl stop watchkeeper-up.service", "systemctl disable watchkeeper-up.service",
                        f"mv {CONFIG} /tmp/own.toml", f"{NEW} {arguments}")
        assert state("watchkeeper-up.service") == ("disabled", "inactive")
        machine.fail(f"test -e {CONFIG}")
        machine.succeed(f"mv /tmp/own.toml {CONFIG}", "systemctl enable --now watchkeeper-up.service")

    with subtest(f"a second installation beside that below {prefix} is refused"):
        said = machine.fail(f"{NEW} --prefix /srv/other 2>&1")
        assert "remove that package or installation first" in said, said

    with subtest(f"an uninstallation removes every file below {prefix}, and keeps data and configuration"):
        machine.succeed(f"{prefix}/share/watchkeeper/install.sh --uninstall {arguments}")
        machine.wait_for_closed_port(8460)
        left = set(machine.succeed("find /usr/local /opt /etc/systemd -not -type d | sort").split()) - set(files.split())
        assert left == set(), left
        machine.succeed(f"test -e {STATE}/store.db", f"grep '^# edited here' {CONFIG}")

    with subtest(f"an uninstallation with --purge below {prefix} takes those, too"):
        machine.succeed(f"{NEW} {arguments}")
        machine.succeed(f"{watchkeeper} query latest --source life | grep -w kept")
        said = machine.succeed(f"{NEW} --uninstall --purge {arguments}")
        assert "user 'watchkeeper'" in said, said
        machine.fail(f"test -e {STATE}")
        machine.fail("test -e /etc/watchkeeper")
