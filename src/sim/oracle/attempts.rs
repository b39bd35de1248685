//! A file that nobody can play: it is tried two or three times and then left out, for ten minutes, and twice as long after
//! each try. Each time that it is tried, the screen is dark for a moment.

use super::judge::{GAP, Judged};
use super::screen::Screen;
use crate::time::{Duration, Instant};

/// How long the tries of one file may leave the screen dark.
const TRIES: Duration = Duration::from_secs(30);
/// How long a file is left out at first, and at most.
const LEFT_OUT: Duration = Duration::from_secs(600);
const LONGEST: Duration = Duration::from_secs(86_400);
/// So often a file is tried before it is left out.
const FREE: u32 = 3;

/// What was seen of the tries of the one file of a list that nobody can play.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    /// Since when the screen has been dark.
    since: Option<Instant>,
    /// How many tries are over.
    count: u32,
    /// The file is left out until then.
    until: Instant,
    /// The file that must be named in the status now.
    pub named: Option<&'static str>,
}

impl Attempts {
    /// A person asked, the file changed, or the renderer was restarted: the file may be tried again at once.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// A look at a renderer that is to play a list with this file. Returns what is wrong.
    fn look(&mut self, now: Instant, file: &'static str, dark: bool) -> Option<String> {
        self.named = None;
        match self.since {
            None if dark => self.since = Some(now),
            Some(since) if dark && now.since(since) > GAP && since < self.until => {
                let left = self.until.since(since).as_secs();
                return Some(format!("{file} is tried again, {left} s too early"));
            }
            Some(since) if !dark => {
                self.since = None;
                if now.since(since) > GAP {
                    self.count += 1;
                    self.named = Some(file).filter(|_| self.count >= FREE);
                    let doubled = self.count.checked_sub(FREE).map(|more| 1 << more.min(8));
                    self.until =
                        doubled.map_or(Instant::START, |n| now + (LEFT_OUT * n).min(LONGEST));
                }
            }
            _ => {}
        }
        None
    }
}

impl Judged {
    /// Which of these files nobody can play.
    fn broken_of(&self, list: &[&'static str]) -> Vec<&'static str> {
        list.iter().copied().filter(|file| self.broken.contains(file)).collect()
    }

    /// How much longer a screen may be dark because a file is tried that nobody can play.
    pub(super) fn tries(&self, list: &[&'static str], place: Option<usize>) -> Duration {
        let tried = match place {
            None => list.len(),
            Some(at) => (at..at + list.len())
                .take_while(|n| *n == at || self.broken.contains(&list[n % list.len()]))
                .filter(|n| self.broken.contains(&list[n % list.len()]))
                .count(),
        };
        TRIES * u32::try_from(tried.min(self.broken_of(list).len())).unwrap_or(0)
    }

    /// Holds against the promise what is seen of the tries. `list`: what every intent wants on the screen.
    pub(super) fn look_at_tries(
        &mut self,
        now: Instant,
        screen: Screen,
        list: Option<&[&'static str]>,
    ) -> Option<String> {
        let list = list.filter(|_| now >= self.calm_at && self.slack.is_zero())?;
        match self.broken_of(list)[..] {
            // With several, or where it is all there is, nobody can tell which one is tried.
            [file] if list.len() > 1 => self.attempts.look(now, file, screen == Screen::Dark),
            _ => None,
        }
    }
}
