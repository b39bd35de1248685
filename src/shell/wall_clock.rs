//! The wall clock: what it shows, where the box is, and whether that can be believed.
//!
//! Runs only where there is a schedule. A timer that the kernel cancels when somebody sets the clock
//! (`timerfd_create(2)`) tells of jumps at once; the rest is looked at now and then.
//!
//! The clock is believed once systemd-timesyncd says that it was set since the machine began. The kernel's own
//! word for that (`adjtimex(2)`) would need unsafe code, and the service's sandbox refuses the call.

use super::mailbox::Mailbox;
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
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Instant;

/// Made by systemd-timesyncd when it has set the clock, and gone with the next start of the machine.
const SYNCHRONIZED: &str = "/run/systemd/timesync/synchronized";
/// Looked at this often: at a change of the time zone, and at the clock where the timer is refused.
const CALM: Duration = Duration::from_secs(60);
/// While it is not believed.
const EAGER: Duration = Duration::from_secs(5);
/// Two looks at the same clock differ by less.
const JUMP: i64 = 500_000;

/// Posts [`Event::Clock`] at the start, and whenever something of it changes.
pub async fn run(mailbox: &Mailbox) {
    watch(mailbox, Path::new(SYNCHRONIZED), EAGER).await;
}

async fn watch(mailbox: &Mailbox, synchronized: &Path, eager: Duration) {
    let begun = Instant::now();
    if let Err(error) = TimeZone::try_system() {
        log::warn!("the schedule goes by the world's time, as the time zone is not known: {error}");
    }
    let mut told: Option<Look> = None;
    loop {
        // Before the look, so that no jump falls between.
        let alarm = alarm();
        let look = Look::take(begun, synchronized);
        let pause = if look.trusted { CALM } else { eager };
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
            zone: TimeZone::try_system().unwrap_or(TimeZone::UTC),
            trusted: synchronized.exists(),
        }
    }

    fn is_news_after(&self, told: &Self) -> bool {
        let jumped = self.ahead.abs_diff(told.ahead) > JUMP.unsigned_abs();
        jumped || self.trusted != told.trusted || self.zone != told.zone
    }
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
