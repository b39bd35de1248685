"""Which media are played: an attract loop with clips, and a folder with files of many kinds.

The attract loop is a film of one minute whose tone rises slowly; the clip is a song with one tone. So the recording
tells which of the two is heard, and the position in the film.
"""

import os
import shutil
import subprocess
import time

import audio
import sample_media
from lan import wait_until
from testbed import ADDRESSES, median, rule, spread

FILM_SECONDS = 60
PRESSES = 5
CLIP_PIN = 23
# The film reaches this pitch only at its very end.
CLIP_PITCH = 4 * audio.TRACK_STEP


def clips(testbed):
    """A press plays a clip over the attract loop, which then resumes at its position."""
    film, song = f"{testbed.media}/film.mp4", f"{testbed.media}/clips"
    os.makedirs(song, exist_ok=True)
    sample_media.film(film, FILM_SECONDS)
    shutil.copy(f"{testbed.media}/album/4 Track.flac", f"{song}/song.flac")
    began = time.time()
    testbed.box.run(
        rule({"name": "TV 1"}, plays="film.mp4")
        + f'[[button]]\npin = {CLIP_PIN}\npress = "play_clip"\nplays = "clips/song.flac"\nrenderer = "TV 1"\n')
    testbed.box.ready()
    wait_until(lambda: testbed.first_play(testbed.tv1, began), 15)
    time.sleep(4)
    starts, returns, places = [], [], []
    for _ in range(PRESSES):
        before = pitch(testbed.audio1.since(time.time() - 0.5))
        pressed = testbed.box.press(CLIP_PIN)
        wait_until(lambda: first(testbed, pressed, is_song), 10, every=0.02)
        heard = first(testbed, pressed, is_song)
        if heard is None:
            continue
        starts.append(heard - pressed)
        wait_until(lambda: first(testbed, heard, is_film), 15, every=0.02)
        back = first(testbed, heard, is_film)
        if back is None:
            continue
        over = max(sound.end for sound in testbed.audio1.since(heard) if is_song(sound) and sound.end < back + 0.05)
        returns.append(back - over)
        time.sleep(2.5)
        # The film has played for two and a half seconds since, and for a moment from its beginning before the seek.
        places.append(abs(seconds_of(pitch(testbed.audio1.since(time.time() - 0.5))) - seconds_of(before)))
        time.sleep(0.5)
    testbed.box.stop()
    testbed.score.claim(
        "a press plays the clip", len(starts) == PRESSES and median(starts) < 3,
        f"{len(starts)} of {PRESSES}, heard after {spread(starts, 0.3)}")
    testbed.score.claim(
        "the attract loop is back", len(returns) == PRESSES and median(returns) < 3,
        f"{len(returns)} of {PRESSES}, heard {spread(returns, 0.3)} after the clip's end")
    testbed.score.claim(
        "it goes on where it was", places and median(places) < 8,
        f"{spread(places, 3)} away from where it was, 2.5 s later")


def folder(testbed):
    """A mixed folder: what can be played is played, the rest is reported."""
    place = f"{testbed.media}/mixed"
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(place)
    short = f"{testbed.folder}/short.mp4"
    sample_media.clip(short, 3)
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=320x180:d=1",
                    "-frames:v", "1", f"{place}/c still.jpg"], check=True)
    shutil.copy(short, f"{place}/a film.mp4")
    shutil.copy(f"{testbed.media}/album/1 Track.flac", f"{place}/b song.flac")
    shutil.copy(short, f"{place}/d Größe 日本.mp4")
    shutil.copy(short, f"{place}/e you & me.mp4")
    shutil.copy(short, f"{place}/f huge.mp4")
    os.truncate(f"{place}/f huge.mp4", 5 << 30)
    open(f"{place}/g empty.mp4", "w").close()
    with open(f"{place}/h lie.mp4", "w") as lie:
        lie.write("Dear diary, this is not a film.\n" * 200)
    shutil.copy(short, f"{place}/i changes.mp4")
    outside = f"{testbed.folder}/outside.mp4"
    shutil.copy(short, outside)
    os.symlink(outside, f"{place}/j link.mp4")
    began = time.time()
    # At this level the log names each file that plays.
    told = {"RUST_LOG": "error,dlna_kiosk=debug"}
    testbed.box.run(rule({"name": "TV 1"}, plays="mixed/", dwell=2), environment=told)
    testbed.box.ready()
    good = ["a film", "b song", "c still", "d Gr", "e you", "f huge", "i changes"]

    def played():
        text = "\n".join(testbed.box.log(everything=True))
        return [name for name in good if f"playing {name}" in text]

    replaced = False
    deadline = time.time() + 90
    while time.time() < deadline and not (len(played()) == len(good) and replaced):
        playing = testbed.box.renderer(ADDRESSES["tv1"]).get("playing") or ""
        if playing.startswith("i changes") and not replaced:
            shutil.copy(short, f"{testbed.folder}/new.mp4")
            os.replace(f"{testbed.folder}/new.mp4", f"{place}/i changes.mp4")
            replaced = True
        time.sleep(0.3)
    # The folder is played again from its beginning.
    wait_until(lambda: sum("playing a film" in line for line in testbed.box.log(everything=True)) > 1, 40, every=0.5)
    again = sum("playing a film" in line for line in testbed.box.log(everything=True)) > 1
    log = "\n".join(testbed.box.log(everything=True))
    status = testbed.box.status()
    testbed.box.stop()
    shutil.rmtree(place)
    named = [name for name in ("g empty", "h lie", "j link") if name in log or name in str(status.get("media"))]
    testbed.score.claim(
        "everything that can be played is played", played() == good,
        f"{len(played())} of {len(good)} in {time.time() - began:.0f} s"
        + (f", missing {sorted(set(good) - set(played()))}" if played() != good else ""))
    testbed.score.claim("bad files are reported", len(named) == 3, f"{named} of three")
    testbed.score.claim("a file that is replaced while it plays does not stop the round", replaced and again,
                      f"replaced: {replaced}, the next round began: {again}")
    testbed.score.claim("nothing outside the folder is served", "playing j link" not in log, "the link is not followed")
    testbed.score.claim("the empty and the lying file are skipped", "playing g empty" not in log and "playing h lie" not in log,
                      "the log never says that they play")


def pitch(sounds):
    heard = sorted(sound.pitch for sound in sounds if sound.pitch)
    return heard[len(heard) // 2] if heard else 0


def seconds_of(pitch_of_film):
    """The position in the film, by pitch."""
    return (pitch_of_film - audio.LOW) * FILM_SECONDS / (sample_media.FILM_HIGH - audio.LOW)


def is_song(sound):
    return abs(sound.pitch - CLIP_PITCH) < 60


def is_film(sound):
    return 0 < sound.pitch < sample_media.FILM_HIGH + 60


def first(testbed, since, kind):
    """When the first of two consecutive sounds of this kind was heard; a single one may be a click."""
    sounds = testbed.audio1.since(since)
    pairs = zip(sounds, sounds[1:])
    return next((a.start for a, b in pairs if kind(a) and kind(b)), None)
