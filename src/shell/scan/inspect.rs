//! What files are: their content, their durations, and what is in a folder.

use crate::limits::{MEDIA, PICTURE_HEAD};
use crate::media::content::{self, Content};
use crate::media::foreign::is_foreign;
use crate::media::lengths::{self, Damage, Source};
use crate::media::media_type::{MediaKind, MediaType, of_extension};
use crate::media::subtitles::FolderSubtitles;
use crate::time::Duration;
use rustix::fs::{Access, Mode, OFlags};
use rustix::io::Errno;
use std::fs::{self, DirEntry, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::{Instant, UNIX_EPOCH};

/// What the content of a file is.
#[derive(Clone, Copy, Debug)]
pub struct Inspection {
    pub(super) content: Content,
    /// The DLNA profile of a picture.
    pub(super) profile: Option<&'static str>,
    /// Whether it was cut off.
    pub(super) damage: Option<Damage>,
}

/// The time of the last change, in nanoseconds since 1970.
pub(in crate::shell) fn modified(metadata: &Metadata) -> i64 {
    let changed = metadata.modified().unwrap_or(UNIX_EPOCH);
    let nanos = |span: core::time::Duration| i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
    match changed.duration_since(UNIX_EPOCH) {
        Ok(after) => nanos(after),
        Err(before) => -nanos(before.duration()),
    }
}

pub(super) fn may_read(path: &Path) -> io::Result<()> {
    Ok(rustix::fs::access(path, Access::READ_OK)?)
}

/// Reads the beginning of a file.
pub(super) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path, OFlags::NOFOLLOW)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens a file. Without NONBLOCK, opening a FIFO would block the box.
fn open(path: &Path, more: OFlags) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | more;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

pub(super) fn sidecars(entries: &[DirEntry]) -> FolderSubtitles {
    FolderSubtitles::among(entries.iter().map(DirEntry::path))
}

/// The entries of a folder that are its owner's wish, in the order of their names, so that every scan finds the same; and the
/// error that ended the list early, if there was one.
pub(super) fn entries(folder: &Path) -> io::Result<(Vec<DirEntry>, Option<io::Error>)> {
    let mut failed = None;
    let read = fs::read_dir(folder)?.map_while(|entry| entry.map_err(|e| failed = Some(e)).ok());
    let mut entries: Vec<_> =
        read.filter(|entry| !is_foreign(&entry.path())).take(4 * MEDIA).collect();
    entries.sort_by_key(DirEntry::file_name);
    Ok((entries, failed))
}

/// Whether the error only says that there is nothing: a broken link, a circle of links, a file removed meanwhile.
pub(super) fn is_absence(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOENT | Errno::LOOP | Errno::NOTDIR))
}

pub(super) fn kind_of(path: &Path) -> Option<&'static MediaType> {
    of_extension(path.extension()?.to_str()?)
}

/// Examines the first bytes of a file, of a picture as many as a camera's preview needs; and whether a film is all there.
pub(super) fn inspect(path: &Path, named: Option<&'static MediaType>) -> io::Result<Inspection> {
    let content = content::detect(&read(path, content::HEAD as u64)?, named);
    let media_type = match content {
        Content::AsNamed => named,
        Content::Other(other) => Some(other),
        Content::NoMedia(_) => None,
    };
    let (mut profile, mut damage) = (None, None);
    match media_type {
        Some(picture) if picture.kind == MediaKind::Image => {
            profile = content::picture_profile(&read(path, PICTURE_HEAD)?);
        }
        Some(other) => {
            damage = Bounded::open(path)
                .and_then(|mut source| lengths::damage(&mut source, other.extension));
        }
        None => {}
    }
    Ok(Inspection { content, profile, damage })
}

/// Completes a sentence that starts with the path.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be read by this program".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

/// Most bytes read of one file to find its duration. The index of a film of three hours takes about 4 MiB.
const READ_BUDGET: u64 = 8 << 20;
/// Most time spent on one file, during which the box stands still. A slow USB stick reads the budget in less.
const TIME_BUDGET: Duration = Duration::from_millis(500);
/// How long the file at `path` plays, if that is certain; see [`lengths`]. `extension` is that of its real kind.
pub fn duration(path: &Path, extension: &str) -> Option<Duration> {
    lengths::length(&mut Bounded::open(path)?, extension)
}

/// A file that can be read only within the budgets.
struct Bounded {
    file: File,
    size: u64,
    left: u64,
    until: Instant,
}

impl Bounded {
    fn open(path: &Path) -> Option<Self> {
        let file = open(path, OFlags::empty()).ok()?;
        let size = file.metadata().ok().filter(Metadata::is_file)?.len();
        Some(Self { file, size, left: READ_BUDGET, until: Instant::now() + TIME_BUDGET })
    }
}

impl Source for Bounded {
    fn size(&self) -> u64 {
        self.size
    }

    fn read(&mut self, at: u64, most: usize) -> Option<Vec<u8>> {
        let most = u64::try_from(most).ok()?.min(self.size.checked_sub(at)?);
        self.left = self.left.checked_sub(most).filter(|_| Instant::now() <= self.until)?;
        self.file.seek(SeekFrom::Start(at)).ok()?;
        let mut bytes = Vec::new();
        (&self.file).take(most).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::TestFolder;
    use proptest::prelude::*;

    /// Of one whose name is right.
    fn duration(path: &Path) -> Option<Duration> {
        super::duration(path, &path.extension()?.to_str()?.to_lowercase())
    }

    /// A box of an MP4 file (ISO/IEC 14496-12 §4.2).
    fn atom(kind: &str, content: &[u8]) -> Vec<u8> {
        let size = u32::try_from(content.len() + 8).unwrap();
        [&size.to_be_bytes(), kind.as_bytes(), content].concat()
    }

    /// A full box: version and flags 0, then 32-bit numbers.
    fn numbers(kind: &str, numbers: &[u32]) -> Vec<u8> {
        let numbers = numbers.iter().flat_map(|n| n.to_be_bytes());
        let content: Vec<u8> = [0; 4].into_iter().chain(numbers).collect();
        atom(kind, &content)
    }

    /// An MP4 file with one video track without samples, of so many thousandths of a second.
    fn video(millis: u32) -> Vec<u8> {
        let mut movie = [0; 24];
        (movie[2], movie[3], movie[23]) = (1000, millis, 2);
        let mut track = [0; 20];
        (track[2], track[4]) = (1, millis);
        let tables: Vec<u8> = [
            // One sample entry, of an unknown codec.
            numbers("stsd", &[1, 16, u32::from_be_bytes(*b"none"), 0, 1]),
            numbers("stts", &[0]),
            numbers("stsc", &[0]),
            numbers("stsz", &[0, 0]),
            numbers("stco", &[0]),
        ]
        .concat();
        let description = numbers("dref", &[0]);
        let information =
            [numbers("vmhd", &[0, 0]), atom("dinf", &description), atom("stbl", &tables)].concat();
        let media = [
            numbers("mdhd", &[0, 0, 1000, millis, 0]),
            numbers("hdlr", &[0, u32::from_be_bytes(*b"vide"), 0, 0, 0, 0]),
            atom("minf", &information),
        ]
        .concat();
        let track = [numbers("tkhd", &track), atom("mdia", &media)].concat();
        let movie = [numbers("mvhd", &movie), atom("trak", &track)].concat();
        [atom("ftyp", b"isom\0\0\0\0isom"), atom("moov", &movie), atom("mdat", b"12345678")]
            .concat()
    }

    /// One second of 8 kHz mono 8 bit silence.
    fn sound() -> Vec<u8> {
        let mut file = b"RIFF\x64\x1f\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
        file.extend(b"\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\x40\x1f\0\0");
        file.resize(file.len() + 8000, 0x80);
        file
    }

    #[test]
    fn reads_the_duration_of_sound_and_of_video_without_sound() {
        let folder = TestFolder::new("probe");
        let film = folder.write("film.MP4", video(7040));
        assert_eq!(duration(&film), Some(Duration::from_millis(7040)));
        let song = folder.write("song.wav", sound());
        assert_eq!(duration(&song), Some(Duration::from_secs(1)));
    }

    #[test]
    fn a_file_without_a_credible_duration_has_none() {
        let folder = TestFolder::new("probe-none");
        for (name, content) in [
            ("zero.mp4", video(0)),
            ("week.mp4", video(7 * 24 * 3600 * 1000)),
            ("cut.mp4", video(7000)[..60].to_vec()),
            ("empty.mkv", Vec::new()),
            ("garbage.mp3", b"not music at all".repeat(100)),
            ("picture.jpg", sound()),
            ("stream.ts", sound()),
        ] {
            assert_eq!(duration(&folder.write(name, content)), None, "{name}");
        }
        assert_eq!(duration(&folder.path().join("gone.mp4")), None);
        let trap = folder.path().join("folder.mp4");
        std::fs::create_dir(&trap).unwrap();
        assert_eq!(duration(&trap), None);
    }

    #[test]
    fn reading_ends_with_the_budget() {
        let folder = TestFolder::new("probe-budget");
        let mut source = Bounded::open(&folder.write("a.mp3", vec![7; 100])).unwrap();
        source.left = 30;
        assert_eq!(source.read(90, 20), Some(vec![7; 10]), "to the end");
        assert_eq!(source.read(0, 20), Some(vec![7; 20]));
        assert_eq!(source.read(0, 1), None);
        assert_eq!(source.read(101, 1), None);
        (source.left, source.until) = (100, Instant::now() - Duration::from_millis(1));
        assert_eq!(source.read(0, 1), None, "nor beyond the time");
    }

    proptest! {
        #[test]
        fn damaged_files_do_no_harm(at in 0usize..400, byte: u8) {
            let folder = TestFolder::new("probe-damage");
            let mut film = video(7000);
            let at = at % film.len();
            film[at] = byte;
            let found = duration(&folder.write("film.mp4", film));
            prop_assert!(found.is_none_or(|found| found <= Duration::from_secs(24 * 3600)));
        }
    }
}
