"""hanging_disk.py MOUNTPOINT FOLDER ORDERS: a disk of the files in FOLDER (no folders), by FUSE, that hangs as it is told to.

Each line of the file ORDERS is a kind of request (`lookup`, `getattr`, `open`, `read`, `opendir`, `readdir`, or `all`) and perhaps the
name of a file: such requests are not answered for as long as the line is there. A process that waits for an answer cannot be ended
by SIGKILL, as with a disk that hangs. When this program ends, the disk is gone, as when it is unplugged.
"""

import ctypes
import errno
import os
import stat
import struct
import sys
import threading
import time

# Numbers of requests in linux/fuse.h.
LOOKUP, GETATTR, OPEN, READ, STATFS, RELEASE, FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR, ACCESS = 1, 3, 14, 15, 17, 18, 25, 26, 27, 28, 29, 34
KINDS = {LOOKUP: "lookup", GETATTR: "getattr", OPEN: "open", READ: "read", OPENDIR: "opendir", READDIR: "readdir"}
# FORGET, INTERRUPT and BATCH_FORGET.
WITHOUT_ANSWER = (2, 36, 42)
ROOT = 1
LONGEST_READ = 1 << 17


class Disk:
    def __init__(self, at, folder, orders):
        self.folder, self.orders_file = folder, orders
        self.names = sorted(os.listdir(folder))
        self.numbers = {name: number for number, name in enumerate(self.names, ROOT + 1)}
        self.open_files, self.orders, self.orders_of = {}, [], None
        self.kernel = os.open("/dev/fuse", os.O_RDWR)
        options = f"fd={self.kernel},rootmode=40000,user_id=0,group_id=0,allow_other"
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mount(b"hanging", at.encode(), b"fuse.hanging", 1 | 2 | 4, options.encode()):
            raise OSError(ctypes.get_errno(), "mount")

    def name(self, number):
        return self.names[number - ROOT - 1] if number > ROOT else None

    def attributes(self, number):
        if number == ROOT:
            mode, size, changed = stat.S_IFDIR | 0o755, 0, 1_600_000_000
        else:
            about = os.stat(f"{self.folder}/{self.name(number)}")
            mode, size, changed = about.st_mode, about.st_size, int(about.st_mtime)
        return struct.pack(
            "<QQQQQQIIIIIIIIII", number, size, (size + 511) // 512, changed, changed, changed, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)

    def hangs(self, kind, name):
        try:
            changed = os.stat(self.orders_file).st_mtime_ns
        except OSError:
            return False
        if changed != self.orders_of:
            with open(self.orders_file) as file:
                self.orders, self.orders_of = [line.split() for line in file], changed
        return any(order[0] in (kind, "all") and order[1:] in ([], [name]) for order in self.orders if order)

    def serve(self):
        print("mounted", flush=True)
        while True:
            try:
                request = os.read(self.kernel, 1 << 20)
            except OSError as error:
                if error.errno in (errno.EINTR, errno.EAGAIN, errno.ENOENT):
                    continue
                return
            _, kind, unique, number = struct.unpack_from("<IIQQ", request)
            if kind in WITHOUT_ANSWER:
                continue
            body = request[40:]
            name = body.split(b"\0")[0].decode("utf-8", "replace") if kind == LOOKUP else self.name(number)
            if kind in KINDS and self.hangs(KINDS[kind], name):
                threading.Thread(target=self.answer_later, args=(kind, unique, number, body, name), daemon=True).start()
            else:
                self.answer(kind, unique, number, body, name)

    def answer_later(self, kind, unique, number, body, name):
        while self.hangs(KINDS[kind], name):
            time.sleep(0.05)
        self.answer(kind, unique, number, body, name)

    def answer(self, kind, unique, number, body, name):
        failed, data = 0, b""
        try:
            data = self.data(kind, number, body, name)
        except OSError as error:
            failed = error.errno
        try:
            os.write(self.kernel, struct.pack("<IiQ", 16 + len(data), -failed, unique) + data)
        except OSError:
            # Whoever asked is gone.
            pass

    def data(self, kind, number, body, name):
        if kind == INIT:
            return struct.pack("<IIIIHHIIHH8I", 7, 31, LONGEST_READ, 0, 64, 48, LONGEST_READ, 1, 32, 0, *[0] * 8)
        if kind == LOOKUP:
            if name not in self.numbers:
                raise OSError(errno.ENOENT, name)
            return struct.pack("<QQQQII", self.numbers[name], 0, 0, 0, 0, 0) + self.attributes(self.numbers[name])
        if kind == GETATTR:
            return struct.pack("<QII", 0, 0, 0) + self.attributes(number)
        if kind in (OPEN, OPENDIR):
            return struct.pack("<QII", number, 0, 0)
        if kind == READ:
            _, first, size = struct.unpack_from("<QQI", body)
            if number not in self.open_files:
                self.open_files[number] = os.open(f"{self.folder}/{name}", os.O_RDONLY)
            return os.pread(self.open_files[number], size, first)
        if kind == READDIR:
            _, first, size = struct.unpack_from("<QQI", body)
            return self.listing(first, size)
        if kind == STATFS:
            return struct.pack("<QQQQQIIII24x", 1000, 500, 500, 1000, 500, 4096, 255, 4096, 0)
        if kind in (RELEASE, RELEASEDIR, FLUSH, ACCESS):
            return b""
        raise OSError(errno.ENOSYS, "unknown")

    def listing(self, first, size):
        data = b""
        for at, name in enumerate(self.names[first:], first):
            text = name.encode()
            entry = struct.pack("<QQII", self.numbers[name], at + 1, len(text), stat.S_IFREG >> 12) + text
            entry += b"\0" * (-len(entry) % 8)
            if len(data) + len(entry) > size:
                break
            data += entry
        return data


Disk(*sys.argv[1:]).serve()
