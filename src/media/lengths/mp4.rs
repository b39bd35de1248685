//! MP4 and QuickTime (ISO/IEC 14496-12): the lengths of the tracks of pictures and sound, and whether the boxes are all there.

use super::{Damage, Source, agreed, number, span};
use crate::time::Duration;

/// Boxes looked at in one box. A fragmented film has two for each fragment.
const BOXES: usize = 256;

/// A box: its kind, and where its content begins and ends.
#[derive(Clone, Copy, Debug)]
struct Atom {
    kind: [u8; 4],
    begin: u64,
    end: u64,
}

/// The boxes between `at` and `end`; the last may reach beyond.
fn atoms(source: &mut dyn Source, mut at: u64, end: u64) -> Vec<Atom> {
    let mut all = Vec::new();
    while at.saturating_add(8) <= end && all.len() < BOXES {
        let Some(head) = source.read(at, 16) else { break };
        let (Some(short), Some(kind)) = (number(&head, 0, 4), head.get(4..8)) else { break };
        let (head, size) = match short {
            0 => (8, end - at),
            1 => (16, number(&head, 8, 8).unwrap_or(0)),
            short => (8, short),
        };
        let Ok(kind) = <[u8; 4]>::try_from(kind) else { break };
        let is_name = kind.iter().all(|byte| byte.is_ascii_graphic() || b" \xa9\0".contains(byte));
        if size < head || !is_name {
            break;
        }
        let next = at.saturating_add(size);
        all.push(Atom { kind, begin: at.saturating_add(head), end: next });
        at = next;
    }
    all
}

fn find(atoms: &[Atom], kind: &[u8; 4]) -> Option<Atom> {
    atoms.iter().find(|atom| atom.kind == *kind).copied()
}

fn top(source: &mut dyn Source) -> Vec<Atom> {
    let end = source.size();
    atoms(source, 0, end)
}

pub(super) fn damage(source: &mut dyn Source) -> Option<Damage> {
    let all = top(source);
    // What has no box of these is another format, or empty.
    find(&all, b"ftyp").or_else(|| find(&all, b"mdat"))?;
    let is_cut = all.last().is_some_and(|last| last.end > source.size());
    match find(&all, b"moov") {
        Some(index) if index.end > source.size() => Some(Damage::Index),
        Some(_) => is_cut.then_some(Damage::End),
        None => (all.len() < BOXES).then_some(Damage::Index),
    }
}

/// The length of the tracks of pictures and sound, with their edit lists. Subtitles, chapters and time codes do not count.
pub(super) fn length(source: &mut dyn Source) -> Option<Duration> {
    let all = top(source);
    if all.last()?.end > source.size() {
        return None;
    }
    let movie = find(&all, b"moov")?;
    let inner = atoms(source, movie.begin, movie.end);
    let header = find(&inner, b"mvhd")?;
    let header = source.read(header.begin, 20 + 12)?;
    let (scale, whole) = match header.first()? {
        0 => (number(&header, 12, 4)?, number(&header, 16, 4)?),
        _ => (number(&header, 20, 4)?, number(&header, 24, 8)?),
    };
    if let Some(fragments) = find(&inner, b"mvex") {
        // Each fragment is a part of the film; only this box says how long they all are.
        let all = atoms(source, fragments.begin, fragments.end);
        let header = find(&all, b"mehd")?;
        let header = source.read(header.begin, 12)?;
        let wide = if *header.first()? == 0 { 4 } else { 8 };
        return span(number(&header, 4, wide)?, scale);
    }
    let mut lengths = Vec::new();
    for track in inner.iter().filter(|atom| atom.kind == *b"trak") {
        if let Some(length) = track_length(source, *track) {
            lengths.push(span(length, scale)?);
        }
    }
    lengths.retain(|length| !length.is_zero());
    let whole = span(whole, scale)?;
    agreed(&lengths).filter(|_| !whole.is_zero())
}

/// The length of a track of pictures or sound, in units of the film.
fn track_length(source: &mut dyn Source, track: Atom) -> Option<u64> {
    let inner = atoms(source, track.begin, track.end);
    let media = find(&inner, b"mdia")?;
    let media = atoms(source, media.begin, media.end);
    let handler = source.read(find(&media, b"hdlr")?.begin, 12)?;
    if ![b"vide", b"soun"].iter().any(|kind| handler.get(8..12) == Some(*kind)) {
        return None;
    }
    let header = source.read(find(&inner, b"tkhd")?.begin, 36)?;
    let (length, unknown) = match header.first()? {
        0 => (number(&header, 20, 4)?, u64::from(u32::MAX)),
        _ => (number(&header, 28, 8)?, u64::MAX),
    };
    (length != unknown).then_some(length)
}
