//! Matroska and WebM (RFC 9559): the length of the tracks of pictures and sound. The length in the header counts all tracks, and
//! one late subtitle stretches it.

use super::{Source, agreed};
use crate::time::Duration;
use std::collections::HashMap;

/// No film has more tracks of pictures and sound.
const TRACKS_AT_MOST: usize = 64;
/// Elements looked at in one element.
const ELEMENTS: usize = 4096;
/// Bytes of an element that is read as a whole: the index of a film of three hours takes 100 KiB.
const WHOLE: u64 = 1 << 20;
/// How far before the end the last entry of the index may be.
const LAST_ENTRY: Duration = Duration::from_secs(15);

const SEGMENT: u32 = 0x1853_8067;
const SEEK_HEAD: u32 = 0x114d_9b74;
const INFO: u32 = 0x1549_a966;
const TRACKS: u32 = 0x1654_ae6b;
const TAGS: u32 = 0x1254_c367;
const CUES: u32 = 0x1c53_bb6b;
const CLUSTER: u32 = 0x1f43_b675;

/// An element in memory.
type Element<'a> = (u32, &'a [u8]);

/// A number of variable length, its length, and whether it means "unknown". Its marker stays if `is_id`.
fn vint(bytes: &[u8], is_id: bool) -> Option<(u64, usize, bool)> {
    let first = *bytes.first()?;
    let len = usize::try_from(first.leading_zeros()).ok()? + 1;
    let rest = bytes.get(1..len).filter(|_| len <= 8)?;
    let marker = 0x80u8 >> (len - 1);
    let begin = if is_id { first } else { first & (marker - 1) };
    let value = rest.iter().fold(u64::from(begin), |value, byte| value << 8 | u64::from(*byte));
    let all_ones = 1u64.checked_shl(u32::try_from(7 * len).ok()?)? - 1;
    Some((value, len, !is_id && value == all_ones))
}

/// The elements in `bytes`.
fn elements(mut bytes: &[u8]) -> Vec<Element<'_>> {
    let mut all = Vec::new();
    while all.len() < ELEMENTS {
        let Some((id, id_len, _)) = vint(bytes, true) else { break };
        let Some((size, size_len, _)) = bytes.get(id_len..).and_then(|rest| vint(rest, false))
        else {
            break;
        };
        let (Ok(id), Ok(size)) = (u32::try_from(id), usize::try_from(size)) else { break };
        let begin = id_len + size_len;
        let Some(content) = bytes.get(begin..).and_then(|rest| rest.get(..size)) else { break };
        all.push((id, content));
        bytes = &bytes[begin + size..];
    }
    all
}

fn child<'a>(all: &[Element<'a>], id: u32) -> Option<&'a [u8]> {
    all.iter().find(|(one, _)| *one == id).map(|(_, content)| *content)
}

fn unsigned(bytes: &[u8]) -> Option<u64> {
    super::number(bytes, 0, bytes.len()).filter(|_| bytes.len() <= 8)
}

/// The head of the element at `at`: its kind, where its content begins, and how large that is, if known.
fn head(source: &mut dyn Source, at: u64) -> Option<(u32, u64, Option<u64>)> {
    let bytes = source.read(at, 12)?;
    let (id, id_len, _) = vint(&bytes, true)?;
    let (size, size_len, unknown) = vint(bytes.get(id_len..)?, false)?;
    let begin = at + (id_len + size_len) as u64;
    Some((u32::try_from(id).ok()?, begin, (!unknown).then_some(size)))
}

/// Where the content of the film begins and ends by its header.
fn segment(source: &mut dyn Source) -> Option<(u64, Option<u64>)> {
    let (_, begin, size) = head(source, 0)?;
    let (id, begin, size) = head(source, begin.checked_add(size?)?)?;
    (id == SEGMENT).then_some((begin, size.map(|size| begin.saturating_add(size))))
}

pub(super) fn is_cut(source: &mut dyn Source) -> bool {
    segment(source).and_then(|(_, end)| end).is_some_and(|end| end > source.size())
}

/// The elements that tell the length.
#[derive(Default)]
struct Parts {
    info: Vec<u8>,
    tracks: Vec<u8>,
    tags: Vec<u8>,
    cues: Vec<u8>,
}

impl Parts {
    /// Reads those before the first cluster, and those that the index at the beginning leads to.
    fn of(source: &mut dyn Source, begin: u64) -> Option<Self> {
        let mut parts = Self::default();
        let mut places = Vec::new();
        let mut at = begin;
        for _ in 0..ELEMENTS {
            let Some((id, content, Some(size))) = head(source, at) else { break };
            if id == CLUSTER {
                break;
            }
            if id == SEEK_HEAD {
                let list = body(source, content, size)?;
                let seeks = elements(&list).into_iter().map(|(_, seek)| elements(seek));
                places.extend(seeks.filter_map(|seek| unsigned(child(&seek, 0x53ac)?)));
            }
            parts.take(source, id, content, size);
            at = content.checked_add(size)?;
        }
        for place in places.into_iter().take(16) {
            if let Some((id, content, Some(size))) = head(source, begin.saturating_add(place)) {
                parts.take(source, id, content, size);
            }
        }
        Some(parts)
    }

    fn take(&mut self, source: &mut dyn Source, id: u32, content: u64, size: u64) {
        let part = match id {
            INFO => &mut self.info,
            TRACKS => &mut self.tracks,
            TAGS => &mut self.tags,
            CUES => &mut self.cues,
            _ => return,
        };
        if part.is_empty() {
            *part = body(source, content, size).unwrap_or_default();
        }
    }

    /// The length in the header, and the nanoseconds of a unit.
    fn header(&self) -> Option<(Duration, u64)> {
        let info = elements(&self.info);
        let scale = child(&info, 0x2a_d7b1).and_then(unsigned).unwrap_or(1_000_000);
        let float = child(&info, 0x4489)?;
        let units = match float.len() {
            4 => f64::from(f32::from_be_bytes(float.try_into().ok()?)),
            _ => f64::from_be_bytes(float.try_into().ok()?),
        };
        let seconds = units * scale as f64 / 1e9;
        Some((Duration::try_from_secs_f64(seconds).ok()?, scale))
    }

    /// The numbers and identities of the tracks of pictures and sound, and whether there are others.
    fn tracks(&self) -> (Vec<(u64, u64)>, bool) {
        let (mut shown, mut others) = (Vec::new(), false);
        for (_, entry) in elements(&self.tracks).into_iter().filter(|(id, _)| *id == 0xae) {
            let entry = elements(entry);
            let get = |id| child(&entry, id).and_then(unsigned);
            match get(0x83) {
                Some(1 | 2) => shown.extend(get(0xd7).zip(get(0x73c5))),
                _ => others = true,
            }
        }
        (shown, others)
    }

    /// The lengths of tracks by their tags, which mkvmerge and ffmpeg write. The first tag of a track counts.
    fn tagged(&self) -> HashMap<u64, Option<Duration>> {
        let mut lengths = HashMap::new();
        // Among the tags may be a checksum, and a tag of the whole film has no target.
        for (_, tag) in elements(&self.tags).into_iter().filter(|(id, _)| *id == 0x7373) {
            let tag = elements(tag);
            let targets = elements(child(&tag, 0x63c0).unwrap_or_default());
            let Some(track) = child(&targets, 0x63c5).and_then(unsigned) else { continue };
            for (_, simple) in tag.iter().filter(|(id, _)| *id == 0x67c8) {
                let simple = elements(simple);
                if child(&simple, 0x45a3).is_some_and(|name| name.starts_with(b"DURATION")) {
                    lengths.entry(track).or_insert_with(|| clock(child(&simple, 0x4487)?));
                }
            }
        }
        lengths
    }

    /// The last time in the index at which one of these tracks has an entry. Subtitles may have some, too.
    fn last_entry(&self, tracks: &[(u64, u64)], scale: u64) -> Option<Duration> {
        let is_shown = |(id, place): &Element<'_>| {
            let number = child(&elements(place), 0xf7).and_then(unsigned);
            *id == 0xb7 && tracks.iter().any(|(track, _)| Some(*track) == number)
        };
        let time = |cue: &[u8]| {
            let cue = elements(cue);
            unsigned(child(&cue, 0xb3)?).filter(|_| cue.iter().any(is_shown))
        };
        let cues = elements(&self.cues);
        let times = cues.iter().filter_map(|(_, cue)| time(cue));
        Some(Duration::from_nanos(times.max()?.checked_mul(scale)?))
    }
}

fn body(source: &mut dyn Source, at: u64, size: u64) -> Option<Vec<u8>> {
    let size = usize::try_from(Some(size).filter(|size| *size <= WHOLE)?).ok()?;
    source.read(at, size).filter(|body| body.len() == size)
}

/// `00:01:02.003000000`, perhaps with zero bytes behind.
fn clock(text: &[u8]) -> Option<Duration> {
    let text = core::str::from_utf8(text).ok()?.trim_end_matches('\0');
    let mut parts = text.rsplit(':');
    let (seconds, minutes, hours) = (parts.next()?, parts.next()?, parts.next()?);
    let seconds = Duration::try_from_secs_f64(seconds.parse().ok()?).ok()?;
    let (minutes, hours): (u32, u32) = (minutes.parse().ok()?, hours.parse().ok()?);
    seconds.checked_add(Duration::from_secs((u64::from(hours) * 60 + u64::from(minutes)) * 60))
}

pub(super) fn length(source: &mut dyn Source) -> Option<Duration> {
    let (begin, end) = segment(source)?;
    if end.is_some_and(|end| end > source.size()) {
        return None;
    }
    let parts = Parts::of(source, begin)?;
    let (header, scale) = parts.header()?;
    let (shown, others) = parts.tracks();
    if shown.len() > TRACKS_AT_MOST {
        return None;
    }
    let tags = parts.tagged();
    let tagged: Option<Vec<Duration>> =
        shown.iter().map(|(_, track)| tags.get(track).copied().flatten()).collect();
    // Tags that a cutting program left as they were say more than the header.
    let slack = Duration::from_secs(1);
    if let Some(lengths) = tagged.filter(|all| all.iter().all(|one| *one <= header + slack))
        && !lengths.is_empty()
    {
        return agreed(&lengths);
    }
    match parts.last_entry(&shown, scale) {
        Some(last) => (header.saturating_sub(last) <= LAST_ENTRY).then_some(header),
        None => (!others && !shown.is_empty()).then_some(header),
    }
}
