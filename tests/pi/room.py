"""Where emulated machines stand: a LAN of network namespaces with one real renderer, gmediarender, whose own log and
whose traffic tell what the box made it do."""

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time

sys.path.append(f"{os.path.dirname(os.path.abspath(__file__))}/../lan")

import media  # noqa: E402
from lan import Lan, wait_until  # noqa: E402
from renderers import Gmediarender  # noqa: E402
from stage import Score, patiently  # noqa: E402
from wire import Wire  # noqa: E402

# Of the emulated machine, of the box on this machine, of the renderer.
ADDRESS, HERE, TV = "10.77.0.50", "10.77.0.51", "10.77.0.2"
# How long an effect is waited for: far above what was ever seen on two busy cores.
SOON = 15


class Room:
    """`with Room() as room`: all is gone afterwards, whatever happens."""

    def __init__(self):
        self.score, self.exits = Score(), contextlib.ExitStack()

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(130))
        try:
            self.folder = tempfile.mkdtemp(prefix="dlna-kiosk-pi-")
            self.exits.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self.film = f"{self.folder}/film.mp4"
            media.clip(self.film, 60)
            self.lan = self.exits.enter_context(Lan({"tv1": TV, "here": HERE}))
            self.wire = Wire(self.lan, "tv1")
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
        """Plays a scene, whatever happened before."""

        def play():
            self.revive()
            scene()

        patiently(self.score, self.tv.crashes, play)

    def revive(self):
        """The renderer begins again if it broke by itself."""
        if not self.tv.process.alive():
            self.tv.start()
            wait_until(self.tv.ready, SOON)

    def orders(self, since):
        """What the box asked of the renderer, but for looks at it: (time, action)."""
        return [(at, action) for at, action in self.wire.orders(since, TV) if not action.startswith("Get")]

    def ordered(self, action, since, seconds=SOON):
        """When it first asked for this after a moment, or None."""
        return wait_until(lambda: next((at for at, name in self.orders(since) if name == action), None), seconds)

    def state(self, state, since, seconds=SOON):
        """When the renderer first told this state after a moment, or None."""
        return wait_until(lambda: next(iter(self.tv.times("TransportState", state, since)), None), seconds)

    def given(self, since=0.0):
        """The addresses of the box that the renderer was given to play."""
        return [value for _, kind, value in self.tv.events(since)
                if kind == "AVTransportURI" and value.startswith((f"http://{ADDRESS}:", f"http://{HERE}:"))]

    def end(self):
        """The exit code of the whole, and the last word."""
        print(f"{self.score.passed} passed, {self.score.failed} failed")
        return 1 if self.score.failed or not self.score.passed else 0


def after(moment, at):
    """`35 ms`, from one moment to another, or `never`."""
    if not at:
        return "never"
    return f"{at - moment:.1f} s" if at - moment > 9.95 else f"{(at - moment) * 1000:.0f} ms"


class Took:
    """`with Took("boot")`: prints how long that took."""

    def __init__(self, what):
        self.what = what

    def __enter__(self):
        self.began = time.time()
        print(f"-- {self.what}", flush=True)

    def __exit__(self, *_):
        print(f"-- {self.what}: {time.time() - self.began:.0f} s", flush=True)
