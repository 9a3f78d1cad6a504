"""What the tests share. It is put before the text of each test.

The runners define `machines`, `engines` (those of the test), `runner` and `PORTS`: the HTTP port of each role in a process
of its own, from the table of roles.
"""

import json
import shlex

CONFIG = "/etc/watchkeeper/watchkeeper.toml"
# The unit of the server of each engine.
SERVERS = {"kafka": "apache-kafka", "mongodb": "mongodb",
           "postgresql": "postgresql@15-main" if runner == "container" else "postgresql",
           "redis": "redis-server" if runner == "container" else "redis-watchkeeper"}
ON_ENGINES = """
[backends]
bus = "kafka://127.0.0.1:9092"
store = "postgres:///watchkeeper?host=/run/postgresql"
cache = "redis://127.0.0.1:6379"
rollups = "mongodb://127.0.0.1:27017/watchkeeper"
"""


def write(machine, path, text):
    """Writes a file; on NixOS, instead of the link to the store."""
    machine.succeed(f"rm -f {path}; printf %s {shlex.quote(text)} > {path}")


def configure(machine, text):
    """Writes Watchkeeper's configuration."""
    write(machine, CONFIG, text)


def get(machine, port, path):
    """The body of a response that must be a success."""
    return machine.succeed(f"curl --silent --show-error --fail --max-time 10 http://127.0.0.1:{port}{path}")


def send(machine, samples, port=8460):
    """Sends samples, which must be accepted."""
    machine.succeed(f"curl --silent --show-error --fail --max-time 10 --json {shlex.quote(json.dumps(samples))} "
                    f"http://127.0.0.1:{port}/v1/samples")


def main_pid(machine, unit):
    """The PID of the main process of a unit."""
    return machine.get_unit_property(unit, "MainPID")


def seconds(machine):
    """The uptime of the machine, in seconds."""
    return float(machine.succeed("cut -d' ' -f1 /proc/uptime"))


def wait_until_ready(machine, port, timeout=60):
    """Waits until the process that listens on a port says that it is ready."""
    machine.wait_until_succeeds(f"curl --silent --fail http://127.0.0.1:{port}/readyz", timeout=timeout)


def start_engines(machine):
    """Waits for the engines of the test, which start at boot."""
    for engine in engines:
        # The database is there when its setup has ended.
        unit = "postgresql-setup" if engine == "postgresql" else SERVERS[engine]
        machine.wait_for_unit(f"{unit}.service")


def run_roles(machine, roles=tuple(PORTS), more=""):
    """Runs roles on the engines, instead of everything in one process."""
    machine.succeed("systemctl stop watchkeeper-up.service")
    configure(machine, ON_ENGINES + more)
    machine.succeed("systemctl start " + " ".join(f"watchkeeper@{role}.service" for role in roles))
    for role in roles:
        machine.wait_for_unit(f"watchkeeper@{role}.service")
