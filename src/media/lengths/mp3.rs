//! MP3: the number of frames, from the tag of the encoder or else counted.

use super::sound::after_id3;
use super::{Source, number, span};
use crate::time::Duration;

/// Bytes read at once.
const BLOCK: usize = 64 << 10;
/// Bytes that are no frame and may stand at the end: tags.
const TAGS: u64 = 64 << 10;
/// Frames without which a few equal ones prove nothing: half a minute.
const SAME: u64 = 1200;

/// Bits per second in thousands, of layer III: MPEG-1, then MPEG-2 and 2.5 (ISO/IEC 11172-3 §2.4.2.3).
const BITRATES: [[u64; 15]; 2] = [
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

/// The head of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    bytes: u64,
    bitrate: u64,
    rate: u64,
    samples: u64,
    /// Bytes between the head and the tag of the encoder.
    side: usize,
}

impl Frame {
    fn of(head: &[u8]) -> Option<Self> {
        let [0xff, b, c, d, ..] = *head else { return None };
        // Sync, then layer III.
        if b & 0xe0 != 0xe0 || b & 0x06 != 0x02 {
            return None;
        }
        let version = b >> 3 & 3;
        let is_one = version == 3;
        let bitrate = *BITRATES[usize::from(!is_one)].get(usize::from(c >> 4))? * 1000;
        let rate = *[44_100, 48_000, 32_000].get(usize::from(c >> 2 & 3))?;
        let rate = match version {
            3 => rate,
            2 => rate / 2,
            0 => rate / 4,
            _ => return None,
        };
        let is_mono = d >> 6 == 3;
        let (samples, side) = match (is_one, is_mono) {
            (true, false) => (1152, 32),
            (true, true) => (1152, 17),
            (false, false) => (576, 17),
            (false, true) => (576, 9),
        };
        let bytes = samples / 8 * bitrate / rate + u64::from(c >> 1 & 1);
        (bitrate > 0).then_some(Self { bytes, bitrate, rate, samples, side })
    }
}

pub(super) fn length(source: &mut dyn Source) -> Option<Duration> {
    let start = after_id3(source)?;
    let head = source.read(start, BLOCK)?;
    // After padding, the first frame is one that another follows.
    let follows = |at: usize, frame: &Frame| {
        let next = at + usize::try_from(frame.bytes).unwrap_or(usize::MAX);
        head.get(next..next + 4).and_then(Frame::of).is_some_and(|next| next.rate == frame.rate)
    };
    let first = (0..head.len()).find_map(|at| {
        let frame = Frame::of(&head[at..])?;
        follows(at, &frame).then_some((at, frame))
    });
    let (at, frame) = first?;
    let start = start + at as u64;
    match tagged(&head[at..], frame) {
        Some((frames, bytes)) => {
            // A shorter file was cut off; one whose frames would be too small or too large has a wrong tag.
            let rate = bytes.saturating_mul(8 * frame.rate) / (frames * frame.samples).max(1);
            let is_whole = start + bytes <= source.size() + frame.bytes;
            let length = span(frames * frame.samples, frame.rate);
            length.filter(|_| is_whole && (8_000..=330_000).contains(&rate))
        }
        None => counted(source, start),
    }
}

/// The number of frames and bytes by the tag of LAME and others, or by that of Fraunhofer.
fn tagged(bytes: &[u8], frame: Frame) -> Option<(u64, u64)> {
    let xing = bytes.get(4 + frame.side..)?;
    if (xing.starts_with(b"Xing") || xing.starts_with(b"Info")) && number(xing, 4, 4)? & 3 == 3 {
        return Some((number(xing, 8, 4)?, number(xing, 12, 4)?));
    }
    let vbri = bytes.get(36..)?;
    let (bytes, frames) = (number(vbri, 10, 4)?, number(vbri, 14, 4)?);
    vbri.starts_with(b"VBRI").then_some((frames, bytes))
}

/// Counts the frames. If the budget ends before the file, then frames that were all alike tell the rest.
fn counted(source: &mut dyn Source, start: u64) -> Option<Duration> {
    let (mut at, mut samples, mut count) = (start, 0, 0);
    let mut block = (start, Vec::new());
    let mut first: Option<Frame> = None;
    let mut is_constant = true;
    // Each round advances by a frame.
    while at + 4 <= source.size() {
        let within = usize::try_from(at - block.0).ok()?;
        if within + 4 > block.1.len() {
            let Some(next) = source.read(at, BLOCK) else { break };
            block = (at, next);
        }
        let within = usize::try_from(at - block.0).ok()?;
        let Some(frame) = Frame::of(block.1.get(within..).unwrap_or_default()) else { break };
        let like = *first.get_or_insert(frame);
        if frame.rate != like.rate {
            return None;
        }
        is_constant &= frame.bitrate == like.bitrate;
        samples += frame.samples;
        count += 1;
        at += frame.bytes;
    }
    let first = first?;
    let rest = source.size().saturating_sub(at);
    if rest > TAGS {
        if !is_constant || count < SAME {
            return None;
        }
        return span((source.size() - start) * 8, first.bitrate);
    }
    span(samples, first.rate)
}
