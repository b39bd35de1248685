"""Changes of the media folder: bad files, a new file, a file that is copied slowly, one that is replaced while it
plays, and a USB stick that comes and goes meanwhile (an image on a loop device: FAT, or ext4 where the kernel has no
FAT)."""

import os
import shutil
import subprocess
import time

from lan import wait_until
from sample_media import CLIP_SECONDS, clip
from testbed import ADDRESSES, ms, rule

# Seconds: ten times what was measured.
NOTICED, PLAYED = 15, 25


def media_changes(testbed):
    """Files and a USB stick come and go."""
    mixed, stick = f"{testbed.media}/mixed", f"{testbed.media}/stick"
    os.makedirs(mixed)
    os.makedirs(stick)
    try:
        _mix(testbed, mixed)
        image = _image(testbed)
        testbed.box.run(
            rule({"name": "TV 1"}, plays=["stick", "clip.mp4"]) + rule({"name": "TV 2"}, plays="mixed"))
        testbed.box.ready()
        bad(testbed)
        comes(testbed, mixed)
        grows(testbed, mixed)
        replaced(testbed, mixed)
        sticks(testbed, image, stick)
        testbed.box.stop()
    finally:
        # The other scenes count what is in the media folder.
        shutil.rmtree(mixed)
        os.rmdir(stick)


def _mix(testbed, mixed):
    """Good files with difficult names, a wrong extension or a hole of 5 GB, and three that cannot be played."""
    good = f"{testbed.media}/clip.mp4"
    for name in ("1 plain.mp4", "2 Füße & 日本.mp4", "3 lies.mkv"):
        shutil.copy(good, f"{mixed}/{name}")
    clip(f"{mixed}/4 short.mp4", 3)
    shutil.copy(good, f"{mixed}/5 hole.mp4")
    with open(f"{mixed}/5 hole.mp4", "r+b") as file:
        # A box of type `free`, to the end of the file (ISO/IEC 14496-12).
        file.seek(0, os.SEEK_END)
        file.write(b"\0\0\0\0free")
        file.truncate(5 << 30)
    open(f"{mixed}/6 empty.mp4", "wb").close()
    with open(f"{mixed}/7 text.mp3", "w") as file:
        file.write("no song at all\n")
    os.symlink("/etc/passwd", f"{mixed}/8 out.mp4")
    long_ago = time.time() - 3600
    for name in os.listdir(mixed):
        os.utime(f"{mixed}/{name}", (long_ago, long_ago), follow_symlinks=False)


def _image(testbed):
    """A stick with a film of its own."""
    image, films = f"{testbed.folder}/stick.img", f"{testbed.folder}/stick"
    with open(image, "wb") as file:
        file.truncate(64 << 20)
    _run(f"mkfs.{_kind()}", image)
    os.makedirs(films)
    _run("mount", "-o", "loop", image, films)
    shutil.copy(f"{testbed.media}/clip.mp4", f"{films}/on stick.mp4")
    _run("umount", films)
    return image


def _kind():
    with open("/proc/filesystems") as file:
        known = file.read().split()
    return next((kind for kind in ("vfat", "ext4") if kind in known), "vfat")


def _run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _there(testbed, *words):
    """Runs a command in the mount namespace that `ip netns exec` gave the box."""
    _run("nsenter", "-t", str(testbed.box.process.pid), "-m", *words)


def _media(testbed):
    return testbed.box.status().get("media", {})


def _said(testbed, words, seen=0):
    return any(words in line for line in testbed.box.log()[seen:])


def bad(testbed):
    wait_until(lambda: len(_media(testbed).get("bad", [])) >= 4, NOTICED)
    named = _media(testbed).get("bad", [])
    wanted = ("3 lies.mkv: is an MP4 film, and is played as one", "6 empty.mp4: is empty",
              "7 text.mp3: is a text file", "8 out.mp4: is a link that leads out of the folder")
    testbed.score.claim(
        "bad files are named", len(named) == len(wanted) and all(any(n.endswith(w) for n in named) for w in wanted),
        "; ".join(name.rsplit("/", 1)[1] for name in named))


def comes(testbed, mixed):
    shutil.copy(f"{testbed.media}/clip.mp4", f"{mixed}/.part")
    before, began = _media(testbed)["files"], time.time()
    os.rename(f"{mixed}/.part", f"{mixed}/a new.mp4")
    found = wait_until(lambda: _media(testbed)["files"] > before, NOTICED)
    testbed.score.claim("a new file is noticed", found, f"after {ms(time.time() - began)} (target 2000 ms)")
    # Let this settle before the next file.
    time.sleep(2)


def grows(testbed, mixed):
    with open(f"{testbed.media}/clip.mp4", "rb") as source:
        content = source.read()
    before, taken_early = _media(testbed)["files"], False
    with open(f"{mixed}/b slow.mp4", "wb") as file:
        for part in range(12):
            file.write(content[part * len(content) // 12:(part + 1) * len(content) // 12])
            file.flush()
            time.sleep(0.5)
            taken_early |= _media(testbed)["files"] > before
    began = time.time()
    seen = _said(testbed, "b slow.mp4 is still being copied")
    found = wait_until(lambda: _media(testbed)["files"] > before, NOTICED)
    testbed.score.claim(
        "what is being copied waits", found and seen and not taken_early,
        f"{'taken too early, ' if taken_early else ''}{'' if seen else 'not said, '}there {ms(time.time() - began)} after "
        "it was whole (target 1500 ms)")


def replaced(testbed, mixed):
    """TV 2 plays the folder in order; the file that plays is replaced, and must be played to its end all the same."""
    address = ADDRESSES["tv2"]

    def begins():
        renderer = testbed.box.renderer(address)
        young = renderer.get("position_s") is not None and renderer["position_s"] < 3
        return renderer if young and (renderer.get("duration_s") or 0) > CLIP_SECONDS - 1 else None

    playing = wait_until(begins, 5 * CLIP_SECONDS)
    name, seen = playing["playing"], len(testbed.box.log())
    shutil.copy(f"{testbed.media}/again.mp4", f"{mixed}/.part")
    os.rename(f"{mixed}/.part", f"{mixed}/{name}")
    told = wait_until(lambda: _said(testbed, f"{name} was replaced", seen), NOTICED)
    rounds = testbed.box.renderer(address).get("rounds", 0)
    on = wait_until(lambda: testbed.box.renderer(address).get("rounds", 0) >= rounds + 2, 4 * CLIP_SECONDS)
    faults = [line for line in testbed.box.log()[seen:] if "TV 2" in line and " WARN" in line]
    testbed.score.claim("a file is replaced while it plays", told and on and not faults, f"{name}: {faults or 'no fault'}")


def sticks(testbed, image, stick):
    """TV 1 plays the stick while it is plugged in, and a clip of the box."""
    address = ADDRESSES["tv1"]

    def plays(name):
        renderer = testbed.box.renderer(address)
        return renderer.get("playing") == name and renderer.get("state") == "playing"

    fallback = wait_until(lambda: plays("clip.mp4"), PLAYED)
    for number in (1, 2):
        before, began = _media(testbed)["files"], time.time()
        _there(testbed, "mount", "-o", "ro,loop", image, stick)
        found = wait_until(lambda: _media(testbed)["files"] > before, NOTICED)
        noticed = time.time() - began
        played = wait_until(lambda: plays("on stick.mp4"), PLAYED)
        began = time.time()
        _there(testbed, "umount", "-l", stick)
        gone = wait_until(lambda: _media(testbed)["files"] == before, NOTICED)
        missed = time.time() - began
        goes_on = wait_until(lambda: plays("clip.mp4"), PLAYED)
        testbed.score.claim(
            f"a stick ({_kind()}) comes and goes during play, time {number}", fallback and found and played and gone and goes_on,
            f"noticed after {ms(noticed)}, missed after {ms(missed)} (targets 1500 ms), "
            f"{'played' if played else 'never played'}, {'the clip goes on' if goes_on else 'it stalls'}")
