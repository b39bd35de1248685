//! A black picture, for times when nothing is to be seen: made here, so that it needs no file.
//!
//! It is a baseline JPEG (ITU-T T.81) of 1920 × 1080 in YCbCr 4:2:0, the one form of picture that every DLNA
//! renderer of pictures must know. Black is one difference in the first block, and then nothing changes: each
//! block is two bits that are zero.

use super::catalogue::MediaFile;
use super::mime::of_extension;
use std::path::Path;

/// Stands for its path in a catalogue: nothing below a media folder is called that.
const PATH: &str = "/black.jpg";

/// Width and height.
const SIZE: (u16, u16) = (1920, 1080);
/// Of 16 × 16 pixels with four blocks of brightness and two of colour.
const UNITS: usize = 120 * 68;

/// Markers and tables up to the scan.
pub(super) const HEAD: [u8; 167] = head();
/// The first block takes 11 bits.
const SCAN: usize = (11 + (6 * UNITS - 1) * 2).div_ceil(8);

/// The file.
pub static JPEG: [u8; HEAD.len() + SCAN + 2] = jpeg();

/// The picture as a file of a catalogue.
#[must_use]
pub fn file() -> MediaFile {
    MediaFile {
        path: Path::new(PATH).into(),
        root: Path::new("/").into(),
        media_type: of_extension("jpg").expect("JPEG is a known kind"),
        size: JPEG.len() as u64,
        modified: 0,
        profile: None,
        subtitles: None,
    }
}

/// The bytes of a file of a catalogue, if it is this one.
#[must_use]
pub fn body(file: &MediaFile) -> Option<&'static [u8]> {
    (file.path.as_os_str() == PATH).then_some(&JPEG)
}

const fn put<const N: usize>(into: &mut [u8], at: usize, bytes: [u8; N]) -> usize {
    let mut i = 0;
    while i < N {
        into[at + i] = bytes[i];
        i += 1;
    }
    at + N
}

const fn head() -> [u8; 167] {
    let mut head = [0; 167];
    let [w1, w0] = SIZE.0.to_be_bytes();
    let [h1, h0] = SIZE.1.to_be_bytes();
    // SOI, and APP0 of JFIF 1.1 without a thumbnail.
    let mut at = put(&mut head, 0, [0xff, 0xd8, 0xff, 0xe0, 0, 16]);
    at = put(&mut head, at, *b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    // DQT: everything is divided by 8.
    at = put(&mut head, at, [0xff, 0xdb, 0, 67, 0]);
    at = put(&mut head, at, [8; 64]);
    // SOF0: 8 bits; the components' sampling and table.
    at = put(&mut head, at, [0xff, 0xc0, 0, 17, 8, h1, h0, w1, w0, 3]);
    at = put(&mut head, at, [1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]);
    // DHT, direct current: "0" is no difference, "10" one of 8 bits.
    at = put(&mut head, at, [0xff, 0xc4, 0, 21, 0x00]);
    at = put(&mut head, at, [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8]);
    // DHT, alternating current: "0" is the end of the block.
    at = put(&mut head, at, [0xff, 0xc4, 0, 20, 0x10]);
    at = put(&mut head, at, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    // SOS: the one scan of all three components.
    at = put(&mut head, at, [0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
    assert!(at == head.len());
    head
}

const fn jpeg() -> [u8; HEAD.len() + SCAN + 2] {
    let mut jpeg = [0; HEAD.len() + SCAN + 2];
    let scan = put(&mut jpeg, 0, HEAD);
    // "10", then -128 in 8 bits (Table F.1: its ones' complement), then "0"; a bit of the last byte is used.
    put(&mut jpeg, scan, [0b1001_1111, 0b1100_0000]);
    put(&mut jpeg, scan + SCAN - 1, [0x7f, 0xff, 0xd9]);
    jpeg
}

#[cfg(test)]
mod tests {
    use super::*;
    use zune_jpeg::JpegDecoder;
    use zune_jpeg::zune_core::bytestream::ZCursor;

    #[test]
    fn decodes_to_a_full_picture_of_nothing_but_black() {
        let mut decoder = JpegDecoder::new(ZCursor::new(&JPEG[..]));
        let pixels = decoder.decode().expect("a good file");
        assert_eq!(decoder.info().map(|info| (info.width, info.height)), Some(SIZE));
        assert_eq!(pixels.len(), 1920 * 1080 * 3);
        assert!(pixels.iter().all(|value| *value == 0));
    }

    #[test]
    fn is_small_and_told_from_files_of_the_disk() {
        assert_eq!(JPEG.len(), 12_411);
        let black = file();
        assert_eq!(body(&black).map(<[u8]>::len), usize::try_from(black.size).ok());
        let other = MediaFile { path: Path::new("/m/black.jpg").into(), ..black };
        assert_eq!(body(&other), None);
    }
}
