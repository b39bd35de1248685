"""Records the sound of a renderer with exact times.

gmediarender can send its sound through any GStreamer pipeline. Here it goes, in real time, as datagrams
of 20 ms to a socket in the renderer's own namespace; the kernel stamps their arrival. A log can say PLAYING
before anything is heard; the recording cannot.

The test media can be recognised: the clip's tone rises from `LOW` to `HIGH` Hz over its length,
and each track of the album has its own constant tone. Counting zero crossings tells them apart.
"""

import socket
import struct

RATE = 8000
PORT = 5004
LOW, HIGH, TRACK_STEP = 400, 2400, 400
# Counting crossings over 20 ms is exact to about 50 Hz; the tone rises by 200 Hz in a second.
FALL = 150
PIPELINE = (
    f"audioconvert ! audioresample ! audio/x-raw,format=S16LE,channels=1,rate={RATE} ! "
    f"audiobuffersplit output-buffer-duration=1/50 ! udpsink host=127.0.0.1 port={PORT} sync=true")
SO_TIMESTAMPNS = 35


class Sound:
    """One datagram: `start` and `end` in seconds of the wall clock, `pitch` in Hz; 0 is silence."""

    __slots__ = ("start", "end", "pitch")

    def __init__(self, arrival, samples):
        # A sink sends a buffer when its first sample is due.
        self.start, self.end = arrival, arrival + len(samples) / RATE
        loud = max(samples, default=0) > 300
        crossings = sum((a < 0) != (b < 0) for a, b in zip(samples, samples[1:]))
        self.pitch = crossings * RATE / (2 * len(samples)) if loud else 0


class AudioCapture:
    """Records in a host until the LAN is removed."""

    def __init__(self, lan, host):
        self.sounds = []
        with lan.inside(host):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        self.socket.bind(("127.0.0.1", PORT))
        lan.thread(host, self._listen)

    def _listen(self):
        while True:
            data, ancillary, _, _ = self.socket.recvmsg(65536, 64)
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2][:16])
            count = len(data) // 2
            samples = struct.unpack(f"<{count}h", data[:2 * count])
            if samples:
                self.sounds.append(Sound(seconds + nanoseconds / 1e9, samples))

    def since(self, moment):
        return [sound for sound in list(self.sounds) if sound.start >= moment]


def pauses(sounds, longer_than=0.005):
    """Silences between sounds: (when, seconds)."""
    return [(a.end, b.start - a.end) for a, b in zip(sounds, sounds[1:]) if b.start - a.end > longer_than]


def rounds(sounds):
    """Splits a looped clip where its rising tone falls back: one list of sounds per round, complete or not."""
    found, current, highest = [], [], 0
    for sound in sounds:
        # The pitch of a very short sound is not reliable.
        told = sound.pitch if sound.end - sound.start > 0.01 else 0
        if told and told < highest - FALL:
            found.append(current)
            current, highest = [], 0
        current.append(sound)
        highest = max(highest, told)
    return [*found, current]


def seams(sounds):
    """The silence between the rounds of a looped clip, in seconds."""
    parts = rounds(sounds)
    return [max(0.0, b[0].start - a[-1].end) for a, b in zip(parts, parts[1:])]


def heard(sounds):
    """How long something was heard, in seconds."""
    return sum(sound.end - sound.start for sound in sounds)


def tracks(sounds):
    """The tracks of the album in the order in which they were heard: (number, first start, last end)."""
    found = []
    for sound in sounds:
        number = round(sound.pitch / TRACK_STEP)
        if not number:
            continue
        if found and found[-1][0] == number:
            found[-1][2] = sound.end
        else:
            found.append([number, sound.start, sound.end])
    # A datagram that spans two tracks carries two tones and looks like a third track.
    return [tuple(t) for t in found if t[2] - t[1] > 0.1]
