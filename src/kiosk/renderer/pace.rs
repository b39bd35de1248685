//! How one round follows another (restart, seek or SetNext), and how often to look meanwhile.

use super::Renderer;
use super::intent::Goal;
use super::load::{Doubt, Load, Phase};
use super::observation::Evented;
use super::outcome::OPENING;
use crate::config::LoopMethod;
use crate::kiosk::habits::Way;
use crate::media::media_type::MediaKind;
use crate::time::{Duration, Instant};

/// The pause before a renderer is given the next file: given too early, some renderers take it as the current one.
const NEXT_AFTER: Duration = Duration::from_secs(2);
/// Clips of at most this length are restarted: their position is not known by the time they end.
const SHORTEST_TO_SEEK: Duration = Duration::from_secs(2);
/// The shortest interval between state requests around an expected end.
const QUICK: Duration = Duration::from_millis(20);
/// The interval between state requests during playback while events arrive, in case one is lost.
const CALM: Duration = Duration::from_secs(5);
/// The longest interval between position requests in the middle of a long file.
const RARE: Duration = Duration::from_secs(30);
/// The interval between position requests while the position stands still.
const STANDING: Duration = Duration::from_secs(2);
/// The interval between position requests before the position begins to move.
const BEGINNING: Duration = Duration::from_secs(1);
/// Around a length, the end is watched closely for this long.
const SURE: Duration = Duration::from_secs(3);
/// The interval between questions to a renderer that may play what another control point gave to it.
pub(super) const SUSPECTS: Duration = Duration::from_secs(1);
/// A position is known if its error is below this: most renderers report whole seconds.
const KNOWN: Duration = Duration::from_millis(1_200);
/// A renderer that still reports PLAYING this long after the end, without moving, is stuck.
const OVERTIME: Duration = Duration::from_secs(5);

impl Renderer {
    /// How the next round is started.
    pub(super) fn method(&self, now: Instant) -> LoopMethod {
        let Some(load) = self.playback.load() else {
            return LoopMethod::Restart;
        };
        // Compared as strings, not as paths: comparing paths by component is slow, and this runs at every step.
        let path = load.file.path.as_os_str();
        let following = self.following(now);
        let same = following.is_some_and(|file| {
            file.path.as_os_str() == path && file.modified == load.file.modified
        });
        let max_cut = self.intent.max_cut();
        // In a shorter clip, one seek would follow another at once.
        let long = |length: Duration| length > SHORTEST_TO_SEEK.max(max_cut.saturating_mul(2));
        let can_seek = same
            && !self.capabilities.habits.seek_broken
            && load.lengths.file.is_some_and(long)
            && load.lengths.is_agreed();
        let next_kind = following.map(|file| file.media_type.kind);
        let alike = next_kind == Some(load.kind());
        let audio = load.kind() == MediaKind::Audio;
        let broken = next_kind.is_some_and(|kind| self.capabilities.habits.next_broken.of(kind));
        match self.intent.loop_method() {
            LoopMethod::Auto | LoopMethod::Seek if can_seek && !max_cut.is_zero() => {
                LoopMethod::Seek
            }
            LoopMethod::Next if !broken => LoopMethod::Next,
            // What was proven of songs says nothing about a picture after a film.
            LoopMethod::Auto if alike && (audio || self.is_proven_to_go_on(load)) && !broken => {
                LoopMethod::Next
            }
            _ => LoopMethod::Restart,
        }
    }

    /// Returns whether the renderer moved on by itself in media of this kind.
    fn is_proven_to_go_on(&self, load: &Load) -> bool {
        let looped = self.capabilities.habits.loops.of(load.kind());
        looped.is_some_and(|looped| looped.way == Way::Next)
    }

    /// Returns whether events arrive and can be trusted.
    fn is_told(&self, now: Instant) -> bool {
        self.observation.subscription(Evented::Transport).flows(now)
            && !self.capabilities.habits.events.is_lost()
    }

    /// When to seek to the beginning: as late as the bounds of the end allow, and never so early that more than
    /// `max_cut`
    /// could be lost. `None`: not in this round.
    pub(super) fn seek_at(&self, now: Instant) -> Option<Instant> {
        let load = self.playback.load().filter(|_| self.intent.is_to_play())?;
        let max_cut = self.intent.max_cut();
        // Cheap checks first: this runs at every step.
        if max_cut.is_zero()
            || !matches!(load.phase, Phase::Running { doubt: None, .. })
            || !load.playhead.is_proven()
            || self.method(now) != LoopMethod::Seek
        {
            return None;
        }
        let (earliest, latest) = load.end()?;
        let margin = max_cut.checked_sub(latest.since(earliest))? / 2;
        let at = earliest.before(margin);
        // After the end, a seek could have another effect.
        (now < earliest).then_some(at)
    }

    /// How long before a seek nothing else may be sent.
    pub(super) fn guard(&self) -> Duration {
        (4 * self.capabilities.habits.round_trip)
            .clamp(Duration::from_millis(80), Duration::from_secs(1))
    }

    /// When to send SetNextAVTransportURI for the next load.
    pub(super) fn next_at(&self) -> Option<Instant> {
        let Phase::Running { since, doubt: None } = self.playback.load()?.phase else {
            return None;
        };
        let next = self.playback.next()?;
        matches!(next.phase, Phase::Wanted { .. }).then_some(since + NEXT_AFTER)
    }

    /// When the renderer counts as stuck if it still reports PLAYING.
    pub(super) fn overtime_at(&self) -> Option<Instant> {
        let load = self.playback.load()?;
        let (_, latest) = load.end().filter(|_| load.playhead.was_asked())?;
        let tells = load.playhead.tells();
        let moving = tells && load.playhead.stuck() == 0;
        // The position moved in the last report. Without a report since the end, it may have stopped moving.
        let heard = load.playhead.report().is_some_and(|report| report.answered_at >= latest);
        let agreed = load.lengths.is_agreed();
        // While it still fetches, the length was wrong.
        let fetched = load.fetched_until().filter(|_| !agreed);
        let latest = fetched.map_or(latest, |until| latest.max(until));
        match (moving, heard) {
            (true, true) => None,
            (true, false) => Some(latest + 3 * OVERTIME),
            (false, _) if tells || agreed => Some(latest + OVERTIME),
            (false, _) => Some(latest + self.patience(load)),
        }
    }

    /// How long after its length a file is waited for that no position tells of: the length may be too short, above all
    /// where the renderer usually reports STOPPED at the end.
    fn patience(&self, load: &Load) -> Duration {
        let length = load.lengths.bounds().map_or(Duration::ZERO, |(_, longest)| longest);
        match self.capabilities.tells_its_end {
            Some(true) => (6 * OVERTIME).max(length / 2),
            Some(false) => OVERTIME,
            None => (3 * OVERTIME).max(length / 7),
        }
    }

    /// The pause before the next state request.
    pub(super) fn transport_pace(&self, now: Instant) -> Duration {
        let quick =
            (4 * self.capabilities.habits.round_trip).clamp(QUICK, Duration::from_millis(500));
        let flows = self.is_told(now);
        let Some(load) = self.playback.load() else {
            return if self.intent.goal == Goal::Stop {
                Duration::from_millis(500)
            } else if flows {
                Duration::from_secs(30)
            } else {
                Duration::from_secs(10)
            };
        };
        match load.phase {
            Phase::Wanted { .. } | Phase::Accepted { .. } if self.slot.waits_for_others() => {
                if flows {
                    Duration::from_secs(30)
                } else {
                    Duration::from_secs(10)
                }
            }
            // The renderer waits for a person.
            Phase::Wanted { .. } | Phase::Accepted { .. } if !self.intent.is_to_play() => {
                Duration::from_secs(2)
            }
            Phase::Starting { sent, .. } if now.since(sent) < Duration::from_secs(3) => {
                quick.max(Duration::from_millis(40))
            }
            Phase::Starting { .. }
            | Phase::Settling { .. }
            | Phase::Accepted { .. }
            | Phase::Wanted { .. } => quick.max(Duration::from_millis(300)),
            // The state may be another than STOPPED by then, and the doubt stays.
            Phase::Running { doubt: Some(Doubt::LookAgain(_)), .. }
                if self.playback.holds_next() =>
            {
                quick.max(Duration::from_millis(100))
            }
            Phase::Running { doubt: Some(Doubt::LookAgain(at)), .. } => at.since(now).max(quick),
            Phase::Running { .. } if self.observation.is_playing() => {
                self.running_pace(load, now, quick, flows)
            }
            _ if flows => Duration::from_secs(10),
            _ => Duration::from_secs(2),
        }
    }

    /// During playback: slow while events arrive, quick for as long as the end may come.
    fn running_pace(&self, load: &Load, now: Instant, quick: Duration, flows: bool) -> Duration {
        let calm = if flows { CALM } else { Duration::from_secs(1) };
        let Some((earliest, latest)) = load.end() else {
            return calm;
        };
        if let Some(at) = self.seek_at(now) {
            // The renderer is sent back before its end.
            return calm.min(at.since(now) + Duration::from_secs(1));
        }
        let opens = earliest.before(Duration::from_millis(200));
        if now < opens {
            return calm.min(opens.since(now));
        }
        // Between lengths that differ widely, the end is not hurried for.
        let at_an_end = now < earliest + SURE || latest.before(SURE) <= now;
        if at_an_end && now < latest + Duration::from_millis(1500) {
            quick
        } else {
            calm.min(Duration::from_millis(500))
        }
    }

    /// The pause before the next position request.
    pub(super) fn position_pace(&self, now: Instant) -> Duration {
        let flows = self.is_told(now);
        let Some(load) = self.playback.load() else {
            return Duration::from_secs(10);
        };
        if self.observation.suspects_foreign() {
            return SUSPECTS;
        }
        if load.seek_to.is_some() && !load.can_seek() {
            return OPENING;
        }
        // Only the end depends on the position, and events report any other change.
        let known = load.end().filter(|(earliest, latest)| latest.since(*earliest) < KNOWN);
        let calm = match known {
            _ if !flows => Duration::from_secs(2),
            Some((end, _)) if load.playhead.is_credible() => (end.since(now) / 8).clamp(CALM, RARE),
            _ => CALM,
        };
        if !load.playhead.was_asked() {
            return Duration::from_millis(700);
        }
        let follows = self.playback.holds_next() && self.in_doubt_of_its_end();
        if !self.observation.is_playing() && !follows {
            return Duration::from_secs(10);
        }
        let calm = match load.playhead.stuck() {
            // It may never begin.
            0 if self.moves(load) && load.playhead.stands_at_zero() => calm.min(BEGINNING),
            0 => calm,
            _ => calm.min(STANDING),
        };
        // TrackURI shows when the renderer moves on to the next file.
        let near = load.is_about_to_end(Duration::from_secs(2), now);
        if near && self.playback.next().is_some() { Duration::from_millis(250) } else { calm }
    }
}
