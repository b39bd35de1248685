"""The program under test, started as an owner starts it, and what it reports.

Only this file and the configurations of the scenes use the names of command line, configuration and status.
"""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

from lan import wait_until

STATUS_PORT = 8080


def leds(pins):
    """Whether each LED of simulated pins is lit, by pin."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asker:
        asker.settimeout(1)
        asker.bind(f"{pins}-asker")
        try:
            asker.sendto(b"leds", pins)
            lines = asker.recv(4096).decode().split("\n")
        finally:
            os.unlink(f"{pins}-asker")
    return {int(pin): lit == "on" for pin, _, lit in (line.partition(" ") for line in lines if line)}


class Box:
    """dlna-kiosk in the host `box`."""

    def __init__(self, lan, program, folder, media):
        self.lan, self.program, self.folder, self.media = lan, program, folder, media
        self.pins = f"{folder}/pins"
        self.process = None
        self.runs = 0

    def _environment(self):
        # Each run begins with an empty state folder unless it is given another one.
        os.makedirs(f"{self.folder}/state{self.runs}", exist_ok=True)
        return {
            "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC", "HOME": self.folder,
            "STATE_DIRECTORY": f"{self.folder}/state{self.runs}", "RUST_LOG": os.environ.get("RUST_LOG", "error,dlna_kiosk=info")}

    def run(self, rules, above="", before=(), environment=None):
        """Starts the box with these TOML tables and with keys above them; media folder and pins are added. `before`
        is the command line of a program that runs the box."""
        self.runs += 1
        path = f"{self.folder}/box{self.runs}.toml"
        with open(path, "w") as file:
            file.write(
                f'name = "Interop box"\nmedia = "{self.media}"\n{above}\n'
                f'[gpio]\nbackend = "simulated"\nsocket = "{self.pins}"\n\n{rules}')
        out = open(f"{self.folder}/box{self.runs}.log", "wb")
        self.process = self.lan.start(
            "box", [*before, self.program, "run", "--config", path], {**self._environment(), **(environment or {})},
            out, out)
        return self

    def command(self, *words):
        """Starts another command; returns the process and its output as (time, line)."""
        self.runs += 1
        err = open(f"{self.folder}/box{self.runs}.log", "wb")
        process = self.lan.start("box", [self.program, *words], self._environment(), subprocess.PIPE, err)
        lines = []

        def read():
            for line in process.popen.stdout:
                lines.append((time.time(), line.decode("utf-8", "replace").rstrip()))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        process.reader = reader
        return process, lines

    def status(self):
        """The status document; empty if the box does not answer."""
        return self._ask("/api/v1/status")

    def statistics(self):
        """What became of each file on each renderer; empty if the box does not answer."""
        return self._ask("/api/v1/statistics")

    def _ask(self, path):
        try:
            with self.lan.inside("box"):
                connection = http.client.HTTPConnection("127.0.0.1", STATUS_PORT, timeout=2)
                connection.request("GET", path)
                return json.loads(connection.getresponse().read())
        except (OSError, ValueError, http.client.HTTPException):
            return {}

    def renderer(self, address):
        """The status of the renderer at an address; empty if there is none."""
        for renderer in self.status().get("renderers", []):
            if str(renderer.get("address") or "").split(":")[0] == address:
                return renderer
        return {}

    def press(self, pin):
        """Presses a button for 80 ms; returns the time just before the press."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            before = time.time()
            sender.sendto(f"press {pin}".encode(), self.pins)
            time.sleep(0.08)
            sender.sendto(f"release {pin}".encode(), self.pins)
            return before

    def log(self, everything=False):
        """The log of the latest run so far, without the debug lines that an owner does not see."""
        with open(f"{self.folder}/box{self.runs}.log", errors="replace") as file:
            return [line for line in file.read().splitlines() if everything or " DEBUG]" not in line]

    def leds(self):
        """Whether each LED is lit, by pin; empty if the box does not answer."""
        with contextlib.suppress(OSError):
            return leds(self.pins)
        return {}

    def memory(self):
        """Resident megabytes."""
        return int(re.search(r"VmRSS:\s+(\d+)", self._proc("status"))[1]) / 1024

    def switches(self):
        """Context switches so far: (main thread, all threads)."""
        counts = {}
        for thread in os.listdir(f"/proc/{self.process.pid}/task"):
            with contextlib.suppress(OSError):
                counts[int(thread)] = sum(map(int, re.findall(
                    r"ctxt_switches:\s+(\d+)", self._proc(f"task/{thread}/status"))))
        return counts[self.process.pid], sum(counts.values())

    def processor_seconds(self):
        fields = self._proc("stat").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def readers(self):
        """The processes that read media for the box."""
        return [int(pid) for thread in os.listdir(f"/proc/{self.process.pid}/task")
                for pid in self._proc(f"task/{thread}/children").split()]

    def _proc(self, name):
        with open(f"/proc/{self.process.pid}/{name}") as file:
            return file.read()

    def ready(self, seconds=5):
        """Waits for the first status; if the box ends, the exception quotes its log."""
        wait_until(lambda: self.status() or not self.process.alive(), seconds, every=0.1)
        if not self.process.alive():
            with open(f"{self.folder}/box{self.runs}.log", errors="replace") as log:
                raise RuntimeError(f"the box is gone: {log.read()[-500:].strip()}")

    def stop(self, number=signal.SIGTERM, seconds=5):
        """Ends the box, if necessary by SIGKILL; returns (seconds until it ended, exit status)."""
        before = time.monotonic()
        self.process.signal(number)
        code = self.process.wait(seconds)
        taken = time.monotonic() - before
        if code is None:
            self.process.end(1)
        return taken, code
