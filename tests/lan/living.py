"""The media folder while it lives: bad files, files that come, a file that is copied slowly, one that is replaced
while it plays, and a USB stick (an image on a loop device: FAT, or ext4 where the kernel has no FAT) that comes and goes in mid-play."""

import os
import shutil
import subprocess
import time

from lan import wait_until
from media import CLIP_SECONDS, clip
from stage import ADDRESSES, ms, rule

# Ten times what is seen.
NOTICED, PLAYED = 15, 25


def living(stage):
    """Files and sticks come and go."""
    mixed, stick = f"{stage.media}/mixed", f"{stage.media}/stick"
    os.makedirs(mixed)
    os.makedirs(stick)
    try:
        _mix(stage, mixed)
        image = _image(stage)
        stage.box.run(
            rule({"name": "TV 1"}, plays=["stick", "clip.mp4"]) + rule({"name": "TV 2"}, plays="mixed"))
        stage.box.ready()
        bad(stage)
        comes(stage, mixed)
        grows(stage, mixed)
        replaced(stage, mixed)
        sticks(stage, image, stick)
        stage.box.stop()
    finally:
        # The other scenes count what is in the media folder.
        shutil.rmtree(mixed)
        os.rmdir(stick)


def _mix(stage, mixed):
    """Good files with difficult names, a lying extension, a hole of 5 GB, and five that cannot be played."""
    good = f"{stage.media}/clip.mp4"
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


def _image(stage):
    """A stick with a film of its own."""
    image, films = f"{stage.folder}/stick.img", f"{stage.folder}/stick"
    with open(image, "wb") as file:
        file.truncate(64 << 20)
    _run(f"mkfs.{_kind()}", image)
    os.makedirs(films)
    _run("mount", "-o", "loop", image, films)
    shutil.copy(f"{stage.media}/clip.mp4", f"{films}/on stick.mp4")
    _run("umount", films)
    return image


def _kind():
    with open("/proc/filesystems") as file:
        known = file.read().split()
    return next((kind for kind in ("vfat", "ext4") if kind in known), "vfat")


def _run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _there(stage, *words):
    """Runs a command where the box sees what it mounts: `ip netns exec` gave it a mount namespace."""
    _run("nsenter", "-t", str(stage.box.process.pid), "-m", *words)


def _media(stage):
    return stage.box.status().get("media", {})


def _said(stage, words, seen=0):
    return any(words in line for line in stage.box.log()[seen:])


def bad(stage):
    wait_until(lambda: len(_media(stage).get("bad", [])) >= 4, NOTICED)
    named = _media(stage).get("bad", [])
    wanted = ("3 lies.mkv: is an MP4 film, and is played as one", "6 empty.mp4: is empty",
              "7 text.mp3: is a text file", "8 out.mp4: is a link that leads out of the folder")
    stage.score.claim(
        "bad files are named", len(named) == len(wanted) and all(any(n.endswith(w) for n in named) for w in wanted),
        "; ".join(name.rsplit("/", 1)[1] for name in named))


def comes(stage, mixed):
    shutil.copy(f"{stage.media}/clip.mp4", f"{mixed}/.part")
    before, began = _media(stage)["files"], time.time()
    os.rename(f"{mixed}/.part", f"{mixed}/a new.mp4")
    found = wait_until(lambda: _media(stage)["files"] > before, NOTICED)
    stage.score.claim("a new file is noticed", found, f"after {ms(time.time() - began)} (target 2000 ms)")
    # Out of the way of what follows.
    time.sleep(2)


def grows(stage, mixed):
    with open(f"{stage.media}/clip.mp4", "rb") as source:
        content = source.read()
    before, taken_early = _media(stage)["files"], False
    with open(f"{mixed}/b slow.mp4", "wb") as file:
        for part in range(12):
            file.write(content[part * len(content) // 12:(part + 1) * len(content) // 12])
            file.flush()
            time.sleep(0.5)
            taken_early |= _media(stage)["files"] > before
    began = time.time()
    seen = _said(stage, "b slow.mp4: is still being copied")
    found = wait_until(lambda: _media(stage)["files"] > before, NOTICED)
    stage.score.claim(
        "what is being copied waits", found and seen and not taken_early,
        f"{'taken too early, ' if taken_early else ''}{'' if seen else 'not said, '}there {ms(time.time() - began)} after "
        "it was whole (target 1500 ms)")


def replaced(stage, mixed):
    """TV 2 plays the folder in order; whatever it plays is replaced, and played to its end all the same."""
    address = ADDRESSES["tv2"]

    def begins():
        renderer = stage.box.renderer(address)
        young = renderer.get("position_s") is not None and renderer["position_s"] < 3
        return renderer if young and (renderer.get("duration_s") or 0) > CLIP_SECONDS - 1 else None

    playing = wait_until(begins, 5 * CLIP_SECONDS)
    name, seen = playing["playing"], len(stage.box.log())
    shutil.copy(f"{stage.media}/again.mp4", f"{mixed}/.part")
    os.rename(f"{mixed}/.part", f"{mixed}/{name}")
    told = wait_until(lambda: _said(stage, f"{name} was replaced", seen), NOTICED)
    rounds = stage.box.renderer(address).get("rounds", 0)
    on = wait_until(lambda: stage.box.renderer(address).get("rounds", 0) >= rounds + 2, 4 * CLIP_SECONDS)
    faults = [line for line in stage.box.log()[seen:] if "TV 2" in line and " WARN" in line]
    stage.score.claim("replaced in mid-play", told and on and not faults, f"{name}: {faults or 'no fault'}")


def sticks(stage, image, stick):
    """TV 1 plays the stick when it is there, and a clip of the box."""
    address = ADDRESSES["tv1"]

    def plays(name):
        renderer = stage.box.renderer(address)
        return renderer.get("playing") == name and renderer.get("state") == "playing"

    fallback = wait_until(lambda: plays("clip.mp4"), PLAYED)
    for number in (1, 2):
        before, began = _media(stage)["files"], time.time()
        _there(stage, "mount", "-o", "ro,loop", image, stick)
        found = wait_until(lambda: _media(stage)["files"] > before, NOTICED)
        noticed = time.time() - began
        played = wait_until(lambda: plays("on stick.mp4"), PLAYED)
        began = time.time()
        _there(stage, "umount", "-l", stick)
        gone = wait_until(lambda: _media(stage)["files"] == before, NOTICED)
        missed = time.time() - began
        goes_on = wait_until(lambda: plays("clip.mp4"), PLAYED)
        stage.score.claim(
            f"a stick ({_kind()}) comes and goes in mid-play, time {number}", fallback and found and played and gone and goes_on,
            f"noticed after {ms(noticed)}, missed after {ms(missed)} (targets 1500 ms), "
            f"{'played' if played else 'never played'}, {'the clip goes on' if goes_on else 'it stalls'}")
