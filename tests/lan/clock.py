"""A Pi has no battery for its clock: it starts in 1970 and jumps when the network supplies the time. The box must
play on. libfaketime fakes the time of day for the real binary, and only that clock."""

import glob
import time

import audio
from kernel_errors import PATIENCE, all_play, play_short
from lan import wait_until
from sample_media import CLIP_SECONDS
from testbed import ADDRESSES

DAY = 86_400


def clock(testbed, seconds=6):
    """The clock jumps from 1970 to today, back, and on to 2100."""
    box, score = testbed.box, testbed.score
    library = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")[0]
    told = f"{testbed.folder}/clock"
    epoch = -int(time.time()) + DAY
    jumps = {"1970": epoch, "today": 0, "1970 again": epoch, "2100": 74 * 365 * DAY}

    def tell(offset):
        with open(told, "w") as file:
            file.write(f"{offset:+d}")

    tell(epoch)
    started = time.time()
    play_short(testbed, {
        "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": told, "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1", "RUST_LOG": "error,dlna_kiosk=debug"})
    back = wait_until(lambda: all_play(testbed, started), PATIENCE, every=0.1)
    began, before, changes = time.time(), len(box.log(True)), len(testbed.tv3.changes())
    used = box.processor_seconds()
    for offset in jumps.values():
        tell(offset)
        time.sleep(seconds)
    ended, lines = time.time(), box.log(True)[before:]

    years = sorted({line[1:5] for line in lines if line.startswith("[")})
    warned = [line for line in lines if " WARN " in line or " ERROR " in line]
    score.claim(
        "the clock has really jumped", len(years) >= 3 and years[0] == "1970",
        f"the log is of {', '.join(years)}")
    rounds, gaps, orders = {}, [], {}
    for tv, heard in ((testbed.tv1, testbed.audio1), (testbed.tv2, testbed.audio2)):
        sounds = [s for s in heard.since(began) if s.start < ended]
        rounds[tv.host] = len(audio.rounds(sounds)) - 1
        gaps += [gap for _, gap in audio.pauses(sounds)]
    gaps += testbed.tv3.gaps(changes)
    rounds["tv3"] = len(testbed.tv3.gaps(changes))
    for host in rounds:
        sent = [action for at, action in testbed.packets.actions(began, ADDRESSES[host]) if at < ended]
        orders[host] = sent.count("Play")
    lengths = {"tv1": 3, "tv2": 3, "tv3": CLIP_SECONDS}
    enough = all(rounds[host] >= (ended - began) / (length + 0.5) - 2 for host, length in lengths.items())
    whole = all(abs(orders[host] - rounds[host]) <= 1 for host in orders)
    score.claim(
        "jumps of the clock have no effect", back and enough and max(gaps) < 1 and whole
        and not warned and box.process.alive(),
        f"rounds in {ended - began:.0f} s: {rounds}, Play sent {orders}, longest silence {max(gaps) * 1000:.0f} ms, "
        f"warnings {warned}, processor {box.processor_seconds() - used:.2f} s")
    box.stop()
