"""What is played: an attract loop with clips, and a folder as people fill it.

The attract loop is a film of one minute whose tone rises slowly; the clip is a song with one tone, so that
the ear knows which of the two is heard, and where in the film it is.
"""

import os
import shutil
import subprocess
import time

import ear
import media
from lan import wait_until
from stage import ADDRESSES, median, ms, rule, spread

FILM_SECONDS = 60
PRESSES = 5
CLIP_PIN = 23
# Of one tone; the film passes this pitch at its very end only.
CLIP_PITCH = 4 * ear.TRACK_STEP


def clips(stage):
    """A press plays a clip over the attract loop, which then goes on where it was."""
    film, song = f"{stage.media}/film.mp4", f"{stage.media}/clips"
    os.makedirs(song, exist_ok=True)
    media.film(film, FILM_SECONDS)
    shutil.copy(f"{stage.media}/album/4 Track.flac", f"{song}/song.flac")
    began = time.time()
    stage.box.run(
        rule({"name": "TV 1"}, plays="film.mp4")
        + f'[[button]]\npin = {CLIP_PIN}\npress = "play_clip"\nplays = "clips/song.flac"\nrenderer = "TV 1"\n')
    stage.box.ready()
    wait_until(lambda: stage.first_play(stage.tv1, began), 15)
    time.sleep(4)
    starts, returns, places = [], [], []
    for _ in range(PRESSES):
        before = pitch(stage.ear1.since(time.time() - 0.5))
        pressed = stage.box.press(CLIP_PIN)
        wait_until(lambda: first(stage, pressed, is_song), 10, every=0.02)
        heard = first(stage, pressed, is_song)
        if heard is None:
            continue
        starts.append(heard - pressed)
        wait_until(lambda: first(stage, heard, is_film), 15, every=0.02)
        back = first(stage, heard, is_film)
        if back is None:
            continue
        over = max(sound.end for sound in stage.ear1.since(heard) if is_song(sound) and sound.end < back + 0.05)
        returns.append(back - over)
        time.sleep(2.5)
        # In two and a half seconds the film has gone on a little; it began before the seek, too.
        places.append(abs(seconds_of(pitch(stage.ear1.since(time.time() - 0.5))) - seconds_of(before)))
        time.sleep(0.5)
    stage.box.stop()
    stage.score.claim(
        "a press plays the clip", len(starts) == PRESSES and median(starts) < 3,
        f"{len(starts)} of {PRESSES}, heard after {spread(starts, 0.3)}")
    stage.score.claim(
        "the attract loop is back", len(returns) == PRESSES and median(returns) < 3,
        f"{len(returns)} of {PRESSES}, heard {spread(returns, 0.3)} after the clip's end")
    stage.score.claim(
        "it goes on where it was", places and median(places) < 8,
        f"{spread(places, 3)} away from where it was, 2.5 s later")


def folder(stage):
    """A folder as people fill it: what can be played is played, the rest is named."""
    place = f"{stage.media}/mixed"
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(place)
    short = f"{stage.folder}/short.mp4"
    media.clip(short, 3)
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=320x180:d=1",
                    "-frames:v", "1", f"{place}/c still.jpg"], check=True)
    shutil.copy(short, f"{place}/a film.mp4")
    shutil.copy(f"{stage.media}/album/1 Track.flac", f"{place}/b song.flac")
    shutil.copy(short, f"{place}/d Größe 日本.mp4")
    shutil.copy(short, f"{place}/e you & me.mp4")
    shutil.copy(short, f"{place}/f huge.mp4")
    os.truncate(f"{place}/f huge.mp4", 5 << 30)
    open(f"{place}/g empty.mp4", "w").close()
    with open(f"{place}/h lie.mp4", "w") as lie:
        lie.write("Dear diary, this is not a film.\n" * 200)
    shutil.copy(short, f"{place}/i changes.mp4")
    outside = f"{stage.folder}/outside.mp4"
    shutil.copy(short, outside)
    os.symlink(outside, f"{place}/j link.mp4")
    began = time.time()
    # Each file that plays, not only what changes.
    told = {"RUST_LOG": "error,dlna_kiosk=debug"}
    stage.box.run(rule({"name": "TV 1"}, plays="mixed/", dwell=2), environment=told)
    stage.box.ready()
    good = ["a film", "b song", "c still", "d Gr", "e you", "f huge", "i changes"]

    def played():
        text = "\n".join(stage.box.log(everything=True))
        return [name for name in good if f"playing {name}" in text]

    replaced = False
    deadline = time.time() + 90
    while time.time() < deadline and not (len(played()) == len(good) and replaced):
        playing = stage.box.renderer(ADDRESSES["tv1"]).get("playing") or ""
        if playing.startswith("i changes") and not replaced:
            shutil.copy(short, f"{stage.folder}/new.mp4")
            os.replace(f"{stage.folder}/new.mp4", f"{place}/i changes.mp4")
            replaced = True
        time.sleep(0.3)
    # Round and round, in spite of everything.
    wait_until(lambda: sum("playing a film" in line for line in stage.box.log(everything=True)) > 1, 40, every=0.5)
    again = sum("playing a film" in line for line in stage.box.log(everything=True)) > 1
    log = "\n".join(stage.box.log(everything=True))
    status = stage.box.status()
    stage.box.stop()
    shutil.rmtree(place)
    named = [name for name in ("g empty", "h lie", "j link") if name in log or name in str(status.get("media"))]
    stage.score.claim(
        "everything that can be played is played", played() == good,
        f"{len(played())} of {len(good)} in {time.time() - began:.0f} s"
        + (f", missing {sorted(set(good) - set(played()))}" if played() != good else ""))
    stage.score.claim("what is bad is named", len(named) == 3, f"{named} of three")
    stage.score.claim("a file replaced in mid-play does not stop the round", replaced and again,
                      f"replaced: {replaced}, the next round began: {again}")
    stage.score.claim("nothing outside the folder is served", "playing j link" not in log, "the link is left alone")
    stage.score.claim("the empty and the lying file are skipped", "playing g empty" not in log and "playing h lie" not in log,
                      "never said to play")


def pitch(sounds):
    heard = sorted(sound.pitch for sound in sounds if sound.pitch)
    return heard[len(heard) // 2] if heard else 0


def seconds_of(pitch_of_film):
    """Where in the film that is."""
    return (pitch_of_film - ear.LOW) * FILM_SECONDS / (media.FILM_HIGH - ear.LOW)


def is_song(sound):
    return abs(sound.pitch - CLIP_PITCH) < 60


def is_film(sound):
    return 0 < sound.pitch < media.FILM_HIGH + 60


def first(stage, since, kind):
    """When the second of two such sounds in a row was heard: one may be a click."""
    sounds = stage.ear1.since(since)
    pairs = zip(sounds, sounds[1:])
    return next((a.start for a, b in pairs if kind(a) and kind(b)), None)
