//! Formats of sound whose length follows from a few numbers: WAV, AIFF, FLAC and Ogg.

use super::{Source, number, span};
use crate::time::Duration;

/// Chunks looked at before the data.
const CHUNKS: usize = 64;
/// Bytes at the end of a FLAC file that hold its last frame.
const LAST_FRAMES: usize = 128 << 10;
/// Bytes at the end of an Ogg file that hold the beginning of its last page, which has at most 65,307 bytes.
const LAST_PAGE: usize = 66_000;

/// RIFF, with all its sizes in little-endian. A size of the data that is a placeholder, or larger than the file, means that the
/// data reach to the end of the file.
pub(super) fn wav(source: &mut dyn Source) -> Option<Duration> {
    let head = source.read(0, 12)?;
    let is_wave = [b"RIFF", b"RF64", b"BW64"].iter().any(|kind| head.starts_with(*kind));
    if !is_wave || head.get(8..12)? != b"WAVE" {
        return None;
    }
    let (mut at, mut rate) = (12, None);
    for _ in 0..CHUNKS {
        let chunk = source.read(at, 8 + 16)?;
        let size = u64::from(u32::from_le_bytes(chunk.get(4..8)?.try_into().ok()?));
        let body = at + 8;
        match chunk.get(..4)? {
            b"fmt " => {
                rate = Some(u32::from_le_bytes(chunk.get(16..20)?.try_into().ok()?));
            }
            b"data" => {
                let there = source.size().saturating_sub(body);
                let is_placeholder = size == 0 || size == u64::from(u32::MAX);
                let bytes = if is_placeholder { there } else { size.min(there) };
                return span(bytes, u64::from(rate?));
            }
            _ => {}
        }
        at = body + size + size % 2;
    }
    None
}

/// The sample frames in COMM, or as many as the file has room for.
pub(super) fn aiff(source: &mut dyn Source) -> Option<Duration> {
    let head = source.read(0, 12)?;
    let kind = head.get(8..12).filter(|_| head.starts_with(b"FORM"))?;
    let (mut at, mut sound) = (12, None);
    for _ in 0..CHUNKS {
        let chunk = source.read(at, 8 + 22)?;
        let size = number(&chunk, 4, 4)?;
        let body = at + 8;
        match chunk.get(..4)? {
            b"COMM" => {
                let is_plain = match kind {
                    b"AIFF" => true,
                    _ => [b"NONE", b"sowt", b"twos"]
                        .iter()
                        .any(|one| chunk.get(26..30) == Some(*one)),
                };
                let channels = number(&chunk, 8, 2)?;
                let frame = channels * number(&chunk, 14, 2)?.div_ceil(8);
                // A number of 80 bits, of which the integer part is enough.
                let exponent = number(&chunk, 16, 2)?.checked_sub(16_383)?;
                let mantissa = number(&chunk, 18, 8)?;
                let rate =
                    mantissa.checked_shr(63u32.checked_sub(u32::try_from(exponent).ok()?)?)?;
                sound = Some((number(&chunk, 10, 4)?, frame, rate)).filter(|_| is_plain);
            }
            b"SSND" => {
                let (frames, frame, rate) = sound?;
                let there = source.size().saturating_sub(body + 8).checked_div(frame)?;
                return span(if frames == 0 { there } else { frames.min(there) }, rate);
            }
            _ => {}
        }
        at = body + size + size % 2;
    }
    None
}

/// The samples in STREAMINFO (RFC 9639 §8.2), which are none if the encoder did not know, if the last frame is there.
pub(super) fn flac(source: &mut dyn Source) -> Option<Duration> {
    let start = after_id3(source)?;
    let head = source.read(start, 42)?;
    if !head.starts_with(b"fLaC") || head.get(4)? & 0x7f != 0 {
        return None;
    }
    let (least, most) = (number(&head, 8, 2)?, number(&head, 10, 2)?);
    let packed = number(&head, 18, 8)?;
    let (rate, samples) = (packed >> 44, packed & 0xf_ffff_ffff);
    let end = source.size().saturating_sub(LAST_FRAMES as u64).max(start);
    let tail = source.read(end, LAST_FRAMES)?;
    let begins = |at: usize| last_sample(tail.get(at..)?, least);
    let last = (0..tail.len()).rev().find_map(begins)?;
    (last < samples && last + 2 * most >= samples).then(|| span(samples, rate)).flatten()
}

/// The place of the first sample of the frame that begins with `bytes` (RFC 9639 §9.1), in blocks of this size.
fn last_sample(bytes: &[u8], block: u64) -> Option<u64> {
    let [0xff, sync, sizes, _, first, ..] = *bytes else { return None };
    if sync & 0xfe != 0xf8 {
        return None;
    }
    // A number coded as UTF-8 codes characters.
    let more = match first.leading_ones() {
        0 => 0,
        ones @ 2..=7 => usize::try_from(ones).ok()? - 1,
        _ => return None,
    };
    let begin =
        u64::from(first & 0x7fu8.checked_shr(u32::try_from(more).ok()? + u32::from(more > 0))?);
    let rest = bytes.get(5..5 + more)?;
    let number = rest.iter().fold(begin, |number, byte| number << 6 | u64::from(byte & 0x3f));
    let of_block = [(6, 1), (7, 2)].iter().find(|(code, _)| sizes >> 4 == *code);
    let of_rate = [(12, 1), (13, 2), (14, 2)].iter().find(|(code, _)| sizes & 15 == *code);
    let len = 5 + more + of_block.map_or(0, |(_, len)| *len) + of_rate.map_or(0, |(_, len)| *len);
    let bit = |crc: u8| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x07 };
    let crc = |crc: u8, byte: &u8| (0..8).fold(crc ^ byte, |crc, _| bit(crc));
    let is_true = bytes.get(..len)?.iter().fold(0, crc) == *bytes.get(len)?;
    let is_variable = sync & 1 == 1;
    is_true.then_some(if is_variable { number } else { number * block })
}

/// The place of the last sample in the last page (RFC 3533 §6). The rate depends on what is in the stream.
pub(super) fn ogg(source: &mut dyn Source) -> Option<Duration> {
    let head = source.read(0, 128)?;
    let serial = head.get(14..18).filter(|_| head.starts_with(b"OggS"))?;
    let packet = head.get(27 + usize::from(*head.get(26)?)..)?;
    let le = |at: usize| Some(u32::from_le_bytes(packet.get(at..at + 4)?.try_into().ok()?));
    let (rate, skip) = if packet.starts_with(b"\x01vorbis") {
        (u64::from(le(12)?), 0)
    } else if packet.starts_with(b"OpusHead") {
        (48_000, u64::from(le(10)? & 0xffff))
    } else if packet.starts_with(b"\x7fFLAC") {
        (number(packet, 9 + 4 + 4 + 10, 4)? >> 12, 0)
    } else {
        return None;
    };
    let end = source.size().saturating_sub(LAST_PAGE as u64);
    let tail = source.read(end, LAST_PAGE)?;
    let is_page = |page: &&[u8]| page.starts_with(b"OggS\0") && page.get(14..18) == Some(serial);
    let place = |page: &[u8]| Some(u64::from_le_bytes(page.get(6..14)?.try_into().ok()?));
    // A page in which no packet ends has the place -1.
    let last = tail.windows(18).rev().filter(is_page).filter_map(place).find(|p| *p != u64::MAX)?;
    span(last.checked_sub(skip)?, rate)
}

/// Where the sound begins after a tag of ID3 (ID3v2.4.0 §3.1).
pub(super) fn after_id3(source: &mut dyn Source) -> Option<u64> {
    let head = source.read(0, 10)?;
    if !head.starts_with(b"ID3") {
        return Some(0);
    }
    let size = head.get(6..10)?.iter().fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f));
    let footer = if head.get(5)? & 0x10 == 0 { 0 } else { 10 };
    Some(10 + size + footer)
}
