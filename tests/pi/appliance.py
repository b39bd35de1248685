"""The box as its owner has it: a Raspberry Pi 3 that boots Debian with systemd from an SD card, with the package.

The Pi is emulated and a host of the LAN. It is set up as the README says, then restarted, killed, and unplugged in the
middle of writing. Usage: appliance.py PARTS CARD PACKAGE [CUTS].
"""

import json
import random
import subprocess
import sys
import tempfile
import time

from pi_testbed import SOON, PiTestbed, Timed, after  # noqa: I001  (finds the modules of the LAN)
from lan import wait_until
from machine import Pi3, initramfs

# The button for play of the README. The configuration is needed only because the emulator reports no edges: the pin must
# be polled.
BUTTON = 17
CONFIG = f"""
[[renderer]]
name = "TV 1"
autoplay = false
[[button]]
pin = {BUTTON}
press = "play"
detect = "level"
[[led]]
pin = 22
shows = "status"
"""
# Seconds; generous, since emulation on a busy machine is slow.
BOOT, INSTALL = 300, 300
STATE = "/var/lib/dlna-kiosk"


class Appliance:
    """The card, and the machine while it has power."""

    def __init__(self, testbed, parts, card, package):
        self.testbed, self.claim, self.parts = testbed, testbed.score.claim, parts
        self.folder = tempfile.mkdtemp(dir=testbed.folder)
        self.card = f"{self.folder}/card"
        subprocess.run(["cp", "--sparse=always", card, self.card], check=True)
        for file, name in ((package, "dlna-kiosk.deb"), (testbed.film, "film.mp4")):
            subprocess.run(["debugfs", "-w", "-R", f"write {file} /root/{name}", self.card], check=True, capture_output=True)
        self.archive = initramfs(parts, self.folder, [
            *Pi3.modules, "bcm2835", "ext4", "overlay", "bcm2835_wdt", "gpiomem"], {})
        self.machine, self.boots = None, 0

    def on(self, root="rw"):
        """Switches the power on and waits until the root shell answers."""
        self.boots += 1
        # Messages of systemd about its units would mix with the output of commands.
        self.machine = Pi3(self.testbed.lan, self.parts, f"{self.folder}/boot{self.boots}", self.archive,
                           f"card={root} systemd.show_status=error", self.card)
        self.machine.idle(BUTTON)
        if not wait_until(lambda: self.machine.console.when("^the shell listens"), BOOT, every=0.1):
            raise RuntimeError(f"the system does not come up:\n{self.machine.console.text()[-3000:]}")

    def off(self):
        self.machine.cut()

    def run(self, command, seconds=60):
        return self.machine.console.run(command, seconds)

    def ready(self, seconds=BOOT):
        """Seconds from the start of the kernel to READY, by systemd; None if the service does not get ready."""
        show = "systemctl show dlna-kiosk -p ActiveState -p ActiveEnterTimestampMonotonic"

        def entered():
            said = dict(line.split("=", 1) for line in self.run(show).split("\n"))
            return said["ActiveState"] == "active" and int(said["ActiveEnterTimestampMonotonic"]) / 1e6

        return wait_until(entered, seconds, every=1)

    def plays(self):
        """Presses until the renderer plays, as people do who see no picture; (press, PLAYING) of the last press, or None."""
        for _ in range(6):
            self.testbed.revive()
            pressed = self.machine.push(BUTTON, 0.2)
            if playing := self.testbed.state("PLAYING", pressed, 5):
                return self.testbed.given(pressed) and (pressed, playing)
        return None

    def claim_plays(self, name):
        played = self.ready() and self.plays()
        self.claim(name, played, f"PLAYING {after(*played) if played else 'never'} after the press")
        if not played:
            print(self.journal())

    def restart_renderer(self):
        """Restarts the renderer, so that the box cannot take over what it still plays."""
        self.testbed.tv.kill()
        self.testbed.tv.start()
        if not wait_until(self.testbed.tv.ready, SOON):
            raise RuntimeError("the renderer did not get ready")

    def journal(self):
        return self.run("journalctl -b -u dlna-kiosk --no-pager -o cat")


def install(box):
    """Installs the package as the README says, copies a file into the media folder, presses."""
    box.on()
    box.run("cd /root && apt-get install -y ./dlna-kiosk.deb", INSTALL)
    at = box.ready()
    box.claim("the package installs, enables and starts the service", at and box.run("systemctl is-enabled dlna-kiosk") == "enabled",
              f"active: {bool(at)}")
    box.run("cp /root/film.mp4 /srv/dlna-kiosk/")
    box.run(f"cat > /etc/dlna-kiosk/config.toml <<'X'\n{CONFIG}\nX")
    box.run("dlna-kiosk check && systemctl restart dlna-kiosk", 90)
    box.claim_plays("a press plays a file of the media folder")
    box.run("systemctl stop dlna-kiosk; sync", 60)
    box.off()


def boots(box):
    """Power on: systemd starts the box, and it plays."""
    box.restart_renderer()
    box.on()
    at = box.ready()
    box.claim("systemd starts the box at boot", at, f"READY {at or 0:.1f} s after the kernel's start")
    box.claim_plays("the box plays after a boot")
    said = box.journal()
    box.claim("the journal has the log of the box", "version" in said, f"{len(said.splitlines())} lines")
    failed = box.run("systemctl list-units --failed --no-legend --plain")
    box.claim("no unit failed", not failed, failed or "no failed units")


def recovers(box):
    """The service is restarted and killed: it comes back."""
    for how in ("systemctl restart dlna-kiosk", "systemctl kill -s KILL dlna-kiosk"):
        before = box.ready()
        began = time.time()
        box.run(how, 90)
        again = wait_until(lambda: (now := box.ready(1)) and now != before and now, 60, every=0.5)
        taken = time.time() - began
        box.restart_renderer()
        played = box.plays()
        box.claim(f"the box is back after {how}", again and played, f"READY {taken:.0f} s later, and plays")


def power_cuts(box, cuts):
    """The power is cut while the state is written again and again."""
    damage = 0
    for number in range(1, cuts + 1):
        # Forgetting everything rewrites the whole file, by the code that the service uses.
        box.run("(while :; do dlna-kiosk profiles --forget all; done) >/tmp/writes 2>&1 &")
        wrote = wait_until(lambda: int(box.run("grep -c takes /tmp/writes || true")) > 2, 30, every=0.2)
        time.sleep(random.random() * 2)
        box.off()
        box.restart_renderer()
        box.on()
        at = box.ready()
        played = at and box.plays()
        files = box.run(f"ls {STATE}/").split()
        said = box.journal()
        errors = box.run("dmesg | grep -ci 'EXT4-fs error' || true")
        whole = "profiles.json.damaged" not in files and "profiles.json.damaged" not in said and is_json(box.run(f"cat {STATE}/profiles.json"))
        good = wrote and played and whole and errors == "0"
        damage += not good
        print(f"     cut {number}: READY {at or 0:.1f} s, plays: {bool(played)}, {' '.join(files)}, {errors} errors of the file system", flush=True)
    box.claim("the power may be cut at any time", not damage, f"{cuts} cuts in the middle of writing, {damage} bad")


def read_only(box):
    """The root file system is read-only, below one in memory."""
    box.off()
    box.restart_renderer()
    # Even a read-only mount would first replay the journal that the last power cut left.
    subprocess.run(["e2fsck", "-p", box.card], capture_output=True)
    whole = subprocess.run(["e2fsck", "-fn", box.card], capture_output=True).returncode == 0
    box.claim("the file system is intact", whole, "e2fsck finds nothing" if whole else "e2fsck finds faults")
    before = checksum(box.card)
    box.on("overlay")
    at = box.ready()
    played = at and box.plays()
    failed = box.run("systemctl list-units --failed --no-legend --plain")
    box.off()
    same = checksum(box.card) == before
    box.claim("the box works with a read-only root", played and not failed and same,
              f"READY {at or 0:.1f} s, plays: {bool(played)}, {failed or 'no failed units'}, the card is {'as it was' if same else 'changed'}")


def is_json(text):
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def checksum(path):
    return subprocess.run(["sha256sum", path], capture_output=True, check=True).stdout[:64]


def main(parts, card, package, cuts="10"):
    with PiTestbed() as testbed:
        box = Appliance(testbed, parts, card, package)
        try:
            for scene, *arguments in ((install,), (boots,), (recovers,), (power_cuts, int(cuts)), (read_only,)):
                with Timed(scene.__doc__):
                    scene(box, *arguments)
        except (KeyError, RuntimeError) as error:
            testbed.score.claim("the machine answers", False, error)
        if testbed.score.failed and box.machine:
            print(box.machine.console.text()[-6000:])
        return testbed.end()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
