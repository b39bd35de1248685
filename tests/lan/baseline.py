"""A plain control point to compare the box with: it polls the state at 50 Hz, sends SetAVTransportURI and Play
when it reads STOPPED, and seeks by the clock. It also shows that recordings and logs measure correctly.
Run by name: `tests/lan/run plain`.
"""

import http.server
import os
import re
import statistics
import threading
import time
import urllib.parse


class MediaServer(http.server.ThreadingHTTPServer):
    """Serves one folder with byte ranges: without them a renderer accepts Seek and then freezes."""

    daemon_threads = True

    def __init__(self, address, folder):
        self.folder = folder
        super().__init__(address, _Exchange)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass  # a renderer closes a connection whenever it likes


class _Exchange(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self._answer(False)

    def do_GET(self):
        self._answer(True)

    def _answer(self, body):
        path = os.path.join(self.server.folder, urllib.parse.unquote(self.path).lstrip("/"))
        with open(path, "rb") as file:
            data = file.read()
        wanted = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        first = int(wanted[1]) if wanted else 0
        last = int(wanted[2] or len(data) - 1) if wanted else len(data) - 1
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Type", "video/mp4" if path.endswith("mp4") else "audio/flac")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(last - first + 1))
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        self.end_headers()
        if body:
            self.wfile.write(data[first:last + 1])


def poll_and_restart(device, url, rounds):
    """The simple loop."""
    for _ in range(rounds):
        device.call("SetAVTransportURI", CurrentURI=url, CurrentURIMetaData="")
        device.call("Play", Speed=1)
        started = time.monotonic()
        # Before the first PLAYING, STOPPED means nothing.
        while device.state() != "STOPPED" or time.monotonic() < started + 1:
            if time.monotonic() > started + 60:
                raise TimeoutError("the clip does not end")
            time.sleep(0.02)


def seek_by_the_clock(device, url, length, early, rounds):
    device.call("SetAVTransportURI", CurrentURI=url, CurrentURIMetaData="")
    device.call("Play", Speed=1)
    for _ in range(rounds):
        time.sleep(length - early)
        device.call("Seek", Unit="REL_TIME", Target="0:00:00")
    time.sleep(1)
    device.call("Stop")


def call_times(device, actions=("GetTransportInfo", "GetPositionInfo"), times=50):
    """Median and worst response times in ms, by action."""
    found = {}
    for action in actions:
        taken = []
        for _ in range(times):
            before = time.monotonic()
            device.call(action)
            taken.append((time.monotonic() - before) * 1000)
        found[action] = statistics.median(taken), max(taken)
    return found
