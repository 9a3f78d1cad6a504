"""Sends events to a running `up` by the clients that people have, and checks what became of each.

    python3 run.py EXECUTABLE

  WATCHKEEPER_TEST_NODE   a directory with the packages of Node
  WATCHKEEPER_TEST_KAFKA  a Kafka without topics of Watchkeeper, which is the bus then
  WATCHKEEPER_TEST_JARS   the jars of Kafka

A client that is not installed is skipped, with a word. The SDKs are looked for in the Python that runs this.
"""

import datetime
import gzip
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
# How long anything may take before the test gives up on it, in seconds.
PATIENCE = 30
# How many messages a client that streams sends.
MANY = 200


class Skipped(Exception):
    """What the client needs and is not here."""


def free_port():
    """A port that nobody uses, neither by TCP nor by UDP."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            return tcp.getsockname()[1]


class Up:
    """`watchkeeper up` with every input for events."""

    def __init__(self, executable, directory):
        self.directory = directory
        self.plain, self.tls, http, grpc = (free_port() for _ in range(4))
        self.certificate, key = directory / "syslog.crt", directory / "syslog.key"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:TRUE",
            "-keyout", key, "-out", self.certificate)
        config = directory / "watchkeeper.toml"
        kafka = os.environ.get("WATCHKEEPER_TEST_KAFKA")
        backends = f'[backends]\nbus = "{kafka}"' if kafka else ""
        config.write_text(f"""
[http]
listen = "127.0.0.1:{http}"
[grpc]
listen = "127.0.0.1:{grpc}"
[ingest.syslog]
udp = "127.0.0.1:{self.plain}"
tcp = "127.0.0.1:{self.plain}"
tls = "127.0.0.1:{self.tls}"
tls_cert_file = "{self.certificate}"
tls_key_file = "{key}"
{backends}
""")
        self.url, self.grpc = f"http://127.0.0.1:{http}", f"http://127.0.0.1:{grpc}"
        self.log = directory / "up.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [executable, "up", "--config", config, "--data-dir", directory / "data"], stdout=log, stderr=log)
        wait_for("it to be ready", self._is_ready)

    def _is_ready(self):
        if self.process.poll() is not None:
            sys.exit(f"it ended: {self.log.read_text()}")
        try:
            return urllib.request.urlopen(f"{self.url}/readyz", timeout=5).status == 200
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        status = self.process.wait(PATIENCE)
        assert status == 0, f"it ended with {status}: {self.log.read_text()}"

    def events(self, service, count):
        """The events of a service, oldest first, once there are so many."""
        query = urllib.parse.urlencode({"query": f'service="{service}"', "from": "1h", "order": "oldest", "limit": 1000})
        found = []

        def are_there():
            nonlocal found
            with urllib.request.urlopen(f"{self.url}/v1/events?{query}", timeout=10) as answer:
                found = json.load(answer)["events"]
            return len(found) >= count

        wait_for(f"{count} events of {service}", are_there, lambda: found)
        assert len(found) == count, f"{len(found)} events of {service} instead of {count}: {found[:5]}"
        for event in found:
            age = time.time() - datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp()
            assert -2 < age < 120, f"{age} s old: {event}"
        return found


def wait_for(what, is_there, found=lambda: ""):
    give_up = time.monotonic() + PATIENCE
    while not is_there():
        assert time.monotonic() < give_up, f"waited for {what} in vain: {found()}"
        time.sleep(0.05)


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, **options).stdout


def needs(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skipped(f"there is no {program}")


def needs_module(*modules):
    for module in modules:
        if not importlib.util.find_spec(module.split(".")[0]) or not importlib.util.find_spec(module):
            raise Skipped(f"Python has no {module}")


def is_each_once(events, text):
    """Whether the messages are the numbered ones, each once; in any order if they are of one instant."""
    assert sorted(event["message"] for event in events) == sorted(text.format(number) for number in range(MANY)), events[:3]


def logger_by_udp_and_tcp(up):
    """`logger` of util-linux, in both forms."""
    needs("logger")
    host = socket.gethostname()
    for transport in ["udp", "tcp"]:
        for form in ["rfc5424", "rfc3164"]:
            service = f"logger-{transport}-{form}"
            options = [f"--{transport}", f"--{form}", "--server", "127.0.0.1", "--port", up.plain, "--tag", service, "--id=4711"]
            run("logger", *options, "--priority", "local3.warning", "timed out: [ä] <b> %d")
            (event,) = up.events(service, 1)
            assert (event["level"], event["message"]) == ("warn", "timed out: [ä] <b> %d"), event
            assert event["host"] == (host if form == "rfc5424" else host.split(".")[0]), event
            assert (event["fields"]["facility"], event["fields"]["procid"]) == ("local3", "4711"), event
    service = "logger-lines"
    options = ["--tcp", "--octet-count", "--server", "127.0.0.1", "--port", up.plain, "--tag", service]
    run("logger", *options, "--sd-id", "shop@32473", "--sd-param", 'order="17"', input=b"one\ntwo \"2\"\nthree\n")
    events = up.events(service, 3)
    assert [event["message"] for event in events] == ["one", 'two "2"', "three"], events
    assert all(event["level"] == "notice" and event["fields"]["sd"]["shop@32473"]["order"] == "17" for event in events), events


def rsyslog_by_udp_octet_counts_and_tls(up):
    """rsyslog with the actions of docs/inputs/syslog.md."""
    needs("rsyslogd", "logger")
    directory, device = up.directory, up.directory / "log"
    common = 'type="omfwd" template="RSYSLOG_SyslogProtocol23Format" action.resumeRetryCount="-1" queue.type="LinkedList"'
    actions = {
        "rsyslog-udp": f'target="127.0.0.1" port="{up.plain}" protocol="udp"',
        "rsyslog-lines": f'target="127.0.0.1" port="{up.plain}" protocol="tcp"',
        "rsyslog-counts": f'target="127.0.0.1" port="{up.plain}" protocol="tcp" TCP_Framing="octet-counted"',
        "rsyslog-tls": f'target="localhost" port="{up.tls}" protocol="tcp" TCP_Framing="octet-counted" StreamDriver="ossl"'
                       ' StreamDriverMode="1" StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="localhost"',
    }
    config = directory / "rsyslog.conf"
    config.write_text("\n".join([
        f'global(workDirectory="{directory}" DefaultNetstreamDriverCAFile="{up.certificate}")',
        'module(load="imuxsock" SysSock.Use="off")',
        f'input(type="imuxsock" Socket="{device}" RateLimit.Interval="0" UseSysTimeStamp="off")',
        *[f'if $programname == "{name}" then {{ action({common} {action}) }}' for name, action in actions.items()], ""]))
    daemon = subprocess.Popen(["rsyslogd", "-n", "-f", config, "-i", directory / "rsyslog.pid"], stderr=subprocess.PIPE)
    try:
        wait_for("rsyslogd", device.exists)
        for name in actions:
            lines = "".join(f"order {number}: ä\n" for number in range(MANY))
            run("logger", "--socket", device, "--tag", name, "--priority", "mail.err", input=lines.encode())
        for name in actions:
            try:
                events = up.events(name, MANY)
            except AssertionError as error:
                daemon.kill()
                raise AssertionError(f"{error}\nrsyslogd: {daemon.stderr.read().decode()}") from error
            is_each_once(events, "order {}: ä")
            facts = {(event["level"], event["host"], event["fields"]["facility"]) for event in events}
            assert facts == {("error", socket.gethostname().split(".")[0], "mail")}, facts
    finally:
        daemon.kill()
        daemon.wait()


def opentelemetry_by_http_and_grpc(up):
    """The SDK of OpenTelemetry for Python."""
    needs_module("opentelemetry.sdk", "opentelemetry.exporter")
    for kind, endpoint in [("http", f"{up.url}/v1/logs"), ("http-gzip", f"{up.url}/v1/logs"), ("grpc", up.grpc), ("grpc-gzip", up.grpc)]:
        service = f"otel-{kind}"
        run(sys.executable, HERE / "otlp.py", kind, endpoint, service, str(MANY))
        events = up.events(service, MANY + 2)
        numbered = [event for event in events if event["message"].startswith("order ")]
        is_each_once(numbered, "order {}")
        assert all(event["level"] == "info" and event["host"] == "web-1" for event in events if event in numbered), events[:2]
        assert sorted(event["fields"]["order"] for event in numbered) == list(range(MANY))
        (slow,) = [event for event in events if event["message"] == "slow"]
        assert slow["level"] == "warn" and slow["fields"]["status"] == 504, slow
        (broken,) = [event for event in events if event["message"] == "broken"]
        assert broken["level"] == "error" and broken["fields"]["exception.type"] == "ZeroDivisionError", broken


def loki_from_python(up):
    """python-logging-loki, which sends JSON."""
    needs_module("logging_loki")
    run(sys.executable, HERE / "loki.py", f"{up.url}/loki/api/v1/push", "python-loki", "5")
    events = up.events("python-loki", 5)
    assert [event["message"] for event in events] == [f"order {number}" for number in range(5)], events
    assert all(event["fields"]["order"] == str(number) for number, event in enumerate(events)), events
    assert {event["level"] for event in events} == {"warn"}, events


def loki_from_node(up):
    """winston-loki, which sends JSON, or protobuf in snappy."""
    needs("node")
    modules = os.environ.get("WATCHKEEPER_TEST_NODE")
    if not modules:
        raise Skipped("WATCHKEEPER_TEST_NODE names no directory with winston-loki")
    script = Path(modules) / "loki.mjs"
    if script.resolve() != HERE / "loki.mjs":
        shutil.copy(HERE / "loki.mjs", script)
    run("node", script, up.url, "winston", str(MANY))
    for service in ["winston-json", "winston-protobuf"]:
        events = up.events(service, MANY)
        assert sorted(event["message"].split(" {")[0] for event in events) == sorted(f"order {n}" for n in range(MANY)), events[:3]
        assert {event["level"] for event in events} == {"warn"}, events[:3]


def curl_plain_and_compressed(up):
    """`curl`, with lines of JSON."""
    needs("curl", "zstd")
    lines = "".join(json.dumps({"app": "SERVICE", "msg": f"order {n}", "lvl": "warning", "host": "web-1", "order": n}) + "\n" for n in range(MANY))
    for name, compress in [("identity", bytes), ("gzip", gzip.compress), ("zstd", lambda text: run("zstd", "-q", "-c", input=text))]:
        service = f"curl-{name}"
        encoding = [] if name == "identity" else ["--header", f"Content-Encoding: {name}"]
        body = compress(lines.replace("SERVICE", service).encode())
        run("curl", "--silent", "--show-error", "--fail", "--data-binary", "@-", "--header", "Content-Type: application/x-ndjson",
            *encoding, f"{up.url}/v1/events", input=body)
        events = up.events(service, MANY)
        is_each_once(events, "order {}")
        assert {(event["level"], event["host"]) for event in events} == {("warn", "web-1")}, events[:3]
        assert sorted(event["fields"]["order"] for event in events) == list(range(MANY))


def kafka_console_producer(up):
    """Kafka's console producer, with and without keys."""
    needs("java")
    url, jars = os.environ.get("WATCHKEEPER_TEST_KAFKA"), os.environ.get("WATCHKEEPER_TEST_JARS")
    if not url or not jars:
        raise Skipped("WATCHKEEPER_TEST_KAFKA and WATCHKEEPER_TEST_JARS name no Kafka")
    server = urllib.parse.urlparse(url).netloc
    producer = ["java", "-cp", f"{jars}/*", "org.apache.kafka.tools.ConsoleProducer", "--bootstrap-server", server, "--topic", "events"]
    for service, key, options in [("kafka-plain", "", []), ("kafka-keyed", "web-1\t", ["--reader-property", "parse.key=true"])]:
        lines = "".join(key + json.dumps({"app": service, "msg": f"order {n}", "lvl": "warning", "host": "web-1", "order": n}) + "\n"
                        for n in range(MANY))
        run(*producer, *options, input=lines.encode())
        events = up.events(service, MANY)
        is_each_once(events, "order {}")
        assert {(event["level"], event["host"]) for event in events} == {("warn", "web-1")}, events[:3]
        assert sorted(event["fields"]["order"] for event in events) == list(range(MANY))


CLIENTS = [logger_by_udp_and_tcp, rsyslog_by_udp_octet_counts_and_tls, opentelemetry_by_http_and_grpc, loki_from_python,
           loki_from_node, curl_plain_and_compressed, kafka_console_producer]


@contextmanager
def running(executable):
    with tempfile.TemporaryDirectory(prefix="watchkeeper-clients-") as directory:
        up = Up(executable, Path(directory))
        try:
            yield up
            up.stop()
        finally:
            up.process.kill()
            up.process.wait()


def main():
    failed = []
    with running(sys.argv[1]) as up:
        for client in CLIENTS:
            begun = time.monotonic()
            try:
                client(up)
                outcome = "ok"
            except Skipped as reason:
                outcome = f"skipped: {reason}"
            except subprocess.CalledProcessError as error:
                outcome = f"FAILED: {error}\n{error.stderr.decode()}"
                failed.append(client.__name__)
            except AssertionError as error:
                outcome = f"FAILED: {error}"
                failed.append(client.__name__)
            print(f"{client.__name__}, {time.monotonic() - begun:.1f} s: {outcome}", flush=True)
        if failed:
            print(up.log.read_text())
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
