"""cost.py PROGRAM [PROGRAM…]: what it costs that other processes read the media. Prints medians for each program; they take turns.

With `ROUNDS=3` and a second program from an older commit, the two can be compared. Claims only about the first one, with generous bounds.
"""

import contextlib
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from urllib.parse import urlparse

from disk_room import Room, run, sound_of, wait_until

ADDRESS, NAME = "10.78.0.10", "TV"
CONFIG = """name = "Cost"
media = "{folder}/media"
media_port = {media}
control_port = {control}
[gpio]
backend = "simulated"
socket = "{folder}/pins"
[[renderer]]
name = "TV"
plays = "%s"
"""
ROUNDS = int(os.environ.get("ROUNDS", "1"))
# Seconds of sound in the file that is fetched, 176,400 bytes each, and how often it is fetched.
LONG, FETCHES = 1500, 4
STARTS = 9
RESTS = 20
# MiB that box and reader may have at rest, and turns of an idle reader.
RESIDENT, WAKEUPS = 12, 2


class CostRoom(Room):
    televisions = [ADDRESS]

    def __init__(self, program, plays):
        super().__init__(program)
        self.config, self.has_card, self.device = CONFIG % plays, plays.startswith("card"), None

    def prepare(self):
        media = f"{self.folder}/media"
        sound_of(LONG, f"{media}/long.wav")
        os.utime(f"{media}/long.wav", (1_600_000_000, 1_600_000_000))
        if not self.has_card:
            return
        os.makedirs(f"{media}/card")
        image, size = f"{self.folder}/image", LONG * 220_000
        run("truncate", "-s", str(size), image)
        run("mkfs.ext4", "-q", "-F", image)
        self.device = run("losetup", "--find", "--show", image)
        run("mount", self.device, f"{media}/card")
        run("cp", "-p", f"{media}/long.wav", f"{media}/card")
        run("sync", "-f", f"{media}/card")

    def pids(self):
        with open(f"/proc/{self.box.pid}/task/{self.box.pid}/children") as file:
            return [self.box.pid, *map(int, file.read().split())]

    def processor(self):
        """Seconds that the box and its processes have used, with those that have ended."""
        ticks = 0
        for pid in self.pids():
            with contextlib.suppress(OSError), open(f"/proc/{pid}/stat") as file:
                ticks += sum(map(int, file.read().rsplit(")", 1)[1].split()[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def kilobytes(self, pid, what):
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return int(re.search(rf"^{what}: +(\d+)", file.read(), re.M)[1])

    def wakeups(self, pid):
        total = 0
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/status") as file:
                total += sum(map(int, re.findall(r"ctxt_switches:\s+(\d+)", file.read())))
        return total

    def ready_after(self):
        """Starts the box again; returns the milliseconds until it was ready."""
        self.box.terminate()
        self.box.wait()
        self.ready.clear()
        begun = time.monotonic()
        self.start_box()
        self.ready.wait(30)
        return (time.monotonic() - begun) * 1000

    def __exit__(self, *_):
        if self.box:
            self.box.terminate()
            self.box.wait()
        subprocess.run(["umount", "-l", f"{self.folder}/media/card"], check=False, capture_output=True)
        if self.device:
            subprocess.run(["losetup", "-d", self.device], check=False)
        super().__exit__()


def fetch(url):
    """Reads a URL as fast as it comes."""
    place, buffer = urlparse(url), bytearray(1 << 20)
    with socket.create_connection((place.hostname, place.port), source_address=(ADDRESS, 0)) as client:
        client.sendall(f"GET {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
        while client.recv_into(buffer):
            pass


def served(program, plays):
    """Processor seconds for each gigabyte."""
    with CostRoom(program, plays) as room:
        television = room.television(ADDRESS, NAME)
        url = wait_until(lambda: next((line.split(" ")[1] for _, line in television.said if line.startswith("uri ")), None), 30)
        time.sleep(1)
        before = room.processor()
        for _ in range(FETCHES):
            file = os.open(f"{room.folder}/media/{plays}", os.O_RDONLY)
            if room.has_card:
                os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)
            room.start(room.lan_space, os.path.abspath(__file__), "fetch", url).wait()
        return (room.processor() - before) / (FETCHES * LONG * 176_400 / 1e9)


def rested(program):
    """What box and readers hold at rest, how often they wake up, and when the box is ready."""
    with CostRoom(program, "long.wav") as room:
        # Until the first scans, and the first minute's searches, are over.
        time.sleep(8)
        box, *readers = room.pids()
        row = {
            "MiB resident": sum(room.kilobytes(pid, "Rss") for pid in (box, *readers)) / 1024,
            "MiB resident, shared pages once": sum(room.kilobytes(pid, "Pss") for pid in (box, *readers)) / 1024,
            "readers": len(readers),
            "threads of readers": sum(len(os.listdir(f"/proc/{pid}/task")) for pid in readers)}
        before = [room.wakeups(pid) for pid in (box, *readers)]
        time.sleep(RESTS)
        after = [room.wakeups(pid) for pid in (box, *readers)]
        row["wakeups of the box in a minute"] = (after[0] - before[0]) * 60 / RESTS
        row["wakeups of readers in a minute"] = (sum(after[1:]) - sum(before[1:])) * 60 / RESTS
        starts = [room.ready_after() for _ in range(STARTS)]
        row["ms until ready"] = statistics.median(starts)
        return row


def main(*programs):
    rows = {program: [] for program in programs}
    for _ in range(ROUNDS):
        for program in programs:
            row = rested(program)
            row["CPU s for a GB in memory"] = served(program, "long.wav")
            row["CPU s for a GB on a card"] = served(program, "card/long.wav")
            rows[program].append(row)
    medians = {program: {what: statistics.median(row[what] for row in all) for what in all[0]} for program, all in rows.items()}
    for what in medians[programs[0]]:
        print(f"{what:36}" + "".join(f"{medians[program][what]:10.2f}" for program in programs), flush=True)
    own = medians[programs[0]]
    holds = own["MiB resident, shared pages once"] <= RESIDENT and own["wakeups of readers in a minute"] <= WAKEUPS
    print("every claim holds" if holds else f"FAIL more than {RESIDENT} MiB at rest, or idle readers that wake up")
    return int(not holds)


if sys.argv[1] == "fetch":
    fetch(sys.argv[2])
else:
    sys.exit(main(*sys.argv[1:]))
