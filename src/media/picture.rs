//! What the first bytes of a picture say of it: its DLNA profile, where it has one.
//!
//! Profiles bound the size, and those of JPEG leave out progressive pictures, which old TVs cannot show. A picture
//! without a profile is given without a name: a wrong one is worse than none.

/// The profile of the picture that begins with `head`; `None` if it fits none, or its size does not stand in there.
#[must_use]
pub fn profile(head: &[u8]) -> Option<&'static str> {
    match head {
        [0xff, 0xd8, 0xff, ..] => jpeg_profile(baseline_size(head)?),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => {
            // IHDR is the first chunk: its length and name, then width and height in 32 bits each.
            let (width, height) = (number(head, 16)?, number(head, 20)?);
            let named = head.get(12..16)? == b"IHDR" && width > 0 && height > 0;
            (named && width.max(height) <= 4096).then_some("PNG_LRG")
        }
        _ => None,
    }
}

/// The smallest profile that the size fits.
fn jpeg_profile((width, height): (u16, u16)) -> Option<&'static str> {
    [(640, 480, "JPEG_SM"), (1024, 768, "JPEG_MED"), (4096, 4096, "JPEG_LRG")]
        .into_iter()
        .find(|(most_wide, most_high, _)| width <= *most_wide && height <= *most_high)
        .map(|(.., name)| name)
}

/// Width and height of a baseline JPEG of eight bits, grey or coloured: from SOF0, which stands behind any number of
/// other segments.
fn baseline_size(head: &[u8]) -> Option<(u16, u16)> {
    let mut at = 2;
    // Each turn moves on by a byte at least.
    while let [0xff, marker, ..] = *head.get(at..)? {
        match marker {
            // Padding.
            0xff => at += 1,
            0x01 | 0xd0..=0xd7 => at += 2,
            0xc0 => {
                let size = (short(head, at + 7)?, short(head, at + 5)?);
                let usual = *head.get(at + 4)? == 8 && matches!(head.get(at + 9)?, 1 | 3);
                return (usual && size.0 > 0 && size.1 > 0).then_some(size);
            }
            // Progressive and other ways of coding, or the data begin without a frame.
            0xc1..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf | 0xd8..=0xda => return None,
            _ => at += 2 + usize::from(short(head, at + 2)?),
        }
    }
    None
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn jpeg(frame: u8, width: u16, height: u16) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe1, 0x00, 0x06, 0xff, 0xc0, 1, 2, 0xff];
        bytes.extend([0xff, frame, 0x00, 0x11, 8]);
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.push(3);
        bytes
    }

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes
    }

    #[test]
    fn the_smallest_profile_that_fits_is_named() {
        for (width, height, name) in [
            (640, 480, Some("JPEG_SM")),
            (480, 640, Some("JPEG_MED")),
            (1024, 768, Some("JPEG_MED")),
            (1920, 1080, Some("JPEG_LRG")),
            (4096, 4096, Some("JPEG_LRG")),
            (4097, 100, None),
            (0, 100, None),
        ] {
            assert_eq!(profile(&jpeg(0xc0, width, height)), name, "{width}x{height}");
        }
        assert_eq!(profile(&png(4096, 16)), Some("PNG_LRG"));
        assert_eq!(profile(&png(4097, 16)), None);
    }

    #[test]
    fn progressive_cut_off_and_other_pictures_have_none() {
        assert_eq!(profile(&jpeg(0xc2, 640, 480)), None, "progressive");
        let whole = jpeg(0xc0, 640, 480);
        for cut in 0..whole.len() {
            assert_eq!(profile(&whole[..cut]), None, "{cut} bytes");
        }
        assert_eq!(profile(b"GIF89a..........................."), None);
    }

    proptest! {
        #[test]
        fn never_panics(rest in proptest::collection::vec(any::<u8>(), 0..200), png in any::<bool>()) {
            let start: &[u8] = if png { b"\x89PNG\r\n\x1a\n" } else { b"\xff\xd8\xff" };
            let _ = profile(&[start, &rest].concat());
        }
    }
}
