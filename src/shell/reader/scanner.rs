//! What a reader does: it scans when it is told to, and says when something changes; another one answers questions about single
//! files (`opener.rs`). Its socket is its standard input; when the box closes the other end, the reader ends. It is one thread, which
//! sleeps until something happens. It catches no signal, which would take another thread: systemd may end it together with the box,
//! which starts another one if it needs one while it leaves.

use super::message::{self, Answer, Request};
use super::{opener, rights, wire};
use crate::media::catalogue::Scan;
use crate::shell::clock::Clock;
use crate::shell::scan::watch::Watch;
use crate::shell::scan::{Known, Places, scan};
use crate::time::Duration;
use core::hash::{Hash, Hasher};
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};
use rustix::process::{Signal, set_parent_process_death_signal};
use rustix::thread::set_name;
use std::collections::hash_map::DefaultHasher;
use std::io;
use std::time::Instant;

/// How often a reader that works says that it does.
const ALIVE: Duration = Duration::from_secs(1);
/// Pause after a change was reported: copying causes many.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves the box until it is gone.
///
/// # Errors
/// Standard input is not the socket of a box.
pub fn serve() -> Result<(), String> {
    let stdin = io::stdin();
    // What `ps` and `top` show.
    let _ = set_name(c"dlna-kiosk-read");
    let kept = rights::give_up();
    // Should the box be killed while this waits for a disk.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    let scanner = Scanner { socket: stdin.as_fd(), clock: Clock::start(), watch: Watch::default() };
    scanner.run(kept).map_err(|error| match error {
        Errno::NOTSOCK => "stdin is not a socket: only the box runs this command".to_owned(),
        error => format!("the box does not answer: {}", io::Error::from(error)),
    })
}

struct Scanner<'a> {
    socket: BorrowedFd<'a>,
    clock: Clock,
    watch: Watch,
}

impl Scanner<'_> {
    fn run(&self, kept: Vec<String>) -> Result<(), Errno> {
        self.say(kept.into_iter().map(|what| Answer::Keeps { what }))?;
        let mut places = Places::default();
        let mut known = None;
        let mut last = None;
        let mut quiet = None;
        loop {
            if !self.wait(&mut quiet)? {
                continue;
            }
            let Some((packet, _)) = wire::receive(self.socket, RecvFlags::empty())? else {
                return Ok(());
            };
            for request in message::parse(&packet).ok_or(Errno::PROTO)? {
                match request {
                    Request::Named { path } => places.named.push(path),
                    Request::MediaFolder { path, read } => {
                        if read {
                            places.named.push(path.clone());
                        }
                        places.media_folders.push(path);
                    }
                    Request::Mount { path, mine, read } => {
                        if read {
                            places.inside.push(path.clone());
                        }
                        places.mounts.push((path, mine));
                    }
                    Request::LeaveOut { path, size, modified } => {
                        places.left_out.push((path, size, modified));
                    }
                    Request::Scan { at_once } => {
                        let known = known.get_or_insert_with(|| match at_once {
                            true => Known::at_once(),
                            false => Known::default(),
                        });
                        let scan = self.scan(&core::mem::take(&mut places), known)?;
                        self.tell(scan, &mut last)?;
                    }
                    Request::Open { number, path, root } => {
                        self.reply(opener::open(number, &path, &root))?;
                    }
                    Request::Subtitles { number, path, root } => {
                        self.reply(opener::subtitles(number, &path, &root))?;
                    }
                    Request::Warm { number, path, root, first, count } => {
                        self.reply(opener::warm(number, &path, &root, first, count))?;
                    }
                    Request::Copy { number, path, root, first, count } => {
                        self.reply(opener::copy(number, &path, &root, first, count))?;
                    }
                    Request::Probe { number, path, extension } => {
                        self.reply(opener::probe(number, &path, &extension))?;
                    }
                }
            }
        }
    }

    /// Waits for a request, and reports changes meanwhile. `false`: there is no request yet.
    fn wait(&self, quiet: &mut Option<Instant>) -> Result<bool, Errno> {
        let rest = quiet.map(|until| until.saturating_duration_since(Instant::now()));
        let kernel = self.watch.kernel().filter(|_| rest.is_none());
        let mut wait = vec![PollFd::new(&self.socket, PollFlags::IN)];
        wait.extend(kernel.as_ref().map(|kernel| PollFd::new(kernel, PollFlags::IN)));
        let longest = rest.and_then(|rest| Timespec::try_from(rest).ok());
        match poll(&mut wait, longest.as_ref()) {
            Ok(0) => *quiet = None,
            Ok(_) if !wait[0].revents().is_empty() => return Ok(true),
            Ok(_) => {
                if self.watch.has_changed() {
                    self.say([Answer::Changed {}])?;
                }
                *quiet = Some(Instant::now() + PAUSE);
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
        Ok(false)
    }

    fn scan(&self, places: &Places, known: &mut Known) -> Result<Scan, Errno> {
        let mut failed = Ok(());
        let mut examines = |path: &std::path::Path, size, modified| {
            let answer = Answer::Examines { path: path.to_owned(), size, modified };
            failed = failed.and_then(|()| self.say([answer]));
        };
        let scan = {
            let mut scan = pin!(scan(places, known, &self.watch, self.clock, &mut examines));
            let mut said = Instant::now();
            loop {
                match scan.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                    Poll::Ready(scan) => break scan,
                    Poll::Pending if said.elapsed() >= ALIVE => {
                        self.say([Answer::Alive {}])?;
                        said = Instant::now();
                    }
                    Poll::Pending => {}
                }
            }
        };
        failed.map(|()| scan)
    }

    /// Tells what was found, if it is not what was found before.
    fn tell(&self, scan: Scan, last: &mut Option<u64>) -> Result<(), Errno> {
        let packets = message::packets(answers(scan));
        let mut hash = DefaultHasher::new();
        packets.hash(&mut hash);
        match last.replace(hash.finish()) {
            Some(same) if same == hash.finish() => self.say([Answer::Same {}]),
            _ => packets.iter().try_for_each(|packet| self.send(packet)),
        }
    }

    fn say(&self, answers: impl IntoIterator<Item = Answer>) -> Result<(), Errno> {
        message::packets(answers).iter().try_for_each(|packet| self.send(packet))
    }

    fn reply(&self, (answer, file): (Answer, Option<OwnedFd>)) -> Result<(), Errno> {
        let file = file.as_ref().map(AsFd::as_fd);
        let mut packets = message::packets([answer]).into_iter();
        packets.try_for_each(|packet| wire::send(self.socket, &packet, file, SendFlags::empty()))
    }

    fn send(&self, packet: &[u8]) -> Result<(), Errno> {
        wire::send(self.socket, packet, None, SendFlags::empty())
    }
}

/// The messages that carry this scan.
fn answers(scan: Scan) -> impl Iterator<Item = Answer> {
    let files = scan.files.into_iter().map(|file| Answer::File {
        path: file.path.to_path_buf(),
        root: file.root.to_path_buf(),
        extension: file.media_type.extension.to_owned(),
        size: file.size,
        modified: file.modified,
        profile: file.profile.map(str::to_owned),
        subtitles: file.subtitles.map(|path| path.to_path_buf()),
    });
    let missing = scan.missing.into_iter().map(|(path, why)| Answer::Missing { path, why });
    let bad = scan.bad.into_iter().map(|(path, why)| Answer::Bad { path, why });
    let growing = scan.growing.into_iter().map(|path| Answer::Growing { path });
    let lists = scan.lists.into_iter().flat_map(|(path, files)| {
        let files = files.into_iter().map(|path| Answer::Listed { path: path.to_path_buf() });
        core::iter::once(Answer::List { path }).chain(files)
    });
    let meant = scan.meant.into_iter().map(|(wanted, found)| Answer::Meant { wanted, found });
    let notes = scan.notes.into_iter().map(|(path, what)| Answer::Note { path, what });
    let end = Answer::Scanned { skipped: scan.skipped, untold: scan.untold };
    files
        .chain(missing)
        .chain(bad)
        .chain(growing)
        .chain(lists)
        .chain(meant)
        .chain(notes)
        .chain([end])
}
