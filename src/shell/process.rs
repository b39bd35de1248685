//! The process and its surroundings: systemd, signals and switching the machine off.
//!
//! Without systemd (no `NOTIFY_SOCKET`) the [`Notifier`] says nothing, and nothing fails.
//!
//! Each essential task has a [`Heartbeat`]. The kiosk feeds systemd's watchdog only while all of them beat, so a task that
//! hangs ends in a restart. Without a watchdog there are no heartbeats, and no timer wakes the box.
//!
//! SIGTERM (systemd), SIGINT (Ctrl-C) or SIGHUP (a terminal that is closed) asks the box to leave; a second signal ends it at
//! once.

use crate::kiosk::event::{Event, TaskName};
use crate::limits::SENTENCE_BYTES;
use crate::shell::mailbox::Mailbox;
use crate::text::{Text, clip};
use crate::time::Duration;
use async_io::Timer;
use async_signal::{Signal, Signals};
use core::cell::Cell;
use core::convert::Infallible;
use core::future::pending;
use core::pin::pin;
use sd_notify::NotifyState;
use smol::future;
use smol::process::{Command, Stdio};
use smol::stream::StreamExt;
use std::io;

/// Sends state changes to systemd.
#[derive(Debug, Default)]
pub struct Notifier {
    complained: Cell<bool>,
}

impl Notifier {
    /// READY=1
    pub fn ready(&self) {
        self.say(&NotifyState::Ready);
    }

    /// WATCHDOG=1
    pub fn watchdog(&self) {
        self.say(&NotifyState::Watchdog);
    }

    /// STOPPING=1
    pub fn stopping(&self) {
        self.say(&NotifyState::Stopping);
    }

    fn say(&self, state: &NotifyState<'_>) {
        if let Err(error) = sd_notify::notify(std::slice::from_ref(state))
            && !self.complained.replace(true)
        {
            log::warn!("cannot tell systemd \"{state}\": {error}");
        }
    }
}

/// Whether systemd started this process, rather than a person at a terminal.
pub fn started_by_systemd() -> bool {
    std::env::var_os("NOTIFY_SOCKET").is_some()
}

/// How long systemd waits for a sign of life before it restarts the box, if its watchdog is on.
pub fn watchdog_period() -> Option<Duration> {
    sd_notify::watchdog_enabled().filter(|period| !period.is_zero())
}

/// A third of the time that the kiosk allows a task.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Tells the kiosk every few seconds that one task still runs.
#[derive(Debug)]
pub struct Heartbeat<'a> {
    mailbox: &'a Mailbox,
    task: TaskName,
    due: Timer,
}

impl<'a> Heartbeat<'a> {
    /// The heartbeat of `task`; the first beat is due at once.
    pub fn new(mailbox: &'a Mailbox, task: TaskName) -> Self {
        let watched = cfg!(test) || watchdog_period().is_some();
        let due = if watched { Timer::after(Duration::ZERO) } else { Timer::never() };
        Self { mailbox, task, due }
    }

    /// Waits for `work` and posts [`Event::Alive`] whenever a beat is due meanwhile. The timer outlives the call and is
    /// polled first, so that a busy task beats, too.
    pub async fn beat_while<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            let due = async {
                (&mut self.due).await;
                None
            };
            if let Some(done) = future::or(due, async { Some(work.as_mut().await) }).await {
                return done;
            }
            self.due.set_after(HEARTBEAT);
            self.mailbox.post(Event::Alive(self.task)).await;
        }
    }
}

/// Catches SIGTERM, SIGINT and SIGHUP from here on, but SIGHUP not if it is ignored, as by `nohup`. Call it before anything
/// slow.
///
/// # Errors
/// The process has no file descriptors left.
pub fn catch_signals() -> io::Result<Signals> {
    let mut signals = Signals::new([Signal::Term, Signal::Int])?;
    if !ignores_hangups() {
        signals.add_signals([Signal::Hup])?;
    }
    Ok(signals)
}

/// Whether this process was started so that it ignores SIGHUP, by the mask in `/proc`: proc_pid_status(5).
fn ignores_hangups() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 == 1)
}

/// Posts [`Event::Leave`] at the first signal. At the second, calls `before_exit` and exits with the code that a shell
/// reports: 143, 130 or 129. No destructor runs then, so `before_exit` must turn off the LEDs.
pub async fn leave_on_signals(
    signals: Signals,
    mailbox: &Mailbox,
    before_exit: impl FnOnce(),
) -> Infallible {
    let code = second_signal(signals, mailbox).await;
    before_exit();
    std::process::exit(code)
}

async fn second_signal(mut signals: Signals, mailbox: &Mailbox) -> i32 {
    next_signal(&mut signals).await;
    // When the box hangs, the mailbox may be full: the second signal must not wait behind it.
    let leave = async {
        mailbox.post(Event::Leave).await;
        pending().await
    };
    match future::or(leave, next_signal(&mut signals)).await {
        Signal::Int => 130,
        Signal::Hup => 129,
        _ => 143,
    }
}

async fn next_signal(signals: &mut Signals) -> Signal {
    // The stream never ends. If its pipe breaks, no further signal can be seen, so leave.
    let signal = signals.next().await;
    signal.and_then(Result::ok).unwrap_or(Signal::Term)
}

/// Asks systemd-logind, which asks polkit whether this user may. `systemctl` speaks D-Bus for us: a D-Bus library for
/// one question would be a good part of the program. There is nobody to type a password.
const POWER_OFF: [&str; 3] = ["systemctl", "--no-ask-password", "poweroff"];
/// logind and polkit usually answer at once; with a failing SD card they answer late, or never.
const POWER_OFF_TIMEOUT: Duration = Duration::from_secs(30);

/// Switches the machine off.
///
/// # Errors
/// A sentence for the owner: it cannot be done on this machine, or this user may not do it.
pub async fn power_off() -> Result<(), String> {
    ask(&POWER_OFF, POWER_OFF_TIMEOUT).await
}

async fn ask(words: &[&str], timeout: Duration) -> Result<(), String> {
    let program = words[0];
    let mut command = Command::new(program);
    // Its messages are parsed, so they must not be translated. (smol starts a thread that waits for child processes
    // here, and not before.)
    command.args(&words[1..]).env("LC_ALL", "C").kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let answer = async { Some(command.output().await) };
    let late = async {
        Timer::after(timeout).await;
        None
    };
    match future::or(answer, late).await {
        Some(Ok(output)) if output.status.success() => Ok(()),
        Some(Ok(output)) => Err(refusal(&String::from_utf8_lossy(&output.stderr))),
        Some(Err(error)) => Err(format!("{program} cannot be run: {error}")),
        None => Err(format!("{program} did not answer within {} s", timeout.as_secs())),
    }
}

/// From several error lines, the one that says why the machine is not switched off.
fn refusal(said: &str) -> String {
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let refused = lines.clone().find_map(|line| line.split_once("PowerOff failed: "));
    let why = refused.map(|(_, why)| why).or_else(|| lines.next()).unwrap_or("no reason was given");
    let why: Text<SENTENCE_BYTES> = clip(why.trim_end_matches('.'));
    format!("{why} (see \"Switching the box off\" in the README)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_io::Timer;
    use rustix::process::{Signal as Raw, getpid, kill_process};
    use smol::block_on;
    use std::os::unix::net::UnixDatagram;
    use std::process::Command;

    /// The environment of a running process cannot be changed safely, so the test runs itself again
    /// with another one.
    const AGAIN: &str = "DLNA_KIOSK_TEST_NOTIFIER";

    #[test]
    fn systemd_hears_each_state() {
        if std::env::var_os(AGAIN).is_some() {
            let notifier = Notifier::default();
            assert_eq!(watchdog_period(), Some(Duration::from_secs(30)));
            assert!(started_by_systemd());
            notifier.ready();
            notifier.watchdog();
            notifier.stopping();
            return;
        }
        assert_eq!(watchdog_period(), None);
        assert!(!started_by_systemd());
        Notifier::default().ready();

        let path = std::env::temp_dir().join(format!("notify-{}", std::process::id()));
        let socket = UnixDatagram::bind(&path).unwrap();
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "shell::process::tests::systemd_hears_each_state"])
            .env(AGAIN, "1")
            .env("NOTIFY_SOCKET", &path)
            .env("WATCHDOG_USEC", "30000000")
            .output()
            .unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(output.status.success(), "{output:?}");

        socket.set_nonblocking(true).unwrap();
        let mut heard = Vec::new();
        let mut buffer = [0; 256];
        while let Ok(length) = socket.recv(&mut buffer) {
            heard.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
        }
        assert_eq!(heard, ["READY=1\n", "WATCHDOG=1\n", "STOPPING=1\n"]);
    }

    #[test]
    fn beats_at_once_even_beside_work_and_not_again_before_it_is_due() {
        let mailbox = Mailbox::default();
        let mut heartbeat = Heartbeat::new(&mailbox, TaskName::Network);
        smol::block_on(async {
            for round in 0..100 {
                assert_eq!(heartbeat.beat_while(async { round }).await, round);
                future::yield_now().await;
            }
            let first = mailbox.take().await;
            assert!(matches!(first, Event::Alive(TaskName::Network)));
            assert_eq!(mailbox.status().depth, 0);
        });
    }

    // One test: signals reach the whole process, and tests run side by side.
    #[test]
    fn the_first_signal_asks_and_the_second_ends_the_process_even_if_the_mailbox_is_full() {
        let mailbox = Mailbox::default();
        let signals = catch_signals().unwrap();
        let story = async {
            kill_process(getpid(), Raw::INT).unwrap();
            assert!(matches!(mailbox.take().await, Event::Leave));
            for _ in 0..crate::limits::MAILBOX {
                mailbox.offer(Event::BadDatagram);
            }
            kill_process(getpid(), Raw::TERM).unwrap();
        };
        let (code, ()) = smol::block_on(future::zip(second_signal(signals, &mailbox), story));
        assert_eq!(code, 143);

        let signals = catch_signals().unwrap();
        let story = async {
            kill_process(getpid(), Raw::TERM).unwrap();
            Timer::after(core::time::Duration::from_millis(20)).await;
            kill_process(getpid(), Raw::INT).unwrap();
        };
        let (code, ()) = smol::block_on(future::zip(second_signal(signals, &mailbox), story));
        assert_eq!((code, mailbox.status().depth), (130, crate::limits::MAILBOX));
    }

    #[test]
    fn the_refusal_is_picked_from_what_systemctl_prints() {
        let needs = "(see \"Switching the box off\" in the README)";
        for (said, told) in [
            (
                "Call to PowerOff failed: Interactive authentication required.\n",
                "Interactive authentication required",
            ),
            (
                "Failed to set wall message, ignoring: Transport endpoint is not connected\n\
                 Call to PowerOff failed: Transport endpoint is not connected\n\
                 Failed to start poweroff.target: Transport endpoint is not connected\n\
                 See system logs and 'systemctl status poweroff.target' for details.\n",
                "Transport endpoint is not connected",
            ),
            (
                "Failed to connect to bus: Connection refused\n",
                "Failed to connect to bus: Connection refused",
            ),
            ("\n", "no reason was given"),
        ] {
            assert_eq!(refusal(said), format!("{told} {needs}"));
        }
        assert!(refusal(&"x".repeat(10_000)).len() < 2 * SENTENCE_BYTES);
    }

    /// What `systemctl` itself does is the business of `tests/power/run`: here it would switch this machine off.
    #[test]
    fn success_refusal_absence_and_a_hang_are_told_apart() {
        let asked = |words: &[&str], patience| block_on(ask(words, patience));
        let patience = Duration::from_secs(20);
        assert_eq!(asked(&["sh", "-c", "test \"$LC_ALL\" = C"], patience), Ok(()));
        let why = |words: &[&str], patience| asked(words, patience).expect_err("not granted");
        let refused = why(&["sh", "-c", "echo no >&2; exit 1"], patience);
        assert!(refused.starts_with("no ("), "{refused}");
        let missing = why(&["/nowhere/systemctl"], patience);
        assert!(missing.starts_with("/nowhere/systemctl cannot be run: "), "{missing}");
        let late = why(&["sleep", "60"], Duration::from_millis(200));
        assert!(late.contains("did not answer"), "{late}");
    }
}
