"""The room under siege: a box and a LAN with many addresses in two network namespaces, televisions, and what is measured."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import wave

HERE = os.path.dirname(os.path.abspath(__file__))
BOX = "10.78.0.1"
TELEVISIONS = ["10.78.0.10", "10.78.0.11"]
LATE = "10.78.0.12"
CONTROL_PORT, MEDIA_PORT = 8080, 8895
# systemd's WatchdogSec for the box; it is fed twice as often.
WATCHDOG_S = 2
CONFIG = """name = "Besieged"
media = "{folder}/media"
media_port = {media}
control_port = {control}
[gpio]
backend = "simulated"
socket = "{folder}/pins"
[[renderer]]
name = "Late"
[[renderer]]
"""


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Room:
    """`with Room(program) as room`: everything that it has started ends with it."""

    config = CONFIG
    televisions = [*TELEVISIONS, LATE]

    def __init__(self, program):
        self.program = program
        self.box_space, self.lan_space = (f"dk-siege-{what}-{os.getpid()}" for what in ("box", "lan"))
        self.processes, self.beats, self.lines, self.box = [], 0, [], None
        self.notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.reading, self.ready = threading.Event(), threading.Event()
        self.reading.set()

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="dlna-kiosk-siege-")
        os.makedirs(f"{self.folder}/media")
        os.makedirs(f"{self.folder}/state")
        try:
            self.prepare()
            self._connect()
            self._watchdog()
            self.start_box()
        except BaseException:
            self.__exit__()
            raise
        return self

    def prepare(self):
        """Makes the media."""
        sound_of(2, f"{self.folder}/media/two-seconds.wav")

    def _connect(self):
        for space in (self.box_space, self.lan_space):
            ip("netns", "add", space)
            ip("-n", space, "link", "set", "lo", "up")
        ip("link", "add", "eth0", "netns", self.box_space, "type", "veth", "peer", "name", "eth0", "netns", self.lan_space)
        ip("-n", self.box_space, "address", "add", f"{BOX}/24", "dev", "eth0")
        addresses = [*self.televisions, *attackers()]
        subprocess.run(
            ["ip", "-n", self.lan_space, "-batch", "-"], check=True, text=True,
            input="".join(f"address add {address}/24 dev eth0\n" for address in addresses))
        for space in (self.box_space, self.lan_space):
            ip("-n", space, "link", "set", "eth0", "up")
            ip("-n", space, "route", "add", "239.0.0.0/8", "dev", "eth0")

    def _watchdog(self):
        path = f"{self.folder}/notify"
        self.notified.bind(path)

        def count():
            while True:
                try:
                    said = self.notified.recv(4096)
                except OSError:
                    return
                self.beats += b"WATCHDOG=1" in said
                if b"READY=1" in said:
                    self.ready.set()

        threading.Thread(target=count, daemon=True).start()

    def start_box(self, *before):
        """Starts the box; `before` is the command line of a program that starts it."""
        with open(f"{self.folder}/box.toml", "w") as file:
            file.write(self.config.format(folder=self.folder, media=MEDIA_PORT, control=CONTROL_PORT))
        environment = {
            "PATH": os.environ["PATH"], "NOTIFY_SOCKET": f"{self.folder}/notify", "WATCHDOG_USEC": str(WATCHDOG_S * 10**6),
            "STATE_DIRECTORY": f"{self.folder}/state", "RUST_LOG": os.environ.get("RUST_LOG", "error,dlna_kiosk=info")}
        self.box = box = subprocess.Popen(
            [*before, "ip", "netns", "exec", self.box_space, self.program, "run", "--config", f"{self.folder}/box.toml"],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.processes.append(self.box)

        def read():
            for line in box.stderr:
                self.lines.append(line.decode("utf-8", "replace").rstrip())
                self.reading.wait()

        threading.Thread(target=read, daemon=True).start()

    def start(self, space, script, *arguments):
        """Starts a script of this folder, or at this path, in a namespace; its output can be read."""
        process = subprocess.Popen(
            ["ip", "netns", "exec", space, "/usr/bin/python3", "-B", os.path.join(HERE, script), *map(str, arguments)],
            stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.processes.append(process)
        return process

    def television(self, address, name):
        """Switches a television on; what it did is in its list `said`."""
        television = self.start(self.lan_space, "television.py", address, name)
        television.said = []

        def read():
            for line in television.stdout:
                television.said.append((time.monotonic(), line.strip()))

        threading.Thread(target=read, daemon=True).start()
        return television

    def memory(self):
        """The most memory that the box ever had, in MiB."""
        status = open(f"/proc/{self.box.pid}/status").read()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

    def watch(self, seconds):
        """Asks for the status all the time: how long the longest answer took, how many failed, and the last answer."""
        output, _ = self.start(self.box_space, "watch.py", CONTROL_PORT, seconds).communicate(timeout=seconds + 90)
        return json.loads(output)

    def __exit__(self, *_):
        self.reading.set()
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.notified.close()
        for space in (self.box_space, self.lan_space):
            subprocess.run(["ip", "netns", "delete", space], stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def sound_of(seconds, path, frames=bytes(4 * 44100)):
    """Makes a sound of so many seconds, each of which has these bytes."""
    with wave.open(path, "wb") as sound:
        sound.setparams((2, 2, 44100, 0, "NONE", ""))
        for _ in range(seconds):
            sound.writeframesraw(frames)


def attackers():
    """The addresses of 48 hosts."""
    return [f"10.78.0.{host}" for host in range(100, 148)]
