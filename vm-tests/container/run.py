"""Runs tests of `vm-tests/` in containers. `cargo xtask vm` calls this after it has made the layers."""

import argparse
import concurrent.futures
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
import traceback
from pathlib import Path

from machine import Machine

TESTS = Path(__file__).resolve().parent.parent
# The table of roles: the output of `watchkeeper roles --json`.
ROLES = TESTS.parent / "nixos/roles.ndjson"
# The units of each engine.
ENGINES = {
    "kafka": ["apache-kafka.service"],
    "postgresql": ["postgresql.service", "postgresql-setup.service"],
    "redis": ["redis-server.service"],
    "mongodb": ["mongodb.service"],
}
# How many lines of the journal of a unit are shown when a test fails.
JOURNAL_LINES = 80


def main():
    arguments = read_arguments()
    tests = tomllib.loads((TESTS / "tests.toml").read_text())
    names = [name for name in tests if arguments.filter in name and "container" in runners(tests[name])]
    if not names:
        sys.exit(f"no test has {arguments.filter!r} in its name; there are {', '.join(tests)}")
    # The longest first, so that the last one does not run alone for long.
    names.sort(key=lambda name: -tests[name].get("seconds", 10))
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        running = {name: pool.submit(run, name, tests[name], arguments) for name in names}
        results = {name: running[name].result() for name in names}
    failed = [name for name, (error, _) in results.items() if error]
    for name, (error, seconds) in results.items():
        print(f"{'FAILED' if error else 'ok':6} {seconds:6.1f} s  {name}")
    if failed:
        sys.exit(f"{len(failed)} of {len(names)} tests failed: {', '.join(failed)}")


def read_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--layers", required=True, type=Path, help="directory with the layers of the root directory")
    parser.add_argument("--binds", required=True, help="JSON: what is mounted into each machine, by its place there")
    parser.add_argument("--jobs", type=int, default=2, help="how many tests run at once")
    parser.add_argument("--verbose", action="store_true", help="print what the tests do")
    parser.add_argument("filter", nargs="?", default="", help="only tests with this in their names")
    return parser.parse_args()


def runners(test):
    return test.get("runners", ["container", "nixos"])


def run(name, test, arguments):
    """Runs one test; returns why it failed, if it did, and how long it took."""
    begun = time.monotonic()
    lines = []

    def log(text):
        line = f"[{name} {time.monotonic() - begun:6.1f}] {text}"
        lines.append(line)
        if arguments.verbose:
            print(line, file=sys.stderr, flush=True)

    layers = [arguments.layers / layer for layer in test.get("layers", ["installed", "engines", "base"])]
    directory = Path(tempfile.mkdtemp(prefix=f"watchkeeper-vm-{name}-"))
    machines = {}
    for machine in test.get("machines", ["machine"]):
        # The engines run on the first machine.
        engines = [] if machines else [unit for name in test.get("engines", []) for unit in ENGINES[name]]
        binds = json.loads(arguments.binds)
        machines[machine] = Machine(machine, layers, binds, directory / machine, log, engines)
    network = Network(list(machines.values()))
    for machine in machines.values():
        machine.on_boot = network.connect
    error = None
    try:
        source = "".join((TESTS / file).read_text() for file in ["common.py", f"{name}.py"])
        exec(compile(source, f"{name}.py", "exec"), environment(machines, test, log))
    except BaseException as failure:
        error = "".join(traceback.format_exception(failure))
        print("\n".join([*lines, f"{name} FAILED", error, *journals(machines.values())]), flush=True)
    finally:
        for machine in machines.values():
            machine.remove()
        os.rmdir(directory)
    seconds = time.monotonic() - begun
    print(f"{'FAILED' if error else 'ok'} {name}, {seconds:.1f} s", file=sys.stderr, flush=True)
    return error, seconds


def environment(machines, test, log):
    """The names that a test script has without an import, as in the NixOS driver."""

    @contextlib.contextmanager
    def subtest(title):
        log(f"subtest: {title}")
        try:
            yield
        except Exception:
            log(f"subtest failed: {title}")
            raise

    def start_all():
        for machine in machines.values():
            machine.start()

    return {"__name__": "__test__", "machines": list(machines.values()), "start_all": start_all, "subtest": subtest,
            "engines": test.get("engines", []), "runner": "container", "PORTS": ports(), **machines}


def ports():
    """The HTTP port of each role in a process of its own."""
    roles = map(json.loads, ROLES.read_text().splitlines())
    return {role["name"]: role["http_port"] for role in roles}


def journals(machines):
    """The journals of the units that the test has named, and of those that have failed."""
    failed = "systemctl list-units --state=failed,activating --plain --no-legend | cut -d' ' -f1"
    for machine in machines:
        units = dict(machine.units)
        with contextlib.suppress(Exception):
            units.update(dict.fromkeys(machine.execute(failed)[1].split()))
        for unit in units:
            with contextlib.suppress(Exception):
                yield f"--- {machine.name}: {unit}"
                yield machine.execute(f"systemctl status --lines=0 --no-pager --full '{unit}' || true")[1]
                yield machine.execute(f"journalctl --no-pager --lines {JOURNAL_LINES} --unit '{unit}'")[1]


class Network:
    """Gives the machines of a test the addresses 192.168.1.1, .2, … and each other's names."""

    lock = threading.Lock()

    def __init__(self, machines):
        self.machines = machines
        self.is_up = set()

    def connect(self, machine):
        """Called when a machine has booted; connects it with those that have booted already."""
        hosts = "".join(f"192.168.1.{number} {one.name}\n" for number, one in enumerate(self.machines, 1))
        machine.execute(f"ip link set lo up; printf '127.0.0.1 localhost {machine.name}\\n{hosts}' > /etc/hosts")
        others = [one for one in self.machines if one is not machine and one.name in self.is_up]
        assert len(self.machines) <= 2, "a link connects two machines"
        for other in others:
            with self.lock:
                ends = {machine: "wk-vm-a", other: "wk-vm-b"}
                self._ip("link", "add", "wk-vm-a", "type", "veth", "peer", "name", "wk-vm-b")
                for one, end in ends.items():
                    self._ip("link", "set", end, "netns", str(one.leader), "name", "eth1")
            for one in ends:
                number = self.machines.index(one) + 1
                one.execute(f"ip address add 192.168.1.{number}/24 dev eth1; ip link set eth1 up")
        self.is_up.add(machine.name)

    @staticmethod
    def _ip(*arguments):
        subprocess.run(["ip", *arguments], check=True)


main()
