"""A LAN on one machine: each host is a network namespace, and all are plugged into one bridge.

A *host* is a namespace with one interface, eth0, on 10.77.0.0/24; its *port* is the other end of the cable, on the
bridge. Names contain the process id, so that suites can run side by side and the leftovers of a killed suite can be
recognised and removed.
"""

import contextlib
import ctypes
import os
import re
import signal
import subprocess
import threading
import time

PREFIX = "dk"
CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def ip(*words):
    """Runs `ip`; if it fails, the exception quotes its message."""
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def wait_until(question, seconds, every=0.02):
    """The first true result of `question()`, or None after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer or time.monotonic() >= end:
            return answer or None
        time.sleep(every)


class Process:
    """A program in a host, in its own process group; signals go to the whole group."""

    def __init__(self, command, environment, stdout, stderr, pass_fds=()):
        self.started = time.time()
        self.popen = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
            start_new_session=True, pass_fds=pass_fds)
        self.pid = self.popen.pid

    def alive(self):
        return self.popen.poll() is None

    def signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def wait(self, seconds):
        """The exit status, or None if it still runs after `seconds`."""
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self, seconds=3):
        """Sends SIGTERM, waits, then kills what is left of the group."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        self.wait(seconds)
        self.signal(signal.SIGKILL)
        self.wait(seconds)


class Lan:
    """The bridge and its hosts: `with Lan({"box": "10.77.0.1"}) as lan`."""

    def __init__(self, hosts):
        self.addresses = dict(hosts)
        self.processes = []
        self.switch = f"{PREFIX}{os.getpid()}-switch"

    def namespace(self, host):
        return f"{PREFIX}{os.getpid()}-{host}"

    def __enter__(self):
        sweep()
        try:
            ip("netns", "add", self.switch)
            # With snooping the bridge would hold back multicast, for the LAN has no querier.
            ip("-n", self.switch, "link", "add", "bridge", "type", "bridge", "mcast_snooping", "0")
            ip("-n", self.switch, "link", "set", "bridge", "up")
            for host in self.addresses:
                self._plug_in(host)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _plug_in(self, host):
        space = self.namespace(host)
        ip("netns", "add", space)
        ip("-n", self.switch, "link", "add", host, "type", "veth", "peer", "name", "eth0", "netns", space)
        ip("-n", self.switch, "link", "set", host, "master", "bridge", "up")
        # Duplicate address detection would keep the IPv6 address from being bound for a second.
        ip("netns", "exec", space, "sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_dad || true")
        ip("-n", space, "link", "set", "lo", "up")
        ip("-n", space, "link", "set", "eth0", "up")
        self._address(host, self.addresses[host])

    def _address(self, host, address):
        space = self.namespace(host)
        ip("-n", space, "addr", "add", f"{address}/24", "brd", "+", "dev", "eth0")
        # Multicast needs a route, and this LAN has no default route, like that of many a showroom.
        ip("-n", space, "route", "replace", "224.0.0.0/4", "dev", "eth0")

    def __exit__(self, *_):
        for process in self.processes:
            process.end(1)
        for host in [*self.addresses, None]:
            remove(self.namespace(host) if host else self.switch)

    def start(self, host, command, environment=None, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        """Starts a program in a host; it is ended with the LAN at the latest."""
        process = Process(
            ["ip", "netns", "exec", self.namespace(host), *command],
            environment or dict(os.environ), stdout, stderr)
        self.processes.append(process)
        return process

    @contextlib.contextmanager
    def inside(self, host):
        """Sockets that this thread opens in the block belong to the host for good."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.namespace(host)}", os.O_RDONLY)
        try:
            _enter(there)
            try:
                yield
            finally:
                _enter(home)
        finally:
            os.close(home)
            os.close(there)

    def thread(self, host, work, *arguments):
        """Runs `work` in a thread inside the host."""

        def run():
            with self.inside(host):
                work(*arguments)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def link(self, host, up):
        """Unplugs the host's cable at the switch, or plugs it in; the host sees its carrier go."""
        ip("-n", self.switch, "link", "set", host, "up" if up else "down")

    def readdress(self, host, address):
        """Replaces the address, as a new DHCP lease does: first the old one goes, then the new one comes."""
        ip("-n", self.namespace(host), "addr", "del", f"{self.addresses[host]}/24", "dev", "eth0")
        self.addresses[host] = address
        self._address(host, address)


def _enter(descriptor):
    if _libc.setns(descriptor, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def remove(namespace):
    """Kills what still runs in a namespace, then removes it."""
    listed = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True)
    for pid in listed.stdout.split():
        if int(pid) != os.getpid():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
    subprocess.run(["ip", "netns", "del", namespace], capture_output=True)


def sweep():
    """Removes the namespaces of suites whose process has ended."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout
    for name in re.findall(rf"^({PREFIX}\d+-\w+)", listed, re.M):
        if not os.path.exists(f"/proc/{re.search(r'[0-9]+', name)[0]}"):
            remove(name)
