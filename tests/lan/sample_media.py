"""Makes the films and songs of the suite. Sound and picture end exactly together."""

import subprocess

from audio import HIGH, LOW, TRACK_STEP

CLIP_SECONDS = 10
TRACK_SECONDS = 5
TRACKS = 4
SONG_SECONDS = 6
SONGS = ["song.wav", "song.flac", "song.mp3"]


def _ffmpeg(*words):
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *words], check=True)


FILM_HIGH = 1200


def _sweep(seconds, high=HIGH):
    # The phase of a tone that rises evenly is the integral of its frequency.
    return f"aevalsrc=0.5*sin(2*PI*({LOW}*t+{(high - LOW) / (2 * seconds)}*t*t)):s=48000:d={seconds}"


def film(path, seconds):
    """A long clip, whose tone rises slowly."""
    clip(path, seconds, FILM_HIGH)


def clip(path, seconds=CLIP_SECONDS, high=HIGH):
    """H.264 and AAC; the pictures are small, so that two cores can decode three clips in real time."""
    _ffmpeg(
        "-f", "lavfi", "-i", f"testsrc2=s=320x180:r=25:d={seconds}", "-f", "lavfi", "-i", _sweep(seconds, high),
        "-c:v", "libx264", "-preset", "veryfast", "-g", "25", "-pix_fmt", "yuv420p",
        "-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart", path)


def album(folder):
    """Four FLAC tracks, each with its own tone."""
    for number in range(1, TRACKS + 1):
        _ffmpeg(
            "-f", "lavfi", "-i", f"sine={number * TRACK_STEP}:d={TRACK_SECONDS}:r=44100",
            "-af", "volume=4", "-c:a", "flac", f"{folder}/{number} Track.flac")


def songs(folder):
    """The same rising tone in several formats."""
    for name in SONGS:
        _ffmpeg("-f", "lavfi", "-i", _sweep(SONG_SECONDS), f"{folder}/{name}")
