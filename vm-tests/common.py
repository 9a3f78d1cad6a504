"""What the tests share. It is put before the text of each test."""

import json
import shlex

CONFIG = "/etc/watchkeeper/watchkeeper.toml"
# The HTTP port of each role in a process of its own.
PORTS = {"api": 8460, "ingest": 8462, "cache": 8463, "persister": 8465, "collector": 8466, "analytics": 8467,
         "notifier": 8468, "console": 8469}
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


def start_engines(machine):
    """Waits for the engines of the test, which start at boot."""
    names = {"kafka": "apache-kafka", "postgresql": "postgresql-setup", "mongodb": "mongodb",
             "redis": "redis-server" if runner == "container" else "redis-watchkeeper"}
    for engine in engines:
        machine.wait_for_unit(f"{names[engine]}.service")


def run_roles(machine, roles=tuple(PORTS), more=""):
    """Runs roles on the engines, instead of everything in one process."""
    machine.succeed("systemctl stop watchkeeper-up.service")
    configure(machine, ON_ENGINES + more)
    machine.succeed("systemctl start " + " ".join(f"watchkeeper@{role}.service" for role in roles))
    for role in roles:
        machine.wait_for_unit(f"watchkeeper@{role}.service")
