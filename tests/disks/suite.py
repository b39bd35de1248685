"""suite.py PROGRAM short|long [SCENE…]: what disks that hang do to a box, as its owner would notice.

Claims are about counts and order, and times have generous bounds: the figures are for people.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time

from disk_room import DiskRoom, wait_until

from memory_group import MemoryGroup

# How long an answer of the status may take, in seconds, and the longest turn in milliseconds. The aim is 50 ms; a box that waits for a
# disk takes for ever.
LONGEST_ANSWER, LONGEST_TURN = 5, 1000
# Streams from a sound disk, from one that only a reader may touch, and from a card; and how many bytes a second each reads.
STREAMS = {"LongSound": 12, "LongFuse": 6, "LongCard": 6}
RATE = 400_000
# Seconds within which a stream that waits for a reader goes on; one second is the aim.
GOES_ON = 5
# MiB of memory that the group of box and readers may have.
MEMORY = 64
FILES = 10_000


class Suite:
    def __init__(self, program, is_long):
        self.program, self.is_long, self.failed, self.room = program, is_long, 0, None

    def claim(self, what, holds, figure=""):
        self.failed += not holds
        print(f"{'ok  ' if holds else 'FAIL'} {what}{f': {figure}' if figure else ''}", flush=True)

    def watched(self, name, work, quiet=None):
        """Does `work` while somebody asks for the status all the time. Claims what must hold whatever the disks do."""
        room, begun = self.room, time.monotonic()
        beats, done = room.beats, {}
        asker = threading.Thread(target=lambda: done.update(room.watch_while(lambda: "work" not in done)))
        asker.start()
        try:
            result = work()
        finally:
            done["work"] = True
            asker.join()
        spent = time.monotonic() - begun
        turn = done["status"]["mailbox"].get("longest_turn") or {"ms": 0, "what": ""}
        self.claim(f"{name}: the status is answered", done["failed"] == 0 and done["longest"] < LONGEST_ANSWER,
                   f"{done['asked']} times, the slowest in {done['longest'] * 1000:.0f} ms")
        self.claim(f"{name}: no turn waits for a disk", turn["ms"] < LONGEST_TURN, f"the longest {turn['ms']:.1f} ms, {turn['what']}")
        fed = room.beats - beats
        self.claim(f"{name}: the watchdog is fed", fed >= int(spent) // 4, f"{fed} times in {spent:.0f} s")
        if quiet:
            rounds, expected = room.count("Sound", "ended", begun), spent * quiet
            self.claim(f"{name}: what is on a sound disk loses no round", rounds + 2 >= 0.8 * expected,
                       f"{rounds} rounds, {expected:.1f} expected")
        return result

    def quiet_rate(self):
        """Rounds per second on a sound disk while nothing hangs."""
        begun = time.monotonic()
        time.sleep(8)
        return self.room.count("Sound", "ended", begun) / (time.monotonic() - begun)

    def kills(self):
        """Readers are killed at random while 24 streams run."""
        room, kills = self.room, 1000 if self.is_long else 50
        pause = 0.15
        self.claim("kills: all begin to play", room.switch_on(*STREAMS))
        before = (room.descriptors(), room.resident(), len(room.readers()))
        streams = room.streams(kills * pause + 4, RATE, STREAMS)
        chance, killed = random.Random(7), 0
        def kill():
            nonlocal killed
            time.sleep(1)
            while killed < kills and room.box.poll() is None:
                time.sleep(chance.uniform(0, 2 * pause))
                if killed % 5 == 0:
                    room.forget_card()
                readers = room.readers()
                if readers:
                    try:
                        os.kill(chance.choice(readers), signal.SIGKILL)
                        killed += 1
                    except ProcessLookupError:
                        pass
            return room.seen(streams)
        for name, seen in zip(STREAMS, self.watched(f"{kills} kills", kill)):
            figure = f"{seen['bytes'] / 1e6:.0f} MB, the longest wait {seen['longest'] * 1000:.0f} ms, for the first bytes {seen['first'] * 1000:.0f} ms"
            good = not seen["broken"] and not seen["wrong"] and seen["bytes"] > 0 and max(seen["first"], seen["longest"]) < GOES_ON
            self.claim(f"{kills} kills: no stream of {name} breaks", good, figure + "".join(f"; {why}" for why in seen["broken"][:3]))
        time.sleep(2)
        after = (room.descriptors(), room.resident(), len(room.readers()))
        self.claim(f"{kills} kills: nothing leaks", after[0] <= before[0] + 8 and after[1] <= before[1] + 8 and after[2] <= before[2] + 3,
                   "descriptors {} then {}; MiB {:.1f} then {:.1f}; processes {} then {}".format(
                       *(value for pair in zip(before, after) for value in pair)))

    def hang(self, seconds, kind="all"):
        """Both disks hang for so long; what is played from them goes on afterwards."""
        room = self.room
        name = f"{kind} hangs for {seconds} s"
        quiet = self.quiet_rate()
        def hanging():
            begun = time.monotonic()
            room.forget_card()
            room.net.order(kind)
            room.card.order(kind)
            room.touch()
            named = [wait_until(lambda: room.named(folder, lines), 40, every=0.5) for folder in ("net", "card")]
            time.sleep(max(0, seconds - (time.monotonic() - begun)))
            return named
        lines = len(room.lines)
        for folder, said in zip(("net", "card"), self.watched(name, hanging, quiet)):
            self.claim(f"{name}: a sentence names {folder}", said, said[0] if said else "")
        back = time.monotonic()
        room.net.order()
        room.card.order()
        for television in ("Fuse", "Card"):
            again = room.says(television, "ended", back, 90)
            self.claim(f"{name}: {television} plays again once the disk is back", again, f"after {time.monotonic() - back:.1f} s")
        gone = wait_until(lambda: not room.missing("net") and not room.missing("card"), 60, every=0.5)
        self.claim(f"{name}: the sentence is gone", gone)

    def hangs(self):
        room = self.room
        self.claim("hangs: all begin to play", room.switch_on("Sound", "Fuse", "Card"))
        for seconds, kind in [(75, "all"), (75, "read"), (75, "open"), (75, "getattr"), (75, "lookup")] if self.is_long else [(14, "all")]:
            self.hang(seconds, kind)

    def unplugged(self):
        """A disk is pulled out in the middle of reads, again and again."""
        room = self.room
        self.claim("unplugged: all begin to play", room.switch_on("Sound", "Fuse", "LongFuse"))
        quiet = self.quiet_rate()
        def pull():
            for _ in range(20 if self.is_long else 2):
                time.sleep(random.Random(3).uniform(0.5, 2))
                room.net.unplug()
                time.sleep(1.5)
                room.net.plug_in()
                back = time.monotonic()
                if not room.says("Fuse", "playing", back, 60):
                    return None
            return time.monotonic() - back
        again = self.watched("unplugged", pull, quiet)
        self.claim("unplugged: it plays again once the disk is back", again is not None, again and f"after {again:.1f} s")

    def for_good(self):
        """A disk hangs and never comes back; meanwhile the box is stopped and started."""
        room = self.room
        self.claim("for good: all begin to play", room.switch_on("Sound", "Fuse"))
        quiet = self.quiet_rate()
        room.net.order("all")
        room.touch()
        self.watched("for good", lambda: time.sleep(150 if self.is_long else 2), quiet)
        stopped = room.stop_box()
        self.claim("for good: the box stops nevertheless", stopped is not None, stopped and f"after {stopped:.1f} s")
        begun = time.monotonic()
        room.start_box()
        answered = wait_until(room.status, 30, every=0.1)
        self.claim("for good: the box starts nevertheless", answered, f"status after {time.monotonic() - begun:.1f} s")
        again = room.says("Sound", "ended", begun + 2, 60)
        self.claim("for good: what is on a sound disk plays", again, f"after {time.monotonic() - begun:.1f} s")

    def many(self):
        """Of ten thousand files one hangs."""
        room = self.room
        self.claim("many: the sound disk plays", room.switch_on("Sound"))
        quiet = self.quiet_rate()
        folder = f"{room.folder}/many"
        os.makedirs(folder)
        for number in range(FILES):
            with open(f"{folder}/{number:05}.wav", "wb") as file, open(f"{room.folder}/files/two.wav", "rb") as sound:
                file.write(sound.read(4096))
        disk = room.add_disk("many", folder)
        disk.order("read 02000.wav")
        def wait():
            found = wait_until(lambda: room.missing("many"), 60, every=0.5)
            time.sleep(150 if self.is_long else 2)
            return found, room.status()["media"]["files"]
        found, files = self.watched("one of many hangs", wait, quiet)
        self.claim("one of many hangs: the sentence names the folder", found, found and found[0])
        print(f"     one of many hangs: {files} files are listed meanwhile", flush=True)
        disk.order()
        listed = wait_until(lambda: room.status()["media"]["files"] > 4000, 120, every=1)
        self.claim("one of many hangs: all are there once it is back", listed, f"{room.status()['media']['files']} files")

    def memory(self):
        """Attacks from the LAN while both disks hang, with little memory."""
        room = self.room
        with MemoryGroup(MEMORY << 20) as group:
            room.stop_box()
            room.start_box(*group.enters)
            self.claim("little memory: all begin to play", room.switch_on("Sound", "Fuse", "Card"))
            streams = room.streams(25 if self.is_long else 10, RATE, {"Sound": 4})
            room.net.order("all")
            room.card.order("all")
            room.touch()
            most = 0
            def attack():
                nonlocal most
                for name in ("strangers", "idle", "events", "bodies", "line_ends") if self.is_long else ("strangers", "events"):
                    attack = room.attack(name, 20 if self.is_long else 5, room.url("Sound"))
                    while attack.poll() is None:
                        most = max(most, room.resident() + sum(map(room.resident, room.readers())))
                        time.sleep(0.1)
            self.watched("little memory", attack)
            room.seen(streams)
            self.claim("little memory: nothing is killed for want of memory", group.killed() == 0 and room.box.poll() is None, f"{group.killed()} killed")
            self.claim(f"little memory: box and readers stay below {MEMORY} MiB", most < MEMORY, f"{most:.1f} MiB resident, {group.most() / 2**20:.1f} MiB with the cache")

    def run(self, names):
        for name in names:
            began = time.monotonic()
            with DiskRoom(self.program, 300 if self.is_long else 60) as room:
                self.room = room
                failed = self.failed
                getattr(self, name)()
                if self.failed > failed:
                    print("\n".join(room.lines[-40:]), flush=True)
                if log := os.environ.get("DISKS_LOG"):
                    with open(log, "w") as file:
                        file.write("\n".join(room.lines))
            print(f"     {name} took {time.monotonic() - began:.0f} s", flush=True)


# The long form has them all.
SHORT = ("kills", "hangs", "unplugged", "for_good", "memory")
LONG = (*SHORT, "many")


def side_by_side(program, form, names):
    """Plays each scene in a room and a process of its own at the same time: the scenes mostly wait. Returns how many failed."""
    scenes = [subprocess.Popen([sys.executable, "-B", __file__, program, form, name], stdout=subprocess.PIPE, text=True) for name in names]
    for scene in scenes:
        print(scene.communicate()[0], end="", flush=True)
    return sum(scene.returncode != 0 for scene in scenes)


def main(program, form, *names):
    if form == "short" and not names:
        failed = side_by_side(program, form, SHORT)
        print(f"{failed} of {len(SHORT)} scenes failed" if failed else f"{len(SHORT)} scenes passed")
        return min(failed, 1)
    suite = Suite(program, form == "long")
    suite.run(names or LONG)
    print(f"{suite.failed} claims failed" if suite.failed else "every claim holds")
    return min(suite.failed, 1)


sys.exit(main(*sys.argv[1:]))
