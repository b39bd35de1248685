"""The effect of presses on emulated machines: the same claims where levels are polled and where the kernel reports edges.
Also the processor time and memory of the box there, compared with this machine.

Usage: front_panel.py PARTS LOCAL MACHINE=PROGRAM…, such as target/release/dlna-kiosk
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

from pi_testbed import ADDRESS, SOON, TV, PiTestbed, Timed, after  # noqa: I001  (finds the modules of the LAN)
from lan import wait_until
from local_box import LocalBox
from machine import Pi3, Virt, initramfs

# By name: the machine, its [gpio] table, and how its buttons are read.
BOARDS = {"pi3": (Pi3, 'backend = "auto"', "level"), "virt": (Virt, 'backend = "/dev/gpiochip0"', "edges")}
# PLAY acts at once; GESTURES must first distinguish a press from a long and a double press.
PLAY, GESTURES, STATUS, PLAYING = 5, 6, 4, 7
LONG = 1.0
# The pause between gestures; a release that is shorter than the debounce time does not count.
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
    """Polls the LEDs: when each of them changed."""

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
    """One machine in the testbed. `costs` are those of the box on this machine, once they have been measured."""

    def __init__(self, testbed, machine, polled, costs):
        self.testbed, self.machine, self.polled, self.costs, self.watch = testbed, machine, polled, costs, Watch(machine)
        self.claim = testbed.score.claim

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
        # The status LED of a box that is ready is dark for seconds.
        known = wait_until(lambda: said and console.when("media files") and console.when("TV 1"), SOON)
        self.claim("the box starts with the machine", said and lit and known,
                   f"after power on: first line of the log {after(began, said)}, status LED {after(began, lit)}, the renderer is "
                   f"known {after(began, known)}")
        return said and known

    def press_plays(self):
        # The machine has just unpacked its files, and the box waits two seconds after the last change of a file.
        time.sleep(2)
        pressed = self.machine.push(PLAY)
        asked = self.testbed.ordered("SetAVTransportURI", pressed)
        playing = self.testbed.state("PLAYING", pressed)
        lit = wait_until(lambda: self.watch.when(PLAYING, 1, pressed), SOON)
        given = self.testbed.given(pressed)
        self.claim("a press plays a file of the box", asked and playing and lit and given,
                   f"after the press: first SOAP byte {after(pressed, asked)}, PLAYING {after(pressed, playing)}, LED "
                   f"{after(pressed, lit)}")
        return given and given[0]

    def bounces_are_one_press(self):
        """The renderer plays: one press pauses it, a second one would resume."""
        pressed = self.machine.push(PLAY, bounces=15)
        dark = wait_until(lambda: self.watch.when(PLAYING, 0, pressed), SOON)
        time.sleep(1)
        orders = [action for _, action in self.testbed.actions(pressed)]
        self.claim("a press that bounces is one", dark and orders == ["Pause"],
                   f"30 bounces: {orders}, LED dark {after(pressed, dark)} after the press")

    def double_is_next(self):
        time.sleep(APART)
        before = self.testbed.given()[-1]
        pressed = self.machine.push(GESTURES)
        time.sleep(0.1)
        self.machine.push(GESTURES)
        playing = self.testbed.ordered("SetAVTransportURI", pressed) and self.testbed.state("PLAYING", pressed)
        given = self.testbed.given(pressed)
        self.claim("a double press is next", playing and given and given[-1] != before,
                   f"another file plays {after(pressed, playing)} after the first press")

    def long_is_stop(self):
        time.sleep(APART)
        pressed = self.machine.push(GESTURES, LONG + 0.5)
        asked, stopped = self.testbed.ordered("Stop", pressed), self.testbed.state("STOPPED", pressed)
        self.claim("a long press is stop", asked and stopped and asked - pressed > LONG / 2,
                   f"Stop {after(pressed, asked)} after the press began, to be held for {LONG:.0f} s")

    def share(self, what, meanwhile):
        """Runs `meanwhile`; returns the share of one processor that the box used, the same in words, and its memory."""
        # Reading simulated LEDs would cost the box time.
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
        """The renderer plays, and another client fetches the same file."""
        lengths = []
        _, words, memory = self.share("8 Mbit/s", lambda: self.testbed.lan.thread("tv1", fetch, url, lengths).join())
        rate = sum(lengths) * 8 / SPAN / 1e6
        self.claim("8 Mbit/s are served", rate > 4 and memory < 16,
                   f"{rate:.1f} Mbit/s, {memory:.1f} MB resident, {words}")

    def rests(self):
        """Nothing plays. Polled pins are read a hundred times a second, which takes much time under emulation."""
        share, words, memory = self.share("rest", lambda: time.sleep(SPAN))
        self.claim("the box costs little at rest", memory < 12 and share < (0.6 if self.polled else 0.05),
                   f"{memory:.1f} MB resident, {words}")


def fetch(url, lengths):
    """Reads a file again and again at 8 Mbit/s; appends the length of each part."""
    began, end = time.monotonic(), time.monotonic() + SPAN
    while time.monotonic() < end:
        with urllib.request.urlopen(url, timeout=SPAN) as answer:
            while time.monotonic() < end and (data := answer.read(RATE // 20)):
                lengths.append(len(data))
                time.sleep(max(0, began + sum(lengths) / RATE - time.monotonic()))


def configure(folder, media, pins, detect):
    with open(f"{folder}/config.toml", "w") as file:
        file.write(CONFIG.replace("MEDIA", media).replace("PINS", pins).replace("DETECT", detect))


def play_local(testbed, program, costs):
    folder = tempfile.mkdtemp(dir=testbed.folder)
    configure(folder, f"{folder}/media", f'backend = "simulated"\nsocket = "{folder}/pins"', "edges")
    os.makedirs(f"{folder}/media")
    for name in ("first.mp4", "second.mp4"):
        shutil.copy(testbed.film, f"{folder}/media/{name}")
    perform(testbed, LocalBox(testbed.lan, program, folder), False, costs)


def play(testbed, parts, name, program, costs):
    board, pins, detect = BOARDS[name]
    folder = tempfile.mkdtemp(dir=testbed.folder)
    configure(folder, "/media", pins, detect)
    archive = initramfs(parts, folder, board.modules, {
        "bin/dlna-kiosk": program, "config.toml": f"{folder}/config.toml",
        "media/first.mp4": testbed.film, "media/second.mp4": testbed.film})
    machine = board(testbed.lan, parts, folder, archive, f"config=/config.toml address={ADDRESS}/24")
    perform(testbed, machine, detect == "level", costs)


def perform(testbed, machine, polled, costs):
    failed = testbed.score.failed
    scene = Scene(testbed, machine, polled, costs)
    try:
        machine.idle(PLAY, GESTURES)
        scene.play()
        machine.sends_all(TV)
    finally:
        scene.watch.end()
        machine.cut()
        if testbed.score.failed > failed:
            print(machine.console.text()[-4000:])


def main(parts, local, runs):
    costs = {}
    with PiTestbed() as testbed:
        with Timed("this machine"):
            testbed.perform(partial(play_local, testbed, local, costs))
        for run in runs:
            name, program = run.split("=", 1)
            with Timed(f"{name} {program.split('/')[-3]}"):
                testbed.perform(partial(play, testbed, parts, name, program, costs))
        return testbed.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
