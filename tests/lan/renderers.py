"""Two renderers by other authors, from Debian's packages: gmediarender (libupnp) and rygel (gupnp).

Both run headless: pictures go to `fakevideosink`, sound to a sink that keeps real time. What a renderer did, and
when, is read from its own logs, not from what a control point believes.
"""

import calendar
import glob
import hashlib
import os
import re
import signal
import socket
import time

CLEAN = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8", "TZ": "UTC"}


def _time(text):
    """Seconds of the wall clock from a log's `2026-11-23 05:59:33.156225`, in UTC."""
    whole, fraction = text.split(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%d %H:%M:%S")) + float(f"0.{fraction}")


class Tail:
    """Reads a growing file; returns each line once."""

    def __init__(self, path):
        self.path, self.offset, self.rest = path, 0, ""

    def lines(self):
        if not os.path.exists(self.path):
            return []
        with open(self.path, errors="replace") as file:
            if os.path.getsize(self.path) < self.offset:
                self.offset = 0  # a restart has truncated the file
            file.seek(self.offset)
            text = self.rest + file.read()
            self.offset = file.tell()
        *whole, self.rest = text.split("\n")
        return whole


class Renderer:
    """The common part of both: a host, a folder for files, a process."""

    def __init__(self, lan, host, folder):
        self.lan, self.host, self.folder = lan, host, folder
        self.process, self.processes = None, []
        os.makedirs(f"{folder}/home", exist_ok=True)

    def crashes(self):
        """How often it crashed: libsoup, with which it fetches, does now and then."""
        return sum(process.popen.poll() in (-signal.SIGSEGV, -signal.SIGABRT) for process in self.processes)

    def hang(self):
        """From now on the kernel accepts connections, but nobody answers."""
        self.process.signal(signal.SIGSTOP)

    def go_on(self):
        self.process.signal(signal.SIGCONT)

    def kill(self):
        """As when the plug is pulled: no byebye."""
        self.process.signal(signal.SIGKILL)
        self.process.wait(5)

    def stop(self):
        self.process.end()


class Gmediarender(Renderer):
    """gmediarender; its log has each state change with microseconds."""

    port = 49494
    path = "/description.xml"

    def __init__(self, lan, host, folder, name, audio="fakesink sync=true"):
        super().__init__(lan, host, folder)
        self.name, self.audio = name, audio
        self.log = f"{folder}/log"
        self._tail, self._events = Tail(self.log), []
        digest = hashlib.md5(name.encode()).hexdigest()
        self.udn = "uuid:" + "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:]))

    def start(self, debug=None):
        environment = dict(CLEAN, HOME=f"{self.folder}/home", **(debug or {}))
        out = open(f"{self.folder}/out", "ab")
        self.process = self.lan.start(self.host, [
            "gmediarender", "-f", self.name, "-u", self.udn.removeprefix("uuid:"), "-I", "eth0",
            "--port", str(self.port), f"--gstout-audiopipe={self.audio}",
            "--gstout-videosink=fakevideosink", f"--logfile={self.log}"], environment, out, out)
        self.processes.append(self.process)
        return self

    def ready(self):
        """Whether the latest start is complete; it takes 0.2 to 1 s."""
        return self.process.alive() and any(
            kind == "Ready for rendering." for _, kind, _ in self.events(self.process.started))

    def location(self):
        return f"http://{self.lan.addresses[self.host]}:{self.port}{self.path}"

    def events(self, since=0.0):
        """The log as (time, kind, value): ("TransportState", "PLAYING"), ("AVTransportURI", url),
        ("RelativeTimePosition", …), ("End-of-stream", "")."""
        for line in self._tail.lines():
            match = re.match(r"\w+ +\[([-0-9]+ [:.0-9]+) \| (\w+)\] (.*)", line)
            if match and match[2] != "connmgr":
                kind, _, value = match[3].replace("play: End-of-stream", "End-of-stream").partition(": ")
                self._events.append((_time(match[1]), kind, value))
        return [event for event in self._events if event[0] >= since]

    def times(self, kind, value=None, since=0.0):
        """When events of this kind, with this value if given, happened."""
        return [at for at, k, v in self.events(since) if k == kind and value in (None, v)]

    def gaps(self, since=0.0):
        """From each end of the stream to the next PLAYING, in seconds."""
        found, ended = [], None
        for at, kind, value in self.events(since):
            if kind == "End-of-stream":
                ended = at
            elif (kind, value) == ("TransportState", "PLAYING") and ended:
                found.append(at - ended)
                ended = None
        return found

    def rounds(self, since=0.0):
        """Each round's length: from PLAYING to the end of the stream, in seconds."""
        found, began = [], None
        for at, kind, value in self.events(since):
            if (kind, value) == ("TransportState", "PLAYING"):
                began = at
            elif kind == "End-of-stream" and began:
                found.append(at - began)
                began = None
        return found


class Rygel(Renderer):
    """rygel with its playbin plug-in: AVTransport:2, a new port at each start, events in batches.

    Its own log does not mention playing, its events are 150 ms late and omit intermediate states, and requests
    over the network slow it down. The source nearest to the picture is GStreamer's log of the state changes of its
    pipeline: PLAYING → PAUSED is the reaction to the end of the stream, PAUSED → PLAYING comes when picture and
    sound are ready and the clock starts.
    """

    def __init__(self, lan, host, folder):
        super().__init__(lan, host, folder)
        self.log = f"{folder}/pipeline"
        self._tail, self._changes = Tail(self.log), []
        self.udn = self.found = None

    def start(self, debug=None):
        plugins = glob.glob("/usr/lib/*/rygel-2.*")[0]
        runtime = f"{self.folder}/run"
        os.makedirs(runtime, mode=0o700, exist_ok=True)
        others = ("MediaExport", "Tracker3", "LocalSearch", "LMS", "External", "MPRIS", "GstLaunch", "Tracker")
        with open(f"{self.folder}/rygel.conf", "w") as conf:
            conf.write(
                "[general]\nipv6=false\nenable-transcoding=false\nupnp-enabled=true\ninterface=eth0\nport=0\n"
                f"log-level=*:4\nplugin-path={plugins}\nengine-path={plugins}/engines\n"
                "media-upload-dir=/tmp\nallow-deletion=false\n"
                "[Playbin]\nenabled=true\ntitle=Rygel\n")
            conf.writelines(f"[{name}]\nenabled=false\n" for name in others)
        environment = dict(
            CLEAN, HOME=f"{self.folder}/home", XDG_RUNTIME_DIR=runtime, GSETTINGS_BACKEND="memory",
            # Without a display rygel crashes at its first video unless a sink that needs none ranks first.
            GST_PLUGIN_FEATURE_RANK="fakevideosink:MAX,fakeaudiosink:MAX",
            GST_DEBUG="GST_STATES:4", GST_DEBUG_FILE=self.log, GST_DEBUG_NO_COLOR="1", **(debug or {}))
        out = open(f"{self.folder}/out", "ab")
        self.process = self.lan.start(
            self.host, ["dbus-run-session", "--", "rygel", "-c", f"{self.folder}/rygel.conf"],
            environment, out, out)
        return self

    def ready(self):
        """Whether it answers a search; sets `found`, its location, and `udn`."""
        for address, location, usn in search(self.lan, "box"):
            if address == self.lan.addresses[self.host]:
                self.found, self.udn = location, usn.split("::")[0]
        return self.found is not None

    def location(self):
        return self.found

    def changes(self):
        """State changes of the whole pipeline: (seconds since the start of the process, from, to)."""
        for line in self._tail.lines():
            match = re.match(
                r"(\d+):(\d+):([.\d]+) .*<playbin3?-?\d*> notifying about state-changed (\w+) to (\w+)", line)
            if match:
                at = int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])
                self._changes.append((at, match[4], match[5]))
        return list(self._changes)

    def gaps(self, skip=0):
        """From each PLAYING → PAUSED to the next PAUSED → PLAYING, in seconds, without the first `skip` changes."""
        found, ended = [], None
        for at, before, after in self.changes()[skip:]:
            if (before, after) == ("PLAYING", "PAUSED"):
                ended = at
            elif (before, after) == ("PAUSED", "PLAYING") and ended:
                found.append(at - ended)
                ended = None
        return found

    def rounds(self, skip=0):
        """Each round's length, in seconds."""
        found, began = [], None
        for at, before, after in self.changes()[skip:]:
            if (before, after) == ("PAUSED", "PLAYING"):
                began = at
            elif (before, after) == ("PLAYING", "PAUSED") and began:
                found.append(at - began)
                began = None
        return found


def search(lan, host, seconds=1.3):
    """Searches for renderers; returns (address, location, usn) of each response."""
    question = (
        "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\n"
        "ST: urn:schemas-upnp-org:device:MediaRenderer:1\r\n\r\n")
    with lan.inside(host):
        asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    found, end = [], time.monotonic() + seconds
    with asker:
        asker.sendto(question.encode(), ("239.255.255.250", 1900))
        while (left := end - time.monotonic()) > 0:
            asker.settimeout(left)
            try:
                answer, (address, _) = asker.recvfrom(2048)
            except TimeoutError:
                break
            text = answer.decode("latin-1")
            headers = {k.lower(): v.strip() for k, v in re.findall(r"(?m)^([-\w]+):(.*)$", text)}
            found.append((address, headers.get("location", ""), headers.get("usn", "")))
    return found
