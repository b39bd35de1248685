"""Captures the first bytes of each message at a host's network card, with the kernel's timestamp."""

import re
import socket
import struct
import threading
from collections import namedtuple

SO_TIMESTAMPNS = 35
ETH_P_ALL = 3
IP_PROTOCOLS = {6: "tcp", 17: "udp"}
# Only the start of a message is kept; media data are many and of no interest.
STARTS = (b"POST ", b"GET ", b"HEAD ", b"SUBSCRIBE ", b"UNSUBSCRIBE ", b"NOTIFY ", b"M-SEARCH ", b"HTTP/1.1 ")

Message = namedtuple("Message", "at source target port text")


class PacketCapture:
    """Captures in a host from its creation on."""

    def __init__(self, lan, host):
        self.messages = []
        with lan.inside(host):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            self.socket.bind(("eth0", ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        threading.Thread(target=self._capture, daemon=True).start()

    def _capture(self):
        while True:
            try:
                frame, ancillary, _, _ = self.socket.recvmsg(2048, 64)
            except OSError:
                continue  # the card is down and will come up again
            found = _payload(frame)
            if found and found[3].startswith(STARTS):
                seconds, nanoseconds = struct.unpack("qq", ancillary[0][2][:16])
                source, target, port, data = found
                text = data.decode("latin-1")
                self.messages.append(Message(seconds + nanoseconds / 1e9, source, target, port, text))

    def find(self, start, since=0.0, source=None, target=None, containing=""):
        """Messages that begin with `start`, in order of time."""
        return [m for m in list(self.messages) if m.at >= since and m.text.startswith(start)
                and source in (None, m.source) and target in (None, m.target)
                and containing.lower() in m.text.lower()]

    def actions(self, since=0.0, target=None):
        """The SOAP requests to renderers: (time, action)."""
        found = []
        for message in self.find("POST ", since, target=target):
            action = re.search(r"(?i)^soapaction:.*#(\w+)", message.text, re.M)
            if action:
                found.append((message.at, action[1]))
        return found


def _payload(frame):
    """(source, target, target port, data) of TCP or UDP in IPv4 in Ethernet; else None."""
    if len(frame) < 34 or frame[12:14] != b"\x08\x00" or frame[23] not in IP_PROTOCOLS:
        return None
    header = 14 + (frame[14] & 15) * 4
    length = (frame[header + 12] >> 4) * 4 if IP_PROTOCOLS[frame[23]] == "tcp" else 8
    data = frame[header + length:]
    if not data:
        return None
    source, target = (".".join(map(str, frame[i:i + 4])) for i in (26, 30))
    return source, target, struct.unpack(">H", frame[header + 2:header + 4])[0], data
