//! The box's side of one reader: the process, and the socket to it.
//!
//! A process that waits in the kernel for a disk may outlive SIGKILL by hours. So nobody waits for its end: [`Dying`] holds it
//! until the kernel says that it is gone, and then takes its exit status, so that no dead process is left.

use super::message::{self, Message, Request};
use super::wire;
use async_io::Async;
use core::task::{Context, Poll, ready};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
#[cfg(test)]
use std::path::Path;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// How a reader is started.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    words: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
}

impl Default for Program {
    /// This program, also after an upgrade has replaced its file.
    fn default() -> Self {
        Self::of("/proc/self/exe".into())
    }
}

impl Program {
    /// The program at this path. Tests are not the program that they test.
    pub fn of(path: PathBuf) -> Self {
        Self { path, words: vec![super::COMMAND.into()], environment: Vec::new() }
    }

    #[cfg(test)]
    pub(super) fn with(path: PathBuf, words: &[&str], variable: &str, value: &Path) -> Self {
        let words = words.iter().map(OsString::from).collect();
        Self { path, words, environment: vec![(variable.into(), value.into())] }
    }
}

/// A reader that runs.
#[derive(Debug)]
pub(super) struct Reader {
    process: Child,
    socket: Async<OwnedFd>,
    unsent: VecDeque<Vec<u8>>,
}

impl Reader {
    pub(super) fn start(program: &Program) -> io::Result<Self> {
        let (ours, its) = wire::pair()?;
        let socket = Async::new(ours)?;
        let mut command = Command::new(&program.path);
        command.args(&program.words).envs(program.environment.iter().cloned());
        // Of its own group: Ctrl-C is for the box, which still serves while it leaves.
        command.stdin(Stdio::from(its)).stdout(Stdio::null()).process_group(0);
        Ok(Self { process: command.spawn()?, socket, unsent: VecDeque::new() })
    }

    /// Sends these messages as soon as the reader takes them.
    pub(super) fn say(&mut self, messages: impl IntoIterator<Item = Request>) {
        self.unsent.extend(message::packets(messages));
    }

    fn flush(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        while let Some(packet) = self.unsent.front() {
            match wire::send(&self.socket, packet, None, SendFlags::DONTWAIT) {
                Ok(()) => drop(self.unsent.pop_front()),
                Err(Errno::AGAIN) => match self.socket.poll_writable(cx)? {
                    Poll::Ready(()) => {}
                    Poll::Pending => break,
                },
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The next packet, and the open file that comes with it. An error: the reader is gone, or makes no sense.
    pub(super) fn poll_packet<M: Message>(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<(Vec<M>, Option<OwnedFd>)>> {
        self.flush(cx)?;
        loop {
            match wire::receive(&self.socket, RecvFlags::DONTWAIT) {
                Ok(Some((packet, file))) => {
                    let messages = message::parse(&packet)
                        .ok_or_else(|| io::Error::other("it does not speak this format"));
                    return Poll::Ready(messages.map(|messages| (messages, file)));
                }
                Ok(None) => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                Err(Errno::AGAIN) => ready!(self.socket.poll_readable(cx))?,
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
    }

    /// Ends it, which may take long.
    pub(super) fn end(mut self) -> Dying {
        // If this fails, it is gone already.
        let _ = self.process.kill();
        Dying::new(self.process)
    }
}

/// A process that was told to end.
#[derive(Debug)]
pub(super) struct Dying {
    process: Child,
    /// Becomes readable at its end. Linux has it since 5.3.
    end: Option<Async<OwnedFd>>,
}

impl Dying {
    fn new(process: Child) -> Self {
        let pid = i32::try_from(process.id()).ok().and_then(Pid::from_raw);
        let end = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        Self { process, end: end.and_then(|end| Async::new(end).ok()) }
    }

    /// Whether it is gone.
    pub(super) fn poll_gone(&mut self, cx: &mut Context<'_>) -> bool {
        loop {
            if !matches!(self.process.try_wait(), Ok(None)) {
                return true;
            }
            match &self.end {
                Some(end) if end.poll_readable(cx).is_ready() => {}
                _ => return false,
            }
        }
    }
}
