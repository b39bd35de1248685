"""The room with three disks: a sound one, one that hangs as it is told to, and ext4 on a device that hangs."""

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "siege"), os.path.join(HERE, "..", "lan")]

from lan import wait_until
from room import CONTROL_PORT, Room, sound_of

# The televisions and what each plays. `long` plays for longer than any scene.
PLAYS = {
    "Sound": '["two.wav", "pipe.m3u"]', "Fuse": '"to-net/two.wav"', "Card": '"card/two.wav"', "LongSound": '"long.wav"',
    "LongFuse": '"net/long.wav"', "LongCard": '"card/long.wav"'}
ADDRESSES = {name: f"10.78.0.{number}" for number, name in enumerate(PLAYS, 10)}
CONFIG = """name = "Disks"
media = "{folder}/media"
media_port = {media}
control_port = {control}
[gpio]
backend = "simulated"
socket = "{folder}/pins"
""" + "".join(f'[[renderer]]\nname = "{name}"\nplays = {plays}\n' for name, plays in PLAYS.items())


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


class HangingDisk:
    """A disk of the files in `files`, mounted at `at`."""

    def __init__(self, room, at, files):
        self.room, self.at, self.files, self.orders = room, at, files, f"{files}.orders"
        os.makedirs(at, exist_ok=True)
        self.order()
        self.plug_in()

    def plug_in(self):
        self.process = subprocess.Popen(
            ["/usr/bin/python3", "-B", f"{HERE}/hanging_disk.py", self.at, self.files, self.orders], stdout=subprocess.PIPE, text=True)
        self.room.processes.append(self.process)
        if self.process.stdout.readline() != "mounted\n":
            raise RuntimeError(f"no disk by FUSE at {self.at}")

    def order(self, *lines):
        """These requests hang from now on; without any, none does."""
        with open(f"{self.orders}.new", "w") as file:
            file.write("".join(f"{line}\n" for line in lines))
        os.replace(f"{self.orders}.new", self.orders)

    def unplug(self):
        self.process.kill()
        self.process.wait()
        subprocess.run(["umount", "-l", self.at], check=False, capture_output=True)


class DiskRoom(Room):
    config = CONFIG
    televisions = list(ADDRESSES.values())

    def __init__(self, program, long_seconds):
        super().__init__(program)
        self.long_seconds, self.shown = long_seconds, {}
        self.net = self.card = self.device = None
        self.more = []

    def prepare(self):
        media = f"{self.folder}/media"
        # What is mounted below later is seen by the box, which `ip netns exec` gives a list of mounts of its own.
        run("mount", "--bind", media, media)
        run("mount", "--make-shared", media)
        files = f"{self.folder}/files"
        os.makedirs(files)
        sound_of(2, f"{files}/two.wav")
        sound_of(self.long_seconds, f"{files}/long.wav", random.Random(1).randbytes(4 * 44100))
        for name in ("two.wav", "long.wav"):
            run("cp", f"{files}/{name}", media)
        os.mkfifo(f"{media}/pipe.m3u")
        os.symlink("net", f"{media}/to-net")
        self.net = HangingDisk(self, f"{media}/net", files)
        self.card = self.make_card(media, files)

    def make_card(self, media, files):
        """Mounts ext4 from an image on a disk that hangs, as from a card."""
        image = f"{self.folder}/card/image"
        os.makedirs(f"{self.folder}/card")
        size = sum(os.path.getsize(f"{files}/{name}") for name in os.listdir(files))
        run("truncate", "-s", str(size * 5 // 4 + (16 << 20)), image)
        run("mkfs.ext4", "-q", "-F", "-d", files, image)
        disk = HangingDisk(self, f"{self.folder}/device", f"{self.folder}/card")
        self.device = run("losetup", "--find", "--show", "--read-only", "--direct-io=on", f"{self.folder}/device/image")
        os.makedirs(f"{media}/card")
        run("mount", "-o", "ro,noload", self.device, f"{media}/card")
        return disk

    def forget_card(self):
        """Takes out of memory what it holds of the card."""
        for path in (f"{self.folder}/media/card/long.wav", f"{self.folder}/media/card/two.wav", self.device, f"{self.folder}/device/image"):
            file = os.open(path, os.O_RDONLY)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)

    def switch_on(self, *names):
        """Switches televisions on, and waits until each plays."""
        for name in names:
            self.shown[name] = self.television(ADDRESSES[name], name)
        return all(self.says(name, "playing") for name in names)

    def says(self, name, what, since=0.0, seconds=40):
        """Whether a television says this before long."""
        said = self.shown[name].said
        return wait_until(lambda: any(at >= since and line.startswith(what) for at, line in said), seconds, every=0.05)

    def count(self, name, what, since):
        return sum(at >= since and line.startswith(what) for at, line in list(self.shown[name].said))

    def url(self, name):
        return next(line.split(" ")[1] for _, line in reversed(self.shown[name].said) if line.startswith("uri "))

    def readers(self):
        """The processes that the box has started."""
        with open(f"/proc/{self.box.pid}/task/{self.box.pid}/children") as file:
            return [int(pid) for pid in file.read().split()]

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.box.pid}/fd"))

    def resident(self, pid=None):
        """MiB of memory that a process has now; 0 if it is gone."""
        with contextlib.suppress(OSError), open(f"/proc/{pid or self.box.pid}/status") as file:
            found = re.search(r"VmRSS:\s+(\d+)", file.read())
            return int(found[1]) / 1024 if found else 0.0
        return 0.0

    def status(self):
        return self.watch(0.01)["status"] or {}

    def named(self, folder, since):
        """What the log says about a disk that does not answer, since that many lines."""
        return [line for line in self.lines[since:] if f"/media/{folder}" in line and "does not answer" in line]

    def missing(self, folder):
        """The sentences of the status about a folder."""
        return [one for one in self.status().get("media", {}).get("missing", []) if f"/media/{folder}" in one]

    def stop_box(self, seconds=15):
        """Ends the box; returns after how many seconds it was gone, or None."""
        begun = time.monotonic()
        self.box.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.box.wait(seconds)
            return time.monotonic() - begun
        return None

    def touch(self):
        """Changes something in the media folder, so that all disks are looked at."""
        with contextlib.suppress(FileNotFoundError):
            return os.remove(f"{self.folder}/media/touched.wav")
        run("cp", f"{self.folder}/files/two.wav", f"{self.folder}/media/touched.wav")

    def add_disk(self, name, files):
        disk = HangingDisk(self, f"{self.folder}/media/{name}", files)
        self.more.append(disk)
        return disk

    def attack(self, name, seconds, url):
        return self.start(self.lan_space, "attacks.py", name, seconds, *(["/" + url.split("/", 3)[3]] if name == "idle" else []))

    def watch_while(self, question):
        """Like `watch`, for as long as the answer to the question is true."""
        asker = self.start(self.box_space, "watch.py", CONTROL_PORT, 3600)
        while question():
            time.sleep(0.1)
        asker.send_signal(signal.SIGTERM)
        return json.loads(asker.communicate()[0])

    def streams(self, seconds, rate, counts):
        """Starts clients of what these televisions play; see streams.py."""
        words = [word for name, count in counts.items() for word in (self.url(name), f"{self.folder}/files/long.wav", count)]
        return self.start(self.lan_space, f"{HERE}/streams.py", seconds, rate, *words)

    def seen(self, streams):
        return json.loads(streams.communicate()[0])

    def __exit__(self, *_):
        for disk in filter(None, (self.net, self.card, *self.more)):
            disk.order()
        if self.box and self.box.poll() is None:
            self.stop_box()
        subprocess.run(["umount", "-l", f"{self.folder}/media/card"], check=False, capture_output=True)
        if self.device:
            subprocess.run(["losetup", "-d", self.device], check=False)
        for at in ("media/net", "device", "media"):
            subprocess.run(["umount", "-l", f"{self.folder}/{at}"], check=False, capture_output=True)
        super().__exit__()
