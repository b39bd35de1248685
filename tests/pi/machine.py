"""Emulated machines in QEMU: a Raspberry Pi 3 with its GPIO registers, and a board whose GPIO chip tells edges.

Each is a host of the LAN of network namespaces, by a tap on its bridge. The suite reads and writes its *console*, presses
its buttons and reads its LEDs from outside. A *pin* is at a *level*, 0 or 1; a pressed button is at 0.
"""

import os
import re
import shutil
import socket
import subprocess
import threading
import time

from lan import ip, wait_until

# The C library for dynamic programs, from Debian's cross compilers, by the machine number in the ELF header.
LIBRARIES = {
    183: ("/usr/aarch64-linux-gnu/lib", "ld-linux-aarch64.so.1"),
    40: ("/usr/arm-linux-gnueabihf/lib", "ld-linux-armhf.so.3"),
}


def initramfs(parts, folder, modules, files):
    """Packs /init, busybox, kernel modules (Debian's or those of this folder), and `files`, a map from paths in the archive
    to paths here, with the libraries that they need. Returns the path of the archive."""
    root = f"{folder}/root"
    here = os.path.dirname(os.path.abspath(__file__))
    found = {"init": f"{here}/init", "bin/busybox": f"{parts}/busybox", "bin/sh": f"{parts}/busybox", **files}
    release = os.path.basename(os.path.dirname(subprocess.run(
        ["find", f"{parts}/root/lib/modules", "-name", "modules.dep"], capture_output=True, text=True, check=True).stdout))
    order = []
    for module in modules:
        if os.path.exists(f"{parts}/{module}.ko"):
            order.append(f"{parts}/{module}.ko")
            continue
        shown = subprocess.run(["modprobe", "-d", f"{parts}/root", "-S", release, "--show-depends", module],
                               capture_output=True, text=True, check=True).stdout
        order += [path for path in re.findall(r"^insmod (\S+)", shown, re.M) if path not in order]
    found.update({f"modules/{os.path.basename(path)}": path for path in order})
    for path in files.values():
        with open(path, "rb") as file:
            start = file.read(20)
        if start.startswith(b"\x7fELF"):
            library, loader = LIBRARIES[start[18]]
            found.update({f"lib/{name}": f"{library}/{name}" for name in (loader, "libc.so.6", "libm.so.6", "libgcc_s.so.1")})
    for there, path in found.items():
        os.makedirs(os.path.dirname(f"{root}/{there}") or root, exist_ok=True)
        shutil.copy(path, f"{root}/{there}")
    with open(f"{root}/modules/order", "w") as file:
        file.writelines(f"{os.path.basename(path)}\n" for path in order)
    subprocess.run("find . | cpio -o -H newc --quiet > ../initramfs", shell=True, cwd=root, check=True)
    shutil.rmtree(root)
    return f"{folder}/initramfs"


class Console:
    """The serial line: its output with the time of each line, and a root shell that reads its input."""

    def __init__(self, connection):
        self.connection, self.lines, self.asked = connection, [], 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        rest = b""
        while data := self._received():
            *whole, rest = (rest + data).split(b"\n")
            now = time.time()
            self.lines += [(now, line.decode("utf-8", "replace").rstrip("\r")) for line in whole]

    def _received(self):
        try:
            return self.connection.recv(65536)
        except OSError:
            return b""

    def when(self, pattern, since=0.0):
        """When a line with this pattern first came, or None."""
        return next((at for at, line in list(self.lines) if at >= since and re.search(pattern, line)), None)

    def text(self, since=0.0):
        return "\n".join(line for at, line in list(self.lines) if at >= since)

    def run(self, command, seconds=30):
        """The output of a shell command; a failure or a time-out is an exception. Other programs write to the console, too,
        so each line of the output is marked."""
        self.asked += 1
        mark = f"@{self.asked}"
        self.connection.sendall((
            f"stty -echo; ({command}\n) >/tmp/said 2>&1 </dev/null; code=$?; "
            f"sed 's/^/{mark}:/' /tmp/said; echo {mark}=$code\n").encode())
        code = wait_until(lambda: re.search(rf"^{mark}=(\d+)$", self.text(), re.M), seconds)
        said = "\n".join(re.findall(rf"^{mark}:(.*)", self.text(), re.M))
        if not code or int(code[1]):
            raise RuntimeError(f"{command}: {f'exit {code[1]}' if code else 'no answer'}: {said or self.text()[-500:]}")
        return said


class Buttons:
    """Presses buttons; a subclass sets pins."""

    def push(self, pin, seconds=0.1, bounces=0):
        """Presses a button; the contact bounces so often at press and release. Returns the time just before the press."""
        before = time.time()
        for level in (0, 1):
            for _ in range(bounces):
                self.set(pin, level)
                self.set(pin, 1 - level)
            self.set(pin, level)
            if not level:
                time.sleep(seconds)
        return before


class Machine(Buttons):
    """The common part: the emulator in the namespace of the LAN's switch, its console, its test socket."""

    def __init__(self, lan, parts, folder, initramfs, arguments, card=None, name="pi"):
        self.lan, self.folder, self.name = lan, folder, name
        os.makedirs(folder, exist_ok=True)
        ip("-n", lan.switch, "tuntap", "add", "dev", name, "mode", "tap")
        ip("-n", lan.switch, "link", "set", name, "master", "bridge", "up")
        console = socket.create_server(f"{folder}/console", family=socket.AF_UNIX)
        console.settimeout(20)
        test = socket.create_server(f"{folder}/test", family=socket.AF_UNIX)
        test.settimeout(20)
        errors = open(f"{folder}/emulator", "wb")
        drive = ["-drive", f"if=sd,format=raw,file={card},cache=writethrough"] if card else []
        self.process = lan.start("switch", [
            "qemu-system-aarch64", *self.board(parts), "-display", "none", "-monitor", "none", "-no-reboot",
            "-kernel", f"{parts}/kernel", "-initrd", initramfs, "-append",
            f"loglevel=4 panic=1 iomem=relaxed {self.kernel} {arguments}",
            "-netdev", f"tap,id=lan,ifname={name},script=no,downscript=no", "-device", f"{self.card},netdev=lan,mac=52:54:00:77:00:50",
            "-chardev", f"socket,id=console,path={folder}/console", *self.serial,
            "-qtest", f"unix:{folder}/test", "-qtest-log", "/dev/null", *drive], stdout=errors, stderr=errors)
        try:
            self.console = Console(console.accept()[0])
            self.test = test.accept()[0].makefile("rw")
        except TimeoutError:
            with open(errors.name) as said:
                raise RuntimeError(f"the emulator did not start: {said.read()}") from None
        finally:
            console.close()
            test.close()
        self.started, self.lock = time.time(), threading.Lock()

    def poke(self, words):
        """Sends a command of QEMU's test protocol; returns its result."""
        with self.lock:
            self.test.write(f"{words}\n")
            self.test.flush()
            while (answer := self.test.readline()).startswith("IRQ"):
                pass
        if not answer.startswith("OK"):
            raise RuntimeError(f"{words}: {answer or 'the emulator is gone'}")
        return int(answer.split()[1], 0) if " " in answer.strip() else 0

    def idle(self, *pins):
        """Sets these pins to the level of a button that is not pressed; checks that they can be set."""
        for level in (0, 1):
            for pin in pins:
                self.set(pin, level)
                if self.levels() >> pin & 1 != level:
                    raise RuntimeError(f"pin {pin} cannot be set from outside")

    def sends_all(self, address):
        """Checks that frames still leave the machine after one of 84 bytes: see rndis_unpadded.c."""
        self.console.run(f"ping -c 1 -W 1 -s 42 {address}; ping -c 3 -W 5 {address}")

    def costs(self):
        """(processor seconds of the box so far, time of the machine, resident MB)."""
        # The readers of media are the same program, and were started later.
        said = self.console.run(
            "p=$(pidof dlna-kiosk | tr ' ' '\\n' | sort -n | head -n 1) && cat /proc/$p/stat /proc/uptime && grep VmRSS /proc/$p/status").split("\n")
        fields = said[0].rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100, float(said[1].split()[0]), int(re.search(r"\d+", said[2])[0]) / 1024

    def cut(self):
        """Cuts the power."""
        self.process.popen.kill()
        self.process.wait(10)
        ip("-n", self.lan.switch, "link", "del", self.name)


class Pi3(Machine):
    """A Raspberry Pi 3 B. The level of any pin can be set through the registers; QEMU emulates neither pulls nor edges."""

    kernel = "console=ttyS1,115200"
    card = "usb-net"
    serial = ["-serial", "null", "-serial", "chardev:console"]
    modules = ["phy-generic", "dwc2", "cdc_ether", "rndis_host", "rndis_unpadded"]
    SET, CLEAR, LEVELS = 0x3F20001C, 0x3F200028, 0x3F200034

    @staticmethod
    def board(parts):
        # With one thread for all four processors it boots three times faster than with four.
        return ["-M", "raspi3b", "-dtb", f"{parts}/pi3.dtb", "-accel", "tcg,thread=single"]

    def set(self, pin, level):
        self.poke(f"writel {self.SET if level else self.CLEAR:#x} {1 << pin:#x}")

    def levels(self):
        """The levels of all pins, one bit each."""
        return self.poke(f"readl {self.LEVELS:#x}")


class Virt(Machine):
    """QEMU's own board: its PL061 is a GPIO chip with eight lines, whose driver reports every edge to the kernel."""

    kernel = "console=ttyAMA0"
    card = "virtio-net-device"
    serial = ["-serial", "chardev:console"]
    modules = ["virtio_mmio", "virtio_net"]
    # The chip in QEMU's device tree and in memory.
    DEVICE, CHIP = "/machine/unattached/device[6]", 0x09030000

    @staticmethod
    def board(_):
        return ["-M", "virt", "-cpu", "cortex-a53", "-m", "512", "-accel", "tcg"]

    def set(self, pin, level):
        self.poke(f"set_irq_in {self.DEVICE} unnamed-gpio-in {pin} {level}")

    def levels(self):
        # The address selects the lines: all of them.
        return self.poke(f"readl {self.CHIP + 0x3FC:#x}")
