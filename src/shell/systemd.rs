//! What systemd is told: that the box is ready, alive and leaving.
//! Without systemd (no `NOTIFY_SOCKET`) nothing is said and nothing fails.

use crate::time::Duration;
use core::cell::Cell;
use sd_notify::NotifyState;

/// Speaks to systemd.
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
            log::warn!("systemd cannot be told \"{state}\": {error}");
        }
    }
}

/// Whether systemd started this process and waits to hear from it, rather than a person at a terminal.
#[must_use]
pub fn waits() -> bool {
    std::env::var_os("NOTIFY_SOCKET").is_some()
}

/// Within which time systemd wants to hear from us again, if it watches: half of it is the time to speak.
#[must_use]
pub fn watchdog_period() -> Option<Duration> {
    sd_notify::watchdog_enabled().filter(|period| !period.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;
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
            assert!(waits());
            notifier.ready();
            notifier.watchdog();
            notifier.stopping();
            return;
        }
        assert_eq!(watchdog_period(), None);
        assert!(!waits());
        Notifier::default().ready();

        let path = std::env::temp_dir().join(format!("notify-{}", std::process::id()));
        let socket = UnixDatagram::bind(&path).unwrap();
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "shell::systemd::tests::systemd_hears_each_state"])
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
}
