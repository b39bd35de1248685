"""A computer in a container: systemd boots in its own Debian, in a host of the LAN.

Its writes go to an overlay and survive a power cut.
"""

import os
import re
import subprocess

from lan import wait_until

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "TERM": "dumb", "DEBIAN_FRONTEND": "noninteractive"}
BOOT = 60
COMMAND = 120

# nspawn refuses these calls, which a kernel on a machine does not.
LANDLOCK = "landlock_create_ruleset landlock_add_rule landlock_restrict_self"


class Container:
    """`with Container(lan, "box", root, folder) as computer`: boots it, and removes it afterwards."""

    def __init__(self, lan, host, root, folder):
        self.lan, self.host, self.root, self.folder = lan, host, root, folder
        self.disk = f"{folder}/disk"
        self.leader = self.nspawn = None

    def __enter__(self):
        for name in ("written", "work", "disk"):
            os.makedirs(f"{self.folder}/{name}")
        layers = f"lowerdir={self.root},upperdir={self.folder}/written,workdir={self.folder}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, self.disk], check=True)
        try:
            self.boot()
        except BaseException:
            self.__exit__()
            raise
        return self

    def boot(self):
        """Returns when systemd reports `running` or `degraded`."""
        self.console = open(f"{self.folder}/console", "ab")
        self.nspawn = subprocess.Popen([
            "systemd-nspawn", "--quiet", "--boot", "--keep-unit", "--register=no", f"--directory={self.disk}", "--hostname=kiosk",
            f"--system-call-filter={LANDLOCK}", f"--network-namespace-path=/run/netns/{self.lan.namespace(self.host)}"],
            stdin=subprocess.DEVNULL, stdout=self.console, stderr=self.console, start_new_session=True)
        self.leader = wait_until(self._systemd, BOOT)
        if not self.leader or not wait_until(lambda: self.ask("systemctl", "is-system-running") in ("running", "degraded"), BOOT, 0.1):
            raise RuntimeError(f"the container did not boot: {open(self.console.name, errors='replace').read()[-1000:]}")

    def _systemd(self):
        """The process here that is process 1 of the container."""
        with open(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children") as file:
            for child in file.read().split():
                try:
                    with open(f"/proc/{child}/status") as status:
                        if re.search(r"^NSpid:\t\d+\t1$", status.read(), re.M):
                            return child
                except FileNotFoundError:
                    continue
        return None

    def run(self, *words, text=None):
        """(exit status, output) of a command inside."""
        inside = ["nsenter", "-t", self.leader, "-m", "-u", "-i", "-n", "-p", "-r", "-w"]
        done = subprocess.run(
            [*inside, *words], env=ENVIRONMENT, input=text, stdin=None if text else subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace", timeout=COMMAND)
        return done.returncode, done.stdout.strip()

    def ask(self, *words):
        """The output of a command."""
        return self.run(*words)[1]

    def must(self, *words, text=None):
        """The output of a command that must not fail."""
        code, said = self.run(*words, text=text)
        if code:
            raise RuntimeError(f"{' '.join(words)}: exit {code}: {said[-1000:]}")
        return said

    def path(self, name):
        """The path here of a file of the computer; what is mounted inside is not visible."""
        return f"{self.disk}{name}"

    def cut(self):
        """Cuts the power."""
        self.nspawn.kill()
        self.nspawn.wait(10)
        self.console.close()

    def __exit__(self, *_):
        if self.nspawn and self.nspawn.poll() is None:
            self.cut()
        subprocess.run(["umount", "--lazy", self.disk], check=False)
