//! Looks into a media file for its duration: from its headers, nothing is decoded.
//!
//! Bounded, because the box stands still meanwhile: so many bytes, so much time.

use crate::time::Duration;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Instant;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, MediaInfo};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::units::{Duration as Ticks, TimeBase};

/// Bytes read of one file. The index of a film of three hours takes about 4 MiB.
const BUDGET: u64 = 8 << 20;
/// Time spent on one file: a slow USB stick reads the budget in less.
const PATIENCE: Duration = Duration::from_millis(500);
/// A file that claims to last longer is lying.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Extensions of the formats that are understood. In others, such as MPEG transport streams, something
/// that looks like MP3 could be found, and a duration that is wrong is worse than none.
const UNDERSTOOD: [&str; 15] = [
    "aif", "aiff", "flac", "m4a", "m4v", "mka", "mkv", "mov", "mp3", "mp4", "oga", "ogg", "opus",
    "wav", "webm",
];

/// The duration of the file at `path`, if it is video or audio and says one.
#[must_use]
pub fn duration(path: &Path) -> Option<Duration> {
    let extension = path.extension()?.to_str()?.to_lowercase();
    if !UNDERSTOOD.contains(&extension.as_str()) {
        return None;
    }
    let file = File::open(path).ok()?;
    let length = file.metadata().ok().filter(|m| m.is_file())?.len();
    let source = Bounded {
        file,
        length,
        left: BUDGET,
        until: Instant::now() + PATIENCE,
    };
    let stream = MediaSourceStream::new(Box::new(source), MediaSourceStreamOptions::default());
    let mut hint = Hint::new();
    hint.with_extension(&extension);
    let (format, metadata) = (FormatOptions::default(), MetadataOptions::default());
    let reader = symphonia::default::get_probe()
        .probe(&hint, stream, format, metadata)
        .ok()?;

    let MediaInfo {
        time_base,
        duration,
        ..
    } = *reader.media_info();
    let media = span(time_base, duration);
    let tracks = reader
        .tracks()
        .iter()
        .map(|track| span(track.time_base, track.duration));
    let longest = tracks.chain([media]).flatten().max()?;
    (longest > Duration::ZERO && longest <= LONGEST).then_some(longest)
}

fn span(time_base: Option<TimeBase>, duration: Option<Ticks>) -> Option<Duration> {
    let nanos = time_base?.calc_duration(duration?)?.as_nanos();
    u64::try_from(nanos).ok().map(Duration::from_nanos)
}

/// A file that can be read only so far and so long.
struct Bounded {
    file: File,
    length: u64,
    left: u64,
    until: Instant,
}

impl Read for Bounded {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 || Instant::now() > self.until {
            return Err(io::Error::other("enough was read"));
        }
        let most = usize::try_from(self.left).map_or(into.len(), |left| into.len().min(left));
        let count = self.file.read(&mut into[..most])?;
        self.left -= count as u64;
        Ok(count)
    }
}

impl Seek for Bounded {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl MediaSource for Bounded {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn zz_fuzz() {
        let mut panics = std::collections::BTreeMap::<String, u32>::new();
        std::panic::set_hook(Box::new(|_| {}));
        let mut n = 0u64;
        let mut slow = Duration::ZERO;
        let end = Instant::now() + Duration::from_secs(100);
        while Instant::now() < end {
            for f in std::fs::read_dir("/tmp/http-media").unwrap().flatten() {
                let ext = f.path().extension().unwrap().to_str().unwrap().to_owned();
                let mut b = std::fs::read(f.path()).unwrap();
                b.truncate(20000);
                let len = b.len();
                for _ in 0..fastrand::usize(1..12) {
                    let at = if fastrand::bool() {
                        fastrand::usize(..len.min(600))
                    } else {
                        fastrand::usize(len.saturating_sub(3000)..len)
                    };
                    b[at] = match fastrand::u8(..4) {
                        0 => 0,
                        1 => 0xff,
                        2 => 0x7f,
                        _ => fastrand::u8(..),
                    };
                }
                if fastrand::u8(..8) == 0 {
                    b.truncate(fastrand::usize(..len));
                }
                let p = format!("/dev/shm/http-fuzz.{ext}");
                std::fs::write(&p, &b).unwrap();
                let t = Instant::now();
                let r = std::panic::catch_unwind(|| duration(Path::new(&p)));
                slow = slow.max(t.elapsed());
                n += 1;
                if r.is_err() {
                    let c = panics.entry(ext.clone()).or_default();
                    *c += 1;
                    if *c < 3 {
                        let _ = std::fs::copy(&p, format!("/tmp/http-crash-{c}.{ext}"));
                    }
                }
            }
        }
        let _ = std::panic::take_hook();
        println!("{n} runs, slowest {slow:?}, panics {panics:?}");
    }
}
