use super::*;
use proptest::prelude::*;

/// A file in memory, and how much of it may still be read.
struct Memory {
    bytes: Vec<u8>,
    budget: usize,
}

impl Source for Memory {
    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read(&mut self, at: u64, most: usize) -> Option<Vec<u8>> {
        let rest = self.bytes.get(usize::try_from(at).ok()?..)?;
        let found = rest[..rest.len().min(most)].to_vec();
        self.budget = self.budget.checked_sub(found.len())?;
        Some(found)
    }
}

fn of(extension: &str, bytes: &[u8]) -> Option<Duration> {
    length(&mut Memory { bytes: bytes.to_vec(), budget: 8 << 20 }, extension)
}

fn harm(extension: &str, bytes: &[u8]) -> Option<Damage> {
    damage(&mut Memory { bytes: bytes.to_vec(), budget: 8 << 20 }, extension)
}

const fn secs(seconds: u64) -> Option<Duration> {
    Some(Duration::from_secs(seconds))
}

/// Two seconds of 8 kHz mono 8 bit, with these sizes in the heads.
fn wav(riff: u32, data: u32) -> Vec<u8> {
    let mut file = b"RIFF".to_vec();
    file.extend(riff.to_le_bytes());
    file.extend(b"WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0\x01\0\x01\0");
    file.extend(b"\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data");
    file.extend(data.to_le_bytes());
    file.resize(file.len() + 16_000, 0x80);
    file
}

#[test]
fn a_box_of_the_greatest_size_is_the_last_one() {
    let box_of = |size: u64| {
        [&b"\0\0\0\x08ftyp\0\0\0\x01moov"[..], &size.to_be_bytes(), &[0xff; 64]].concat()
    };
    for size in [u64::MAX, u64::MAX - 7, u64::MAX - 8] {
        assert_eq!(of("mp4", &box_of(size)), None);
        assert_eq!(harm("mp4", &box_of(size)), Some(Damage::Index));
    }
}

#[test]
fn a_wav_is_as_long_as_its_data_whatever_its_sizes_claim() {
    for size in [16_000, 0x7fff_ffff, 0xffff_ffff, 2_000_000_000, 0x7fff_f000, 0, 16_001] {
        assert_eq!(of("wav", &wav(size, size)), secs(2), "{size}");
    }
    assert_eq!(of("wav", &wav(0, 8_000)), secs(1), "something follows the data");
    let whole = wav(16_100, 16_000);
    assert_eq!(of("wav", &whole[..whole.len() - 8_000]), secs(1), "cut off");
    assert_eq!(of("wav", &whole[..40]), None);
}

/// A frame of MPEG-1 layer III at 44.1 kHz in stereo: 9 is 128, 14 is 320, 1 is 32 kbit/s.
fn frame(bitrate: u8) -> Vec<u8> {
    let mut frame = vec![0xff, 0xfb, bitrate << 4, 0];
    let kbit = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    frame.resize(144 * kbit[usize::from(bitrate)] * 1000 / 44_100, 0);
    frame
}

fn frames(all: &[(u8, usize)]) -> Vec<u8> {
    all.iter().flat_map(|(bitrate, count)| frame(*bitrate).repeat(*count)).collect()
}

/// A frame with the tag of an encoder.
fn xing(frames: u32, bytes: u32) -> Vec<u8> {
    let mut first = frame(9);
    first[36..44].copy_from_slice(b"Xing\0\0\0\x03");
    first[44..48].copy_from_slice(&frames.to_be_bytes());
    first[48..52].copy_from_slice(&bytes.to_be_bytes());
    first
}

fn lasting(frames: u64) -> Option<Duration> {
    span(frames * 1152, 44_100)
}

#[test]
fn the_frames_of_an_mp3_are_counted_where_no_tag_tells_their_number() {
    // Quiet at the beginning: by its first frames it would be four times as long.
    let song = frames(&[(1, 100), (9, 300), (14, 200)]);
    assert_eq!(of("mp3", &song), lasting(600));
    let tagged = [b"ID3\x04\0\0\0\0\0\x0a0123456789".to_vec(), song.clone(), b"TAG".repeat(40)];
    assert_eq!(of("mp3", &tagged.concat()), lasting(600), "tags are no sound");
    let mut some = Memory { bytes: song.clone(), budget: 100_000 };
    assert_eq!(length(&mut some, "mp3"), None, "the budget does not reach the end");
    let constant = frames(&[(9, 4_000)]);
    let mut some = Memory { bytes: constant.clone(), budget: 1 << 20 };
    let about = length(&mut some, "mp3").unwrap();
    assert!(about.abs_diff(lasting(4_000).unwrap()) < Duration::from_millis(500), "{about:?}");
    assert_eq!(of("mp3", &b"not music at all".repeat(100)), None);
}

#[test]
fn the_tag_of_an_encoder_is_believed_if_the_file_is_whole() {
    let song = frames(&[(1, 100), (14, 500)]);
    let bytes = u32::try_from(song.len()).unwrap();
    let whole = [xing(600, bytes), song.clone()].concat();
    assert_eq!(of("mp3", &whole), lasting(600));
    assert_eq!(of("mp3", &whole[..whole.len() / 2]), None, "cut off");
    assert_eq!(of("mp3", &[xing(60_000, bytes), song].concat()), None, "a wrong tag");
}

/// A box of an MP4 file.
fn atom(kind: &str, content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len() + 8).unwrap();
    [&size.to_be_bytes(), kind.as_bytes(), content].concat()
}

fn full(kind: &str, numbers: &[u32]) -> Vec<u8> {
    let numbers = numbers.iter().flat_map(|n| n.to_be_bytes());
    atom(kind, &[0; 4].into_iter().chain(numbers).collect::<Vec<u8>>())
}

/// The index of a film whose tracks have these handlers and seconds.
fn index(tracks: &[(&str, u32)]) -> Vec<u8> {
    let longest = tracks.iter().map(|(_, seconds)| seconds * 1000).max().unwrap();
    let mut inner = full("mvhd", &[0, 0, 1000, longest, 0]);
    for (handler, seconds) in tracks {
        let handler = u32::from_be_bytes(handler.as_bytes().try_into().unwrap());
        let media = atom("mdia", &full("hdlr", &[0, handler, 0]));
        let header = full("tkhd", &[0, 0, 1, 0, seconds * 1000, 0, 0, 0]);
        inner.extend(atom("trak", &[header, media].concat()));
    }
    atom("moov", &inner)
}

fn mp4(index_first: bool, tracks: &[(&str, u32)]) -> Vec<u8> {
    let (begin, data) = (atom("ftyp", b"isom\0\0\0\0isom"), atom("mdat", &[7; 10_000]));
    let rest = if index_first { [index(tracks), data] } else { [data, index(tracks)] };
    [begin, rest.concat()].concat()
}

#[test]
fn an_mp4_is_as_long_as_its_pictures_and_sound() {
    let film = [("vide", 60), ("soun", 61)];
    for first in [true, false] {
        assert_eq!(of("mp4", &mp4(first, &film)), secs(61));
    }
    let stretched = [("vide", 60), ("soun", 60), ("text", 3600), ("tmcd", 90)];
    assert_eq!(of("mp4", &mp4(true, &stretched)), secs(60), "subtitles do not count");
    let stray = [("vide", 60), ("soun", 600)];
    assert_eq!(of("mp4", &mp4(true, &stray)), None, "players differ in what they do then");
    assert_eq!(of("mp4", &mp4(true, &[("text", 60)])), None);
}

#[test]
fn half_an_mp4_is_noticed() {
    let film = [("vide", 60), ("soun", 60)];
    let (first, last) = (mp4(true, &film), mp4(false, &film));
    assert_eq!((harm("mp4", &first), harm("mov", &last)), (None, None));
    assert_eq!(harm("mp4", &first[..first.len() - 1]), Some(Damage::End));
    assert_eq!(of("mp4", &first[..first.len() - 1]), None);
    assert_eq!(harm("mp4", &last[..last.len() / 2]), Some(Damage::Index));
    assert_eq!(harm("mp4", &last[..last.len() - 1]), Some(Damage::Index));
    assert_eq!(harm("mp4", &first[..100]), Some(Damage::Index));
    assert_eq!(harm("mp4", &[&first[..], b"\xff\xff\xff\xffjunk\x01"].concat()), Some(Damage::End));
    assert_eq!(harm("mp4", &[&first[..], &[0xff; 100]].concat()), None, "what a camera appends");
    assert_eq!(harm("mp4", &[&first[..], &[0; 100]].concat()), None);
    assert_eq!(harm("mp4", b"\0\0\0\0\0"), None, "unknown");
}

/// An element of Matroska.
fn element(id: u32, content: &[u8]) -> Vec<u8> {
    let id: Vec<u8> = id.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    let size = (content.len() as u64 | 1 << 56).to_be_bytes();
    [&id[..], &size, content].concat()
}

/// A film with these tracks (kind, seconds by its tag if it has one), this length in its header, and this last entry of the index.
fn mkv(header: f64, tracks: &[(u8, Option<&str>)], last_entry: Option<u32>) -> Vec<u8> {
    let info =
        [element(0x4489, &(header * 1000.0).to_be_bytes()), element(0x2a_d7b1, &[15, 66, 64])];
    // A checksum, and a tag of the whole film.
    let whole = element(0x7373, &element(0x67c8, &element(0x45a3, b"ENCODER")));
    let mut tags = [element(0xbf, &[1, 2, 3, 4]), whole].concat();
    let mut entries = Vec::new();
    let cue = |seconds: f64, track: u8| {
        let time = element(0xb3, &((seconds * 1000.0) as u32).to_be_bytes());
        element(0xbb, &[time, element(0xb7, &element(0xf7, &[track]))].concat())
    };
    let mut cues: Vec<u8> = last_entry.map(|at| cue(at.into(), 1)).unwrap_or_default();
    for (n, (kind, tag)) in (1u8..).zip(tracks) {
        let entry = [element(0xd7, &[n]), element(0x73c5, &[n]), element(0x83, &[*kind])];
        entries.extend(element(0xae, &entry.concat()));
        if *kind == 17 && last_entry.is_some() {
            cues.extend(cue(header, n));
        }
        if let Some(tag) = tag {
            let simple = [element(0x45a3, b"DURATION"), element(0x4487, tag.as_bytes())].concat();
            let target = element(0x63c0, &element(0x63c5, &[n]));
            tags.extend(element(0x7373, &[target, element(0x67c8, &simple)].concat()));
        }
    }
    let head = [element(0x1549_a966, &info.concat()), element(0x1654_ae6b, &entries)].concat();
    let cluster = element(0x1f43_b675, &[9; 5000]);
    let cues = if cues.is_empty() { cues } else { element(0x1c53_bb6b, &cues) };
    let tags = element(0x1254_c367, &tags);
    // The two seeks have a fixed size, which moves everything behind them by the same.
    let seek = |id: u32, place: usize| {
        let place = element(0x53ac, &u32::try_from(place).unwrap().to_be_bytes());
        element(0x4dbb, &[element(0x53ab, &id.to_be_bytes()), place].concat())
    };
    let list = |cues: usize, tags: usize| {
        element(0x114d_9b74, &[seek(0x1c53_bb6b, cues), seek(0x1254_c367, tags)].concat())
    };
    let at = list(0, 0).len() + head.len() + cluster.len();
    let segment = [list(at, at + cues.len()), head, cluster, cues, tags].concat();
    [element(0x1a45_dfa3, &[0; 20]), element(0x1853_8067, &segment)].concat()
}

#[test]
fn a_matroska_is_as_long_as_its_pictures_and_sound_however_late_a_subtitle_is() {
    let (minute, hour) = (Some("00:01:00.040000000"), Some("01:00:00.000000000\0"));
    let exact = Some(Duration::from_millis(60_040));
    assert_eq!(of("mkv", &mkv(60.04, &[(1, minute), (2, minute)], Some(55))), exact);
    assert_eq!(of("mkv", &mkv(3600.0, &[(1, minute), (2, minute), (17, hour)], Some(55))), exact);
    assert_eq!(of("mkv", &mkv(60.0, &[(1, None), (2, None)], None)), secs(60));
    assert_eq!(of("mkv", &mkv(3600.0, &[(1, None), (2, None), (17, None)], Some(55))), None);
    assert_eq!(of("mkv", &mkv(60.0, &[(1, None), (17, None)], Some(55))), secs(60));
    assert_eq!(of("mkv", &mkv(60.0, &[(1, None), (17, None)], None)), None);
    assert_eq!(of("mkv", &mkv(60.0, &[(1, minute), (2, hour)], None)), secs(60), "a stale tag");
    let film = mkv(60.0, &[(1, minute)], Some(55));
    let half = &film[..film.len() / 2];
    assert_eq!((of("mkv", half), harm("mkv", half)), (None, Some(Damage::End)));
    assert_eq!(harm("mkv", &film), None);
}

#[test]
fn aiff_flac_and_ogg_say_what_is_there() {
    let mut aiff = b"FORM\0\0\0\0AIFFCOMM\0\0\0\x12\0\x01\0\0\x3e\x80\0\x08".to_vec();
    // 8000 Hz as a number of 80 bits.
    aiff.extend(b"\x40\x0b\xfa\0\0\0\0\0\0\0SSND\0\0\x3e\x88\0\0\0\0\0\0\0\0");
    aiff.resize(aiff.len() + 16_000, 0);
    assert_eq!(of("aiff", &aiff), secs(2));
    assert_eq!(of("aiff", &aiff[..aiff.len() - 8_000]), secs(1), "cut off");

    // 8000 Hz, 16,000 samples in blocks of 4000; frames with their numbers and checksums.
    let mut flac = b"fLaC\x80\0\0\x22\x0f\xa0\x0f\xa0\0\0\0\0\0\0".to_vec();
    flac.extend((8000u64 << 44 | 15 << 36 | 16_000).to_be_bytes());
    flac.extend([0; 16]);
    for n in 0..4u8 {
        let head = [0xff, 0xf8, 0xc4, 0x08, n];
        let bit = |crc: u8| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 7 };
        let crc = head.iter().fold(0, |crc, byte| (0..8).fold(crc ^ byte, |crc, _| bit(crc)));
        flac.extend(head);
        flac.push(crc);
        flac.extend([0x55; 500]);
    }
    assert_eq!(of("flac", &flac), secs(2));
    assert_eq!(of("flac", &flac[..flac.len() / 2]), None, "cut off");

    let page = |place: u64, packet: &[u8]| {
        let mut page = b"OggS\0\x02".to_vec();
        page.extend(place.to_le_bytes());
        page.extend(b"ABCD\0\0\0\0\0\0\0\0\x01");
        page.push(u8::try_from(packet.len()).unwrap());
        page.extend(packet);
        page
    };
    let opus = page(0, b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0");
    let sound = [page(48_000, &[1; 100]), page(96_000 + 312, &[2; 100]), page(u64::MAX, &[3; 9])];
    assert_eq!(of("opus", &[opus.clone(), sound.concat()].concat()), secs(2));
    assert_eq!(of("ogg", &[opus, sound[0].clone()].concat()), span(48_000 - 312, 48_000));
    let vorbis = page(0, b"\x01vorbis\0\0\0\0\x01\x40\x1f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xb8\x01");
    assert_eq!(of("ogg", &[vorbis, page(16_000, &[1; 100])].concat()), secs(2));
}

proptest! {
    #[test]
    fn damaged_files_do_no_harm(which in 0usize..5, at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
        let film = [("vide", 60), ("soun", 60)];
        let (extension, mut file) = match which {
            0 => ("wav", wav(16_000, 16_000)),
            1 => ("mp3", [xing(10, 4_000), frames(&[(9, 10)])].concat()),
            2 => ("mp4", mp4(false, &film)),
            3 => ("mkv", mkv(60.0, &[(1, Some("00:01:00.0")), (17, None)], Some(55))),
            _ => ("ogg", b"OggS\0\x02".repeat(60)),
        };
        let at = at.index(file.len().min(900));
        file[at] = byte;
        file.truncate(cut.index(file.len()) + 1);
        let found = of(extension, &file);
        prop_assert!(found.is_none_or(|found| found <= LONGEST));
        let _ = harm(extension, &file);
    }

    #[test]
    fn any_bytes_are_read_within_the_budget(bytes: Vec<u8>) {
        for extension in ["wav", "aiff", "flac", "ogg", "mp3", "mp4", "mkv", "ts"] {
            let found = of(extension, &bytes);
            prop_assert!(found.is_none_or(|found| found <= LONGEST));
        }
    }
}
