//! The log on standard error: it never waits for its reader, and shows every character harmlessly.
//!
//! journald, a terminal or a pipe may stop reading. Then lines wait in a buffer, and lines that find no room are dropped and
//! counted. The lines that wait follow with the next one that can be written.

use crate::text::harmless;
use log::Level;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use rustix::io::Errno;
use rustix::net::SendFlags;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, IsTerminal as _, Stderr, Write};
use std::os::fd::{AsFd, AsRawFd as _};

/// Bytes that wait for the reader: some 500 lines.
const WAITING: usize = 64 << 10;
/// Bytes that are written at once.
const PIECE: usize = 4096;

/// Whether standard error goes to journald.
pub fn in_journal() -> bool {
    std::env::var_os("JOURNAL_STREAM").is_some() && !io::stderr().is_terminal()
}

/// Starts logging with this filter, unless RUST_LOG is set. journald adds the time, and takes the number in angle brackets as
/// the priority: sd-daemon(3).
pub fn start(filter: &str) {
    let mut builder =
        env_logger::Builder::from_env(env_logger::Env::default().default_filter_or(filter));
    builder.target(env_logger::Target::Pipe(Box::new(LogWriter::new(io::stderr()))));
    if io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        builder.write_style(env_logger::WriteStyle::Always);
    }
    let in_journal = in_journal();
    builder.format(move |out, record| {
        let line = record.args().to_string();
        let (line, level) = (harmless(&line), record.level());
        if in_journal {
            let priority = match level {
                Level::Error => 3,
                Level::Warn => 4,
                Level::Info => 6,
                Level::Debug | Level::Trace => 7,
            };
            return writeln!(out, "<{priority}>{line}");
        }
        let (time, style) = (out.timestamp(), out.default_level_style(level));
        writeln!(out, "[{time} {style}{level:<5}{style:#}] {line}")
    });
    builder.init();
}

/// Writes lines to a descriptor without waiting for its reader.
struct LogWriter<F = Stderr> {
    to: F,
    /// The same pipe or terminal, opened once more so that writing never waits. To change `to` would change it for all
    /// programs that share it.
    nonblocking: Option<File>,
    waiting: VecDeque<u8>,
    /// How many lines found no room.
    dropped: u64,
}

impl<F: AsFd> LogWriter<F> {
    fn new(to: F) -> Self {
        let kind = fstat(&to).map(|data| FileType::from_raw_mode(data.st_mode));
        let waits = matches!(kind, Ok(FileType::Fifo | FileType::CharacterDevice));
        let path = format!("/proc/self/fd/{}", to.as_fd().as_raw_fd());
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let nonblocking = waits.then(|| open(path, flags, Mode::empty()).ok()).flatten();
        Self { to, nonblocking: nonblocking.map(File::from), waiting: VecDeque::new(), dropped: 0 }
    }

    /// Writes as much as the reader takes now.
    fn write_waiting(&mut self) {
        while !self.waiting.is_empty() {
            let (piece, _) = self.waiting.as_slices();
            let piece = &piece[..piece.len().min(PIECE)];
            let written = match &self.nonblocking {
                Some(nonblocking) => rustix::io::write(nonblocking, piece),
                None => write_now(&self.to, piece),
            };
            match written {
                Ok(count) if count > 0 => drop(self.waiting.drain(..count)),
                Err(Errno::INTR) => {}
                // It takes nothing now, or has gone.
                _ => break,
            }
        }
    }
}

/// Writes to a socket, a file, or what could not be opened again; [`Errno::AGAIN`] if that would wait.
fn write_now(to: impl AsFd, piece: &[u8]) -> Result<usize, Errno> {
    match rustix::net::send(&to, piece, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
        Err(Errno::NOTSOCK) => {}
        sent => return sent,
    }
    let mut ready = [PollFd::new(&to, PollFlags::OUT)];
    match poll(&mut ready, Some(&Timespec::default()))? {
        0 => Err(Errno::AGAIN),
        _ => rustix::io::write(&to, piece),
    }
}

impl<F: AsFd> Write for LogWriter<F> {
    /// Takes one line.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.write_waiting();
        let mut notice = String::new();
        if self.dropped > 0 {
            notice = format!(
                "{} log lines were dropped here because nobody was reading\n",
                self.dropped
            );
        }
        if self.waiting.len() + notice.len() + line.len() > WAITING {
            self.dropped += 1;
            return Ok(line.len());
        }
        self.dropped = 0;
        self.waiting.extend(notice.as_bytes());
        self.waiting.extend(line);
        self.write_waiting();
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_waiting();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::pty::{OpenptFlags, openpt, ptsname, unlockpt};
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    /// Writes a thousand lines that nobody reads, then reads all and writes one more; returns what was read.
    fn unread(mut reader: impl Read, writer: impl AsFd) -> String {
        let mut log = LogWriter::new(writer);
        let line = "x".repeat(999) + "\n";
        for _ in 0..1000 {
            log.write_all(line.as_bytes()).unwrap();
        }
        assert!(log.waiting.len() <= WAITING && log.dropped > 0);
        let (mut text, mut piece) = (Vec::new(), vec![0; 1 << 20]);
        for last in [&b"again\n"[..], b""] {
            while !log.waiting.is_empty() {
                let count = reader.read(&mut piece).unwrap();
                text.extend_from_slice(&piece[..count]);
                log.flush().unwrap();
            }
            log.write_all(last).unwrap();
        }
        drop(log);
        reader.read_to_end(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn a_terminal_that_nobody_reads_holds_up_nothing() {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let side = open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let mut log = LogWriter::new(side);
        for length in [200, 3000] {
            for _ in 0..500 {
                log.write_all(&vec![b'x'; length]).unwrap();
            }
        }
        assert!(log.waiting.len() <= WAITING && log.dropped > 0);
    }

    #[test]
    fn a_reader_that_does_not_read_holds_up_nothing_and_is_told_what_was_dropped() {
        let pipe = || {
            let (reader, writer) = io::pipe().unwrap();
            unread(reader, writer)
        };
        let socket = || {
            let (reader, writer) = UnixStream::pair().unwrap();
            unread(reader, writer)
        };
        for text in [pipe(), socket()] {
            let lines: Vec<_> = text.lines().collect();
            let whole = lines.iter().filter(|line| line.len() == 999).count();
            let [.., notice, last] = lines[..] else { panic!("{text}") };
            assert_eq!(
                notice,
                format!("{} log lines were dropped here because nobody was reading", 1000 - whole)
            );
            assert_eq!((last, lines.len()), ("again", whole + 2), "no line is torn");
        }
    }
}
