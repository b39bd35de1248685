"""The stage of all scenes: the LAN with three renderers that run, ears and wire in place, media made, a box
not yet started; and the score."""

import contextlib
import json
import os
import shutil
import statistics
import tempfile
import traceback

import media
from box import Box
from ear import PIPELINE, Ear
from lan import Lan, wait_until
from renderers import Gmediarender, Rygel
from soap import Device
from wire import Wire

ADDRESSES = {"box": "10.77.0.1", "tv1": "10.77.0.2", "tv2": "10.77.0.3", "tv3": "10.77.0.4"}


def rule(who, **keys):
    """A [[renderer]] table."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in {**who, **keys}.items()]
    return "[[renderer]]\n" + "\n".join(lines) + "\n\n"


class Score:
    """Claims that held, and those that did not."""

    def __init__(self):
        self.passed = self.failed = 0

    def claim(self, name, holds, figures):
        """One line per claim. The figures carry their targets; `holds` is generous, for noisy machines."""
        self.passed += bool(holds)
        self.failed += not holds
        print(f"{'ok  ' if holds else 'FAIL'} {name}: {figures}", flush=True)


def told(stage, story):
    """Plays a scene or a part of one; an exception is a failure, and the others go on."""
    try:
        story(stage)
    except Exception as fault:
        place = traceback.extract_tb(fault.__traceback__)[-1]
        stage.score.claim(story.__name__, False, f"{type(fault).__name__}: {fault} ({place.name}:{place.lineno})")


def patiently(score, crashes, scene):
    """Plays a scene; once more if it failed and a renderer broke by itself meanwhile, as no failing of the box."""
    for again in (True, False):
        before, broken = vars(score).copy(), crashes()
        scene()
        if not again or score.failed == before["failed"] or crashes() == broken:
            break
        print(f"     renderers that crashed by themselves: {crashes() - broken}; this is played again", flush=True)
        vars(score).update(before)


class Stage:
    """`with Stage(program) as stage`: all is gone afterwards, whatever happens."""

    def __init__(self, program):
        self.program = program
        self.score = Score()
        self.exits = contextlib.ExitStack()

    def __enter__(self):
        try:
            self._set()
        except BaseException:
            self.exits.close()
            raise
        return self

    def _set(self):
        self.folder = tempfile.mkdtemp(prefix="dlna-kiosk-lan-")
        self.exits.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.exits.callback(self._keep_logs)
        self.media = f"{self.folder}/media"
        os.makedirs(f"{self.media}/album")
        media.clip(f"{self.media}/clip.mp4")
        shutil.copy(f"{self.media}/clip.mp4", f"{self.media}/again.mp4")
        media.album(f"{self.media}/album")
        media.songs(self.media)
        self.lan = self.exits.enter_context(Lan(ADDRESSES))
        self.wire = Wire(self.lan, "box")
        self.ear1, self.ear2 = Ear(self.lan, "tv1"), Ear(self.lan, "tv2")
        self.tv1 = Gmediarender(self.lan, "tv1", f"{self.folder}/tv1", "TV 1", PIPELINE).start()
        self.tv2 = Gmediarender(self.lan, "tv2", f"{self.folder}/tv2", "TV 2", PIPELINE).start()
        self.tv3 = Rygel(self.lan, "tv3", f"{self.folder}/tv3").start()
        self.box = Box(self.lan, self.program, f"{self.folder}", self.media)
        for tv in (self.tv1, self.tv2, self.tv3):
            self._await(tv)

    @staticmethod
    def _await(tv):
        if not wait_until(tv.ready, 15):
            raise RuntimeError(f"{tv.host} did not get ready")

    def answers(self, tv):
        """Whether a renderer answers us, who are not the box."""
        try:
            with self.lan.inside("box"):
                Device(tv.location()).state()
            return True
        except (OSError, RuntimeError):
            return False

    def revive(self):
        """No scene suffers from what the one before did to the gmediarenders."""
        for tv in (self.tv1, self.tv2):
            if not self.answers(tv):
                tv.kill()
                tv.start()
                self._await(tv)
        if not self.tv3.process.alive():
            self.tv3.start()
            self._await(self.tv3)

    def crashes(self):
        """How often renderers broke by themselves so far."""
        return self.tv1.crashes() + self.tv2.crashes()

    def perform(self, scene):
        """Plays a scene, whatever happened before."""

        def play():
            self.revive()
            told(self, scene)
            if self.box.process and self.box.process.alive():
                self.box.stop()

        patiently(self.score, self.crashes, play)

    def first_play(self, tv, since):
        """When a gmediarender first played after `since`, by its log or by what was heard: it can play
        before it is ready, and then its log does not tell. None: not yet."""
        ear = self.ear1 if tv is self.tv1 else self.ear2
        heard = [sound.start for sound in ear.since(since)][:1]
        return min(tv.times("TransportState", "PLAYING", since)[:1] + heard, default=None)

    def _keep_logs(self):
        """With LAN_LOGS=FOLDER, what everybody wrote stays there."""
        if folder := os.environ.get("LAN_LOGS"):
            shutil.copytree(
                self.folder, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("media", "home", "run", "pins", "systemd"))

    def __exit__(self, *_):
        self.exits.close()


def ms(seconds):
    return f"{seconds * 1000:.0f} ms"


def spread(values, target):
    """`median 31 ms, worst 44 ms (target 50 ms)`, from seconds."""
    if not values:
        return f"none (target {ms(target)})"
    return f"median {ms(statistics.median(values))}, worst {ms(max(values))} (target {ms(target)})"


def median(values):
    """The median; without values, something no bound lets pass."""
    return statistics.median(values) if values else float("inf")
