"""A group of processes with little memory: a cgroup of version 1 or 2, whichever this machine has for memory."""

import os
import time

ONE, TWO = "/sys/fs/cgroup/memory", "/sys/fs/cgroup"


class MemoryGroup:
    """`with MemoryGroup(bytes) as group`: a process that is started by `group.enters` is in the group."""

    def __init__(self, limit):
        self.limit = limit
        self.is_old = os.path.exists(f"{ONE}/memory.limit_in_bytes")
        self.path = f"{ONE if self.is_old else TWO}/dlna-kiosk-{os.getpid()}"
        self.enters = ("sh", "-c", f'echo $$ >{self.path}/cgroup.procs && exec "$@"', "sh")

    def __enter__(self):
        os.mkdir(self.path)
        self._write("memory.limit_in_bytes" if self.is_old else "memory.max", self.limit)
        return self

    def _write(self, name, value):
        with open(f"{self.path}/{name}", "w") as file:
            file.write(str(value))

    def _read(self, name):
        with open(f"{self.path}/{name}") as file:
            return file.read()

    def most(self):
        """The most bytes that it had, with the cache of files."""
        return int(self._read("memory.max_usage_in_bytes" if self.is_old else "memory.peak"))

    def killed(self):
        """How many processes the kernel has killed for want of memory."""
        words = self._read("memory.oom_control" if self.is_old else "memory.events").split()
        return int(dict(zip(words[::2], words[1::2])).get("oom_kill", 0))

    def __exit__(self, *_):
        # What is left moves to the group above, since the group cannot be removed before.
        for _ in range(50):
            for pid in self._read("cgroup.procs").split():
                try:
                    with open(f"{os.path.dirname(self.path)}/cgroup.procs", "w") as file:
                        file.write(pid)
                except OSError:
                    pass
            try:
                return os.rmdir(self.path)
            except OSError:
                time.sleep(0.1)
