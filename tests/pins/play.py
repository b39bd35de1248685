#!/usr/bin/env python3
"""Plays contract.toml: what a front panel does, on any pins that somebody can push and look at from outside.

Usage: play.py PROGRAM plays it against the program with simulated pins, without any network. Whoever has other pins
brings a *hand*:
    press(pin), release(pin)   closes and opens a contact
    lit(pin)                   whether an LED is lit: `is_lit(pin, level)` where levels are seen
    lines()                    what the program has printed so far: (time, line), one after the other
and plays `buttons` while `dlna-kiosk run` runs, `patterns` while `dlna-kiosk leds` does and `lessons` while
`dlna-kiosk learn` does (with --level where no edges arrive), all with `config(…)`; nobody presses at the beginning. Each *claim* is told as claim(words, whether it holds, details).
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "contract.toml"), "rb") as file:
    CONTRACT = tomllib.load(file)
# Seconds for whatever must come; an emulated machine is slow.
PATIENCE = 30
# An LED that blinks changes so often.
BLINKS = 4
# Longer than the pause between two repeats of a held button.
QUIET = 0.6
LOOK = 0.004


class Wrong(Exception):
    """The box did something else."""


def config(backend, detect):
    """The configuration; `backend` is the lines of [gpio]."""
    return CONTRACT["config"].replace("BACKEND", backend).replace("DETECT", detect)


def is_lit(pin, level):
    return level == CONTRACT["leds"][str(pin)]


class Ear:
    """What the box did at its buttons, one thing after the other."""

    def __init__(self, hand):
        self.hand, self.read = hand, len(hand.lines())

    def next(self, seconds):
        """Its next action, or None."""
        end = time.monotonic() + seconds
        while True:
            lines = self.hand.lines()
            while self.read < len(lines):
                self.read += 1
                if found := re.search(r"button on GPIO\d+: (\w+)", lines[self.read - 1][1]):
                    return found[1]
            if time.monotonic() >= end:
                return None
            time.sleep(LOOK)


def blinks(hand, pin):
    before, changes, end = hand.lit(pin), 0, time.monotonic() + PATIENCE
    while changes < BLINKS:
        if time.monotonic() > end:
            raise Wrong(f"the LED at {pin} changed {changes} times")
        time.sleep(LOOK)
        now = hand.lit(pin)
        changes, before = changes + (now != before), now


def step(hand, ear, verb, what):
    if verb == "press":
        hand.press(what)
    elif verb == "release":
        hand.release(what)
    elif verb == "wait":
        time.sleep(what / 1000)
    elif verb == "blinks":
        blinks(hand, what)
    elif verb == "acts":
        if (did := ear.next(PATIENCE)) != what:
            raise Wrong(f"{did} instead of {what}")
    elif verb == "silent":
        if did := ear.next(what / 1000):
            raise Wrong(f"{did} within {what} ms")
    elif verb == "ends":
        end = time.monotonic() + PATIENCE
        while did := ear.next(QUIET):
            if did != what or time.monotonic() > end:
                raise Wrong(f"{did} without end")
    else:
        raise ValueError(f"no step is called {verb}")


def buttons(hand, claim):
    """While the box runs."""
    for case in CONTRACT["case"]:
        ear, steps = Ear(hand), case["steps"]
        try:
            for number, (verb, what) in enumerate(pair for one in steps for pair in one.items()):
                try:
                    step(hand, ear, verb, what)
                except Wrong as wrong:
                    raise Wrong(f"step {number + 1}, {verb} {what}: {wrong}") from wrong
            claim(case["claim"], True, f"{len(steps)} steps")
        except Wrong as wrong:
            claim(case["claim"], False, str(wrong))
        finally:
            for pin in {one[verb] for one in steps for verb in one if verb == "press"}:
                hand.release(pin)


class Eye:
    """Looks at the LEDs all the time: (time, whether each is lit)."""

    def __init__(self, hand, pins):
        self.hand, self.pins, self.seen, self.over = hand, pins, [], False
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self):
        while not self.over:
            # A program that has just ended shows nothing.
            with contextlib.suppress(OSError):
                self.seen.append((time.time(), [self.hand.lit(pin) for pin in self.pins]))
            time.sleep(LOOK)

    def end(self):
        self.over = True
        self.thread.join()
        return self.seen


def ideal(rhythm, at):
    """Whether an LED with this rhythm is lit after so many milliseconds."""
    if len(rhythm) < 2:
        return bool(rhythm)
    at %= sum(rhythm)
    for index, part in enumerate(rhythm):
        if at < part:
            return index % 2 == 0
        at -= part
    return False


def likeness(seen, rhythm):
    """The share of looks at which an LED is as this rhythm has it, which may have begun somewhat late."""
    return max(sum(ideal(rhythm, ms - late) == lit for ms, lit in seen if ms >= late) / len(seen)
               for late in range(0, 400, 10))


def patterns(hand, claim):
    """While `leds` runs, from before its first line to after its last."""
    names = [pattern["name"] for pattern in CONTRACT["pattern"]]
    pins = [int(pin) for pin in CONTRACT["leds"]]
    eye, end = Eye(hand, pins), time.monotonic() + PATIENCE + 20 * len(names)

    def began():
        """When each pattern began, and when all was over."""
        shown = re.compile(rf"^({'|'.join(names)}|off)\b")
        return {found[1]: at for at, line in hand.lines() if (found := shown.match(line))}

    while "off" not in began() and time.monotonic() < end:
        time.sleep(0.05)
    seen, times = eye.end(), began()
    claim("every pattern is shown, in its order, and then nothing", list(times) == [*names, "off"], ", ".join(times))
    for name, over in zip(times, list(times.values())[1:]):
        for index, pin in enumerate(pins):
            looks = [((at - times[name]) * 1000, lit[index]) for at, lit in seen if times[name] <= at < over]
            alike = {other["name"]: likeness(looks, other["rhythm"]) for other in CONTRACT["pattern"]} if looks else {}
            best = max(alike, key=alike.get, default="nothing")
            claim(f"{name} is told from all others, on the LED at {pin}", best == name,
                  f"{len(looks)} looks, {alike.get(best, 0):.1%} like {best}")


def lessons(hand, claim):
    """While `learn` runs and listens."""
    for lesson in CONTRACT["lesson"]:
        read = len(hand.lines())
        hand.press(lesson["pin"])
        end = time.monotonic() + PATIENCE
        printed = []
        while time.monotonic() < end and not printed:
            time.sleep(LOOK)
            printed = [line for _, line in hand.lines()[read:] if lesson["prints"] in line]
        hand.release(lesson["pin"])
        # Longer than the contact may bounce.
        time.sleep(0.3)
        claim(f"a press of GPIO{lesson['pin']} teaches its place", bool(printed), "".join(printed))


class Bench:
    """The hand for simulated pins: the program on this machine, with a socket for a finger."""

    def __init__(self, program, folder, *arguments):
        self.pins, self.mine, self.printed = f"{folder}/pins", f"{folder}/finger", []
        with open(f"{folder}/config.toml", "w") as file:
            file.write(f'media = "{folder}"\n' + config(f'backend = "simulated"\nsocket = "{self.pins}"', "edges"))
        environment = {key: value for key, value in os.environ.items() if key not in ("RUST_LOG", "JOURNAL_STREAM")}
        self.process = subprocess.Popen(
            ["unshare", "--map-root-user", "--net", program, "--config", f"{folder}/config.toml", *arguments], env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.finger = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.finger.settimeout(PATIENCE)
        self.finger.bind(self.mine)

    def _read(self):
        for line in self.process.stdout:
            self.printed.append((time.time(), line.rstrip()))

    def lines(self):
        return list(self.printed)

    def press(self, pin):
        self.finger.sendto(f"press {pin}".encode(), self.pins)

    def release(self, pin):
        self.finger.sendto(f"release {pin}".encode(), self.pins)

    def lit(self, pin):
        self.finger.sendto(b"leds", self.pins)
        return f"{pin} on\n" in self.finger.recv(4096).decode()

    def said(self, pattern):
        """Waits for a line."""
        end = time.monotonic() + PATIENCE
        while not any(re.search(pattern, line) for _, line in self.lines()):
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError(f"it never said {pattern!r}:\n" + "\n".join(line for _, line in self.lines()))
            time.sleep(LOOK)

    def end(self):
        """Asks it to leave; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self.reader.join()
            self.finger.close()
            os.unlink(self.mine)


SCENES = [
    (["run"], "simulated pins at", buttons),
    (["leds", "--seconds", "4.2"], "^All LEDs", patterns),
    (["learn"], "^Press the buttons", lessons),
]


def scene(program, arguments, ready, play, claim):
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(program, folder, *arguments)
        try:
            bench.said(ready)
            play(bench, claim)
        finally:
            code = bench.end()
        gone = not os.path.exists(bench.pins)
        claim(f"{arguments[0]} ends well, and its pins with it", code == 0 and gone, f"code {code}")


def main(program):
    failed = []

    def claim(words, holds, details):
        failed.extend([] if holds else [words])
        print(f"{'ok    ' if holds else 'FAILED'} {words}: {details}", flush=True)

    with ThreadPoolExecutor() as threads:
        for future in [threads.submit(scene, program, *one, claim) for one in SCENES]:
            future.result()
    if failed:
        sys.exit(f"{len(failed)} claims do not hold")


if __name__ == "__main__":
    main(sys.argv[1])
