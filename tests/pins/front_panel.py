#!/usr/bin/env python3
"""Tests buttons and LEDs against contract.toml, on any pins that can be set and read from outside.

Usage: front_panel.py PROGRAM runs the tests against the program with simulated pins, without any network. For other pins
write a *panel* with
    press(pin), release(pin)   closes and opens a contact
    lit(pin)                   whether an LED is lit: `is_lit(pin, level)` where levels are read
    lines()                    what the program has printed so far: a list of (time, line)
and call `buttons` while `dlna-kiosk run` runs, `patterns` while `dlna-kiosk leds` runs, and `lessons` while
`dlna-kiosk learn` runs (with --level where no edges arrive), all with `config(…)` and at first with no button pressed.
The results are reported as claim(name, whether it holds, details).
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
# Seconds to wait for what must happen; an emulated machine is slow.
PATIENCE = 30
# So many changes show that an LED blinks.
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


class ActionLog:
    """Reads from the log of the box what its buttons did."""

    def __init__(self, panel):
        self.panel, self.read = panel, len(panel.lines())

    def next(self, seconds):
        """The next action, or None."""
        end = time.monotonic() + seconds
        while True:
            lines = self.panel.lines()
            while self.read < len(lines):
                self.read += 1
                if found := re.search(r"button on GPIO\d+: (\w+)", lines[self.read - 1][1]):
                    return found[1]
            if time.monotonic() >= end:
                return None
            time.sleep(LOOK)


def blinks(panel, pin):
    before, changes, end = panel.lit(pin), 0, time.monotonic() + PATIENCE
    while changes < BLINKS:
        if time.monotonic() > end:
            raise Wrong(f"the LED at {pin} changed {changes} times")
        time.sleep(LOOK)
        now = panel.lit(pin)
        changes, before = changes + (now != before), now


def step(panel, actions, verb, what):
    if verb == "press":
        panel.press(what)
    elif verb == "release":
        panel.release(what)
    elif verb == "wait":
        time.sleep(what / 1000)
    elif verb == "blinks":
        blinks(panel, what)
    elif verb == "acts":
        if (did := actions.next(PATIENCE)) != what:
            raise Wrong(f"{did} instead of {what}")
    elif verb == "silent":
        if did := actions.next(what / 1000):
            raise Wrong(f"{did} within {what} ms")
    elif verb == "ends":
        end = time.monotonic() + PATIENCE
        while did := actions.next(QUIET):
            if did != what or time.monotonic() > end:
                raise Wrong(f"{did} without end")
    else:
        raise ValueError(f"no step is called {verb}")


def buttons(panel, claim):
    """Runs the cases of the contract while the box runs."""
    for case in CONTRACT["case"]:
        actions, steps = ActionLog(panel), case["steps"]
        try:
            for number, (verb, what) in enumerate(pair for one in steps for pair in one.items()):
                try:
                    step(panel, actions, verb, what)
                except Wrong as wrong:
                    raise Wrong(f"step {number + 1}, {verb} {what}: {wrong}") from wrong
            claim(case["claim"], True, f"{len(steps)} steps")
        except Wrong as wrong:
            claim(case["claim"], False, str(wrong))
        finally:
            for pin in {one[verb] for one in steps for verb in one if verb == "press"}:
                panel.release(pin)


class LedRecorder:
    """Records the LEDs all the time: (time, whether each is lit)."""

    def __init__(self, panel, pins):
        self.panel, self.pins, self.seen, self.over = panel, pins, [], False
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self):
        while not self.over:
            # A program that has just ended does not answer.
            with contextlib.suppress(OSError):
                self.seen.append((time.time(), [self.panel.lit(pin) for pin in self.pins]))
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
    """The share of samples in which an LED is as in this rhythm, which may have started somewhat late."""
    return max(sum(ideal(rhythm, ms - late) == lit for ms, lit in seen if ms >= late) / len(seen)
               for late in range(0, 400, 10))


def patterns(panel, claim):
    """Records the LEDs while `leds` runs, from before its first line to after its last."""
    names = [pattern["name"] for pattern in CONTRACT["pattern"]]
    pins = [int(pin) for pin in CONTRACT["leds"]]
    recorder, end = LedRecorder(panel, pins), time.monotonic() + PATIENCE + 20 * len(names)

    def began():
        """When each pattern began, and when the last one ended."""
        shown = re.compile(rf"^({'|'.join(names)}|off)\b")
        return {found[1]: at for at, line in panel.lines() if (found := shown.match(line))}

    while "off" not in began() and time.monotonic() < end:
        time.sleep(0.05)
    seen, times = recorder.end(), began()
    claim("every pattern is shown, in order, and then nothing", list(times) == [*names, "off"], ", ".join(times))
    for name, over in zip(times, list(times.values())[1:]):
        for index, pin in enumerate(pins):
            looks = [((at - times[name]) * 1000, lit[index]) for at, lit in seen if times[name] <= at < over]
            alike = {other["name"]: likeness(looks, other["rhythm"]) for other in CONTRACT["pattern"]} if looks else {}
            best = max(alike, key=alike.get, default="nothing")
            claim(f"{name} differs from all other patterns, on the LED at {pin}", best == name,
                  f"{len(looks)} samples, {alike.get(best, 0):.1%} like {best}")


def lessons(panel, claim):
    """Presses buttons while `learn` runs."""
    for lesson in CONTRACT["lesson"]:
        read = len(panel.lines())
        panel.press(lesson["pin"])
        end = time.monotonic() + PATIENCE
        printed = []
        while time.monotonic() < end and not printed:
            time.sleep(LOOK)
            printed = [line for _, line in panel.lines()[read:] if lesson["prints"] in line]
        panel.release(lesson["pin"])
        # Longer than the debounce time.
        time.sleep(0.3)
        claim(f"a press of GPIO{lesson['pin']} prints its header pin", bool(printed), "".join(printed))


class SimulatedPanel:
    """The panel for simulated pins: runs the program on this machine and sets its pins through a socket."""

    def __init__(self, program, folder, *arguments):
        self.pins, self.mine, self.printed = f"{folder}/pins", f"{folder}/client", []
        with open(f"{folder}/config.toml", "w") as file:
            file.write(f'media = "{folder}"\n' + config(f'backend = "simulated"\nsocket = "{self.pins}"', "edges"))
        environment = {key: value for key, value in os.environ.items() if key not in ("RUST_LOG", "JOURNAL_STREAM")}
        self.process = subprocess.Popen(
            ["unshare", "--map-root-user", "--net", program, "--config", f"{folder}/config.toml", *arguments], env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.client.settimeout(PATIENCE)
        self.client.bind(self.mine)

    def _read(self):
        for line in self.process.stdout:
            self.printed.append((time.time(), line.rstrip()))

    def lines(self):
        return list(self.printed)

    def press(self, pin):
        self.client.sendto(f"press {pin}".encode(), self.pins)

    def release(self, pin):
        self.client.sendto(f"release {pin}".encode(), self.pins)

    def lit(self, pin):
        self.client.sendto(b"leds", self.pins)
        return f"{pin} on\n" in self.client.recv(4096).decode()

    def said(self, pattern):
        """Waits for a line that matches."""
        end = time.monotonic() + PATIENCE
        while not any(re.search(pattern, line) for _, line in self.lines()):
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError(f"it never printed {pattern!r}:\n" + "\n".join(line for _, line in self.lines()))
            time.sleep(LOOK)

    def end(self):
        """Sends SIGTERM; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self.reader.join()
            self.client.close()
            os.unlink(self.mine)


SCENES = [
    (["run"], "simulated pins at", buttons),
    (["leds", "--seconds", "4.2"], "^Watch these LEDs", patterns),
    (["learn"], "^Press the buttons", lessons),
]


def scene(program, arguments, ready, play, claim):
    with tempfile.TemporaryDirectory() as folder:
        panel = SimulatedPanel(program, folder, *arguments)
        try:
            panel.said(ready)
            play(panel, claim)
        finally:
            code = panel.end()
        gone = not os.path.exists(panel.pins)
        claim(f"{arguments[0]} exits cleanly and removes its pins", code == 0 and gone, f"code {code}")


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
