//! What a UPnP error means: lower the metadata level, wait for a busy renderer, or note what it cannot do.
//!
//! The codes are those of AVTransport:1 §2.4 and UDA 1.0 §3.2.2. Real renderers use them differently, so each reaction
//! is the one that helps most often.

use super::answers::VOLUME_RETRY;
use super::load::{Metadata, Phase};
use super::requests::Purpose;
use super::volume::Step;
use super::{Context, Renderer};
use crate::kiosk::fault::Fault;
use crate::kiosk::trace::What;
use crate::time::{Duration, Instant};
use crate::upnp::UpnpError;
use crate::upnp::description::ServiceDescription;
use crate::upnp::didl::MetadataLevel;

use super::intent::Goal;

/// The pause before a busy renderer is asked again.
const BUSY_PAUSE: Duration = Duration::from_millis(1000);
/// How often a busy renderer is asked before the load fails: LG needs up to 8 attempts.
const BUSY_TIMES: u8 = 8;
/// From the third attempt on, a Stop is sent first.
const BUSY_STOP: u8 = 2;
/// The shortest pause before a renderer that does not report its state is asked again.
const STATE_PAUSE: Duration = Duration::from_secs(1);
/// The pause after a refused volume change.
const VOLUME_REFUSED_PAUSE: Duration = Duration::from_secs(1);
/// Invalid Args (UDA 1.0 §3.2.2).
const INVALID_ARGUMENTS: u16 = 402;
/// Argument Value Invalid (UDA 1.1 §3.2.2).
const NO_SUCH_VALUE: u16 = 600;
/// Argument Value Out of Range (UDA 1.1 §3.2.2).
const OUT_OF_RANGE: u16 = 601;

impl Renderer {
    /// The renderer refused a call.
    pub(super) fn refused(&mut self, purpose: &Purpose, error: &UpnpError, ctx: &mut Context<'_>) {
        let now = ctx.now;
        match purpose {
            Purpose::Set => self.set_refused(error, ctx),
            Purpose::Play => self.play_refused(error, ctx),
            Purpose::Stop if ctx.leaving.is_some() => self.playback.retire(),
            Purpose::Stop => self.stop_refused(error, ctx),
            // A person may want it stopped by now.
            Purpose::Pause if self.intent.goal != Goal::Pause => {}
            Purpose::Pause => {
                self.intent.go_on();
                self.trouble(Fault::Refused("to pause", error.code, error.meaning()), ctx);
            }
            Purpose::Seek => {
                self.capabilities.seek_failed();
                self.observation.ask_state_at(now);
            }
            Purpose::SeekTo => {
                // Playback goes on where it is.
                if let Some(load) = self.playback.load_mut() {
                    load.send_to(None);
                }
                ctx.trace.note(now, self.name(), What::Refused("to seek", error.code));
            }
            Purpose::SetNext => {
                self.next_refused(false);
                self.playback.drop_next();
            }
            Purpose::ClearNext => self.playback.offer_withdrawn(),
            Purpose::Volume(step) => self.volume_refused(*step, error, now),
            Purpose::Transport => {
                // A renderer that never reports its state can still be given a file.
                self.observation.looked();
                self.ask_uri_instead(ctx);
                let pace = self.transport_pace(now).max(STATE_PAUSE);
                self.observation.ask_state_at(now + pace);
            }
            Purpose::Position => self.position_untold(now),
            Purpose::Media => {
                self.observation.uri_asked();
                self.media_unknown(ctx);
            }
            Purpose::Sink => self.capabilities.set_sink(None),
            Purpose::Scpd(which) => self.scpd_read(*which, ServiceDescription::default()),
            Purpose::Subscribe(which) => self.observation.subscription_mut(*which).refuse(now),
            Purpose::Renew(which) => self.lease_lost(*which, true, ctx),
            Purpose::Unsubscribe(which) => self.observation.subscription_mut(*which).forget(now),
        }
    }

    /// There was nothing to stop, or Stop is not possible now: look at the state. A renderer that is to be stopped is told
    /// again, unless it is seen stopped.
    fn stop_refused(&mut self, error: &UpnpError, ctx: &mut Context<'_>) {
        self.observation.look_now(ctx.now);
        if let Some(load) = self.playback.load_mut() {
            load.stop_first(false);
        }
        if self.intent.goal == Goal::Stop {
            self.connection.command_taken(Purpose::Stop, ctx.now);
            if self.observation.is_active() {
                self.trouble(Fault::Refused("to stop", error.code, error.meaning()), ctx);
            }
        }
    }

    fn set_refused(&mut self, error: &UpnpError, ctx: &mut Context<'_>) {
        let now = ctx.now;
        let Some(load) = self.playback.load_mut() else {
            return;
        };
        match error.code {
            701 | 705 | 715 if load.attempt.busy < BUSY_TIMES => {
                load.count_busy();
                load.stop_first(error.code == 705 || load.attempt.busy >= BUSY_STOP);
                if error.code == 705 {
                    self.capabilities.needs_stop_first();
                }
                self.enter(Phase::Wanted { at: now + BUSY_PAUSE }, "the renderer is busy", ctx);
                self.observation.ask_state_at(now + BUSY_PAUSE / 2);
            }
            // Whatever the reason is said to be: some renderers take no file while they show another one.
            _ if self.observation.is_active() && !load.attempt.stopped => {
                load.stop_and_repeat();
                self.enter(Phase::Wanted { at: now }, "the renderer may need a Stop first", ctx);
                self.observation.ask_state_at(now);
            }
            // No other description makes the file readable.
            716 if load.evidence.is_cut() => self.fail(Fault::Unreadable(self.file_name()), ctx),
            714 if self.next_mime(ctx) => self.observation.ask_state_at(now),
            401 | 602 => self.fail(Fault::Refused("the file", error.code, error.meaning()), ctx),
            _ if self.next_level(ctx) => {}
            716 if !self.was_asked_for() => self.never_began(ctx),
            714 | 704 => self.fail(Fault::RefusesFile(self.file_name()), ctx),
            _ => self.fail(Fault::Refused("the file", error.code, error.meaning()), ctx),
        }
    }

    fn play_refused(&mut self, error: &UpnpError, ctx: &mut Context<'_>) {
        let now = ctx.now;
        self.observation.ask_state_at(now);
        let active = self.observation.is_active();
        let Some(load) = self.playback.load_mut() else {
            return;
        };
        let again = load.attempt.busy > 0 && !active;
        let taken = match error.code {
            701 | 715 => true,
            705 => !again,
            // The renderer fetches: some play right after SetAVTransportURI and refuse a further Play with 501.
            501 => load.evidence.fetched && !again,
            _ => false,
        };
        match error.code {
            // The renderer plays already or is busy; the next look tells which.
            _ if taken && load.attempt.busy < BUSY_TIMES => {
                load.count_busy();
                let accepted = load.is_accepted();
                if active {
                    self.play_sent(now, ctx);
                } else if accepted {
                    let at = now + BUSY_PAUSE;
                    self.enter(Phase::Accepted { at }, "the renderer is busy", ctx);
                }
            }
            705 | 501 if !load.attempt.repeated && (error.code == 705 || active) => {
                load.repeat();
                self.capabilities.needs_stop_first();
                self.enter(
                    Phase::Wanted { at: now },
                    "the renderer needs a Stop before the file",
                    ctx,
                );
            }
            INVALID_ARGUMENTS if self.capabilities.ask_play_arguments() => {
                self.enter(Phase::Accepted { at: now }, "Play may need more arguments", ctx);
            }
            // Some renderers complain about the file or its metadata only now.
            714 if self.next_mime(ctx) || self.next_level(ctx) => {}
            402 | 501 if self.next_level(ctx) => {}
            716 if !self.was_asked_for() => self.never_began(ctx),
            704 | 714 => self.fail(Fault::RefusesFile(self.file_name()), ctx),
            _ => self.fail(Fault::Refused("to play", error.code, error.meaning()), ctx),
        }
    }

    fn was_asked_for(&self) -> bool {
        self.playback.load().is_some_and(|load| load.evidence.is_asked_for())
    }

    /// Gives the file again under the next MIME type, if there is one.
    fn next_mime(&mut self, ctx: &mut Context<'_>) -> bool {
        let Some(load) = self.playback.load_mut() else { return false };
        let (metadata, media_type) = (load.metadata, load.file.media_type);
        let first = self.capabilities.mime_for(media_type);
        let Some(mime) = media_type.alias_after(metadata.mime, first) else {
            return false;
        };
        load.describe(Metadata { mime, ..metadata });
        self.give_again_described(ctx);
        true
    }

    /// Gives the file again with less metadata, if there is a lower level.
    fn next_level(&mut self, ctx: &mut Context<'_>) -> bool {
        let Some(media_type) = self.playback.load().map(|load| load.file.media_type) else {
            return false;
        };
        let had_subtitles = self.drop_subtitles();
        // No other MIME type helped: return to the one that the renderer lists, or to the usual one.
        let mime = self.capabilities.mime_for(media_type);
        let Some(load) = self.playback.load_mut() else { return false };
        let level = match load.metadata.level {
            level if had_subtitles => level,
            MetadataLevel::Full => MetadataLevel::Plain,
            MetadataLevel::Plain => MetadataLevel::Compat,
            MetadataLevel::Compat => MetadataLevel::Empty,
            MetadataLevel::Empty => {
                self.capabilities.refuses_metadata();
                return false;
            }
        };
        load.describe(Metadata { mime, level, ..load.metadata });
        self.give_again_described(ctx);
        true
    }

    fn give_again_described(&mut self, ctx: &mut Context<'_>) {
        let at = match self.playback.phase() {
            Some(&Phase::Wanted { at }) => at,
            _ => Instant::START,
        };
        self.enter(Phase::Wanted { at }, "the renderer refused the description of the file", ctx);
    }

    fn volume_refused(&mut self, step: Step, error: &UpnpError, now: Instant) {
        match step {
            // Some renderers have no mute, or one that does not work: mute by volume instead.
            Step::AskMute | Step::Mute(_) => self.volume.cannot_mute(),
            Step::AskVolume if self.volume.untold() => {}
            _ if matches!(error.code, 401 | 602) => {
                self.capabilities.rendering_failed();
                self.volume.notice_absence();
                self.volume.refused(now + VOLUME_REFUSED_PAUSE);
            }
            Step::AskVolume => self.volume.failed(now + VOLUME_RETRY),
            _ => {
                if matches!(error.code, NO_SUCH_VALUE | OUT_OF_RANGE) {
                    self.volume.doubt_units();
                }
                self.volume.failed(now + VOLUME_RETRY);
            }
        }
    }
}
