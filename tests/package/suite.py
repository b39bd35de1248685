"""What an owner may expect of the package. Usage: suite.py PACKAGE ROOT

A *version* is the package repacked with another version number and another line in its configuration.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lan"))

import sample_media
from container import Container
from lan import Lan, wait_until
from renderers import Gmediarender
from testbed import Score

ADDRESSES = {"box": "10.77.0.1", "tv": "10.77.0.2"}
UNIT = "dlna-kiosk.service"
CONFIG, MEDIA, STATE = "/etc/dlna-kiosk/config.toml", "/srv/dlna-kiosk", "/var/lib/dlna-kiosk"
STICK = f"{MEDIA}/stick"
# What the owner appends to the shipped configuration.
EDITED = 'media_port = 9001\n[[renderer]]\nname = "TV"\nplays = "stick"\n'
# Seconds; generous, since the machine may be busy.
PATIENCE = 60


def version(package, number, folder):
    """The package with another version number and another last line in its configuration."""
    tree, made = f"{folder}/{number}", f"{folder}/dlna-kiosk_{number}.deb"
    subprocess.run(["dpkg-deb", "-R", package, tree], check=True)
    with open(f"{tree}/DEBIAN/control") as file:
        control = file.read()
    with open(f"{tree}/DEBIAN/control", "w") as file:
        file.write(re.sub(r"^Version: .*$", f"Version: {number}", control, flags=re.M))
    with open(f"{tree}{CONFIG}", "a") as file:
        file.write(f"# shipped with {number}\n")
    subprocess.run(["dpkg-deb", "-b", "--root-owner-group", tree, made], check=True, stdout=subprocess.DEVNULL)
    return made


class Suite:
    """One computer, from the first install to the purge."""

    def __init__(self, computer, tv, score, packages):
        self.computer, self.tv, self.score, self.packages = computer, tv, score, packages

    def install(self, package):
        """As the README says; an edited configuration is kept, which is dpkg's default."""
        shutil.copy(package, self.computer.path("/root/dlna-kiosk.deb"))
        return self.computer.must(
            "apt-get", "install", "-y", "-o", "Dpkg::Options::=--force-confdef", "/root/dlna-kiosk.deb")

    def shown(self, key):
        return self.computer.ask("systemctl", "show", "--value", "-p", key, UNIT)

    def runs(self):
        """The process id, once the service is ready."""
        return wait_until(lambda: self.shown("ActiveState") == "active" and self.shown("MainPID"), PATIENCE, every=0.1)

    def config(self):
        with open(self.computer.path(CONFIG)) as file:
            return file.read()

    def there(self, *names):
        """Those of these files that exist."""
        return [name for name in names if os.path.lexists(self.computer.path(name))]

    def plays(self, since):
        """When the TV began to play, or None."""
        return wait_until(lambda: self.tv.times("TransportState", "PLAYING", since), PATIENCE, every=0.1)

    def plug_in(self):
        """Mounts a stick read-only while the box runs."""
        self.computer.must("mkdir", "-p", STICK)
        self.computer.must("mount", "-t", "tmpfs", "tmpfs", STICK)
        self.computer.must("cp", f"{MEDIA}/clip.mp4", STICK)
        self.computer.must("mount", "-o", "remount,ro", STICK)

    def installed(self):
        """Installs the package on a system without it."""
        began = time.time()
        self.install(self.packages["older"])
        process, taken = self.runs(), time.time() - began
        enabled = self.computer.ask("systemctl", "is-enabled", UNIT)
        self.score.claim(
            "installing starts the service, now and at each boot", process and enabled == "enabled", f"{enabled}, ready after {taken:.1f} s")
        said = self.computer.ask("dlna-kiosk", "status")
        self.score.claim("the box answers its own command", "dlna-kiosk" in said and "up" in said, said.split("\n")[0])
        self.computer.must("useradd", "-m", "-G", "users", "owner")
        shutil.copy(self.clip, self.computer.path("/home/owner/clip.mp4"))
        code, said = self.computer.run("su", "owner", "-c", f"cp /home/owner/clip.mp4 {MEDIA}")
        self.score.claim("the owner may copy media without sudo", code == 0, said or "clip.mp4")
        code, said = self.computer.run("systemd-analyze", "verify", UNIT)
        self.score.claim("systemd finds nothing wrong with the unit", code == 0 and not said, said or "verify says nothing")

    def pins(self):
        """The unit, with a command instead of the box that reads a device of the group gpio."""
        device = "/dev/gpiomem"
        # The device numbers of /dev/zero.
        for words in (("mknod", device, "c", "1", "5"), ("chgrp", "gpio", device), ("chmod", "660", device)):
            self.computer.must(*words)
        with open(self.computer.path(f"/usr/lib/systemd/system/{UNIT}")) as file:
            unit = re.sub(r"^(Restart|WatchdogSec)=.*\n", "", file.read(), flags=re.M)
        unit = re.sub(r"^Type=.*", "Type=oneshot", unit, flags=re.M)
        unit = re.sub(r"^ExecStart=.*", f"ExecStart=/usr/bin/head -c 1 {device}", unit, flags=re.M)
        results = []
        for name, text in (("with", unit), ("without", unit.replace("SupplementaryGroups=gpio\n", ""))):
            self.computer.must("tee", f"/run/systemd/system/probe-{name}.service", text=text)
            results.append(self.computer.run("systemctl", "start", f"probe-{name}")[0] == 0)
        self.computer.must("rm", device)
        self.computer.run("systemctl", "reset-failed")
        self.score.claim(
            "the sandbox allows access to the pins, only by their group", results == [True, False],
            f"with the group {results[0]}, without {results[1]}")

    def upgraded(self):
        """An upgrade replaces an unchanged configuration and keeps an edited one."""
        self.install(self.packages["this"])
        left = "shipped with" not in self.config()
        edited = self.config() + EDITED
        self.computer.must("tee", CONFIG, text=edited)
        checked = self.computer.run("dlna-kiosk", "check")
        self.computer.must("systemctl", "restart", UNIT)
        before = self.runs()
        self.install(self.packages["newer"])
        after = self.runs()
        self.score.claim(
            "an upgrade replaces the configuration only if nobody has edited it",
            left and checked[0] == 0 and self.config() == edited and self.there(f"{CONFIG}.dpkg-dist"),
            f"untouched: replaced {left}; edited: kept {self.config() == edited}")
        self.score.claim("an upgrade starts the new program", before and after and before != after, f"process {before}, then {after}")

    def served(self):
        """The sandboxed service plays from a stick that is plugged in later."""
        began = time.time()
        self.plug_in()
        played = self.plays(began)
        self.score.claim(
            "the box plays from a read-only stick that is plugged in while it runs", played,
            f"after {played[0] - began:.1f} s" if played else self.computer.ask("dlna-kiosk", "status"))

    def confined(self):
        """In its sandbox, too, a process that reads media gives up what reading does not take. What it keeps, the journal says."""
        box = self.runs()
        readers = self.computer.ask("cat", f"/proc/{box}/task/{box}/children").split()
        filters = lambda pid: int(self.field(pid, "Seccomp_filters") or 0)
        confined = [pid for pid in readers if self.field(pid, "NoNewPrivs") == "1" and filters(pid) > filters(box)]
        bounded = [pid for pid in readers if re.search(r"Max data size +67108864", self.computer.ask("cat", f"/proc/{pid}/limits"))]
        threads = [self.field(pid, "Threads") for pid in readers]
        said = [line for line in self.computer.ask("journalctl", "-b", "-u", UNIT, "-o", "cat").split("\n") if "that read media" in line]
        self.score.claim(
            "processes that read media have given up their rights", readers and readers == confined == bounded and not said,
            f"{len(readers)} run, {len(confined)} are confined, {len(bounded)} have bounded memory, threads {threads}; {said or 'the journal names no right'}")

    def field(self, pid, name):
        """A field of what the kernel tells of a process."""
        found = re.search(rf"^{name}:\s*(\S+)", self.computer.ask("cat", f"/proc/{pid}/status"), re.M)
        return found and found[1]

    def crashed(self):
        """SIGKILL, which no program can handle."""
        before, began = self.runs(), time.time()
        self.computer.must("sh", "-c", f"kill -KILL {before}")
        after = wait_until(lambda: (self.runs() or before) != before and self.runs(), PATIENCE, every=0.1)
        self.score.claim("systemd restarts the service after it was killed", after, f"after {time.time() - began:.1f} s, process {before}, then {after}")

    def cut(self):
        """The power is cut and comes back."""
        kept = wait_until(lambda: self.there("/var/lib/private/dlna-kiosk/profiles.json"), PATIENCE, every=0.2)
        self.computer.cut()
        self.computer.boot()
        process, began = self.runs(), time.time()
        self.plug_in()
        played = self.plays(began)
        self.score.claim(
            "the box plays again after its power was cut", process and played and kept, f"state kept {kept}, ready at boot {bool(process)}, "
            f"plays {f'{played[0] - began:.1f} s after the stick' if played else 'never'}")
        self.computer.must("umount", STICK)

    def removed(self):
        """Removing keeps media, configuration and state; purging keeps only the media."""
        own = [f"{MEDIA}/clip.mp4", CONFIG, STATE, "/var/lib/private/dlna-kiosk"]
        self.computer.must("apt-get", "remove", "-y", "dlna-kiosk")
        gone, left = not self.there("/usr/bin/dlna-kiosk"), self.there(*own)
        state = self.shown("ActiveState")
        self.score.claim(
            "removing the package stops the service and keeps media, configuration and state", gone and state == "inactive" and left == own, f"{state}, left: {left}")
        self.computer.must("apt-get", "purge", "-y", "dlna-kiosk")
        left = self.there(*own, "/etc/dlna-kiosk", "/etc/systemd/system/multi-user.target.wants/dlna-kiosk.service")
        self.score.claim("purging the package keeps the media and nothing else", left == own[:1], f"left: {left}")

    def run(self, clip):
        self.clip = clip
        for act in (self.installed, self.pins, self.upgraded, self.served, self.confined, self.crashed, self.cut, self.removed):
            act()


def main(package, root):
    score = Score()
    with contextlib.ExitStack() as exits:
        folder = exits.enter_context(tempfile.TemporaryDirectory(prefix="dlna-kiosk-package-", ignore_cleanup_errors=True))
        packages = {"this": package, "older": version(package, "0.0.1", folder), "newer": version(package, "9999", folder)}
        clip = f"{folder}/clip.mp4"
        sample_media.clip(clip)
        lan = exits.enter_context(Lan(ADDRESSES))
        tv = Gmediarender(lan, "tv", f"{folder}/tv", "TV").start()
        if not wait_until(tv.ready, 15):
            raise RuntimeError("gmediarender did not get ready")
        computer = exits.enter_context(Container(lan, "box", root, f"{folder}/computer"))
        began = time.monotonic()
        Suite(computer, tv, score, packages).run(clip)
    print(f"package: {score.passed} passed, {score.failed} failed, in {time.monotonic() - began:.0f} s")
    return score.failed > 0


sys.exit(main(*sys.argv[1:]))
