"""The box as a systemd service: it starts although its ports are taken and system calls fail, keeps the watchdog
alive only as long as it works, ends at once when it crashes, and works after a restart."""

import contextlib
import re
import signal
import socket
import time

from kernel_errors import PATIENCE, FaultInjection, all_play, play_short, tampering
from lan import wait_until

MEDIA_PORT, CONTROL_PORT = 8895, 8080
PORTS = f"media_port = {MEDIA_PORT}\ncontrol_port = {CONTROL_PORT}\n"
STATUS_LED, PLAYING_LED = 22, 23
# Shorter than any owner would choose: the box must notify systemd every second.
WATCHDOG = 2.0
PANEL = (f'[[led]]\npin = {STATUS_LED}\nshows = "status"\n\n'
         f'[[led]]\npin = {PLAYING_LED}\nshows = "playing"\nactive = "low"\n\n')


class Systemd:
    """The other end of NOTIFY_SOCKET: the messages with their times."""

    def __init__(self, path):
        self.path, self.said = path, []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.setblocking(False)

    def environment(self):
        return {"NOTIFY_SOCKET": self.path, "WATCHDOG_USEC": str(int(WATCHDOG * 1e6))}

    def listen(self, seconds, over=bool):
        """Listens for this time or until `over()`; returns the longest time without a WATCHDOG message."""
        began = time.time()
        wait_until(lambda: self._hear() or over(), seconds)
        times = [began, *(at for at in self.times("WATCHDOG=1") if at >= began), time.time()]
        return max(b - a for a, b in zip(times, times[1:]))

    def _hear(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                self.said += [(time.time(), line) for line in self.socket.recv(4096).decode().split()]

    def times(self, word):
        return [at for at, line in self.said if line == word]


def service(testbed):
    """Taken ports, system calls that fail at the start, the watchdog, and a crash."""
    systemd = Systemd(f"{testbed.folder}/systemd")
    occupied(testbed, systemd)
    stuck(testbed, systemd)
    crashed(testbed)
    starts_with_errors(testbed)
    panics(testbed)


def occupied(testbed, systemd, seconds=5):
    """Another program has both ports for a while; the box tries again after 1, 2 and 4 s."""
    box, score = testbed.box, testbed.score
    with testbed.lan.inside("box"):
        others = [socket.create_server(("0.0.0.0", port)) for port in (MEDIA_PORT, CONTROL_PORT)]
    began = time.time()
    play_short(testbed, systemd.environment(), above=PORTS, below=PANEL)
    longest = systemd.listen(seconds)
    said = [line for line in box.log() if "is taken by another program" in line]
    ready, lives = systemd.times("READY=1"), box.process.alive()
    for other in others:
        other.close()
    freed = time.time()
    back = wait_until(lambda: all_play(testbed, freed), PATIENCE, every=0.1)
    tasks = {task["name"]: task for task in box.status().get("tasks", [])}
    restarts = [tasks.get(name, {}).get("restarts") for name in ("media_server", "control_server")]
    score.claim(
        "the box waits for taken ports", lives and len(said) == 2 and back and restarts == [3, 3],
        f"{len(said)} lines in {seconds} s, {restarts} restarts, all play "
        f"{f'{back and time.time() - freed:.1f} s' if back else 'never'} after the ports were free")
    score.claim(
        "systemd is notified in time", ready and ready[0] - began < 5 and longest < WATCHDOG,
        f"READY after {ready[0] - began:.2f} s, longest pause of WATCHDOG {longest:.2f} s of {WATCHDOG:.0f} s"
        if ready else "never READY")


def stuck(testbed, systemd, seconds=4):
    """The thread hangs in the kernel, as on a dying disk: only then do the WATCHDOG messages stop."""
    systemd.listen(0.5)
    fed = systemd.listen(2.5)
    record = f"{testbed.folder}/spell"
    with FaultInjection([testbed.box.process.pid], [("sendfile", f"delay_enter={seconds}s:when=1")], record) as spell:
        starved = systemd.listen(20, spell.failed)
    testbed.score.claim(
        "a box that hangs stops notifying the watchdog", fed < WATCHDOG < starved,
        f"longest pause {fed:.2f} s while it plays, {starved:.2f} s while sendfile hangs for {seconds} s")


def crashed(testbed):
    """SIGABRT, with which a panic ends, while the box plays."""
    box, score = testbed.box, testbed.score
    played = wait_until(lambda: all_play(testbed, time.time() - 3), PATIENCE, every=0.1)
    lit = box.leds()
    killed = time.time()
    box.process.signal(signal.SIGABRT)
    code = box.process.wait(5)
    gone = time.time() - killed
    started = time.time()
    play_short(testbed, above=PORTS, below=PANEL)
    wait_until(lambda: box.leds(), 5, every=0.005)
    first, asked = box.leds(), time.time() - started
    lines = box.log()
    ready = next((n for n, line in enumerate(lines) if "simulated pins at" in line), None)
    found = next((n for n, line in enumerate(lines) if "address of the box" in line), len(lines))

    def plays():
        # gmediarender plays what it has buffered without the box.
        ordered = [action for _, action in testbed.packets.actions(started)].count("Play") >= 3
        return ordered and all_play(testbed, started) and box.leds().get(PLAYING_LED)

    back = wait_until(plays, PATIENCE, every=0.1)
    score.claim(
        "a crash ends it at once", played and code == -signal.SIGABRT and gone < 2,
        f"by signal {-(code or 0)} after {gone * 1000:.0f} ms, LEDs then {lit}")
    score.claim(
        "every LED is set before anything else", set(first) == {STATUS_LED, PLAYING_LED} and not first[PLAYING_LED]
        and ready is not None and ready < found,
        f"{first} when first asked, {asked * 1000:.0f} ms after the start; pins are line {ready} of the log")
    score.claim("it plays again after a crash", back, f"after {time.time() - started:.1f} s" if back else "never")
    box.stop()


# The first calls of each kind fail: those for ports, interfaces, multicast groups and the media folder.
START = [("socket", "EMFILE:when=1..4"), ("setsockopt", "ENOBUFS:when=1..2"), ("bind", "EADDRNOTAVAIL:when=1"),
         ("listen", "EADDRINUSE:when=1"), ("getdents64", "EIO:when=1..2")]


def starts_with_errors(testbed):
    """At the start nothing can be opened at first."""
    box, record = testbed.box, f"{testbed.folder}/start"
    started = time.time()
    strace, *words = tampering(START, record)
    play_short(testbed, before=[strace, "-D", *words], above=PORTS)
    back = wait_until(lambda: all_play(testbed, started), PATIENCE, every=0.1)
    met = {call: len(re.findall(rf"\b{call}\(.*\(INJECTED\)", open(record, errors="replace").read())) for call, _ in START}
    warned = [line for line in box.log() if "WARN" in line]
    testbed.score.claim(
        "errors at the start delay it only", back and all(met.values()) and len(warned) < 20,
        f"{', '.join(f'{call} ×{count}' for call, count in met.items())}: all play "
        f"{f'after {time.time() - started:.1f} s' if back else 'never'}, {len(warned)} warnings")
    box.stop()


def panics(testbed):
    """A real panic: a library that cannot work without a descriptor."""
    box, record = testbed.box, f"{testbed.folder}/panic"
    started = time.time()
    play_short(testbed, before=tampering([("epoll_create1", "EMFILE")], record))
    code = box.process.wait(10)
    lines = box.log()
    testbed.score.claim(
        "a panic ends the whole process", code in (-signal.SIGABRT, 128 + signal.SIGABRT),
        f"exit {code} after {time.time() - started:.1f} s: {next((line for line in lines if 'panicked' in line), lines[-1:])}")
