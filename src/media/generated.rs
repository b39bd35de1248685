//! Pictures made by the box, in memory: a black one, and a card that shows the name and address of a renderer.
//!
//! Both are baseline JPEG (ITU-T T.81) of 1920 × 1080 in YCbCr 4:2:0, which every DLNA renderer of pictures must
//! know. A picture consists of *cells* of 8 × 8 pixels, one block each, that are black or white; a block codes the
//! difference of its brightness from the block before. So the black picture has one difference in its first block,
//! and each further block is two zero bits. Letters come from the fonts of X11, with a square of cells for each dot.

use super::catalogue::MediaFile;
use super::media_type::of_extension;
use crate::limits::CARD;
use embedded_graphics::Drawable;
use embedded_graphics::mono_font::mapping::{self, StrGlyphMapping};
use embedded_graphics::mono_font::{
    MonoFont, MonoTextStyle, iso_8859_1, iso_8859_2, iso_8859_5, iso_8859_7,
};
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::prelude::{DrawTarget, OriginDimensions, Pixel, Point, Size};
use embedded_graphics::text::{Baseline, Text};
use std::convert::Infallible;
use std::path::Path;
use std::rc::Rc;

/// Path of the black picture in a catalogue. No file below a media folder can have it.
const BLACK_PATH: &str = "/black.jpg";

/// Width and height in pixels.
const SIZE: (u16, u16) = (1920, 1080);
/// Units of 16 × 16 pixels, each of four blocks of brightness and two of colour.
const UNITS: usize = 120 * 68;

/// Markers and tables up to the scan.
const HEAD: [u8; HEAD_BYTES] = head();
const HEAD_BYTES: usize = 167;
/// Bytes of the scan of the black picture: 11 bits for the first block, two for each other.
const SCAN: usize = (11 + (6 * UNITS - 1) * 2).div_ceil(8);

/// Bytes of the black picture, with its end marker.
const BLACK_BYTES: usize = HEAD_BYTES + SCAN + 2;

/// The black picture.
pub static BLACK: [u8; BLACK_BYTES] = jpeg();

/// The black picture as a file of a catalogue.
pub fn black_file() -> MediaFile {
    MediaFile {
        path: Path::new(BLACK_PATH).into(),
        root: Path::new("/").into(),
        media_type: of_extension("jpg").expect("JPEG is a known kind"),
        size: BLACK_BYTES as u64,
        modified: 0,
        profile: None,
        subtitles: None,
    }
}

/// The bytes of `file`, if it is the black picture.
pub fn black_body(file: &MediaFile) -> Option<&'static [u8]> {
    (file.path.as_os_str() == BLACK_PATH).then_some(&BLACK)
}

const fn put<const N: usize>(into: &mut [u8], at: usize, bytes: [u8; N]) -> usize {
    let mut i = 0;
    while i < N {
        into[at + i] = bytes[i];
        i += 1;
    }
    at + N
}

const fn head() -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    let [w1, w0] = SIZE.0.to_be_bytes();
    let [h1, h0] = SIZE.1.to_be_bytes();
    // SOI, and APP0 of JFIF 1.1 without a thumbnail.
    let mut at = put(&mut head, 0, [0xff, 0xd8, 0xff, 0xe0, 0, 16]);
    at = put(&mut head, at, *b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    // DQT: every coefficient is divided by 8.
    at = put(&mut head, at, [0xff, 0xdb, 0, 67, 0]);
    at = put(&mut head, at, [8; 64]);
    // SOF0: 8 bits; the components' sampling and table.
    at = put(&mut head, at, [0xff, 0xc0, 0, 17, 8, h1, h0, w1, w0, 3]);
    at = put(&mut head, at, [1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]);
    // DHT, direct current: "0" is no difference, "10" a difference of 8 bits.
    at = put(&mut head, at, [0xff, 0xc4, 0, 21, 0x00]);
    at = put(&mut head, at, [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8]);
    // DHT, alternating current: "0" is the end of the block.
    at = put(&mut head, at, [0xff, 0xc4, 0, 20, 0x10]);
    at = put(&mut head, at, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    // SOS: one scan with all three components.
    at = put(&mut head, at, [0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
    assert!(at == HEAD_BYTES);
    head
}

const fn jpeg() -> [u8; BLACK_BYTES] {
    let mut jpeg = [0; BLACK_BYTES];
    let scan = put(&mut jpeg, 0, HEAD);
    // "10", then -128 in 8 bits (Table F.1: ones' complement), then "0". Of the last byte one bit is used.
    put(&mut jpeg, scan, [0b1001_1111, 0b1100_0000]);
    put(&mut jpeg, scan + SCAN - 1, [0x7f, 0xff, 0xd9]);
    jpeg
}

/// Path of every card in a catalogue. No file below a media folder can have it.
const CARD_PATH: &str = "/identify.jpg";

/// Cells in a row, and rows. The last row is beyond 1080 pixels: units hold 2 × 2 cells.
const CELLS: (usize, usize) = (240, 136);
/// Cells at each edge, which TVs may cut off.
const MARGIN: usize = 10;
/// Width and height of a letter in dots.
const LETTER: (usize, usize) = (10, 20);
/// Cells between name and address.
const SPACE: usize = 8;
/// Western, Central European, Cyrillic and Greek letters.
const FONTS: [(&StrGlyphMapping<'_>, &MonoFont<'_>); 4] = [
    (&mapping::ISO_8859_1, &iso_8859_1::FONT_10X20),
    (&mapping::ISO_8859_2, &iso_8859_2::FONT_10X20),
    (&mapping::ISO_8859_5, &iso_8859_5::FONT_10X20),
    (&mapping::ISO_8859_7, &iso_8859_7::FONT_10X20),
];

/// The card of the renderer with this name and address: the name in large letters, the address below. Characters
/// that no font has become question marks. Takes about a millisecond.
pub fn draw_card(name: &str, address: &str) -> Rc<[u8]> {
    let (scale, lines) = lay_out(name);
    let height = lines.len() * LETTER.1 * scale + SPACE + LETTER.1;
    let mut cells = Cells::dark();
    let mut top = (CELLS.1 - height) / 2;
    for line in &lines {
        cells.write(line, top, scale);
        top += LETTER.1 * scale;
    }
    cells.write(address, top + SPACE, 1);
    cells.jpeg()
}

/// The card as a file of a catalogue.
pub fn card_file(card: &[u8]) -> MediaFile {
    MediaFile { path: Path::new(CARD_PATH).into(), size: card.len() as u64, ..black_file() }
}

/// Whether `file` is the card of any renderer.
pub fn is_card(file: &MediaFile) -> bool {
    file.path.as_os_str() == CARD_PATH
}

/// The largest scale (cells for a dot, in each direction) at which the name fits, and its lines at that scale.
fn lay_out(name: &str) -> (usize, Vec<String>) {
    // Combining accents and control characters would become question marks.
    let shown = |c: &char| !c.is_control() && !('\u{300}'..='\u{36f}').contains(c);
    let name: String = name.chars().filter(shown).collect();
    for scale in [3, 2] {
        let (columns, rows) = room(scale);
        let unbroken = name.split_whitespace().all(|word| word.chars().count() <= columns);
        let lines = wrap(&name, columns);
        if unbroken && lines.len() <= rows {
            return (scale, lines);
        }
    }
    let (columns, rows) = room(1);
    let mut lines = wrap(&name, columns);
    lines.truncate(rows);
    (1, lines)
}

/// Letters that fit in a line, and lines that fit above the address.
const fn room(scale: usize) -> (usize, usize) {
    let (wide, high) = (CELLS.0 - 2 * MARGIN, CELLS.1 - 2 * MARGIN - SPACE - LETTER.1);
    (wide / (LETTER.0 * scale), high / (LETTER.1 * scale))
}

/// Breaks `text` into lines of at most `columns` letters, between words if possible.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        for piece in letters.chunks(columns) {
            let fits = |line: &&mut String| line.chars().count() + 1 + piece.len() <= columns;
            match lines.last_mut().filter(fits) {
                Some(line) => line.extend([' '].iter().chain(piece)),
                None => lines.push(piece.iter().collect()),
            }
        }
    }
    lines
}

/// The cells of the picture: light or dark.
struct Cells(Vec<bool>);

impl Cells {
    fn dark() -> Self {
        Self(vec![false; CELLS.0 * CELLS.1])
    }

    /// Writes `line`, centred, with its upper edge in the row `top`.
    fn write(&mut self, line: &str, top: usize, scale: usize) {
        let columns = line.chars().count().min(room(scale).0);
        let left = (CELLS.0 - columns * LETTER.0 * scale) / 2;
        for (letter, column) in line.chars().zip(0..columns) {
            let font = FONTS.iter().find(|(letters, _)| letters.contains(letter));
            let (_, font) = font.unwrap_or(&FONTS[0]);
            let at = (left + column * LETTER.0 * scale, top);
            let style = MonoTextStyle::new(font, BinaryColor::On);
            let mut pen = Pen { cells: self, at, scale };
            let mut utf8 = [0; 4];
            let text = Text::with_baseline(
                letter.encode_utf8(&mut utf8),
                Point::zero(),
                style,
                Baseline::Top,
            );
            let Ok(_) = text.draw(&mut pen);
        }
    }

    /// The picture as JPEG.
    fn jpeg(&self) -> Rc<[u8]> {
        let mut scan = BitWriter { bytes: Vec::with_capacity(CARD), bits: 0, count: 0 };
        scan.bytes.extend_from_slice(&HEAD);
        let mut before = None;
        for row in (0..CELLS.1).step_by(2) {
            for column in (0..CELLS.0).step_by(2) {
                let [upper, lower] = [row, row + 1].map(|row| row * CELLS.0 + column);
                let four = [upper, upper + 1, lower, lower + 1].map(|cell| self.0[cell]);
                if four.iter().all(|light| before == Some(*light)) {
                    // The usual unit: four blocks without a difference, and two without colour.
                    scan.put(0, 12);
                    continue;
                }
                for light in four {
                    let difference = match before.replace(light) {
                        Some(before) if before == light => None,
                        // From grey, where every picture starts, to black: the margin is dark.
                        None => Some(0x7f),
                        // 255 more or less, in 8 bits (Table F.1).
                        Some(_) => Some(if light { 0xff } else { 0x00 }),
                    };
                    match difference {
                        Some(difference) => scan.put(0b10 << 9 | difference << 1, 11),
                        None => scan.put(0, 2),
                    }
                }
                // Two blocks without colour.
                scan.put(0, 4);
            }
        }
        scan.end()
    }
}

/// Draws a letter whose upper left corner is the cell `at`, each dot as a square of `scale` × `scale` cells.
struct Pen<'a> {
    cells: &'a mut Cells,
    at: (usize, usize),
    scale: usize,
}

impl OriginDimensions for Pen<'_> {
    fn size(&self) -> Size {
        Size::new(10, 20)
    }
}

impl DrawTarget for Pen<'_> {
    type Color = BinaryColor;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<BinaryColor>>>(
        &mut self,
        dots: I,
    ) -> Result<(), Infallible> {
        for Pixel(dot, colour) in dots {
            let (Ok(x), Ok(y)) = (usize::try_from(dot.x), usize::try_from(dot.y)) else { continue };
            let (left, top) = (self.at.0 + x * self.scale, self.at.1 + y * self.scale);
            for row in top..top + self.scale {
                let from = row * CELLS.0 + left;
                if let Some(cells) = self.cells.0.get_mut(from..from + self.scale) {
                    cells.fill(colour.is_on());
                }
            }
        }
        Ok(())
    }
}

/// Writes the bits of the entropy-coded segment (T.81, F.1.2.3).
struct BitWriter {
    bytes: Vec<u8>,
    bits: u32,
    count: u8,
}

impl BitWriter {
    fn put(&mut self, bits: u32, count: u8) {
        self.bits = self.bits << count | bits;
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.bits >> self.count & 0xff) as u8;
            self.bytes.push(byte);
            if byte == 0xff {
                // Without it, 0xff would begin a marker.
                self.bytes.push(0);
            }
        }
    }

    /// Fills the last byte with ones and appends EOI.
    fn end(mut self) -> Rc<[u8]> {
        self.put(0x7f, 7);
        self.bytes.extend([0xff, 0xd9]);
        self.bytes.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zune_jpeg::JpegDecoder;
    use zune_jpeg::zune_core::bytestream::ZCursor;

    #[test]
    fn black_decodes_to_a_full_picture_of_nothing_but_black() {
        let mut decoder = JpegDecoder::new(ZCursor::new(&BLACK[..]));
        let pixels = decoder.decode().expect("a good file");
        assert_eq!(decoder.info().map(|info| (info.width, info.height)), Some(SIZE));
        assert_eq!(pixels.len(), 1920 * 1080 * 3);
        assert!(pixels.iter().all(|value| *value == 0));
    }

    #[test]
    fn is_small_and_told_from_files_of_the_disk() {
        assert_eq!(BLACK.len(), 12_411);
        let black = black_file();
        assert_eq!(black_body(&black).map(<[u8]>::len), usize::try_from(black.size).ok());
        let other = MediaFile { path: Path::new("/m/black.jpg").into(), ..black };
        assert_eq!(black_body(&other), None);
    }

    /// The picture as its cells: light ones are `#`. Each must be of one colour, black or white.
    fn decoded(card: &[u8]) -> Vec<String> {
        let mut decoder = JpegDecoder::new(ZCursor::new(card));
        let pixels = decoder.decode().expect("a good file");
        assert_eq!(decoder.info().map(|info| (info.width, info.height)), Some((1920, 1080)));
        let at = |x: usize, y: usize| &pixels[(y * 1920 + x) * 3..][..3];
        let cell = |x: usize, y: usize| {
            let first = at(8 * x, 8 * y);
            assert!(first == [0; 3] || first == [255; 3], "{first:?}");
            for (dx, dy) in (0..8).flat_map(|dy| (0..8).map(move |dx| (dx, dy))) {
                assert_eq!(at(8 * x + dx, 8 * y + dy), first, "in the cell {x}, {y}");
            }
            if first == [0; 3] { ' ' } else { '#' }
        };
        (0..135).map(|y| (0..240).map(|x| cell(x, y)).collect()).collect()
    }

    fn light(card: &[String]) -> usize {
        card.concat().matches('#').count()
    }

    #[test]
    fn the_card_decodes_to_a_full_picture_with_the_letters_of_name_and_address() {
        let card = decoded(&draw_card("TV", "10.0.0.1"));
        let rows: Vec<usize> = (0..135).filter(|y| card[*y].contains('#')).collect();
        assert!(rows[0] >= MARGIN && rows[rows.len() - 1] < 135 - MARGIN, "{rows:?}");
        assert!(card.iter().all(|row| row[..MARGIN].trim().is_empty()));
        // The bar of the T, three cells thick: the only thing of its width in two letters.
        let bar = card.iter().position(|row| row.contains(&"#".repeat(24))).expect("a T");
        assert_eq!(card[bar], card[bar + 2]);
        let address = light(&decoded(&draw_card("", "10.0.0.1")));
        let name = light(&decoded(&draw_card("TV", "")));
        assert_eq!(light(&card), name + address);
    }

    #[test]
    fn each_has_its_own_and_whoever_has_the_same_name_another_address() {
        assert_eq!(draw_card("TV 1", "10.0.0.1"), draw_card("TV 1", "10.0.0.1"));
        assert_ne!(draw_card("TV 1", "10.0.0.1"), draw_card("TV 2", "10.0.0.1"));
        assert_ne!(draw_card("TV 1", "10.0.0.1"), draw_card("TV 1", "10.0.0.2"));
    }

    #[test]
    fn a_name_is_as_large_as_its_words_allow() {
        let lines = |name: &str| {
            let (scale, lines) = lay_out(name);
            (scale, lines.join("|"))
        };
        assert_eq!(lines("TV 1"), (3, "TV 1".into()));
        assert_eq!(lines("Living Room"), (2, "Living Room".into()));
        assert_eq!(lines("Bathroom Mirror"), (2, "Bathroom|Mirror".into()));
        assert_eq!(lines("[TV] Samsung 7 Series (55)"), (1, "[TV] Samsung 7 Series|(55)".into()));
        assert_eq!(lines(&"w".repeat(64)).1.len(), 64 + 2, "cut into lines");
        assert_eq!(lines(" \t").1, "");
        assert_eq!(lay_out(&"twelve chars ".repeat(20)).1.len(), room(1).1, "bounded");
    }

    #[test]
    fn accents_are_shown_and_what_no_font_has_is_a_question_mark() {
        let name = |name| draw_card(name, "");
        for (accented, plain) in [("ü", "u"), ("ř", "r"), ("Ж", "?"), ("Ω", "?"), ("é", "?")] {
            assert_ne!(name(accented), name(plain), "{accented}");
            assert_ne!(name(accented), name("?"), "{accented}");
        }
        assert_eq!(name("日本"), name("??"));
        assert_eq!(name("e\u{301}\u{7}"), name("e"), "an accent that stands alone");
    }

    #[test]
    fn the_fullest_picture_that_can_be_has_room() {
        let mut cells = Cells::dark();
        for (i, cell) in cells.0.iter_mut().enumerate() {
            *cell = i % 2 == 1;
        }
        let fullest = cells.jpeg().len();
        assert!(fullest <= CARD && fullest > CARD / 2, "{fullest}");
        assert_eq!(light(&decoded(&cells.jpeg())), 120 * 135);
        let longest = draw_card(&"@".repeat(64), "255.255.255.255").len();
        assert!(longest < CARD / 2, "{longest}");
        assert_eq!(Cells::dark().jpeg()[..], BLACK[..], "no light at all");
    }
}
