"""The claims, scene by scene, against renderers by other authors. Usage: suite.py PROGRAM [SCENE…]

Figures are printed beside their targets. A claim fails at a wrong order, a wrong count, or a figure about ten times
its target: a busy machine must not fail the suite.
"""

import json
import signal
import sys
import threading
import time

import baseline
import audio
from clock import clock
from kernel_errors import kernel_errors
from takeover import takeover
from lan import wait_until
from sample_media import CLIP_SECONDS, TRACKS
from programmes import clips, folder
from service import service
from soap import Device
from media_changes import media_changes
from odd_files import odd_files
from testbed import ADDRESSES, Testbed, median, ms, rule, spread, attempt
from groups import groups

ROUNDS = 10
BUTTON = 17


def discover(testbed):
    """`discover` lists all renderers of the LAN, soon."""
    process, lines = testbed.box.command("discover", "--json", "--timeout", "2")
    code = process.wait(8)
    process.end()
    process.reader.join(2)
    found = {}
    for at, line in lines:
        try:
            renderer = json.loads(line)
            found.setdefault(renderer["udn"].lower(), (at, renderer))
        except (ValueError, KeyError, TypeError, AttributeError):
            pass
    wanted = [tv.udn.lower() for tv in (testbed.tv1, testbed.tv2, testbed.tv3)]
    asked = testbed.packets.find("M-SEARCH", since=process.started, source=ADDRESSES["box"])
    # The time before the first search is the start of the process.
    up = asked[0].at if asked else process.started
    delays = sorted(found[udn][0] - up for udn in wanted if udn in found)
    testbed.score.claim(
        "discover lists all three", code == 0 and all(udn in found for udn in wanted),
        f"{len(delays)} of 3, exit {code}, started in {ms(up - process.started)}")
    testbed.score.claim(
        "discover is quick", delays and delays[0] < 1 and delays[-1] < 4 and len(delays) == 3,
        f"after the first question: {', '.join(map(ms, delays))} (targets: first 100 ms, all 1500 ms)")
    rygel = found.get(testbed.tv3.udn.lower(), (0, {}))[1]
    keys = {"udn", "friendly_name", "model", "location", "av_transport", "rendering_control",
            "connection_manager", "address"}
    version = (rygel.get("av_transport") or {}).get("version")
    testbed.score.claim(
        "AVTransport:2 is understood", version == 2 and keys <= set(rygel),
        f"version {version}, missing {sorted(keys - set(rygel)) or 'nothing'}")


def play(testbed):
    """One file on one renderer, by one command."""
    process, lines = testbed.box.command("play", f"{testbed.media}/clip.mp4", "--on", "TV 1")
    wait_until(lambda: testbed.tv1.times("TransportState", "PLAYING", process.started), 15)
    played = testbed.tv1.times("TransportState", "PLAYING", process.started)
    testbed.score.claim(
        "play starts", played and played[0] - process.started < 3,
        f"{ms(played[0] - process.started) if played else 'never'} from process start to PLAYING (target 300 ms)")
    time.sleep(2)
    interrupted = time.time()
    process.signal(signal.SIGINT)
    code = process.wait(5)
    taken = time.time() - interrupted
    process.end()
    stopped = wait_until(lambda: testbed.tv1.times("TransportState", "STOPPED", interrupted), 2)
    testbed.score.claim(
        "Ctrl-C stops the renderer", stopped and code is not None and taken < 3,
        f"{'STOPPED' if stopped else 'not stopped'}, exit {code} after {ms(taken)} (target 1000 ms); said "
        f"{len(lines)} lines")


def loops(testbed):
    """Ten rounds of a 10 s clip on three renderers at once: two restart, one seeks."""
    score, tv1, tv3 = testbed.score, testbed.tv1, testbed.tv3
    began, before = time.time(), len(tv3.changes())
    box = testbed.box.run(
        rule({"name": "TV 1"}, plays="clip.mp4")
        + rule({"name": "TV 2"}, plays="clip.mp4", loop_method="seek", max_cut=0.3)
        + rule({"udn": tv3.udn}, plays="clip.mp4"))
    box.ready()
    length = ROUNDS * CLIP_SECONDS

    def done():
        return (len(tv1.gaps(began)) >= ROUNDS and len(tv3.gaps(before)) >= ROUNDS
                and len(audio.rounds(testbed.audio2.since(began))) > ROUNDS)

    wait_until(done, length + 15, every=0.5)
    if box.process.alive():
        memory, processor = box.memory(), box.processor_seconds()
        main, everything = (count / (time.time() - began) for count in box.switches())
        score.claim(
            "memory while three play", memory < 12,
            f"{memory:.1f} MB resident (target 6 MB), processor {processor:.2f} s in {time.time() - began:.0f} s, "
            f"context switches {main:.0f}/s in the main thread, {everything:.0f}/s in all")
    else:
        score.claim("memory while three play", False, "the box is gone")
    plays, ends = (len(tv1.times(*event, since=began)) for event in (("TransportState", "PLAYING"), ("End-of-stream",)))
    taken = time.time() - began
    asked = {host: len(testbed.packets.actions(began, ADDRESSES[host])) / taken for host in ("tv1", "tv2", "tv3")}
    score.claim("renderers are not flooded with requests", max(asked.values()) < 20,
                ", ".join(f"{host} {rate:.1f}/s" for host, rate in asked.items()) + " SOAP requests (target 5/s)")
    counted = {r.get("name"): (r.get("rounds"), r.get("last_gap_ms")) for r in box.status().get("renderers", [])}
    box.stop()

    rounds, gaps = tv1.rounds(began)[:ROUNDS], tv1.gaps(began)[:ROUNDS]
    sounds = testbed.audio1.since(began)
    heard = [audio.heard(part) for part in audio.rounds(sounds)[:ROUNDS]]
    score.claim(
        "gmediarender: ten whole rounds", len(rounds) == ROUNDS and min(rounds) >= CLIP_SECONDS - 0.1
        and plays <= ends + 1 and len(heard) == ROUNDS and min(heard) >= CLIP_SECONDS - 0.1,
        f"{len(rounds)} of {ROUNDS}, shortest {min(rounds, default=0):.3f} s, heard {min(heard, default=0):.3f} s, "
        f"{plays} starts, {ends} ends")
    score.claim(
        "gmediarender: gap between rounds", median(gaps) < 0.5,
        f"{spread(gaps, 0.05)} from End-of-stream to PLAYING; heard {spread(audio.seams(sounds)[:ROUNDS], 0.1)}")

    rounds, gaps = tv3.rounds(before)[:ROUNDS], tv3.gaps(before)[:ROUNDS]
    score.claim(
        "rygel: ten whole rounds", len(rounds) == ROUNDS and min(rounds) >= CLIP_SECONDS - 0.1,
        f"{len(rounds)} of {ROUNDS}, shortest {min(rounds, default=0):.3f} s")
    score.claim("rygel: gap between rounds", median(gaps) < 1.5, f"{spread(gaps, 0.15)} in its pipeline")

    sounds = testbed.audio2.since(began)
    parts = audio.rounds(sounds)
    cuts = [CLIP_SECONDS - audio.heard(part) for part in parts[:-1]][:ROUNDS]
    ends = len(testbed.tv2.times("End-of-stream", since=began))
    # The first rounds may end by themselves: gmediarender counts whole seconds, and only a whole round shows how fast it starts.
    score.claim(
        "seek: ten of ten rounds", len(cuts) == ROUNDS and ends <= 3 and max(cuts) < 0.4 and min(cuts) > -0.1,
        f"{len(cuts)} of {ROUNDS}, {ends} ran to the end, cut {spread(cuts, 0.3)}")
    score.claim("seek: gap between rounds", median(audio.seams(sounds)[:ROUNDS]) < 0.4,
                f"heard {spread(audio.seams(sounds)[:ROUNDS], 0.04)}")
    print(f"     the box itself counted (rounds, last gap in ms): {counted}")


def album(testbed):
    """An album without gaps on TV 1; presses for TV 2 meanwhile; then the box is ended."""
    score, box = testbed.score, testbed.box
    began = time.time()
    box.run(
        rule({"name": "TV 1"}, plays="album", loop_method="next")
        + rule({"name": "TV 2"}, plays="clip.mp4") + rule({"udn": testbed.tv3.udn}, plays="clip.mp4")
        + f'[[button]]\npin = {BUTTON}\npress = "play_pause"\nrenderer = "TV 2"\n')
    box.ready()
    wait_until(lambda: testbed.tv1.times("TransportState", "PLAYING", began)
               and testbed.tv2.times("TransportState", "PLAYING", began), 15)
    started = (testbed.tv1.times("TransportState", "PLAYING", began) or [began])[0]
    time.sleep(2)
    presses(testbed)

    wanted = [*range(1, TRACKS + 1), 1]
    wait_until(lambda: len(audio.tracks(testbed.audio1.since(began))) > TRACKS, 40, every=0.5)
    time.sleep(1)
    tracks = audio.tracks(testbed.audio1.since(began))[:TRACKS + 1]
    now = tracks[-1][2] if tracks else time.time()
    stops = [at for at in testbed.tv1.times("TransportState", "STOPPED", started) if at < now]
    gaps = [max(0.0, b[1] - a[2]) for a, b in zip(tracks, tracks[1:])]
    score.claim(
        "album: handed over without a stop", [t[0] for t in tracks] == wanted and not stops and median(gaps) < 0.1,
        f"heard tracks {[t[0] for t in tracks]}, {len(stops)} stops, gap {spread(gaps, 0.0)}")
    leave(testbed, began)


def presses(testbed, times=10):
    """From a press to the first byte of the request that it causes; polls in between do not count."""
    delays = []
    for _ in range(times):
        try:
            pressed = testbed.box.press(BUTTON)
        except OSError as error:
            testbed.score.claim("press to wire", False, f"no pins: {error}")
            return

        def ordered():
            return [at for at, action in testbed.packets.actions(pressed, ADDRESSES["tv2"]) if action in ("Play", "Pause")]

        if wait_until(ordered, 1, every=0.005):
            delays.append(ordered()[0] - pressed)
        time.sleep(0.9)
    testbed.score.claim(
        "press to wire", len(delays) == times and median(delays) < 0.1,
        f"{len(delays)} of {times}, {', '.join(f'{d * 1000:.1f}' for d in sorted(delays))} ms (target 5 ms after the debounce of 30 ms)")


def leave(testbed, began):
    """SIGTERM: the box stops the renderers and cancels its subscriptions, quickly."""
    box = testbed.box
    subscribed = {_sid(m) for m in testbed.packets.find("HTTP/1.1 200", began, target=ADDRESSES["box"], containing="\nSID:")}
    told = time.time()
    taken, code = box.stop()
    cancelled = {_sid(m) for m in testbed.packets.find("UNSUBSCRIBE ", told)}
    stopped = wait_until(lambda: all(
        tv.times("TransportState", "STOPPED", told) for tv in (testbed.tv1, testbed.tv2)), 1)
    asked = len(testbed.packets.actions(told))
    with testbed.lan.inside("box"):
        first = Device(testbed.tv1.location())
        left = first.call("GetMediaInfo")["NextURI"]
        first.call("SetNextAVTransportURI", NextURI="", NextURIMetaData="")
    # Otherwise the next control point's file would be followed by one that nobody serves any more.
    testbed.score.claim("no next file is left behind", not left, left or "none")
    testbed.score.claim(
        "the box leaves with few requests", asked <= 9, f"{asked} requests to three renderers (target 3: a Stop each)")
    testbed.score.claim(
        "SIGTERM", code == 0 and taken < 3 and subscribed and subscribed <= cancelled,
        f"exit {code} after {ms(taken)} (target 1000 ms), {len(subscribed & cancelled)} of {len(subscribed)} "
        f"subscriptions cancelled, renderers {'stopped' if stopped else 'left playing'}")


def _sid(message):
    for line in message.text.split("\r\n"):
        key, _, value = line.partition(":")
        if key.strip().lower() == "sid":
            return value.strip()
    return None


def rest(testbed, seconds=20):
    """Nothing to play: the box does nearly nothing."""
    box = testbed.box.run(f'[[button]]\npin = {BUTTON}\npress = "play_pause"\n')
    box.ready()
    # Until the searches of the first half minute are over.
    time.sleep(35)
    before, used, began = box.switches(), box.processor_seconds(), time.time()
    time.sleep(seconds)
    asked = len(testbed.packets.actions(began)) / seconds
    main, everything = ((b - a) / seconds for a, b in zip(before, box.switches()))
    testbed.score.claim(
        "at rest", everything < 100, f"{main:.1f} context switches/s in the main thread, {everything:.1f} in all, "
        f"processor {(box.processor_seconds() - used) / seconds:.2%}, {box.memory():.1f} MB resident, "
        f"{asked:.1f} SOAP requests/s")
    box.stop()


def faults(testbed):
    """One renderer hangs by its own defect; one hangs, loses its power, then its cable; one loses its cable."""
    box = testbed.box
    box.run(
        rule({"name": "TV 1"}, plays=["clip.mp4", "again.mp4"], loop_method="next")
        + rule({"name": "TV 2"}, plays="clip.mp4") + rule({"udn": testbed.tv3.udn}, plays="clip.mp4"))
    box.ready()
    stories = [threading.Thread(target=attempt, args=(testbed, story)) for story in (trapped, troubled, unplugged_rygel)]
    for story in stories:
        story.start()
    for story in stories:
        story.join(150)
    box.stop()


def trapped(testbed):
    """gmediarender hangs for good when SetNextAVTransportURI hands over from one mp4 file to another."""
    tv, address, box = testbed.tv1, ADDRESSES["tv1"], testbed.box
    _wait_for_playing(box, address)
    fault = wait_until(lambda: box.renderer(address).get("fault"), 3.5 * CLIP_SECONDS, every=0.2)
    answers = testbed.answers(tv)
    if fault:
        testbed.score.claim("a hang at SetNextAVTransportURI is reported", not answers, fault)
    else:
        testbed.score.claim("a hang at SetNextAVTransportURI is avoided", answers, "it still answers, no fault")
    tv.kill()
    started = time.time()
    tv.start()
    again = wait_until(lambda: testbed.first_play(tv, started), 30)
    testbed.score.claim(
        "it plays again after kill -9", again,
        f"{again - started:.1f} s after the restart" if again else "not within 30 s")


def troubled(testbed):
    """TV 2 hangs for a while, loses its power for a moment, then its cable for 30 s."""
    tv, address, box = testbed.tv2, ADDRESSES["tv2"], testbed.box
    _wait_for_playing(box, address)
    hung = time.time()
    tv.hang()
    fault = wait_until(lambda: box.renderer(address).get("fault"), 20, every=0.1)
    reported = time.time() - hung
    time.sleep(5)
    tv.go_on()
    went_on = time.time()
    back = wait_until(lambda: _plays(box, address), 15)
    testbed.score.claim("a hung renderer is reported", fault, f"after {reported:.1f} s: {fault}")
    testbed.score.claim("a renderer that no longer hangs plays again", back, f"{time.time() - went_on:.1f} s after it went on (target 3 s)")

    time.sleep(2)
    tv.kill()
    time.sleep(2)
    started = time.time()
    tv.start()
    played = wait_until(lambda: testbed.first_play(tv, started), 30)
    alive = testbed.packets.find("NOTIFY", started, source=address, containing="ssdp:alive")
    heard = alive[0].at if alive else started
    testbed.score.claim(
        "a restarted renderer plays again", played and played - heard < 20,
        f"{played - heard:.2f} s after its first alive (target 2 s)" if played else "not within 30 s")
    unplugged(testbed, tv, lambda since: tv.times("TransportState", "PLAYING", since))


def unplugged_rygel(testbed):
    """Rygel loses its cable; it may come back at another port."""
    tv = testbed.tv3
    _wait_for_playing(testbed.box, ADDRESSES["tv3"])
    known = []

    def played(_):
        # The clock of its pipeline is not the wall clock: count the changes instead.
        known.append(len(tv.changes()))
        return [at for at, *change in tv.changes()[known[0]:] if change == ["PAUSED", "PLAYING"]]

    unplugged(testbed, tv, played)


def _plays(box, address):
    renderer = box.renderer(address)
    return renderer.get("state") == "playing" and not renderer.get("fault")


def _wait_for_playing(box, address):
    wait_until(lambda: _plays(box, address), 15, every=0.1)
    time.sleep(1)


def unplugged(testbed, tv, played, seconds=30):
    """The cable is unplugged for longer than the clip lasts, so that only the box can make it play again."""
    testbed.lan.link(tv.host, False)
    time.sleep(seconds)
    plugged = time.time()
    played(plugged)
    testbed.lan.link(tv.host, True)
    back = wait_until(lambda: played(plugged), 60)
    testbed.score.claim(
        f"{tv.host} recovers from {seconds} s without network", back,
        f"PLAYING {time.time() - plugged:.1f} s after it came back" if back else "not within 60 s")


def moves(testbed, address="10.77.0.101"):
    """The box gets another address, as by DHCP, while all three play."""
    box = testbed.box
    who = ({"name": "TV 1"}, {"address": ADDRESSES["tv2"]}, {"udn": testbed.tv3.udn})
    box.run("".join(rule(each, plays="clip.mp4") for each in who))
    box.ready()
    for host in ("tv1", "tv2", "tv3"):
        _wait_for_playing(box, ADDRESSES[host])
    changed, before = time.time(), len(testbed.tv3.changes())
    testbed.lan.readdress("box", address)

    def all_new():
        rygel = [c for c in testbed.tv3.changes()[before:] if c[1:] == ("PAUSED", "PLAYING")]
        return rygel and all(_plays_from(tv, address, changed) for tv in (testbed.tv1, testbed.tv2))

    back = wait_until(all_new, 45, every=0.1)
    taken = [_plays_from(tv, address, changed) for tv in (testbed.tv1, testbed.tv2)]
    testbed.score.claim(
        "the box's new address is used", back,
        f"PLAYING from {address} after {', '.join(f'{at - changed:.1f} s' if at else 'never' for at in taken)}"
        f", all three after {time.time() - changed:.1f} s (clip: {CLIP_SECONDS} s)")
    box.stop()
    testbed.lan.readdress("box", ADDRESSES["box"])


def _plays_from(tv, address, since):
    """When the renderer first played a file from this address of the box; None if it has not."""
    ours = False
    for at, kind, value in tv.events(since):
        if kind == "AVTransportURI":
            ours = value.startswith(f"http://{address}:")
        if ours and (kind, value) == ("TransportState", "PLAYING"):
            return at
    return None


def plain(testbed):
    """A plain control point instead of the box: see `baseline`."""
    score, began, before = testbed.score, time.time(), len(testbed.tv3.changes())
    with testbed.lan.inside("box"):
        server = baseline.MediaServer((ADDRESSES["box"], 8000), testbed.media)
        first, second, third = (Device(tv.location()) for tv in (testbed.tv1, testbed.tv2, testbed.tv3))
    url = f"http://{ADDRESSES['box']}:8000/clip.mp4"
    threads = [
        testbed.lan.thread("box", baseline.poll_and_restart, first, url, 4),
        testbed.lan.thread("box", baseline.poll_and_restart, third, url, 4),
        testbed.lan.thread("box", baseline.seek_by_the_clock, second, url, CLIP_SECONDS, 0.3, 4)]
    for thread in threads:
        thread.join(70)
    heard, rounds = testbed.audio1.since(began), testbed.tv1.rounds(began)
    score.claim(
        "plain: gmediarender", len(rounds) == 4,
        f"gap {spread(testbed.tv1.gaps(began), 0.05)}, heard {spread(audio.seams(heard), 0.1)}, shortest round "
        f"{min(rounds, default=0):.3f} s, heard {min(map(audio.heard, audio.rounds(heard))):.3f} s")
    rounds = testbed.tv3.rounds(before)
    score.claim(
        "plain: rygel", len(rounds) == 4,
        f"gap {spread(testbed.tv3.gaps(before), 0.15)}, shortest round {min(rounds, default=0):.3f} s")
    heard = testbed.audio2.since(began)
    cuts = [CLIP_SECONDS - audio.heard(part) for part in audio.rounds(heard)[:-1]]
    score.claim("plain: seek", len(cuts) == 4, f"heard {spread(audio.seams(heard), 0.04)}, cut {spread(cuts, 0.3)}")
    with testbed.lan.inside("box"):
        for name, device in (("gmediarender", first), ("rygel", third)):
            print(f"     {name} answers (median, worst ms):", {
                action: tuple(round(t, 1) for t in taken) for action, taken in baseline.call_times(device).items()})
    server.shutdown()


SCENES = {scene.__name__: scene for scene in (
    discover, play, loops, album, clips, groups, folder, media_changes, odd_files, rest, moves, faults, takeover, kernel_errors, service, clock)}

# Two halves of about the same length that run side by side; together they are all scenes.
SECOND = {scene.__name__ for scene in (groups, media_changes, odd_files, rest, takeover, service)}
HALVES = {"first": [name for name in SCENES if name not in SECOND], "second": [name for name in SCENES if name in SECOND]}


ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _interrupted(*_):
    # A second signal must not interrupt the cleaning up.
    for number in ENDS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main(program, names):
    for number in ENDS:
        signal.signal(number, _interrupted)
    scenes = {**SCENES, "plain": plain}
    names = [name for given in names for name in HALVES.get(given, [given])]
    unknown = [name for name in names if name not in scenes]
    if unknown:
        sys.exit(f"no scene {unknown[0]}; there are: {' '.join(scenes)}")
    began = time.time()
    with Testbed(program) as testbed:
        for name in names or SCENES:
            print(f"-- {name}: {scenes[name].__doc__}", flush=True)
            risen = time.time()
            testbed.perform(scenes[name])
            print(f"-- {name}: {time.time() - risen:.0f} s", flush=True)
        score = testbed.score
    print(f"{score.passed} passed, {score.failed} failed in {time.time() - began:.0f} s")
    return 1 if score.failed or not score.passed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except KeyboardInterrupt:
        sys.exit(130)
