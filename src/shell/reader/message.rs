//! What the box and its readers say to each other.
//!
//! A packet of the socket between them is [`VERSION`], then messages one after the other. A message is the number of its kind
//! and its fields: numbers in little-endian order, paths and texts after their length in two bytes. Paths are bytes, since a
//! name on a disk need not be UTF-8. A packet that is not exactly that is no packet: whoever sent it is not trusted any more.

use crate::limits::{PACKET, READER_TEXT};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// The version of this format. Box and readers are the same program, so that any other one is a mistake.
pub const VERSION: u8 = 1;
/// Bytes of a path: the kernel takes no longer one.
const PATH: usize = 4096;

/// Something that is written into a message and read from one.
trait Field: Sized {
    fn put(&self, into: &mut Vec<u8>);
    fn take(from: &mut &[u8]) -> Option<Self>;
}

macro_rules! number {
    ($($type:ty),*) => {
        $(impl Field for $type {
            fn put(&self, into: &mut Vec<u8>) {
                into.extend(self.to_le_bytes());
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                let (bytes, rest) = from.split_first_chunk()?;
                *from = rest;
                Some(Self::from_le_bytes(*bytes))
            }
        })*
    };
}

number!(u8, u16, u32, u64, i64);

impl Field for bool {
    fn put(&self, into: &mut Vec<u8>) {
        into.push(u8::from(*self));
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        match u8::take(from)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl<T: Field> Field for Option<T> {
    fn put(&self, into: &mut Vec<u8>) {
        self.is_some().put(into);
        if let Some(it) = self {
            it.put(into);
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        match bool::take(from)? {
            true => <T as Field>::take(from).map(Some),
            false => Some(None),
        }
    }
}

fn put_bytes(bytes: &[u8], into: &mut Vec<u8>) {
    // No longer than PATH or READER_TEXT.
    (bytes.len() as u16).put(into);
    into.extend(bytes);
}

fn take_bytes<'a>(from: &mut &'a [u8], most: usize) -> Option<&'a [u8]> {
    let length = usize::from(u16::take(from)?);
    let (bytes, rest) = from.split_at_checked(length).filter(|_| length <= most)?;
    *from = rest;
    Some(bytes)
}

impl Field for PathBuf {
    fn put(&self, into: &mut Vec<u8>) {
        let bytes = self.as_os_str().as_bytes();
        put_bytes(&bytes[..bytes.len().min(PATH)], into);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        Some(OsString::from_vec(take_bytes(from, PATH)?.to_vec()).into())
    }
}

impl Field for String {
    fn put(&self, into: &mut Vec<u8>) {
        // No letter has more than four bytes.
        let cut = (0..=self.len().min(READER_TEXT)).rev().find(|at| self.is_char_boundary(*at));
        put_bytes(&self.as_bytes()[..cut.unwrap_or(0)], into);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        String::from_utf8(take_bytes(from, READER_TEXT)?.to_vec()).ok()
    }
}

macro_rules! messages {
    ($(#[$about:meta])* $name:ident { $($(#[$what:meta])* $number:literal = $kind:ident { $($field:ident: $type:ty),* },)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the fields say what they are")]
        pub enum $name {
            $($(#[$what])* $kind { $($field: $type),* },)*
        }

        impl Field for $name {
            fn put(&self, into: &mut Vec<u8>) {
                match self {
                    $(Self::$kind { $($field),* } => {
                        into.push($number);
                        $(Field::put($field, into);)*
                    })*
                }
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                match u8::take(from)? {
                    $($number => Some(Self::$kind { $($field: <$type as Field>::take(from)?),* }),)*
                    _ => None,
                }
            }
        }

        impl Message for $name {}
    };
}

/// A message in one direction.
#[allow(private_bounds, reason = "what a field is concerns only this file")]
pub trait Message: Field {}

messages! {
    /// What the box says to a reader.
    Request {
        /// The next scan reads this file, folder or playlist that the configuration names.
        1 = Named { path: PathBuf },
        /// This is a media folder, which the next scan reads if `read`.
        2 = MediaFolder { path: PathBuf, read: bool },
        /// Something is mounted here, of which the reader may read what is below if it is `mine`. The next scan reads all of it
        /// if `read`.
        3 = Mount { path: PathBuf, mine: bool, read: bool },
        /// The next scan leaves out this file as long as it has this version: a reader died of it.
        4 = LeaveOut { path: PathBuf, size: u64, modified: i64 },
        /// Scan now what was said since the last scan. `at_once`: see [`crate::media::catalogue::FileCache::at_once`].
        5 = Scan { at_once: bool },
        /// Open a file below `root`. Questions about single files have a number, which comes back with the answer.
        6 = Open { number: u32, path: PathBuf, root: PathBuf },
        /// Copy subtitles below `root` into memory.
        7 = Subtitles { number: u32, path: PathBuf, root: PathBuf },
        /// Read so many bytes of a file below `root`.
        8 = Warm { number: u32, path: PathBuf, root: PathBuf, first: u64, count: u32 },
        /// Find out how long a file of this kind plays.
        9 = Probe { number: u32, path: PathBuf, extension: String },
        /// Copy so many bytes of a file below `root` into memory.
        10 = Copy { number: u32, path: PathBuf, root: PathBuf, first: u64, count: u32 },
    }
}

messages! {
    /// What a reader says to the box.
    Answer {
        /// It still works.
        1 = Alive {},
        /// Something has changed since the last scan.
        2 = Changed {},
        /// It is about to look into this file, which nobody has looked into.
        3 = Examines { path: PathBuf, size: u64, modified: i64 },
        /// The fields of [`crate::media::catalogue::Scan`], piece by piece; first a file.
        4 = File {
            path: PathBuf,
            root: PathBuf,
            extension: String,
            size: u64,
            modified: i64,
            profile: Option<String>,
            subtitles: Option<PathBuf>
        },
        /// A path that is missing.
        5 = Missing { path: PathBuf, why: String },
        /// A bad file.
        6 = Bad { path: PathBuf, why: String },
        /// A file that is being copied.
        7 = Growing { path: PathBuf },
        /// A playlist without files.
        8 = List { path: PathBuf },
        /// The next file of the last playlist.
        9 = Listed { path: PathBuf },
        /// A path that is spelled differently on the disk.
        10 = Meant { wanted: PathBuf, found: PathBuf },
        /// A remark about a path.
        11 = Note { path: PathBuf, what: String },
        /// The scan is complete.
        12 = Scanned { skipped: u32, untold: Option<String> },
        /// The scan is complete, and found what the last one found.
        13 = Same {},
        /// The file is open, and comes with this message if nobody has to wait for its disk who closes it.
        14 = Opened { number: u32, size: u64, modified: i64 },
        /// The file cannot be used.
        15 = Refused { number: u32, why: String },
        /// The bytes have been read.
        16 = Warmed { number: u32 },
        /// How long the file plays, if that is certain.
        17 = Probed { number: u32, micros: Option<u64> },
        /// So many bytes are in memory, as a file that comes with this message; size and time of change are those of the disk.
        18 = Copied { number: u32, size: u64, modified: i64, count: u32 },
        /// What it could not give up the right to do, and why.
        19 = Keeps { what: String },
    }
}

/// Writes messages into as few packets as they need.
pub fn packets<M: Message>(messages: impl IntoIterator<Item = M>) -> Vec<Vec<u8>> {
    let mut packets: Vec<Vec<u8>> = Vec::new();
    let mut one = Vec::new();
    for message in messages {
        one.clear();
        message.put(&mut one);
        match packets.last_mut().filter(|packet| packet.len() + one.len() <= PACKET) {
            Some(packet) => packet.extend(&one),
            None => {
                let mut packet = vec![VERSION];
                packet.extend(&one);
                packets.push(packet);
            }
        }
    }
    packets
}

/// Reads a packet; `None` if it is none.
pub fn parse<M: Message>(packet: &[u8]) -> Option<Vec<M>> {
    let (&VERSION, mut rest) = packet.split_first()? else { return None };
    let mut messages = Vec::new();
    while !rest.is_empty() {
        messages.push(M::take(&mut rest)?);
    }
    Some(messages)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn longest() -> Answer {
        let path = || PathBuf::from("x".repeat(PATH));
        let (size, modified) = (u64::MAX, i64::MIN);
        let text = || "é".repeat(READER_TEXT);
        Answer::File {
            path: path(),
            root: path(),
            extension: text(),
            size,
            modified,
            profile: Some(text()),
            subtitles: Some(path()),
        }
    }

    #[test]
    fn the_longest_message_fits_into_a_packet_and_texts_are_cut_between_letters() {
        let packets = packets([longest(), longest()]);
        assert!(packets.len() == 2 && packets.iter().all(|packet| packet.len() <= PACKET));
        let Some([Answer::File { path, extension, .. }]) =
            parse(&packets[0]).as_deref().and_then(|all| all.first_chunk::<1>()).cloned()
        else {
            panic!("one file");
        };
        assert_eq!((path.as_os_str().len(), extension.len()), (PATH, READER_TEXT));
    }

    #[test]
    fn short_messages_share_a_packet_and_names_need_not_be_text() {
        let odd = PathBuf::from(OsString::from_vec(b"/m/\xff\n.mp4".to_vec()));
        let said = vec![Answer::Alive {}, Answer::Growing { path: odd }, Answer::Same {}];
        let packets = packets(said.clone());
        assert_eq!(packets.len(), 1);
        assert_eq!(parse(&packets[0]), Some(said));
        assert!(super::packets::<Answer>([]).is_empty());
    }

    #[test]
    fn what_is_no_packet_is_refused() {
        let good = &packets([Answer::Scanned { skipped: 7, untold: Some("why".to_owned()) }])[0];
        assert!(parse::<Answer>(good).is_some());
        for cut in [0, 2, good.len() - 1] {
            assert_eq!(parse::<Answer>(&good[..cut]), None, "{cut} bytes");
        }
        assert_eq!(parse::<Answer>(&[VERSION]), Some(Vec::new()));
        for bad in [&[VERSION + 1, 1][..], &[VERSION, 0], &[VERSION, 7, 255, 255], &[VERSION, 250]]
        {
            assert_eq!(parse::<Answer>(bad), None, "{bad:?}");
        }
        assert_eq!(parse::<Request>(&[VERSION, 5, 2]), None, "neither true nor false");
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_as_it_was(packet: Vec<u8>) {
            let packet = [&[VERSION][..], &packet].concat();
            if let Some(said) = parse::<Answer>(&packet).filter(|said| !said.is_empty()) {
                prop_assert_eq!(packets(said), vec![packet]);
            }
        }
    }
}
