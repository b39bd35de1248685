//! The flight recorder: the last few hundred transitions with their reasons. The log lines come from it: after each
//! step, the shell logs the new entries.

use super::event::TaskName;
use super::fault::Fault;
use super::left_out::Unplayable;
use super::reason::{Reason, Viewer};
use crate::limits::{LOG_CAUSES, LOG_LINES, NAME_BYTES, TRACE};
use crate::text::Text;
use crate::text::file_name;
use crate::time::{Duration, Instant};
use core::fmt;
use core::mem::{Discriminant, discriminant};
use log::Level;
use std::collections::VecDeque;
use std::path::Path;
use std::rc::Rc;

/// One entry.
#[derive(Clone, Debug)]
pub struct Entry {
    pub at: Instant,
    /// The name of the renderer; empty for the box itself.
    pub who: Text<NAME_BYTES>,
    pub what: What,
}

/// The kinds of transition.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A renderer was found.
    Found,
    /// A renderer moved to another address or port.
    Moved,
    /// A renderer restarted: what was known of its state is void.
    Rebooted,
    /// A file was given to the renderer.
    Loading(Rc<Path>),
    /// The renderer plays.
    Playing(Rc<Path>),
    /// The renderer plays the next round after the end of the previous one, as usual.
    Again(Rc<Path>),
    /// The renderer played to the end. The number of rounds so far.
    Ended(u32),
    /// The renderer stopped at this position, though the file is said to last so long, and had the whole file.
    EndedEarly(Duration, Option<Duration>),
    /// The renderer went on without a stop, by seek or by SetNext. The number of rounds so far.
    Looped(u32),
    /// A viewer took the renderer, with its remote control or another control point: for this long, or for good.
    Viewer(Viewer, Option<Duration>),
    /// A viewer who had paused the renderer resumed it.
    Resumed,
    /// The programme is over.
    Finished,
    /// A button was used. Its pin, and the action.
    Pressed(u8, &'static str),
    /// A person tried to change the volume of a renderer that has none; reported once.
    NoVolume,
    /// Something does not work; reported once per change.
    Trouble(Fault),
    /// The file does not play on the renderer and is left out for this long, and why.
    LeftOut(Rc<Path>, Unplayable, Duration),
    /// The renderer lists no files of this kind (a plural) as playable: they are skipped.
    Skips(&'static str),
    /// A clip was asked for while the renderer is away, and is not played later.
    ClipMissed,
    /// The renderer refused an optional command, with this code.
    Refused(&'static str, u16),
    /// The renderer works again.
    Recovered,
    /// The schedule has changed for the renderer: an entry, or none.
    Scheduled(Option<String>),
    /// The time that the wall clock shows, now that it is trusted; `None`: it is not trusted.
    Clock(Option<String>),
    /// The spread of a group in milliseconds, reported when its class changes.
    Spread(u32),
    /// The number of files found, and of files missing or unusable.
    Scanned(usize, usize),
    /// A configured file or folder is missing, and why.
    Missing(String),
    /// Something about a file that is worth knowing.
    Remark(String),
    /// A file is still being copied and will be played afterwards.
    Copying(Rc<Path>),
    /// The playing file was replaced; the new one follows.
    Replaced(Rc<Path>),
    /// The playing file was removed.
    Removed(Rc<Path>),
    /// The box's addresses.
    Addresses(String),
    /// A task of the box ended, and why.
    TaskEnded(TaskName, String),
    /// There are no buttons and LEDs, and why.
    NoPanel(String),
    /// A button was closed when the panel began to work.
    Stuck(u8),
    /// The buttons and LEDs work after all.
    PanelAgain,
    /// A bounded table is full. What was left out.
    Full(&'static str),
    /// The renderer still plays what the box gave it before a restart.
    TakenUp(Rc<Path>),
    /// How many profiles were loaded.
    Remembers(usize),
    /// What was learned cannot be stored, or can be again.
    Kept(Result<(), String>),
    /// The renderer does not show its name, and why.
    Unidentified(&'static str),
    /// The machine is being switched off.
    PowerOff,
    /// The machine is not switched off, and why.
    StillOn(String),
    /// A load is in this phase now, for this reason.
    Phase(&'static str, &'static str),
    /// So many lines of a kind were left out, of which this is the last.
    LeftUnsaid(u32, Box<What>),
    /// The box is shutting down.
    Leaving,
}

impl What {
    /// How important an entry is to an owner.
    pub fn level(&self) -> Level {
        match self {
            Self::Trouble(_)
            | Self::LeftOut(..)
            | Self::Viewer(Viewer::TookOver, _)
            | Self::Missing(_)
            | Self::TaskEnded(..)
            | Self::NoPanel(_)
            | Self::Stuck(_)
            | Self::Kept(Err(_))
            | Self::StillOn(_)
            | Self::Full(_) => Level::Warn,
            Self::Addresses(list) if list.is_empty() => Level::Warn,
            // Thousands a day; the log is for changes.
            Self::Remembers(0)
            | Self::Looped(_)
            | Self::Loading(_)
            | Self::Ended(_)
            | Self::Again(_) => Level::Debug,
            Self::Phase(..) => Level::Trace,
            Self::LeftUnsaid(_, what) => what.level(),
            _ => Level::Info,
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.who.is_empty() {
            write!(f, "{}: ", self.who)?;
        }
        self.what.fmt(f)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Found => write!(f, "found"),
            What::Moved => write!(f, "moved to another address or port"),
            What::Rebooted => write!(f, "the renderer has rebooted"),
            What::Loading(path) => write!(f, "loading {}", file_name(path)),
            What::Playing(path) | What::Again(path) => write!(f, "playing {}", file_name(path)),
            What::Ended(rounds) => write!(f, "played to the end (round {rounds})"),
            What::EndedEarly(at, length) => {
                write!(f, "the file ended after {} s", at.as_secs())?;
                if let Some(length) = length {
                    write!(f, ", although it should last {} s", length.as_secs())?;
                }
                write!(f, "; the box plays on. To stop the renderer, press stop once more")
            }
            What::Looped(rounds) => write!(f, "continued without a stop (round {rounds})"),
            What::Viewer(did, again) => write!(f, "{}", Reason::Viewer(*did, *again)),
            What::Resumed => write!(f, "a viewer resumed it with the remote control"),
            What::Finished => write!(f, "{}", Reason::Finished),
            What::Pressed(pin, action) => write!(f, "button on GPIO{pin}: {action}"),
            What::NoVolume => {
                write!(f, "its volume can be changed only with its own remote control")
            }
            What::Trouble(fault) => write!(f, "{fault}"),
            What::LeftOut(path, why, pause) => write!(
                f,
                "leaving out {} for {}: {why}; remove the file or {}",
                file_name(path),
                minutes(*pause),
                why.advice()
            ),
            What::ClipMissed => write!(f, "the clip is not played: the renderer is away"),
            What::Skips(kind) => {
                write!(f, "gets no {kind}: the renderer lists none as playable")
            }
            What::Refused(what, code) => write!(f, "refused {what} ({code})"),
            What::Recovered => write!(f, "works again"),
            What::Scheduled(Some(entry)) => write!(f, "schedule: {entry}"),
            What::Scheduled(None) => write!(f, "schedule: back to the usual programme"),
            What::Clock(Some(shown)) => write!(f, "the clock is set: it is {shown}"),
            What::Clock(None) => write!(
                f,
                "the clock is not set yet: the schedule waits, and everything plays as usual"
            ),
            What::Spread(millis) => write!(f, "its members start within {millis} ms of each other"),
            What::Scanned(files, missing) => {
                match files {
                    0 => write!(f, "no media files")?,
                    1 => write!(f, "1 media file")?,
                    _ => write!(f, "{files} media files")?,
                }
                match missing {
                    0 => Ok(()),
                    _ => write!(f, "; missing or unusable: {missing}"),
                }
            }
            What::Missing(text) | What::Remark(text) => write!(f, "{text}"),
            What::Copying(path) => write!(f, "{} is still being copied", path.display()),
            What::Replaced(path) => {
                write!(f, "{} was replaced; the new file is next", file_name(path))
            }
            What::Removed(path) => {
                write!(
                    f,
                    "{} was removed; the renderer plays as much of the file as it can still fetch",
                    file_name(path)
                )
            }
            What::Addresses(list) if list.is_empty() => {
                write!(f, "no network: the box has no address")
            }
            What::Addresses(list) => write!(f, "address of the box: {list}"),
            What::TaskEnded(name, why) => {
                write!(f, "{name} ended and will be restarted: {why}")
            }
            What::Stuck(pin) => {
                write!(
                    f,
                    "the button on GPIO{pin} was already pressed at the start; it does nothing until it is released"
                )
            }
            What::NoPanel(why) => write!(f, "no buttons or LEDs: {why}"),
            What::PanelAgain => write!(f, "buttons and LEDs work now"),
            What::Full(what) => write!(f, "too many {what}: some are left out"),
            What::TakenUp(path) => write!(
                f,
                "still plays {} from before the restart; continuing with it",
                file_name(path)
            ),
            What::Remembers(1) => write!(f, "loaded what the box has learned about 1 renderer"),
            What::Remembers(known) => {
                write!(f, "loaded what the box has learned about {known} renderers")
            }
            What::Kept(Ok(())) => write!(f, "can again store what was learned"),
            What::Kept(Err(why)) => write!(f, "cannot store what the box has learned: {why}"),
            What::Unidentified(why) => write!(f, "cannot show its name and address: {why}"),
            What::PowerOff => write!(f, "switching the machine off"),
            What::StillOn(why) => write!(f, "the machine could not be switched off: {why}"),
            What::Phase(phase, reason) => write!(f, "{phase}: {reason}"),
            What::LeftUnsaid(1, what) => {
                write!(f, "{what} (1 more line of this kind was left out)")
            }
            What::LeftUnsaid(count, what) => {
                write!(f, "{what} ({count} more lines of this kind were left out)")
            }
            What::Leaving => write!(f, "shutting down"),
        }
    }
}

/// A time in minutes or hours, for people.
pub(super) fn minutes(span: Duration) -> String {
    match span.as_secs().div_ceil(60) {
        1 => "1 minute".to_owned(),
        minutes @ ..120 => format!("{minutes} minutes"),
        minutes => format!("{} hours", minutes.div_ceil(60)),
    }
}

/// The recorder, for entries about one renderer at one time.
#[derive(Debug)]
pub struct Log<'a> {
    pub trace: &'a mut Trace,
    pub now: Instant,
    /// The name of the renderer.
    pub who: &'a str,
}

impl Log<'_> {
    /// Records a transition.
    pub fn note(&mut self, what: What) {
        self.trace.note(self.now, self.who, what);
    }
}

#[derive(Debug)]
pub struct Trace {
    /// Never more than its capacity, which is [`TRACE`]. Memory is touched only as entries come.
    entries: VecDeque<Entry>,
    written: u64,
    /// What was recorded in the last minute, by kind and renderer; the one that began first comes first.
    causes: VecDeque<Cause>,
}

/// Lines of one kind about one renderer: a renderer, or somebody in its name, can cause thousands in a second.
#[derive(Debug)]
struct Cause {
    kind: Discriminant<What>,
    who: Text<NAME_BYTES>,
    since: Instant,
    lines: u32,
    /// How many were left out, and the last of these.
    left_out: Option<(u32, What)>,
}

/// [`LOG_LINES`] are for this time.
const MINUTE: Duration = Duration::from_secs(60);

impl Default for Trace {
    fn default() -> Self {
        Self { entries: VecDeque::with_capacity(TRACE), written: 0, causes: VecDeque::new() }
    }
}

impl Trace {
    /// Records a transition; the oldest one makes room. If there were too many of its kind about this renderer in the last
    /// minute, it is only counted, and their number is recorded when the minute is over.
    pub fn note(&mut self, at: Instant, who: &str, what: What) {
        let who: Text<NAME_BYTES> = crate::text::clip(who);
        let over = |cause: &Cause| at.since(cause.since) >= MINUTE;
        while self.causes.front().is_some_and(over)
            && let Some(cause) = self.causes.pop_front()
        {
            self.end(cause, at);
        }
        // The log is for changes that matter to an owner; the others come at the box's own pace.
        if what.level() > Level::Info {
            return self.record(Entry { at, who, what });
        }
        let kind = discriminant(&what);
        let known = self.causes.iter_mut().find(|cause| cause.kind == kind && cause.who == who);
        match known {
            Some(cause) if cause.lines >= LOG_LINES => {
                let before = cause.left_out.as_ref().map_or(0, |(count, _)| *count);
                cause.left_out = Some((before.saturating_add(1), what));
                return;
            }
            Some(cause) => cause.lines += 1,
            None => {
                if self.causes.len() >= LOG_CAUSES
                    && let Some(first) = self.causes.pop_front()
                {
                    self.end(first, at);
                }
                let who = who.clone();
                self.causes.push_back(Cause { kind, who, since: at, lines: 1, left_out: None });
            }
        }
        self.record(Entry { at, who, what });
    }

    /// The minute of a cause is over: says how many lines were left out.
    fn end(&mut self, cause: Cause, at: Instant) {
        if let Some((count, what)) = cause.left_out {
            let what = What::LeftUnsaid(count, Box::new(what));
            self.record(Entry { at, who: cause.who, what });
        }
    }

    fn record(&mut self, entry: Entry) {
        if self.entries.len() == TRACE {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.written += 1;
    }

    /// How many entries were ever recorded.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// The last `most` entries for people, oldest first, without the phases of loads.
    pub fn told(&self, most: usize) -> impl Iterator<Item = &Entry> {
        let is_told = |entry: &&Entry| !matches!(entry.what, What::Phase(..));
        let all = self.entries.iter().filter(is_told).count();
        self.entries.iter().filter(is_told).skip(all.saturating_sub(most))
    }

    /// The entries written after the first `seen`, oldest first.
    pub fn since(&self, seen: u64) -> impl Iterator<Item = &Entry> {
        let new = usize::try_from(self.written - seen.min(self.written)).unwrap_or(TRACE);
        self.entries.iter().skip(self.entries.len().saturating_sub(new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_one_kind_about_one_renderer_are_limited_and_the_others_counted() {
        let mut trace = Trace::default();
        let at = |second| Instant::START + Duration::from_secs(second);
        for millis in 0..22_085 {
            trace.note(Instant::from_millis(millis / 3), "TV", What::Rebooted);
        }
        trace.note(at(8), "TV", What::Recovered);
        trace.note(at(8), "Radio", What::Rebooted);
        assert_eq!(trace.written(), u64::from(LOG_LINES) + 2, "other lines are not affected");
        let seen = trace.written();
        trace.note(at(61), "Radio", What::Recovered);
        let told: Vec<_> = trace.since(seen).map(Entry::to_string).collect();
        let rest = 22_085 - LOG_LINES;
        assert_eq!(
            told,
            [
                format!(
                    "TV: the renderer has rebooted ({rest} more lines of this kind were left out)"
                )
                .as_str(),
                "Radio: works again"
            ]
        );
    }

    #[test]
    fn made_up_names_do_not_fill_the_memory() {
        let mut trace = Trace::default();
        for n in 0..10_000 {
            trace.note(Instant::START, &format!("TV {n}"), What::Found);
        }
        assert_eq!((trace.causes.len(), trace.entries.len()), (LOG_CAUSES, TRACE));
    }

    #[test]
    fn the_oldest_entry_makes_room_and_only_new_ones_are_read() {
        let mut trace = Trace::default();
        for n in 0..u32::try_from(TRACE).expect("small") + 3 {
            trace.note(Instant::START, "TV", What::Ended(n));
        }
        assert_eq!(trace.since(0).count(), TRACE);
        let seen = trace.written();
        trace.note(Instant::START, "", What::Leaving);
        let new: Vec<_> = trace.since(seen).map(Entry::to_string).collect();
        assert_eq!(new, ["shutting down"]);
        assert_eq!(trace.since(trace.written()).count(), 0);
    }
}
