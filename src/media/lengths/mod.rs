//! How long a film or a sound plays, computed from the file itself, and whether the file is whole.
//!
//! A length in a header is a claim: it may be a placeholder, an estimate, the length of a file that was cut off, or stretched by
//! a late subtitle. A length is given here only if what is in the file bears it out; otherwise there is none, which is better
//! than a wrong one.

mod matroska;
mod mp3;
mod mp4;
mod sound;

use crate::time::Duration;

/// A file that can be read at any place, within a budget.
pub trait Source {
    /// Bytes of the file.
    fn size(&self) -> u64;
    /// Up to `most` bytes from `at`; `None` if they cannot be read, or if the budget is used up.
    fn read(&mut self, at: u64, most: usize) -> Option<Vec<u8>>;
}

/// A longer duration is not credible.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// How long the file with this extension (that of its real type) plays, if that is certain.
pub fn length(source: &mut dyn Source, extension: &str) -> Option<Duration> {
    let length = match extension {
        "wav" => sound::wav(source),
        "aiff" => sound::aiff(source),
        "flac" => sound::flac(source),
        "ogg" | "opus" => sound::ogg(source),
        "mp3" => mp3::length(source),
        "mp4" | "m4v" | "mov" | "m4a" => mp4::length(source),
        "mkv" | "webm" => matroska::length(source),
        // In others, such as MPEG transport streams, nothing says it.
        _ => None,
    }?;
    (length > Duration::ZERO && length <= LONGEST).then_some(length)
}

/// What is missing of a file that was cut off, as by a copy that did not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Its end; the beginning can be played.
    End,
    /// Its index, without which nothing can be played.
    Index,
}

/// Whether the file with this extension (that of its real type) was cut off, as far as its format tells.
pub fn damage(source: &mut dyn Source, extension: &str) -> Option<Damage> {
    match extension {
        "mp4" | "m4v" | "mov" | "m4a" => mp4::damage(source),
        "mkv" | "webm" => matroska::is_cut(source).then_some(Damage::End),
        _ => None,
    }
}

/// The length on which pictures and sound agree. If one of them ends much earlier, players differ in what they do then.
fn agreed(lengths: &[Duration]) -> Option<Duration> {
    let (shortest, longest) = (lengths.iter().min()?, lengths.iter().max()?);
    let apart = Duration::from_secs(2).max(*longest / 50);
    (longest.saturating_sub(*shortest) <= apart).then_some(*longest)
}

/// `count` units, of which `rate` take a second.
fn span(count: u64, rate: u64) -> Option<Duration> {
    let nanos = u128::from(count) * 1_000_000_000 / u128::from(rate).max(1);
    let nanos = u64::try_from(nanos).ok().filter(|_| rate > 0)?;
    Some(Duration::from_nanos(nanos))
}

/// The unsigned number in the `len` bytes at `at`, highest byte first.
fn number(bytes: &[u8], at: usize, len: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(len)?)?;
    Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests;
