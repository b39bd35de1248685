//! All capacities, with their reasons. Reaching one is never fatal.

use crate::time::Duration;

/// Renderers controlled at once. A projector wall has 16, a hotel bar 64; each takes a few kilobytes.
pub const RENDERERS: usize = 64;
/// Devices in the discovery cache: a home network answered one search with 9 descriptions, an office with 40.
pub const SIGHTINGS: usize = 2 * RENDERERS;
/// Of these, those that one host has named and nobody expects: a bridge with 16 renderers names as many, and a device of several
/// parts a few. So a flood from one host leaves room for the others.
pub const SIGHTINGS_PER_HOST: usize = SIGHTINGS / 4;
/// Renderers at one address, besides those that the configuration names: a bridge for loudspeakers of another kind has a dozen.
pub const RENDERERS_PER_HOST: usize = RENDERERS / 4;
/// Hosts whose datagrams are counted, so that none sends more than its share: all addresses of a home network.
pub const SENDERS: usize = 256;
/// Descriptions fetched at once, so that a slow device does not delay others.
pub const FETCHES: usize = 10;
/// Descriptions fetched besides these, of renderers that are configured or were driven before: others that hang must not hold
/// them up.
pub const EXPECTED_FETCHES: usize = 2;
/// Buttons and LEDs: the header has 28 GPIO pins.
pub const PINS: usize = 28;
/// `[[renderer]]` tables.
pub const RULES: usize = RENDERERS;
/// Clips that play or wait on one renderer; further presses of the button are ignored.
pub const CLIPS: usize = 8;
/// `[[schedule]]` tables: one for each hour of two days, or for each week of a year.
pub const SCHEDULE: usize = 64;
/// `[[group]]` tables: a group has at least two renderers.
pub const GROUPS: usize = RENDERERS / 2;
/// Media folders: one on each disk that has a reader of its own.
pub const MEDIA_FOLDERS: usize = READERS;
/// Media files in the catalogue; further files are counted and skipped.
pub const MEDIA: usize = 4096;
/// Files examined in one scan: twice [`MEDIA`], so that bad files do not displace good ones.
pub const LOOKED_AT: usize = 2 * MEDIA;
/// Paths that a scan lists as missing, as bad, or as being copied: as many as a person may read.
pub const NAMED: usize = 64;
/// Lines of a playlist.
pub const PLAYLIST: usize = 1024;
/// Bytes of a playlist file.
pub const PLAYLIST_BYTES: u64 = 256 << 10;
/// Folders read in a scan and watched: half of the inotify watches that every kernel allows.
pub const FOLDERS: usize = 4096;
/// Depth of folders below the media folder.
pub const FOLDER_DEPTH: usize = 8;
/// Disks that have a reader of their own: a card, and a stick in each port. Further ones share the last reader.
pub const READERS: usize = 8;
/// Mounts that the box tells apart; a system with many containers has some hundreds.
pub const MOUNTS: usize = 512;
/// Readers that hang in the kernel and cannot be ended: each takes a few hundred kilobytes. While there are as many, no other one
/// is started for a disk that hangs.
pub const ABANDONED: usize = 8;
/// Bytes of memory that a reader may fill: what it reads of one file at once is at most 8 MiB.
pub const READER_MEMORY: u64 = 64 << 20;
/// Files of which a reader died; the oldest makes room.
pub const CRASHES: usize = 32;
/// Bytes of a packet between box and reader. The longest message has three paths, of at most 4096 bytes, and two texts.
pub const PACKET: usize = 16 << 10;
/// Bytes of a text in such a message.
pub const READER_TEXT: usize = 512;
/// Events waiting for the logic: several from each source.
pub const MAILBOX: usize = 128;
/// Effects of one step: several for each renderer, and those for panel, replies and system.
pub const EFFECTS: usize = 4 * RENDERERS;
/// Transitions kept in the trace; about half are phases of loads.
pub const TRACE: usize = 512;
/// Lines of one kind about one renderer in the log, in a minute: a picture each second, and no flood.
pub const LOG_LINES: u32 = 60;
/// Kinds of lines counted for that, each for one renderer: several for each renderer.
pub const LOG_CAUSES: usize = 4 * RENDERERS;
/// Pairs of file and renderer with statistics: eight files for each renderer, about 300 bytes each.
pub const STATISTICS: usize = 8 * RENDERERS;
/// Connections of the media server. Each takes at most 100 KiB and two file descriptors (socket and file), of which
/// systemd and most shells allow 1024.
pub const MEDIA_CONNECTIONS: usize = 4 * RENDERERS;
/// Connections of the media server from one renderer: a TV opened 8 in parallel.
pub const MEDIA_CONNECTIONS_PER_PEER: usize = 12;
/// Connections of the media server from addresses where no renderer is. The rest is for renderers, whatever strangers do.
pub const STRANGER_CONNECTIONS: usize = MEDIA_CONNECTIONS / 4;
/// Connections of the control server.
pub const CONTROL_CONNECTIONS: usize = 16;
/// NOTIFY requests read at once. They take milliseconds.
pub const NOTIFICATIONS: usize = RENDERERS / 2;
// File descriptors: the connections above, the calls to all renderers and the description fetches, and as many again for
// files, pins and the rest.
const _: () = assert!(
    2 * MEDIA_CONNECTIONS + CONTROL_CONNECTIONS + 2 * (RENDERERS + FETCHES + EXPECTED_FETCHES)
        < 1024
);

/// Renderers whose capabilities are stored: those present, and as many that are absent.
pub const PROFILES: usize = 2 * RENDERERS;
/// Bytes of a state file: twice the size of one with [`PROFILES`] renderers and [`STATISTICS`] of which nothing is short.
pub const STATE_FILE: usize = 4 << 20;
/// MIME types stored for one renderer, one for each file extension: few folders contain more.
pub const MIME_NAMES: usize = 8;

/// Files left out on one renderer because they do not play there; the one that is due first makes room.
pub const LEFT_OUT: usize = 32;

/// Files of which it is remembered where they ended on one renderer; the oldest makes room.
pub const ENDS: usize = 64;
/// Pictures of which it is remembered that one renderer has shown them, eight bytes each; the oldest makes room.
pub const PICTURES_SHOWN: usize = 1024;

/// Bytes of a UDN: real ones reach 80.
pub const UDN_BYTES: usize = 128;
/// Bytes of a name for people: the 64 characters that UDA 1.0 allows for a renderer, of three bytes each as in Chinese.
pub const NAME_BYTES: usize = 192;
/// Bytes of the path of a URL on a renderer.
pub const PATH_BYTES: usize = 256;
/// Bytes of a sentence about a fault.
pub const SENTENCE_BYTES: usize = 96;

/// Bytes of a device description: that of a tuner with seven devices has 100 KiB.
pub const DESCRIPTION_BODY: usize = 512 << 10;
/// Bytes of a SOAP body: the longest, a list of protocols, has 16 KB.
pub const SOAP_BODY: usize = 128 << 10;
/// Bytes of the body of a NOTIFY: the longest known one, of a multi-room system, is far shorter.
pub const NOTIFY_BODY: usize = 128 << 10;
/// Bytes of a service description: those of AVTransport, the longest, reach 60 KiB.
pub const SCPD_BODY: usize = 128 << 10;
// All bodies that are read at once fit into 40 MiB. A buffer may have twice the size of what it holds.
const _: () = assert!(
    2 * (RENDERERS * SOAP_BODY
        + (FETCHES + EXPECTED_FETCHES) * DESCRIPTION_BODY
        + NOTIFICATIONS * NOTIFY_BODY)
        <= 40 << 20
);
/// Bytes of a subtitle file: a film of three hours has about 200 KiB. It is sent from memory in pieces of [`MEDIA_CHUNK`].
pub const SUBTITLES: u64 = 1 << 20;
/// Longest time for sending subtitles: at 1 Mbit/s they take nine seconds.
pub const SUBTITLES_TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes of a picture that are searched for its size, which follows the metadata of the camera (at most 64 KiB) and a
/// colour profile.
pub const PICTURE_HEAD: u64 = 96 << 10;
/// Bytes of the card that identifies a renderer: 32,640 cells of at most 11 bits, and the headers. A long name takes
/// 18 KiB.
pub const CARD: usize = 64 << 10;
/// Bytes of the head of an HTTP request or response.
pub const HTTP_HEAD: usize = 16 << 10;
/// Headers of an HTTP request or response.
pub const HTTP_HEADERS: usize = 64;
/// Bytes that a media stream sends in one turn of the executor. With 64 streams, 64 KiB delayed a timer by at most
/// 13 ms, 256 KiB by 23 ms.
pub const MEDIA_CHUNK: usize = 64 << 10;
/// A client that has not sent a complete head by then is disconnected.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// A stream without progress for this long is closed. A paused TV reads nothing for minutes.
pub const STREAM_STALL: Duration = Duration::from_secs(3600);
