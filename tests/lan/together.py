"""Two gmediarenders as one: how far apart they begin is heard, not believed."""

import json
import time

import ear
from lan import wait_until
from media import SONG_SECONDS, SONGS
from stage import ADDRESSES, median, ms, spread

# Rounds from which the box learns how long each one takes to begin.
LEARNING = 3
MEASURED = 9


def _begins(sounds):
    """When each round of a song was first heard. A snippet at the cut belongs to no round."""
    return [part[0].start for part in ear.rounds(sounds) if ear.heard(part) > SONG_SECONDS / 2]


def _spreads(stage, since):
    """How far apart the two began, round by round."""
    pairs = zip(_begins(stage.ear1.since(since)), _begins(stage.ear2.since(since)))
    return [abs(a - b) for a, b in pairs]


def _group(stage, plays, wait):
    box = stage.box.run(
        f'[[group]]\nname = "Pair"\non = ["TV 1", "TV 2"]\nplays = {json.dumps(plays)}\nwait = {wait:.1f}\n')
    box.ready()
    return box


def _said(box):
    groups = box.status().get("groups") or [{}]
    return groups[0].get("spread_ms"), groups[0].get("rounds"), [m.get("state") for m in groups[0].get("members", [])]


def groups(stage):
    """Two renderers as one: the same song as WAV, FLAC and MP3, over and over; then one loses its power."""
    began = time.time()
    box = _group(stage, SONGS, 3)
    wanted = LEARNING + MEASURED
    wait_until(lambda: len(_spreads(stage, began)) > wanted, (wanted + 4) * (SONG_SECONDS + 2), every=0.5)
    # The last round may just have begun on one of them.
    spreads = _spreads(stage, began)[:wanted]
    learned = spreads[LEARNING:]
    within = sum(one <= 0.05 for one in learned)
    # One of them may be late on a busy machine.
    stage.score.claim(
        "a group begins together", len(learned) == MEASURED and sorted(learned)[-2] < 0.3,
        f"heard {spread(learned, 0.05)}, {within} of {len(learned)} within 50 ms; while learning "
        f"{', '.join(map(ms, spreads[:LEARNING]))}; the box says {_said(box)}")
    begins = _begins(stage.ear1.since(began))[:wanted]
    gaps = [b - a - SONG_SECONDS for a, b in zip(begins, begins[1:])]
    stage.score.claim("a group goes on without a long gap", median(gaps) < 1.5, f"heard {spread(gaps, 0.3)}")
    _switched_off(stage, box)
    box.stop()


def _switched_off(stage, box):
    tv = stage.tv2
    tv.kill()
    killed = time.time()
    time.sleep(SONG_SECONDS + 6)
    alone = len(_begins(stage.ear1.since(killed)))
    tv.start()
    wait_until(lambda: len(_begins(stage.ear2.since(killed))) > 2, 6 * SONG_SECONDS + 30, every=0.5)
    joined, others = (_begins(heard.since(killed)) for heard in (stage.ear2, stage.ear1))
    apart = [min((abs(at - other) for other in others), default=9.0) for at in joined[:2]]
    # Its first start is one from the disk, and takes longer than what was learned.
    stage.score.claim(
        "one that is off is let go, and joins at a boundary",
        alone >= 1 and len(apart) == 2 and apart[0] < 1.5 and apart[1] < 0.5,
        f"{alone} rounds without it; {', then '.join(map(ms, apart)) or 'never'} apart when it joined")
    renderer = box.renderer(ADDRESSES["tv2"])
    print(f"     the box says {_said(box)}, fault {renderer.get('fault')}")
