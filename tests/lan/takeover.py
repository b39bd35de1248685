"""The box is killed while renderers play. After its restart it must take over what they still play."""

import os
import signal
import time

from lan import wait_until
from sample_media import clip
from testbed import ADDRESSES, rule

SECONDS = 40
# The box saves what it has learned after ten seconds.
WRITTEN = 12


def takeover(testbed):
    """The box is killed while it plays and restarted at once, three times during one clip."""
    box, score = testbed.box, testbed.score
    clip(f"{testbed.media}/long.mp4", SECONDS)
    state = {"STATE_DIRECTORY": f"{testbed.folder}/kept"}
    os.makedirs(state["STATE_DIRECTORY"], exist_ok=True)
    rules = "".join(rule(who, plays="long.mp4") for who in (
        {"name": "TV 1"}, {"name": "TV 2"}, {"udn": testbed.tv3.udn}))
    box.run(rules, environment=state)
    box.ready()
    everybody = list(ADDRESSES.values())[1:]

    def all_play():
        return all(box.renderer(address).get("state") == "playing" for address in everybody)

    played = wait_until(all_play, 20, every=0.1)
    began = time.time()
    time.sleep(WRITTEN)
    kills = []
    for _ in range(3):
        box.process.signal(signal.SIGKILL)
        code = box.process.wait(5)
        kills.append(time.time())
        box.run(rules, environment=state)
        box.ready()
        back = wait_until(all_play, 10, every=0.05)
        print(f"     exit {code}, all play again {time.time() - kills[-1]:.2f} s later" if back else "     not back")
        time.sleep(3)
    orders = [action for _, action in testbed.packets.actions(began)]
    again, stops = orders.count("SetAVTransportURI"), orders.count("Stop")
    taken = sum("from before the restart" in line for line in box.log())
    score.claim(
        "after kill -9 the box takes over what plays", played and back and not again and not stops and taken == 3,
        f"3 kills, {time.time() - began:.0f} s into the round: {again} times given again, {stops} stopped, "
        f"{taken} of 3 taken over the last time")
    places = {r.get("address"): r.get("position_s") for r in box.status().get("renderers", [])}
    since = time.time() - began
    near = all(place is not None and abs(place - since) < 5 for place in places.values())
    score.claim("the box knows the position of each", near, f"{places}, {since:.1f} s after they were seen to play")

    def looped():
        sets = [at for at, action in testbed.packets.actions(kills[-1]) if action == "SetAVTransportURI"]
        return len(sets) >= 3 and all_play()

    went_on = wait_until(looped, SECONDS, every=0.2)
    taken = time.time() - began
    score.claim(
        "the loops continue", went_on and taken > SECONDS - 3, f"the next round of all three after {taken:.1f} s of {SECONDS}")
    box.stop()
