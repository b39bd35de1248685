"""The testbed of emulated machines: a LAN of network namespaces with one real renderer, gmediarender, whose log and traffic
show what the box made it do."""

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time

sys.path.append(f"{os.path.dirname(os.path.abspath(__file__))}/../lan")

import sample_media  # noqa: E402
from lan import Lan, wait_until  # noqa: E402
from renderers import Gmediarender  # noqa: E402
from testbed import Score, retry_after_breakdowns  # noqa: E402
from packets import PacketCapture  # noqa: E402

# Of the emulated machine, of the box on this machine, of the renderer.
ADDRESS, LOCAL, TV = "10.77.0.50", "10.77.0.51", "10.77.0.2"
# How long to wait for an effect, in seconds: far above what was measured on two busy cores.
SOON = 15


class PiTestbed:
    """`with PiTestbed() as testbed`: everything is removed afterwards, whatever happens."""

    def __init__(self):
        self.score, self.exits = Score(), contextlib.ExitStack()

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(130))
        try:
            self.folder = tempfile.mkdtemp(prefix="dlna-kiosk-pi-")
            self.exits.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self.film = f"{self.folder}/film.mp4"
            sample_media.clip(self.film, 60)
            self.lan = self.exits.enter_context(Lan({"tv1": TV, "local": LOCAL}))
            self.packets = PacketCapture(self.lan, "tv1")
            self.tv = Gmediarender(self.lan, "tv1", f"{self.folder}/tv1", "TV 1").start()
            if not wait_until(self.tv.ready, SOON):
                raise RuntimeError("the renderer did not get ready")
        except BaseException:
            self.exits.close()
            raise
        return self

    def __exit__(self, *_):
        self.exits.close()

    def perform(self, scene):
        """Runs a scene, whatever happened before."""

        def play():
            self.revive()
            scene()

        retry_after_breakdowns(self.score, self.tv.crashes, play)

    def revive(self):
        """Restarts the renderer if it crashed."""
        if not self.tv.process.alive():
            self.tv.start()
            wait_until(self.tv.ready, SOON)

    def actions(self, since):
        """The actions of the box at the renderer except queries: (time, action)."""
        return [(at, action) for at, action in self.packets.actions(since, TV) if not action.startswith("Get")]

    def ordered(self, action, since, seconds=SOON):
        """When the box first called this action after a moment, or None."""
        return wait_until(lambda: next((at for at, name in self.actions(since) if name == action), None), seconds)

    def state(self, state, since, seconds=SOON):
        """When the renderer first had this state after a moment, or None."""
        return wait_until(lambda: next(iter(self.tv.times("TransportState", state, since)), None), seconds)

    def given(self, since=0.0):
        """The URLs of the box that the renderer was given to play."""
        return [value for _, kind, value in self.tv.events(since)
                if kind == "AVTransportURI" and value.startswith((f"http://{ADDRESS}:", f"http://{LOCAL}:"))]

    def end(self):
        """Prints the score; returns the exit code."""
        print(f"{self.score.passed} passed, {self.score.failed} failed")
        return 1 if self.score.failed or not self.score.passed else 0


def after(moment, at):
    """The time between two moments, such as `35 ms`, or `never`."""
    if not at:
        return "never"
    return f"{at - moment:.1f} s" if at - moment > 9.95 else f"{(at - moment) * 1000:.0f} ms"


class Timed:
    """`with Timed("boot")`: prints how long the block took."""

    def __init__(self, what):
        self.what = what

    def __enter__(self):
        self.began = time.time()
        print(f"-- {self.what}", flush=True)

    def __exit__(self, *_):
        print(f"-- {self.what}: {time.time() - self.began:.0f} s", flush=True)
