"""The box on this machine, without emulation, to compare emulated ones with: in the same LAN, with simulated pins."""

import os
import re
import socket
import threading
import time

from box import leds
from machine import Buttons


class Log:
    """The log of the box; each line with the time when it was first seen."""

    def __init__(self, path):
        self.path, self.lines, self.over = path, [], False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        with open(self.path, errors="replace") as file:
            rest = ""
            while not self.over:
                *whole, rest = (rest + file.read()).split("\n")
                self.lines += [(time.time(), line) for line in whole]
                time.sleep(0.002)

    def when(self, pattern, since=0.0):
        """When a line with this pattern first came, or None."""
        return next((at for at, line in list(self.lines) if at >= since and re.search(pattern, line)), None)

    def text(self):
        return "\n".join(line for _, line in list(self.lines))


class LocalBox(Buttons):
    """A host of the LAN that runs the box without emulation. A pressed button is at level 0, a lit LED at 1."""

    def __init__(self, lan, program, folder):
        self.pins, self.pressed = f"{folder}/pins", {}
        os.makedirs(f"{folder}/state")
        out = open(f"{folder}/log", "wb")
        self.process = lan.start("local", [
            program, "run", "--config", f"{folder}/config.toml", "--state", f"{folder}/state"],
            {"PATH": "/bin", "LANG": "C.UTF-8", "RUST_LOG": "error,dlna_kiosk=info"}, out, out)
        self.started, self.console = self.process.started, Log(out.name)

    def idle(self, *pins):
        """These pins have buttons that are not pressed, which is the initial state of simulated pins."""
        self.pressed.update(dict.fromkeys(pins, 1))

    def set(self, pin, level):
        if self.pressed[pin] != level:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.sendto(f"{'release' if level else 'press'} {pin}".encode(), self.pins)
        self.pressed[pin] = level

    def levels(self):
        """The levels of all LEDs, one bit each."""
        return sum(lit << pin for pin, lit in leds(self.pins).items())

    def sends_all(self, address):
        """No network card is emulated."""

    def costs(self):
        """(processor seconds of the box so far, time, resident MB)."""
        # The clock of a process as in clock_getcpuclockid(3), exact to the nanosecond.
        used = time.clock_gettime(~self.process.pid << 3 | 2)
        with open(f"/proc/{self.process.pid}/status") as status:
            memory = int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])
        return used, time.monotonic(), memory / 1024

    def cut(self):
        self.process.end()
        self.console.over = True
