"""The package is installed, and everything runs in one process without a configuration of one's own."""

machine.wait_for_unit("watchkeeper-up.service")

with subtest("it is ready when it is active"):
    get(machine, 8460, "/readyz")

with subtest("a sample that was accepted can be queried"):
    send(machine, [{"source": "demo", "name": "answer", "value": 42}])
    machine.wait_until_succeeds("watchkeeper query latest --source demo | grep -w 42", timeout=30)

with subtest("the host is measured"):
    machine.wait_until_succeeds("watchkeeper query latest --source host | grep load_average_1m", timeout=60)
