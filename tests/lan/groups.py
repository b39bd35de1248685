"""Two gmediarenders as a group: how far apart they start is measured by their sound."""

import json
import time

import audio
from lan import wait_until
from sample_media import SONG_SECONDS, SONGS
from testbed import ADDRESSES, median, ms, spread

# Rounds in which the box learns how long each renderer takes to start.
LEARNING = 3
MEASURED = 9


def _begins(sounds):
    """When each round of a song was first heard. A short piece at the start or end is no round."""
    return [part[0].start for part in audio.rounds(sounds) if audio.heard(part) > SONG_SECONDS / 2]


def _spreads(testbed, since):
    """How far apart the two started, round by round."""
    pairs = zip(_begins(testbed.audio1.since(since)), _begins(testbed.audio2.since(since)))
    return [abs(a - b) for a, b in pairs]


def _group(testbed, plays, wait):
    box = testbed.box.run(
        f'[[group]]\nname = "Pair"\non = ["TV 1", "TV 2"]\nplays = {json.dumps(plays)}\nwait = {wait:.1f}\n')
    box.ready()
    return box


def _said(box):
    groups = box.status().get("groups") or [{}]
    return groups[0].get("spread_ms"), groups[0].get("rounds"), [m.get("state") for m in groups[0].get("members", [])]


def groups(testbed):
    """Two renderers as a group: the same song as WAV, FLAC and MP3, again and again; then one loses its power."""
    began = time.time()
    box = _group(testbed, SONGS, 3)
    wanted = LEARNING + MEASURED
    wait_until(lambda: len(_spreads(testbed, began)) > wanted, (wanted + 4) * (SONG_SECONDS + 2), every=0.5)
    # The last round may have started on one of them only.
    spreads = _spreads(testbed, began)[:wanted]
    learned = spreads[LEARNING:]
    within = sum(one <= 0.05 for one in learned)
    # On a busy machine one round may start late.
    testbed.score.claim(
        "a group starts together", len(learned) == MEASURED and sorted(learned)[-2] < 0.3,
        f"heard {spread(learned, 0.05)}, {within} of {len(learned)} within 50 ms; while learning "
        f"{', '.join(map(ms, spreads[:LEARNING]))}; the box says {_said(box)}")
    begins = _begins(testbed.audio1.since(began))[:wanted]
    gaps = [b - a - SONG_SECONDS for a, b in zip(begins, begins[1:])]
    testbed.score.claim("a group continues without a long gap", median(gaps) < 1.5, f"heard {spread(gaps, 0.3)}")
    _switched_off(testbed, box)
    box.stop()


def _switched_off(testbed, box):
    tv = testbed.tv2
    tv.kill()
    killed = time.time()
    time.sleep(SONG_SECONDS + 6)
    alone = len(_begins(testbed.audio1.since(killed)))
    tv.start()
    wait_until(lambda: len(_begins(testbed.audio2.since(killed))) > 2, 6 * SONG_SECONDS + 30, every=0.5)
    joined, others = (_begins(heard.since(killed)) for heard in (testbed.audio2, testbed.audio1))
    apart = [min((abs(at - other) for other in others), default=9.0) for at in joined[:2]]
    # The first start of its process reads from the disk and takes longer than the box has learned.
    testbed.score.claim(
        "the group plays on without a member that is off, which rejoins at a boundary",
        alone >= 1 and len(apart) == 2 and apart[0] < 1.5 and apart[1] < 0.5,
        f"{alone} rounds without it; {', then '.join(map(ms, apart)) or 'never'} apart when it joined")
    renderer = box.renderer(ADDRESSES["tv2"])
    print(f"     the box says {_said(box)}, fault {renderer.get('fault')}")
