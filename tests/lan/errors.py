"""Errors of the kernel, given to the running box by strace: out of descriptors, no memory, a network
that is down, a disk that fails. Whatever it is, the box goes on, says so in few words, does not spin, and
plays again once the errors end.

A *spell* is some seconds in which certain system calls fail with certain errors; a case is one or more.
"""

import os
import re
import signal
import socket
import struct
import subprocess
import time

import resource

from lan import ip, wait_until
from media import clip
from stage import ADDRESSES, rule

# The shortest; and how long one may take until something meets it.
SPELL, MEETING = 2, 20
# A renderer whose connection broke off while it began is given 30 s to begin after all.
PATIENCE = 45
# Failing calls in one second, processor time per second, lines of log in one case: far above what is seen,
# far below what a loop without a pause makes.
CALLS, PROCESSOR, LINES = 150, 0.5, 30

SENDING, RECEIVING = "sendto,sendmsg", "recvfrom,recvmsg"

# What is said depends on the error that happens to be the third in a row: the network's fault, or ours.
TRYING = "; trying again"

# name: (spells as (calls, error), the path that they touch or None, words that must be in the log)
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


class Spell:
    """`with Spell(pid, [(calls, error), …])`: these calls of the process fail as long as the block lasts."""

    def __init__(self, pid, errors, record, path=None):
        self.pid, self.record = pid, record
        self.command = tampering(errors, record, path) + ["-p", str(pid)]

    def __enter__(self):
        self.tracer = subprocess.Popen(self.command, stderr=subprocess.DEVNULL)
        if not wait_until(lambda: tracer_of(self.pid), 5):
            raise RuntimeError("strace did not attach")
        return self

    def __exit__(self, *_):
        self.tracer.terminate()
        self.tracer.wait(5)

    def failed(self):
        return injected(self.record)


def tampering(errors, record, path=None):
    """strace's command line without the process."""
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


def errors(stage):
    """The kernel fails: no descriptors, no network, no memory, no disk."""
    box, started = stage.box, time.time()
    play_short(stage)
    back = wait_until(lambda: all_play(stage, started), PATIENCE, every=0.1)
    stage.score.claim("all three play", back, f"after {time.time() - started:.1f} s")
    for name in CASES:
        case(stage, name, *CASES[name])
    exhausted(stage)
    told_of_addresses(stage)
    box.stop()


def play_short(stage, environment=None, above="", below="", before=()):
    """Starts the box with a clip so short that something happens every second."""
    if not os.path.exists(f"{stage.media}/short.mp4"):
        clip(f"{stage.media}/short.mp4", 3)
    # Rygel crashes now and then, the more rounds the more often.
    rules = "".join(rule(who, plays=file) for who, file in (
        ({"name": "TV 1"}, "short.mp4"), ({"name": "TV 2"}, "short.mp4"), ({"udn": stage.tv3.udn}, "clip.mp4")))
    stage.box.run(rules + below, above, before, environment)


def all_play(stage, since):
    """All three, by the status and by what was heard or shown since."""
    status = stage.box.status().get("renderers", [])
    playing = [r for r in status if r.get("state") == "playing" and not r.get("fault")]
    heard = all(any(s.pitch for s in e.since(since)) for e in (stage.ear1, stage.ear2))
    rygel = stage.tv3.changes()
    return len(playing) == 3 and heard and rygel and rygel[-1][2] == "PLAYING"


def case(stage, name, spells, path, words):
    """Spells one after the other, and what became of the box."""
    box = stage.box
    used, seen, began, failed = box.processor_seconds(), len(box.log()), time.time(), []
    for number, spell in enumerate(spells):
        file = path and f"{stage.media}/{path}"
        with Spell(box.process.pid, [spell], f"{stage.folder}/spell", file) as running:
            wait_until(running.failed, MEETING, every=0.2)
            time.sleep(SPELL)
        failed.append(running.failed())
    judge(stage, name, used, seen, began, failed, [error.split(":")[0] for _, error in spells], words)


def stands(stage):
    """No gmediarender has broken by itself."""
    return stage.tv1.process.alive() and stage.tv2.process.alive()


def judge(stage, name, used, seen, began, failed, kinds, words):
    box, ended = stage.box, time.time()
    back = wait_until(lambda: not stands(stage) or all_play(stage, ended), PATIENCE, every=0.1)
    if not stands(stage):
        raise RuntimeError("a renderer broke by itself")
    taken, spent = time.time() - ended, box.processor_seconds() - used
    lines = box.log()[seen:]
    said = words is None or any(words in line for line in lines)
    met = all(failed)
    calm = max(failed) / SPELL < CALLS and spent < PROCESSOR * (time.time() - began)
    stage.score.claim(
        name, back and said and met and calm and len(lines) < LINES and box.process.alive(),
        f"{', '.join(f'{kind} ×{count}' for kind, count in zip(kinds, failed))} in {ended - began:.0f} s: all play "
        f"{f'{taken:.1f} s' if back else 'never'} after, {len(lines)} lines"
        f"{'' if said else ' without ' + repr(words)}, processor {spent:.2f} s")
    if os.environ.get("VERBOSE"):
        print("\n".join(lines))


def exhausted(stage, spare=8, clients=60):
    """Really no descriptors left, while clients hold what there is; then they reset their connections."""
    box = stage.box
    used, seen, began = box.processor_seconds(), len(box.log()), time.time()
    limits = resource.prlimit(box.process.pid, resource.RLIMIT_NOFILE)
    open_now = len(os.listdir(f"/proc/{box.process.pid}/fd"))
    resource.prlimit(box.process.pid, resource.RLIMIT_NOFILE, (open_now + spare, limits[1]))
    port = box.status()["media_server"]["port"]
    held = []
    with stage.lan.inside("box"):
        for number in range(clients):
            client = socket.create_connection(("127.0.0.1", (port, 8080)[number % 2]), 2)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            held.append(client)
    time.sleep(2 * SPELL)
    for client in held:
        client.close()
    judge(stage, "clients take all descriptors", used, seen, began, [clients], ["client"], "cannot accept")
    resource.prlimit(box.process.pid, resource.RLIMIT_NOFILE, limits)


def told_of_addresses(stage, address="10.77.0.77"):
    """After all that, it still hears of its addresses at once."""
    namespace = stage.lan.namespace("box")
    told = time.time()
    ip("-n", namespace, "addr", "add", f"{address}/24", "dev", "eth0")
    heard = wait_until(lambda: address in stage.box.status().get("addresses", []), 15)
    stage.score.claim("a new address is noticed", heard, f"after {time.time() - told:.1f} s")
    ip("-n", namespace, "addr", "del", f"{address}/24", "dev", "eth0")
