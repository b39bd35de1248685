"""What a press does, on emulated machines: the same claims where levels are polled and where the kernel tells edges, and
what the box costs there and, for comparison, on this machine.

Usage: panel.py PARTS HERE MACHINE=PROGRAM…, such as target/release/dlna-kiosk
pi3=target/aarch64-unknown-linux-gnu/release/dlna-kiosk.
"""

import contextlib
import os
import shutil
import sys
import tempfile
import threading
import time
import urllib.request
from functools import partial

from room import ADDRESS, SOON, TV, Room, Took, after  # noqa: I001  (finds the modules of the LAN)
from lan import wait_until
from here import Here
from machine import Pi3, Virt, initramfs

# By name: the machine, the table of its pins, and how its buttons are read.
BOARDS = {"pi3": (Pi3, 'backend = "auto"', "level"), "virt": (Virt, 'backend = "/dev/gpiochip0"', "edges")}
# PLAY acts at once; GESTURES must first tell a press from a long and a double one.
PLAY, GESTURES, STATUS, PLAYING = 5, 6, 4, 7
LONG = 1.0
# Between gestures: a release shorter than the contact may bounce is none.
APART = 0.5
CONFIG = f"""
name = "Emulated"
media = "MEDIA"
[gpio]
PINS
[[renderer]]
name = "TV 1"
plays = ["first.mp4", "second.mp4"]
autoplay = false
[[button]]
pin = {PLAY}
press = "play_pause"
detect = "DETECT"
[[button]]
pin = {GESTURES}
press = "play_pause"
long = "stop"
hold_time = {LONG}
double = "next"
detect = "DETECT"
[[led]]
pin = {STATUS}
shows = "status"
[[led]]
pin = {PLAYING}
shows = "playing"
"""
BOOT = 90
# Seconds for which the costs are measured; bytes in a second of a film of 8 Mbit/s.
SPAN, RATE = 8, 1_000_000


class Watch:
    """Looks at the LEDs all the time: when each of them changed."""

    def __init__(self, machine):
        self.machine, self.changes, self.blind, self.over = machine, [], False, False
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self):
        before = None
        while not self.over:
            if self.blind:
                time.sleep(0.1)
                continue
            with contextlib.suppress(RuntimeError, OSError, ValueError):
                levels = self.machine.levels()
                moved = 0 if before is None else levels ^ before
                now, before = time.time(), levels
                self.changes += [(now, pin, levels >> pin & 1) for pin in (STATUS, PLAYING) if moved >> pin & 1]
            time.sleep(0.002)

    def when(self, pin, level, since=0.0):
        return next((at for at, *what in list(self.changes) if at >= since and what == [pin, level]), None)

    def end(self):
        self.over = True
        self.thread.join()


class Scene:
    """One machine in the room. `costs` are those of the box on this machine, once they are known."""

    def __init__(self, room, machine, polled, costs):
        self.room, self.machine, self.polled, self.costs, self.watch = room, machine, polled, costs, Watch(machine)
        self.claim = room.score.claim

    def play(self):
        if self.starts() and (url := self.press_plays()):
            self.serves(url)
            self.bounces_are_one_press()
            self.double_is_next()
            self.long_is_stop()
            self.rests()

    def starts(self):
        began, console = self.machine.started, self.machine.console
        wait_until(lambda: console.when("Emulated: version|dlna-kiosk ended"), BOOT)
        said = console.when("Emulated: version")
        lit = wait_until(lambda: said and self.watch.when(STATUS, 1), SOON)
        # The LED of a box that has all it needs is dark for seconds.
        known = wait_until(lambda: said and console.when("media files") and console.when("TV 1"), SOON)
        self.claim("the box starts with the machine", said and lit and known,
                   f"after power on: its first word {after(began, said)}, status LED {after(began, lit)}, the renderer is "
                   f"known {after(began, known)}")
        return said and known

    def press_plays(self):
        # A machine has only just unpacked its files, and those that changed within two seconds may still be copied.
        time.sleep(2)
        pressed = self.machine.push(PLAY)
        asked = self.room.ordered("SetAVTransportURI", pressed)
        playing = self.room.state("PLAYING", pressed)
        lit = wait_until(lambda: self.watch.when(PLAYING, 1, pressed), SOON)
        given = self.room.given(pressed)
        self.claim("a press plays a file of the box", asked and playing and lit and given,
                   f"after the press: first SOAP byte {after(pressed, asked)}, PLAYING {after(pressed, playing)}, LED "
                   f"{after(pressed, lit)}")
        return given and given[0]

    def bounces_are_one_press(self):
        """It plays: one press pauses, a second one would go on."""
        pressed = self.machine.push(PLAY, bounces=15)
        dark = wait_until(lambda: self.watch.when(PLAYING, 0, pressed), SOON)
        time.sleep(1)
        orders = [action for _, action in self.room.orders(pressed)]
        self.claim("a press that bounces is one", dark and orders == ["Pause"],
                   f"30 bounces: {orders}, LED dark {after(pressed, dark)} after the press")

    def double_is_next(self):
        time.sleep(APART)
        before = self.room.given()[-1]
        pressed = self.machine.push(GESTURES)
        time.sleep(0.1)
        self.machine.push(GESTURES)
        playing = self.room.ordered("SetAVTransportURI", pressed) and self.room.state("PLAYING", pressed)
        given = self.room.given(pressed)
        self.claim("a double press is next", playing and given and given[-1] != before,
                   f"another file plays {after(pressed, playing)} after the first press")

    def long_is_stop(self):
        time.sleep(APART)
        pressed = self.machine.push(GESTURES, LONG + 0.5)
        asked, stopped = self.room.ordered("Stop", pressed), self.room.state("STOPPED", pressed)
        self.claim("a long press is stop", asked and stopped and asked - pressed > LONG / 2,
                   f"Stop {after(pressed, asked)} after the press began, to be held for {LONG:.0f} s")

    def share(self, what, meanwhile):
        """The share of one processor that the box takes while something happens, also in words, and its memory."""
        # Simulated LEDs are told by the box itself.
        self.watch.blind = True
        time.sleep(0.1)
        busy, began, _ = self.machine.costs()
        meanwhile()
        later, ended, memory = self.machine.costs()
        self.watch.blind = False
        share = (later - busy) / (ended - began)
        here = self.costs.get(what)
        self.costs.setdefault(what, share)
        compared = f", {share / here:.1f} times that of the box on this machine" if here else ""
        return share, f"{share:.2%} of a processor{compared}", memory

    def serves(self, url):
        """It plays, and somebody else fetches the same file."""
        lengths = []
        _, words, memory = self.share("8 Mbit/s", lambda: self.room.lan.thread("tv1", fetch, url, lengths).join())
        rate = sum(lengths) * 8 / SPAN / 1e6
        self.claim("8 Mbit/s are served", rate > 4 and memory < 16,
                   f"{rate:.1f} Mbit/s, {memory:.1f} MB resident, {words}")

    def rests(self):
        """Nothing plays. Levels are looked at a hundred times a second, and that is dear where all is emulated."""
        share, words, memory = self.share("rest", lambda: time.sleep(SPAN))
        self.claim("rest costs little", memory < 12 and share < (0.6 if self.polled else 0.05),
                   f"{memory:.1f} MB resident, {words}")


def fetch(url, lengths):
    """Reads a file again and again, no faster than a film of 8 Mbit/s; adds the length of each part."""
    began, end = time.monotonic(), time.monotonic() + SPAN
    while time.monotonic() < end:
        with urllib.request.urlopen(url, timeout=SPAN) as answer:
            while time.monotonic() < end and (data := answer.read(RATE // 20)):
                lengths.append(len(data))
                time.sleep(max(0, began + sum(lengths) / RATE - time.monotonic()))


def configure(folder, media, pins, detect):
    with open(f"{folder}/config.toml", "w") as file:
        file.write(CONFIG.replace("MEDIA", media).replace("PINS", pins).replace("DETECT", detect))


def play_here(room, program, costs):
    folder = tempfile.mkdtemp(dir=room.folder)
    configure(folder, f"{folder}/media", f'backend = "simulated"\nsocket = "{folder}/pins"', "edges")
    os.makedirs(f"{folder}/media")
    for name in ("first.mp4", "second.mp4"):
        shutil.copy(room.film, f"{folder}/media/{name}")
    perform(room, Here(room.lan, program, folder), False, costs)


def play(room, parts, name, program, costs):
    board, pins, detect = BOARDS[name]
    folder = tempfile.mkdtemp(dir=room.folder)
    configure(folder, "/media", pins, detect)
    archive = initramfs(parts, folder, board.modules, {
        "bin/dlna-kiosk": program, "config.toml": f"{folder}/config.toml",
        "media/first.mp4": room.film, "media/second.mp4": room.film})
    machine = board(room.lan, parts, folder, archive, f"config=/config.toml address={ADDRESS}/24")
    perform(room, machine, detect == "level", costs)


def perform(room, machine, polled, costs):
    failed = room.score.failed
    scene = Scene(room, machine, polled, costs)
    try:
        machine.idle(PLAY, GESTURES)
        scene.play()
        machine.sends_all(TV)
    finally:
        scene.watch.end()
        machine.cut()
        if room.score.failed > failed:
            print(machine.console.text()[-4000:])


def main(parts, here, runs):
    costs = {}
    with Room() as room:
        with Took("this machine"):
            room.perform(partial(play_here, room, here, costs))
        for run in runs:
            name, program = run.split("=", 1)
            with Took(f"{name} {program.split('/')[-3]}"):
                room.perform(partial(play, room, parts, name, program, costs))
        return room.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
