"""The scripts of `deploy/`: a package that works is kept, one that does not is replaced by the one before."""

OLD, NEW = machine.succeed("ls /packages/watchkeeper_*.deb | sort --version-sort").split()
KEPT = "/var/cache/watchkeeper-deploy"
DEPLOY = "/deploy/deploy.sh"


def installed():
    return machine.succeed("dpkg-query --show --showformat='${Version}' watchkeeper")


def package(version, prepare):
    """Makes a package from the new one; returns its path."""
    made = f"/tmp/watchkeeper_{version}.deb"
    machine.succeed("rm -rf /tmp/tree", f"dpkg-deb --raw-extract {NEW} /tmp/tree", prepare,
                    f"sed -i 's/^Version: .*/Version: {version}/' /tmp/tree/DEBIAN/control",
                    f"dpkg-deb -Zgzip -z1 --root-owner-group --build /tmp/tree {made}")
    return made


def is_kept(version):
    return machine.execute(f"test -e {KEPT}/watchkeeper_{version}.deb")[0] == 0


# The host is this machine.
write(machine, "/usr/local/bin/ssh", "#!/bin/sh\nshift\nexec sh -c \"$*\"\n")
machine.succeed("chmod +x /usr/local/bin/ssh")

with subtest("the first package is deployed, and kept for the way back"):
    said = machine.succeed(f"{DEPLOY} host {OLD} 2>&1")
    assert "ready: watchkeeper-up.service" in said, said
    assert installed() in OLD and is_kept(installed())
    send(machine, [{"source": "life", "name": "kept", "value": 1}])
    machine.wait_until_succeeds("watchkeeper query latest --source life | grep -w kept", timeout=30)
first = installed()

with subtest("the next one is deployed, and the one before kept"):
    machine.succeed(f"{DEPLOY} host {NEW} 2>&1")
    assert installed() in NEW and is_kept(installed()) and is_kept(first)
second = installed()

with subtest("a package whose executable does not start is replaced by the one before"):
    broken = package("98.0.0-1", "printf '#!/bin/sh\\nexit 1\\n' > /tmp/tree/usr/bin/watchkeeper")
    said = machine.fail(f"{DEPLOY} host {broken} 2>&1")
    assert "98.0.0-1 does not work; going back to" in said and "is back, and works" in said, said
    assert installed() == second and is_kept(second) and not is_kept("98.0.0-1")
    get(machine, 8460, "/readyz")
    machine.succeed("watchkeeper query latest --source life | grep -w kept")

with subtest("if the package that does not work has changed the schema, the data of the one before is restored"):
    # As a later version does when it opens the data.
    spoiled = package("99.0.0-1", "cat > /tmp/tree/usr/bin/watchkeeper <<'END'\n#!/bin/sh\n"
                      "printf '\\377\\377' | dd of=/var/lib/watchkeeper/store.db bs=1 seek=60 conv=notrunc\nexit 1\nEND\n")
    said = machine.fail(f"{DEPLOY} host {spoiled} 2>&1")
    assert "restoring the backup from before" in said and "is back, and works" in said, said
    assert installed() == second
    get(machine, 8460, "/readyz")
    machine.succeed("watchkeeper query latest --source life | grep -w kept")

with subtest("without a way back, nothing is installed"):
    machine.succeed(f"rm {KEPT}/watchkeeper_*.deb")
    said = machine.fail(f"{DEPLOY} host {OLD} 2>&1")
    assert "there is no way back" in said and installed() == second, said
    machine.succeed(f"{DEPLOY} host {OLD} --no-way-back 2>&1")
    assert installed() == first and is_kept(first)

with subtest("the smoke test fails for a unit that does not run, and for one that is not ready"):
    said = machine.fail("/deploy/smoke.sh watchkeeper-up.service watchkeeper@collector.service 2>&1")
    assert "watchkeeper@collector.service is inactive" in said, said
    said = machine.fail("WATCHKEEPER_READYZ=http://127.0.0.1:8460/nothing WATCHKEEPER_READY_WITHIN=4 /deploy/smoke.sh 2>&1")
    assert "http://127.0.0.1:8460/nothing is not ready within 4 s" in said, said

with subtest("a NixOS configuration that does not work is replaced by the generation before"):
    # Stands for nixos-rebuild: writes down how it was called; with the second configuration, nothing is ready.
    write(machine, "/usr/local/bin/nixos-rebuild", "#!/bin/sh\necho \"$*\" >> /tmp/calls\ncase \"$*\" in\n"
          "*.#bad*) systemctl stop watchkeeper-up.service ;;\n*) systemctl start watchkeeper-up.service ;;\nesac\n")
    machine.succeed("chmod +x /usr/local/bin/nixos-rebuild", "/deploy/nixos.sh host .#good")
    said = machine.fail("/deploy/nixos.sh host .#bad 2>&1")
    assert "the generation before is back, and works" in said, said
    calls = machine.succeed("cat /tmp/calls").splitlines()
    assert calls == ["switch --flake .#good --target-host root@host", "switch --flake .#bad --target-host root@host",
                     "switch --rollback --target-host root@host"], calls

with subtest("a release has its notes and the checksums of its packages, and the version of its tag"):
    write(machine, "/usr/local/bin/gh", "#!/bin/sh\nprintf '%s\\n' \"$*\" > /tmp/gh\ncat > /tmp/notes\n")
    machine.succeed("chmod +x /usr/local/bin/gh", "cp --recursive /deploy /tmp/deploy", "mkdir -p /tmp/release",
                    "cp /packages/watchkeeper* /tmp/release",
                    "printf '# Changelog\\n\\n## [0.1.0] - 2026-12-01\\n\\n- First.\\n\\n## [0.0.9]\\n\\n- Before.\\n' > /tmp/CHANGELOG.md",
                    "rm -f /tmp/release/*0.0.9*", "/tmp/deploy/publish.sh v0.1.0 /tmp/release",
                    "grep '^release create v0.1.0 --verify-tag' /tmp/gh", "grep -x -- '- First.' /tmp/notes",
                    "cd /tmp/release && sha256sum --check --strict SHA256SUMS")
    machine.fail("grep Before /tmp/notes")
    for tag, expected in [("v0.2.0", "does Cargo.toml have the version of the tag v0.2.0?")]:
        said = machine.fail(f"/tmp/deploy/publish.sh {tag} /tmp/release 2>&1")
        assert expected in said, said
