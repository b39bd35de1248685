"""Files whose lengths, names or ends are not what they seem, in a loop on gmediarender and rygel."""

import os
import shutil
import struct
import subprocess
import time

import sample_media
from lan import wait_until
from testbed import ADDRESSES, rule

SECONDS = 3
ROUNDS = 2
# What must play in every round, by the beginning of its name, and what must be named, with a part of the sentence.
GOOD = ["a quiet", "b endless", "d late", "e cover"]
BAD = {"c half.mp4": "copy it again", "f photo.jpg": "convert it to JPEG"}


def _ffmpeg(*words, **more):
    return subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *words], check=True, **more)


def _make(place, folder):
    # A variable bit rate without a tag, quiet at first: by its first frames it is many times as long.
    _ffmpeg("-f", "lavfi", "-i", "anullsrc=r=44100:cl=stereo:d=1", "-f", "lavfi", "-i", f"anoisesrc=r=44100:d={SECONDS}:a=0.7",
            "-filter_complex", "[1]aformat=channel_layouts=stereo[n];[0][n]concat=n=2:v=0:a=1",
            "-c:a", "libmp3lame", "-q:a", "2", "-write_xing", "0", "-id3v2_version", "0", f"{place}/a quiet.mp3")
    # As a speech service sends it: the sizes are placeholders.
    sound = _ffmpeg("-f", "lavfi", "-i", f"sine=440:d={SECONDS}:r=44100", "-ac", "2", "-f", "s16le", "-", capture_output=True).stdout
    with open(f"{place}/b endless.wav", "wb") as file:
        file.write(b"RIFF\xff\xff\xff\xffWAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 2, 44100, 176400, 4, 16)
                   + b"data\xff\xff\xff\xff" + sound)
    # The copy of a film that ended too early; the index is at the end.
    film, last = f"{folder}/odd.mp4", f"{folder}/odd-last.mp4"
    sample_media.clip(film, SECONDS)
    _ffmpeg("-i", film, "-c", "copy", last)
    with open(last, "rb") as whole, open(f"{place}/c half.mp4", "wb") as half:
        content = whole.read()
        half.write(content[:len(content) // 2])
    # One subtitle after an hour, which stretches the length in the header.
    with open(f"{folder}/late.srt", "w") as text:
        text.write("1\n01:00:00,000 --> 01:00:05,000\nThanks\n")
    _ffmpeg("-i", film, "-i", f"{folder}/late.srt", "-map", "0", "-map", "1", "-c", "copy", "-c:s", "srt", f"{place}/d late.mkv")
    _ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x180:d=1", "-frames:v", "1", f"{place}/e cover.jpg")
    with open(f"{place}/f photo.jpg", "wb") as photo:
        photo.write(b"\0\0\0\x24ftypheic\0\0\0\0mif1MiHEmiafMiHBheic" + b"\0\0\x0f\xa6meta" + bytes(range(256)) * 20)


def odd_files(testbed):
    """Files that are not what they seem: the good ones play round after round, the bad ones are named."""
    place = f"{testbed.media}/odd"
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(place)
    _make(place, testbed.folder)
    began = time.time()
    told = {"RUST_LOG": "error,dlna_kiosk=debug"}
    testbed.box.run(
        rule({"name": "TV 1"}, plays="odd/", dwell=2) + rule({"udn": testbed.tv3.udn}, plays="odd/", dwell=2), environment=told)
    testbed.box.ready()
    names = {host: testbed.box.renderer(ADDRESSES[host]).get("name") for host in ("tv1", "tv3")}

    def rounds(host):
        names[host] = names[host] or testbed.box.renderer(ADDRESSES[host]).get("name")
        rows = [row for row in testbed.box.statistics().get("rows", []) if row["name"] == names[host]]
        played = {name: sum(row["rounds"] for row in rows if os.path.basename(row["file"]).startswith(name)) for name in GOOD}
        return {**played, "e cover": pictures(rows)}

    # A picture has no rounds of its own on a renderer that is given each anew: its starts count.
    def pictures(rows):
        return sum(row["starts"] for row in rows if os.path.basename(row["file"]).startswith("e cover"))

    wait_until(lambda: all(min(rounds(host).values()) >= ROUNDS for host in names), 90, every=0.5)
    played, log = {host: rounds(host) for host in names}, "\n".join(testbed.box.log(everything=True))
    named = testbed.box.status().get("media", {}).get("bad", [])
    testbed.box.stop()
    shutil.rmtree(place)
    for host, what in (("tv1", "gmediarender"), ("tv3", "rygel")):
        testbed.score.claim(
            f"{what}: odd files play round after round", min(played[host].values()) >= ROUNDS,
            f"{played[host]} in {time.time() - began:.0f} s")
    testbed.score.claim(
        "odd files that cannot play are named with what to do",
        all(any(name in line and words in line for line in named) for name, words in BAD.items()), f"{named}")
    testbed.score.claim(
        "what cannot play is not given to anybody", not any(f"playing {name}" in log for name in BAD), f"not {', '.join(BAD)}")
