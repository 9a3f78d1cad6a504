"""No connection is refused while a unit is restarted, or is started again after a crash."""

UNIT = "watchkeeper-up.service"
machine.wait_for_unit(UNIT)

# Sends requests one after the other until /tmp/stop exists; each of them opens a connection.
write(machine, "/tmp/load", r"""#!/bin/bash
until [ -e /tmp/stop ]; do
    curl --silent --show-error --fail --max-time 30 --output /dev/null http://127.0.0.1:8460/livez 2>> /tmp/refused || true
    echo >> /tmp/requests
done
""")
machine.succeed("chmod +x /tmp/load; touch /tmp/refused; systemd-run --quiet --unit load /tmp/load")


def requests():
    return int(machine.succeed("wc -l < /tmp/requests"))


def goes_on():
    before = requests()
    machine.wait_until_succeeds(f"test $(wc -l < /tmp/requests) -gt {before + 20}", timeout=60)


machine.wait_until_succeeds("test -s /tmp/requests", timeout=30)

with subtest("a restart refuses no connection"):
    for _ in range(3):
        pid = main_pid(machine, UNIT)
        machine.succeed(f"systemctl restart {UNIT}")
        assert main_pid(machine, UNIT) != pid
        goes_on()
    assert machine.succeed("cat /tmp/refused") == "", machine.succeed("cat /tmp/refused")

with subtest("what was accepted is answered before the old process ends"):
    # A request whose body comes slowly, over the restart: the headers and half of it before, the rest later.
    machine.succeed("""systemd-run --quiet --unit slow --property=StandardOutput=file:/tmp/slow python3 -c '
import socket, time, os
body = b"[{\\"source\\":\\"slow\\",\\"name\\":\\"sent\\",\\"value\\":1}]"
connection = socket.create_connection(("127.0.0.1", 8460))
connection.sendall(b"POST /v1/samples HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body[:10])
open("/tmp/half", "w").close()
while not os.path.exists("/tmp/rest"):
    time.sleep(0.01)
connection.sendall(body[10:])
print(connection.recv(1000).decode().splitlines()[0])
'""")
    machine.wait_for_file("/tmp/half", timeout=30)
    machine.succeed(f"systemctl restart --no-block {UNIT}")
    machine.wait_until_succeeds(f"systemctl show --property StatusText {UNIT} | grep stopping", timeout=10)
    machine.succeed("touch /tmp/rest")
    machine.wait_until_succeeds("grep '^HTTP/1.1 202' /tmp/slow", timeout=10)
    machine.wait_for_unit(UNIT)
    goes_on()

with subtest("after a crash, connections wait for the new process"):
    machine.succeed(f"kill -KILL {main_pid(machine, UNIT)}")
    machine.wait_until_succeeds(f"test $(systemctl show --value --property NRestarts {UNIT}) = 1", timeout=30)
    machine.wait_for_unit(UNIT)
    goes_on()
    # The connection that the killed process had accepted is reset; none is refused.
    refused = machine.succeed("cat /tmp/refused").splitlines()
    assert len(refused) <= 1 and not any("refused" in line or "(7)" in line for line in refused), refused

with subtest("an address that was changed is listened on after a restart, and the old one no longer"):
    machine.succeed("touch /tmp/stop")
    configure(machine, "[http]\nlisten = \"127.0.0.1:8999\"\n")
    machine.succeed(f"systemctl restart {UNIT}")
    machine.wait_until_succeeds("curl --silent --fail http://127.0.0.1:8999/livez", timeout=30)
    machine.wait_for_closed_port(8460, "127.0.0.1", timeout=30)

with subtest("a socket unit's socket is used for the address that it has"):
    write(machine, "/run/systemd/system/watchkeeper-up.socket",
          "[Socket]\nListenStream=127.0.0.1:8998\nListenStream=127.0.0.1:8461\nService=watchkeeper-up.service\n")
    configure(machine, "[http]\nlisten = \"127.0.0.1:8998\"\n")
    machine.succeed(f"systemctl stop {UNIT}; systemctl daemon-reload; systemctl start watchkeeper-up.socket")
    machine.succeed("curl --silent --fail --max-time 30 http://127.0.0.1:8998/livez")
    machine.wait_for_unit(UNIT)
