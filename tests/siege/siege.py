"""siege.py PROGRAM [SECONDS [ATTACK…]]: besieges a box, prints a table, and claims what an owner would notice.

Claims are about counts and order, and times have generous bounds: the table is for people.
"""

import sys
import time

from room import LATE, TELEVISIONS, Room

# Each attack, and where it comes from: the LAN, or the machine of the box.
ATTACKS = {
    "line_ends": "lan", "line_ends_at_home": "box", "events": "lan", "idle": "lan", "strangers": "lan", "boots": "lan",
    "forged": "lan", "bodies": "lan", "unread_log": "lan"}
# How long an answer of the status may take, in seconds, and the longest turn in milliseconds: a hung box takes for ever.
LONGEST_ANSWER, LONGEST_TURN = 5, 2000
# Lines of the log in an attack, of which some are about what plays.
LINES = 400
# Memory that systemd allows the service, in MiB.
MEMORY = 128
# A configured television that is switched on in a flood is found within this time, in seconds.
FOUND_WITHIN = 30


class Siege:
    def __init__(self, room, seconds):
        self.room, self.seconds, self.failed = room, seconds, 0
        self.televisions = [room.television(address, f"TV{number}") for number, address in enumerate(TELEVISIONS, 1)]
        self.late = None

    def claim(self, what, holds):
        if not holds:
            self.failed += 1
            print(f"FAIL {what}", flush=True)

    def rounds(self, television, since):
        return sum(at >= since and said == "ended" for at, said in television.said)

    def wait_for(self, television, said, seconds, since=0.0):
        """Returns after how many seconds the television says this, or None."""
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            if any(at >= since and line.startswith(said) for at, line in television.said):
                return time.monotonic() - begun
            time.sleep(0.05)
        return None

    def window(self, attack=None):
        """What happens in this time, with or without an attack."""
        room, begun = self.room, time.monotonic()
        beats, lines = room.beats, len(room.lines)
        running, found = None, None
        if attack:
            path = next(("/" + line.split("/", 3)[3] for _, line in reversed(self.televisions[0].said) if line.startswith("uri ")), "/")
            more = [path] if attack == "idle" else []
            name = "boots" if attack == "unread_log" else attack
            seconds = max(self.seconds, FOUND_WITHIN + 3) if attack == "strangers" else self.seconds
            running = room.start(room.box_space if ATTACKS[attack] == "box" else room.lan_space, "attacks.py", name, seconds, *more)
        if attack == "unread_log":
            room.reading.clear()
        if attack == "strangers":
            time.sleep(2)
            self.late = room.television(LATE, "Late")
            found = self.wait_for(self.late, "playing", FOUND_WITHIN)
            self.claim(f"{attack}: a television that is switched on is found in {FOUND_WITHIN} s", found is not None)
        seen = room.watch(self.seconds)
        room.reading.set()
        spent = time.monotonic() - begun
        rounds = [self.rounds(television, begun) for television in self.televisions]
        if running:
            running.terminate()
            running.wait()
        turn = seen["status"]["mailbox"].get("longest_turn") if seen["status"] else None
        return {
            "seconds": spent, "rounds": rounds, "answer": seen["longest"], "failed": seen["failed"], "turn": turn,
            "lines": len(room.lines) - lines, "beats": room.beats - beats, "memory": room.memory(), "found": found}

    def show(self, name, row):
        turn = row["turn"] or {"ms": 0, "what": ""}
        found = "" if row["found"] is None else f"; found after {row['found']:.1f} s"
        print(
            f"{name:18} {row['seconds']:5.1f} s  rounds {'+'.join(map(str, row['rounds'])):7} status {row['answer'] * 1000:6.0f} ms"
            f"  beats {row['beats']:3}  log {row['lines']:4}  memory {row['memory']:5.1f} MiB"
            f"  longest turn {turn['ms']:5.1f} ms, {turn['what']}{found}", flush=True)

    def judge(self, name, row, quiet):
        expected = [rounds * row["seconds"] / quiet["seconds"] for rounds in quiet["rounds"]]
        self.claim(f"{name}: the televisions play on", all(2 * (r + 1) >= e for r, e in zip(row["rounds"], expected)))
        self.claim(f"{name}: the status is answered", row["failed"] == 0 and row["answer"] < LONGEST_ANSWER)
        self.claim(f"{name}: the watchdog is fed", row["beats"] >= row["seconds"] / 4)
        self.claim(f"{name}: the log can be read", row["lines"] <= LINES)
        self.claim(f"{name}: memory is bounded", row["memory"] <= MEMORY)
        self.claim(f"{name}: no turn is endless", row["turn"] is not None and row["turn"]["ms"] < LONGEST_TURN)
        self.claim(f"{name}: the box runs", self.room.box.poll() is None)

    def run(self, names):
        for television in self.televisions:
            self.claim("a television plays before the siege", self.wait_for(television, "ended", 30) is not None)
        quiet = self.window()
        self.show("no attack", quiet)
        for name in names:
            row = self.window(name)
            self.show(name, row)
            self.judge(name, row, quiet)
        begun = time.monotonic()
        for television in self.televisions:
            self.claim("a television plays after the siege", self.wait_for(television, "playing", 30, begun) is not None)


def main(program, seconds="6", *names):
    with Room(program) as room:
        siege = Siege(room, float(seconds))
        siege.run(names or ATTACKS)
        if siege.failed:
            print("\n".join(room.lines[-40:]))
        print(f"{siege.failed} claims failed" if siege.failed else "every claim holds")
        return min(siege.failed, 1)


sys.exit(main(*sys.argv[1:]))
