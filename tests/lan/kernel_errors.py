"""System calls of the running box fail, injected by strace: no descriptors, no memory, a network that is down, a
disk that fails. The box must go on, report it in few words, not spin, and play again once the errors end.

A *spell* is a few seconds during which certain system calls fail with certain errors; a case has one or more.
"""

import os
import re
import socket
import struct
import subprocess
import time

import resource

from lan import ip, wait_until
from sample_media import clip
from testbed import rule

# Seconds: the length of a spell, and how long the box may take to make the first call that fails.
SPELL, MEETING = 2, 20
# The box gives a renderer whose connection broke during its start 30 s to start after all.
PATIENCE = 45
# Upper limits for failing calls per second, processor time per second and log lines per case: far above what was
# measured, far below what a loop without a pause causes.
CALLS, PROCESSOR, LINES = 150, 0.5, 30

SENDING, RECEIVING = "sendto,sendmsg", "recvfrom,recvmsg"

# The message depends on the error that is the third in a row: that of the network, or that of the box.
TRYING = "; trying again"

# name: (spells as (calls, error), the path that the calls must concern or None, words that the log must contain)
CASES = {
    "nobody can be let in": ([("accept4", e) for e in ("EMFILE", "ECONNABORTED")], None, "cannot accept"),
    "no sockets": ([("socket", "EMFILE")], None, "the box itself could not"),
    "nobody can be reached": (
        [("connect", e) for e in ("ENETUNREACH", "EADDRNOTAVAIL")], None, TRYING),
    "nothing can be sent": ([(SENDING, e) for e in ("ENETDOWN", "ENOBUFS", "EPERM")], None, "the box itself could not"),
    "nothing can be received": ([(RECEIVING, e) for e in ("ECONNRESET", "ENETDOWN")], None, TRYING),
    "media cannot be read": (
        [(call, "EIO") for call in ("sendfile", "preadv2")], None, "cannot be read to its end"),
    "no memory for sending": ([("sendfile", "ENOMEM")], None, None),
    "media cannot be opened": ([("openat,open", e) for e in ("EIO", "EMFILE")], "short.mp4", "short.mp4: "),
    "the kernel interrupts": ([("epoll_pwait,epoll_wait", "EINTR:when=1+3")], None, None),
}


class FaultInjection:
    """`with FaultInjection(pids, [(calls, error), …])`: these calls of the processes fail during the block."""

    def __init__(self, pids, errors, record, path=None):
        self.pids, self.record = pids, record
        self.command = tampering(errors, record, path) + [word for pid in pids for word in ("-p", str(pid))]

    def __enter__(self):
        self.tracer = subprocess.Popen(self.command, stderr=subprocess.DEVNULL)
        if not wait_until(lambda: all(map(tracer_of, self.pids)), 5):
            raise RuntimeError("strace did not attach")
        return self

    def __exit__(self, *_):
        self.tracer.terminate()
        self.tracer.wait(5)

    def failed(self):
        return injected(self.record)


def tampering(errors, record, path=None):
    """The command line of strace, without the process."""
    calls = ",".join(f"?{call}" for names, _ in errors for call in names.split(","))
    words = ["strace", "-f", "-qq", "-o", record, "-e", f"trace={calls}"]
    for names, error in errors:
        kind = error if error.startswith("delay") else f"error={error}"
        words += ["-e", f"inject={','.join(f'?{call}' for call in names.split(','))}:{kind}"]
    return words + (["-P", path] if path else [])


def injected(record):
    with open(record, errors="replace") as file:
        return len(re.findall(r"\((?:INJECTED|DELAYED)\)", file.read()))


def tracer_of(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(r"TracerPid:\s+(\d+)", file.read())[1])


def kernel_errors(testbed):
    """The kernel fails: no descriptors, no network, no memory, no disk."""
    box, started = testbed.box, time.time()
    play_short(testbed)
    back = wait_until(lambda: all_play(testbed, started), PATIENCE, every=0.1)
    testbed.score.claim("all three play", back, f"after {time.time() - started:.1f} s")
    for name in CASES:
        case(testbed, name, *CASES[name])
    exhausted(testbed)
    told_of_addresses(testbed)
    box.stop()


def play_short(testbed, environment=None, above="", below="", before=()):
    """Starts the box with a clip so short that something happens every second."""
    if not os.path.exists(f"{testbed.media}/short.mp4"):
        clip(f"{testbed.media}/short.mp4", 3)
    # Rygel crashes now and then, the more rounds the more often.
    rules = "".join(rule(who, plays=file) for who, file in (
        ({"name": "TV 1"}, "short.mp4"), ({"name": "TV 2"}, "short.mp4"), ({"udn": testbed.tv3.udn}, "clip.mp4")))
    testbed.box.run(rules + below, above, before, environment)


def all_play(testbed, since):
    """Whether all three play, by the status and by what was heard or shown since."""
    status = testbed.box.status().get("renderers", [])
    playing = [r for r in status if r.get("state") == "playing" and not r.get("fault")]
    heard = all(any(s.pitch for s in e.since(since)) for e in (testbed.audio1, testbed.audio2))
    rygel = testbed.tv3.changes()
    return len(playing) == 3 and heard and rygel and rygel[-1][2] == "PLAYING"


def case(testbed, name, spells, path, words):
    """Runs the spells one after the other and checks the box."""
    box = testbed.box
    used, seen, began, failed = box.processor_seconds(), len(box.log()), time.time(), []
    for number, spell in enumerate(spells):
        file = path and f"{testbed.media}/{path}"
        with FaultInjection([box.process.pid, *box.readers()], [spell], f"{testbed.folder}/spell", file) as running:
            wait_until(running.failed, MEETING, every=0.2)
            time.sleep(SPELL)
        failed.append(running.failed())
    judge(testbed, name, used, seen, began, failed, [error.split(":")[0] for _, error in spells], words)


def stands(testbed):
    """Whether neither gmediarender has crashed."""
    return testbed.tv1.process.alive() and testbed.tv2.process.alive()


def judge(testbed, name, used, seen, began, failed, kinds, words):
    box, ended = testbed.box, time.time()
    back = wait_until(lambda: not stands(testbed) or all_play(testbed, ended), PATIENCE, every=0.1)
    if not stands(testbed):
        raise RuntimeError("a renderer crashed")
    taken, spent = time.time() - ended, box.processor_seconds() - used
    lines = box.log()[seen:]
    said = words is None or any(words in line for line in lines)
    met = all(failed)
    calm = max(failed) / SPELL < CALLS and spent < PROCESSOR * (time.time() - began)
    testbed.score.claim(
        name, back and said and met and calm and len(lines) < LINES and box.process.alive(),
        f"{', '.join(f'{kind} ×{count}' for kind, count in zip(kinds, failed))} in {ended - began:.0f} s: all play "
        f"{f'{taken:.1f} s' if back else 'never'} after, {len(lines)} lines"
        f"{'' if said else ' without ' + repr(words)}, processor {spent:.2f} s")
    if os.environ.get("VERBOSE"):
        print("\n".join(lines))


def exhausted(testbed, spare=8, clients=60):
    """Clients take all descriptors that are left, then reset their connections."""
    box = testbed.box
    used, seen, began = box.processor_seconds(), len(box.log()), time.time()
    limits = resource.prlimit(box.process.pid, resource.RLIMIT_NOFILE)
    open_now = len(os.listdir(f"/proc/{box.process.pid}/fd"))
    resource.prlimit(box.process.pid, resource.RLIMIT_NOFILE, (open_now + spare, limits[1]))
    port = box.status()["media_server"]["port"]
    held = []
    with testbed.lan.inside("box"):
        for number in range(clients):
            client = socket.create_connection(("127.0.0.1", (port, 8080)[number % 2]), 2)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            held.append(client)
    time.sleep(2 * SPELL)
    for client in held:
        client.close()
    judge(testbed, "clients take all descriptors", used, seen, began, [clients], ["client"], "cannot accept")
    resource.prlimit(box.process.pid, resource.RLIMIT_NOFILE, limits)


def told_of_addresses(testbed, address="10.77.0.77"):
    """After all that, the box still notices a new address at once."""
    namespace = testbed.lan.namespace("box")
    told = time.time()
    ip("-n", namespace, "addr", "add", f"{address}/24", "dev", "eth0")
    heard = wait_until(lambda: address in testbed.box.status().get("addresses", []), 15)
    testbed.score.claim("a new address is noticed", heard, f"after {time.time() - told:.1f} s")
    ip("-n", namespace, "addr", "del", f"{address}/24", "dev", "eth0")
