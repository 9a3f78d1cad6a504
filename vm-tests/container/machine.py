"""A machine for tests: Debian under systemd-nspawn, with the methods of the NixOS test driver that the tests use.

https://nixos.org/manual/nixos/stable/#ssec-machine-objects describes these methods.
"""

import os
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

# The timeout of a method that waits, in seconds, unless it is given one; as in the NixOS driver.
TIMEOUT = 900
# The timeout until systemd runs, and until it has stopped.
BOOT_TIMEOUT = 60
# How often a condition is tested.
POLL = 0.1


# nspawn keeps state in /run, and refuses a second container of the same root there. Each machine has a control group of
# its own, or their units would share theirs.
BOOT = """
set -e
cgroup=$1
shift
for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    if [ -e "$hierarchy/cgroup.procs" ]; then
        mkdir -p "$hierarchy/$cgroup"
        echo 0 > "$hierarchy/$cgroup/cgroup.procs"
    fi
done
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/nspawn/propagate
exec "$@"
"""


class RequestedAssertionFailed(Exception):
    """A command ended otherwise than the test requires, or a condition was not met in time."""


def children(pid):
    """The PIDs of the child processes of a process."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


class Machine:
    """A container that is started on first use."""

    def __init__(self, name, layers, binds, directory, log, enabled=()):
        self.name = name
        self._enabled = enabled
        self._cgroup = f"{Path(directory).parent.name}-{name}"
        self._layers = layers
        self._binds = binds
        self._directory = Path(directory)
        self._log = log
        self._process = None
        self._booted_pid = None
        self._has_root = False
        self.on_boot = lambda machine: None
        # The units that a method named: the journal of these is shown when the test fails.
        self.units = {}

    # Life of the machine

    def start(self):
        """Boots, unless the machine runs."""
        if self._process is not None:
            return
        self._mount()
        self._booted_pid = None
        self.log("boots")
        self._process = subprocess.Popen(
            # In a PID namespace of its own, so that all of it ends with this process.
            ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
             BOOT, "sh", self._cgroup,
             "systemd-nspawn", "--quiet", "--directory", str(self._directory / "root"), "--machine", self.name, "--hostname", self.name,
             "--register=no", "--keep-unit", "--boot", "--private-network", "--console=pipe",
             "--link-journal=no", "--system-call-filter=bpf", "--capability=CAP_BPF,CAP_NET_ADMIN",
             *[f"--bind-ro={source}:{target}" for target, source in self._binds.items()]],
            stdin=subprocess.DEVNULL,
            stdout=open(self._directory / "console", "ab"),
            stderr=subprocess.STDOUT,
        )
        self._wait_for_systemd()

    def shutdown(self):
        """Powers off, and waits until it is off."""
        if self._process is None:
            return
        self.execute("systemctl poweroff")
        self._wait_for_exit()

    def crash(self):
        """Ends without a shutdown, as when power fails."""
        if self._process is None:
            return
        os.kill(self._leader(), signal.SIGKILL)
        self._wait_for_exit()

    def reboot(self):
        """Shuts down, and boots again."""
        self.shutdown()
        self.start()

    def remove(self):
        """Ends the machine and removes what it has written."""
        if self._process is not None:
            # What it has written is removed, so it need not shut down.
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._has_root:
            subprocess.run(["umount", "--lazy", str(self._directory / "root")], check=False)
            self._has_root = False
        subprocess.run(["umount", "--lazy", str(self._directory)], check=False, stderr=subprocess.DEVNULL)
        for cgroup in Path("/sys/fs/cgroup").glob(f"**/{self._cgroup}"):
            subprocess.run(["find", str(cgroup), "-depth", "-type", "d", "-delete"], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(self._directory, ignore_errors=True)

    def _mount(self):
        if self._has_root:
            return
        self._directory.mkdir(parents=True)
        # Overlays need an upper layer that is no overlay itself.
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4g", "tmpfs", str(self._directory)], check=True)
        for name in ["root", "upper", "work"]:
            (self._directory / name).mkdir()
        options = ",".join([
            "lowerdir=" + ":".join(str(layer) for layer in self._layers),
            f"upperdir={self._directory / 'upper'}",
            f"workdir={self._directory / 'work'}",
            # A directory of a lower layer can be renamed, as on any disk.
            "redirect_dir=on",
        ])
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, str(self._directory / "root")], check=True)
        self._has_root = True
        if self._enabled:
            root = str(self._directory / "root")
            subprocess.run(["systemctl", "--root", root, "--quiet", "enable", *self._enabled], check=True)

    def _leader(self):
        """The PID of the machine's systemd on this host."""
        if self._booted_pid is not None:
            return self._booted_pid
        for nspawn in children(self._process.pid):
            for pid in children(nspawn):
                status = Path(f"/proc/{pid}/status").read_text()
                inner = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()
                if inner[-1] == "1" and Path(f"/proc/{pid}/comm").read_text().strip() == "systemd":
                    self._booted_pid = int(pid)
                    return self._booted_pid
        raise ProcessLookupError("the machine has no systemd yet")

    def _wait_for_systemd(self):
        def runs():
            if self._process.poll() is not None:
                raise RequestedAssertionFailed(f"{self.name} did not boot:\n{self.console()}")
            try:
                self._leader()
            except (OSError, StopIteration):
                return False
            _, state = self._run("systemctl is-system-running 2> /dev/null", BOOT_TIMEOUT)
            return state.strip() in ["starting", "running", "degraded"]

        self._wait(runs, "systemd did not start", BOOT_TIMEOUT)
        self.on_boot(self)

    def _wait_for_exit(self):
        self._process.wait(BOOT_TIMEOUT)
        self._process = None

    def console(self):
        """What the machine has written to its console."""
        return (self._directory / "console").read_text(errors="replace")

    @property
    def leader(self):
        """The PID of the machine's systemd on this host."""
        return self._leader()

    # Commands

    def execute(self, command, check_return=True, timeout=TIMEOUT):
        """Runs a command of bash; returns its exit status and its output."""
        self.start()
        status, output = self._run(f"set -euo pipefail; {command}", timeout)
        return (status if check_return else 0), output

    def succeed(self, *commands, timeout=TIMEOUT):
        """Runs commands that must succeed; returns their output."""
        outputs = []
        for command in commands:
            self.log(f"must succeed: {command}")
            status, output = self.execute(command, timeout=timeout)
            if status != 0:
                raise RequestedAssertionFailed(f"command `{command}` failed (exit code {status})\n{output}")
            outputs.append(output)
        return "".join(outputs)

    def fail(self, *commands, timeout=TIMEOUT):
        """Runs commands that must fail; returns their output."""
        outputs = []
        for command in commands:
            self.log(f"must fail: {command}")
            status, output = self.execute(command, timeout=timeout)
            if status == 0:
                raise RequestedAssertionFailed(f"command `{command}` unexpectedly succeeded\n{output}")
            outputs.append(output)
        return "".join(outputs)

    def wait_until_succeeds(self, command, timeout=TIMEOUT):
        """Repeats a command until it succeeds; returns its output."""
        self.log(f"waits for success: {command}")
        return self._repeat(command, lambda status: status == 0, timeout)

    def wait_until_fails(self, command, timeout=TIMEOUT):
        """Repeats a command until it fails; returns its output."""
        self.log(f"waits for failure: {command}")
        return self._repeat(command, lambda status: status != 0, timeout)

    def copy_from_host(self, source, target):
        """Copies a file or a directory into the machine."""
        self.start()
        to = self._directory / "root" / target.lstrip("/")
        to.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "--recursive", str(source), str(to)], check=True)

    # Units, ports, files

    def systemctl(self, arguments, user=None):
        """Runs systemctl; returns its exit status and its output."""
        assert user is None, "the container has no user managers"
        return self.execute(f"systemctl {arguments}")

    def get_unit_property(self, unit, name):
        """A property of a unit, as `systemctl show` prints it."""
        self._note(unit)
        return self.succeed(f"systemctl show --value --property {name} -- {shlex.quote(unit)}").rstrip("\n")

    def wait_for_unit(self, unit, user=None, timeout=TIMEOUT):
        """Waits until a unit is active; one that is failed, or inactive with nothing queued, never will be."""
        assert user is None, "the container has no user managers"
        self._note(unit)
        self.log(f"waits for unit: {unit}")

        def is_active():
            show = f"systemctl show --property ActiveState,Job -- {shlex.quote(unit)}"
            properties = dict(line.split("=", 1) for line in self.execute(show)[1].splitlines() if "=" in line)
            state = properties.get("ActiveState")
            if state == "failed" or (state == "inactive" and "Job" not in properties):
                raise RequestedAssertionFailed(f"unit {unit} is {state}, and nothing starts it")
            return state == "active"

        self._wait(is_active, f"unit {unit} did not become active", timeout)

    def start_job(self, unit, user=None):
        """Starts a unit."""
        self._note(unit)
        return self.systemctl(f"start {shlex.quote(unit)}", user)

    def stop_job(self, unit, user=None):
        """Stops a unit."""
        self._note(unit)
        return self.systemctl(f"stop {shlex.quote(unit)}", user)

    def wait_for_open_port(self, port, addr="localhost", timeout=TIMEOUT):
        """Waits until something listens on a TCP port."""
        self.wait_until_succeeds(f": < /dev/tcp/{addr}/{port}", timeout)

    def wait_for_closed_port(self, port, addr="localhost", timeout=TIMEOUT):
        """Waits until nothing listens on a TCP port."""
        self.wait_until_fails(f": < /dev/tcp/{addr}/{port}", timeout)

    def wait_for_file(self, path, timeout=TIMEOUT):
        """Waits until a file exists."""
        self.wait_until_succeeds(f"test -e {shlex.quote(path)}", timeout)

    def sleep(self, seconds):
        """Sleeps, by the clock of the machine."""
        self.succeed(f"sleep {seconds}")

    def log(self, text):
        """Writes a line to the log of the test."""
        self._log(f"{self.name}: {text}")

    # How

    def _run(self, command, timeout):
        enter = ["nsenter", "--target", str(self._leader()), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
                       "LANG": "C.UTF-8", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"}
        done = subprocess.run([*enter, "--", "bash", "-c", command], env=environment, cwd="/", stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=timeout, check=False)
        for line in done.stderr.decode(errors="replace").splitlines():
            self.log(f"    {line}")
        return done.returncode, done.stdout.decode(errors="replace")

    def _repeat(self, command, is_done, timeout):
        last = ""

        def done():
            nonlocal last
            status, last = self.execute(command)
            return is_done(status)

        try:
            self._wait(done, f"command `{command}`", timeout)
        except RequestedAssertionFailed as error:
            raise RequestedAssertionFailed(f"{error}; last output:\n{last}") from None
        return last

    @staticmethod
    def _wait(condition, what, timeout):
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise RequestedAssertionFailed(f"{what}: not within {timeout} s")
            time.sleep(POLL)

    def _note(self, unit):
        self.units[unit] = None
