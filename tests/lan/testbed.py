"""The testbed of all scenes: a LAN with three running renderers, recordings of sound and packets, media, and a box
that is not started yet; also the score."""

import contextlib
import json
import os
import shutil
import statistics
import tempfile
import traceback

import sample_media
from box import Box
from audio import PIPELINE, AudioCapture
from lan import Lan, wait_until
from renderers import Gmediarender, Rygel
from soap import Device
from packets import PacketCapture

ADDRESSES = {"box": "10.77.0.1", "tv1": "10.77.0.2", "tv2": "10.77.0.3", "tv3": "10.77.0.4"}


def rule(who, **keys):
    """A [[renderer]] table."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in {**who, **keys}.items()]
    return "[[renderer]]\n" + "\n".join(lines) + "\n\n"


class Score:
    """Counts the claims that held and those that did not."""

    def __init__(self):
        self.passed = self.failed = 0

    def claim(self, name, holds, figures):
        """Prints one line. The figures name their targets; `holds` is more generous, for busy machines."""
        self.passed += bool(holds)
        self.failed += not holds
        print(f"{'ok  ' if holds else 'FAIL'} {name}: {figures}", flush=True)


def attempt(testbed, story):
    """Runs a scene or a part of one; an exception counts as a failure and does not end the others."""
    try:
        story(testbed)
    except Exception as fault:
        place = traceback.extract_tb(fault.__traceback__)[-1]
        testbed.score.claim(story.__name__, False, f"{type(fault).__name__}: {fault} ({place.name}:{place.lineno})")


# A scene is tried so many times if renderers break down.
ATTEMPTS = 3


def retry_after_breakdowns(score, breakdowns, scene):
    """Runs a scene, and again if it failed while a renderer broke down by itself: that is no failure of the box.
    `breakdowns` counts them."""
    for attempts_left in reversed(range(ATTEMPTS)):
        before, broken = vars(score).copy(), breakdowns()
        scene()
        more = breakdowns() - broken
        if not attempts_left or score.failed == before["failed"] or not more:
            break
        print(f"     {more} renderers crashed or hung by themselves: this scene is repeated", flush=True)
        vars(score).update(before)


class Testbed:
    """`with Testbed(program) as testbed`: everything is removed afterwards, whatever happens."""

    def __init__(self, program):
        self.program = program
        self.score = Score()
        self.hung = 0
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
        sample_media.clip(f"{self.media}/clip.mp4")
        shutil.copy(f"{self.media}/clip.mp4", f"{self.media}/again.mp4")
        sample_media.album(f"{self.media}/album")
        sample_media.songs(self.media)
        self.lan = self.exits.enter_context(Lan(ADDRESSES))
        self.packets = PacketCapture(self.lan, "box")
        self.audio1, self.audio2 = AudioCapture(self.lan, "tv1"), AudioCapture(self.lan, "tv2")
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
        """Whether a renderer answers a control point other than the box."""
        try:
            with self.lan.inside("box"):
                Device(tv.location()).state()
            return True
        except (OSError, RuntimeError):
            return False

    def revive(self):
        """Restarts renderers that the previous scene left hung or dead."""
        for tv in (self.tv1, self.tv2):
            if not self.answers(tv):
                tv.kill()
                tv.start()
                self._await(tv)
        if not self.tv3.process.alive():
            self.tv3.start()
            self._await(self.tv3)

    def breakdowns(self):
        """How often renderers have crashed, or hung after a scene, so far."""
        return self.hung + self.tv1.crashes() + self.tv2.crashes()

    def perform(self, scene):
        """Runs a scene, whatever happened before."""

        def play():
            self.revive()
            failed = self.score.failed
            attempt(self, scene)
            if self.box.process and self.box.process.alive():
                self.box.stop()
            if self.score.failed > failed:
                self._explain()

        retry_after_breakdowns(self.score, self.breakdowns, play)

    def _explain(self):
        """Prints what helps to understand a failure, and notes which renderers hang."""
        print("     the box said at last:", *self.box.log()[-20:], sep="\n       ", flush=True)
        for tv in (self.tv1, self.tv2):
            answers = self.answers(tv)
            print(f"     {tv.host}: runs: {tv.process.alive()}, answers another control point: {answers}", flush=True)
            self.hung += tv.process.alive() and not answers

    def first_play(self, tv, since):
        """When a gmediarender first played after `since`, by its log or by its sound: it can play before it is
        ready, and then its log does not say so. None if it has not played."""
        ear = self.audio1 if tv is self.tv1 else self.audio2
        heard = [sound.start for sound in ear.since(since)][:1]
        return min(tv.times("TransportState", "PLAYING", since)[:1] + heard, default=None)

    def _keep_logs(self):
        """With LAN_LOGS=FOLDER all logs are kept there."""
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
    """The median; infinity without values, so that no limit accepts it."""
    return statistics.median(values) if values else float("inf")
