//! Every capacity, with its reason. "Full" is an ordinary, counted outcome everywhere.

use crate::time::Duration;

/// Renderers driven at once. A projector wall has 16, a hotel's bar 64; each costs a few kilobytes.
pub const RENDERERS: usize = 64;
/// Descriptions watched: a home network answered one search with 9, an office with 40.
pub const SIGHTINGS: usize = 2 * RENDERERS;
/// Description fetches under way at once, so that one bad device delays nobody.
pub const FETCHES: usize = 10;
/// Buttons and LEDs: the header has 28 GPIO pins.
pub const PINS: usize = 28;
/// `[[renderer]]` tables.
pub const RULES: usize = RENDERERS;
/// Clips that play or wait on one renderer: who presses more often is playing with the button.
pub const CLIPS: usize = 8;
/// `[[schedule]]` tables: a different one for each hour of two days, or for each week of a year.
pub const SCHEDULE: usize = 64;
/// `[[group]]` tables: more than one renderer each, or it is hardly one.
pub const GROUPS: usize = RENDERERS / 2;
/// Media files in the catalogue; beyond this they are counted and left out.
pub const MEDIA: usize = 4096;
/// Files looked into in one scan: twice as many as are taken, so that bad ones do not push out good ones.
pub const LOOKED_AT: usize = 2 * MEDIA;
/// Paths named in a scan as missing, bad or still being copied, of each: what a person may read.
pub const NAMED: usize = 64;
/// Lines of a playlist, and bytes of its file.
pub const PLAYLIST: usize = 1024;
/// See [`PLAYLIST`].
pub const PLAYLIST_BYTES: u64 = 256 << 10;
/// Folders read in one scan, and watched: half of what every kernel lets a user watch.
pub const FOLDERS: usize = 4096;
/// Depth of folders below the media folder.
pub const FOLDER_DEPTH: usize = 8;
/// Events that wait for the logic: several rounds of everything that can speak at once.
pub const MAILBOX: usize = 128;
/// Effects of one step: each renderer may speak, plus panel, reply and system.
pub const EFFECTS: usize = 4 * RENDERERS;
/// Transitions kept in the flight recorder: half of them are phases of loads.
pub const TRACE: usize = 512;
/// Files on renderers that statistics are kept of: eight on each renderer, about 300 bytes each.
pub const STATISTICS: usize = 8 * RENDERERS;
/// Connections of the media server in total and from one renderer (a TV was seen to open several parallel ranges: at least
/// 8). Each costs 100 KiB and two descriptors at most, the socket and the file; systemd and most shells give a program
/// 1024 of these.
pub const MEDIA_CONNECTIONS: usize = 4 * RENDERERS;
/// See [`MEDIA_CONNECTIONS`].
pub const MEDIA_CONNECTIONS_PER_PEER: usize = 12;
/// Connections of the control port.
pub const CONTROL_CONNECTIONS: usize = 16;
/// Events of renderers that are read at once: one of each. A body takes its memory twice while it is read.
pub const NOTIFICATIONS: usize = RENDERERS;
// The calls to all renderers and the description fetches beside them, and as many again for files, pins and the rest.
const _: () =
    assert!(2 * MEDIA_CONNECTIONS + CONTROL_CONNECTIONS + 2 * (RENDERERS + FETCHES) < 1024);

/// Renderers whose ways are kept: those of today, and as many that are away.
pub const PROFILES: usize = 2 * RENDERERS;
/// The file with the ways of all of them is a quarter of this.
pub const STATE_FILE: usize = 1 << 20;
/// MIME types kept for one renderer, one for each extension that it was given: a folder seldom mixes more.
pub const MIME_NAMES: usize = 8;

/// A UDN is opaque; real ones reach 80 bytes.
pub const UDN_BYTES: usize = 128;
/// Names shown to people.
pub const NAME_BYTES: usize = 64;
/// Path of a URL on a renderer.
pub const PATH_BYTES: usize = 256;
/// A sentence about a fault.
pub const SENTENCE_BYTES: usize = 96;

/// Bodies: description 2 MiB, SOAP 1 MiB, NOTIFY 256 KiB (the caps of go2tv).
pub const DESCRIPTION_BODY: usize = 2 << 20;
/// See [`DESCRIPTION_BODY`].
pub const SOAP_BODY: usize = 1 << 20;
/// See [`DESCRIPTION_BODY`].
pub const NOTIFY_BODY: usize = 256 << 10;
/// A service description: those of AVTransport, the longest, reach 60 KiB.
pub const SCPD_BODY: usize = 256 << 10;
/// Subtitles: those of a film of three hours take about 200 KiB. They are sent in pieces of [`MEDIA_CHUNK`] from memory.
pub const SUBTITLES: u64 = 1 << 20;
/// A client that takes longer for them is cut off: a network of 1 Mbit/s takes nine seconds.
pub const SUBTITLES_TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes of a picture in which its size is looked for: behind what a camera writes of itself, 64 KiB at most, and a
/// colour profile.
pub const PICTURE_HEAD: u64 = 96 << 10;
/// Bytes of the card that tells which renderer this is, drawn when it is fetched: 32,640 cells of at most 11 bits and
/// what belongs to them. A long name takes 18 KiB of it.
pub const CARD: usize = 64 << 10;
/// Heads of requests and answers.
pub const HTTP_HEAD: usize = 16 << 10;
/// Header lines in one head.
pub const HTTP_HEADERS: usize = 64;
/// Bytes sent from one media stream in one turn of the executor:
/// at 64 streams 64 KiB delayed a timer by at most 13 ms, 256 KiB by 23.
pub const MEDIA_CHUNK: usize = 64 << 10;
/// A client that sends no complete head within this time is cut off.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// A stream without progress for this long is cut off. A paused TV reads nothing for minutes.
pub const STREAM_STALL: Duration = Duration::from_secs(3600);
