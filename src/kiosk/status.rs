//! The status: a consistent picture of the box at one moment.

use super::Kiosk;
use super::event::Question;
use super::group::GroupStatus;
use super::leds::Pattern;
use super::left_out::PassedOver;
use super::panel::Press;
use super::reason::Standing;
use super::reason::{BoxStatus, why};
use super::renderer::load::{Load, Phase};
use super::renderer::{Goal, Renderer};
use super::schedule::{HeldStatus, ScheduleStatus};
use super::supervisor::Task;
use crate::time::{Instant, in_seconds};
use crate::upnp::action::TransportState;
use serde::Serialize;
use std::path::PathBuf;

/// The state of the shell's mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct MailboxStatus {
    /// How many events are waiting.
    pub depth: usize,
    /// The most events that ever waited.
    pub deepest: usize,
    /// How many datagrams were dropped for lack of room.
    pub dropped: u64,
    /// The longest turn since the start: everything else had to wait for it.
    pub longest_turn: Option<LongestTurn>,
}

/// How long one poll of a task, or one step of the kiosk with its effects, took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct LongestTurn {
    pub ms: f64,
    /// What the turn was for.
    pub what: &'static str,
}

/// `GET /api/v1/status`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    #[serde(flatten)]
    itself: ItselfStatus,
    renderers: Vec<RendererStatus>,
    schedule: Option<ScheduleStatus>,
    groups: Vec<GroupStatus>,
    media: Media,
    panel: PanelStatus,
    media_server: MediaServer,
    mailbox: MailboxStatus,
    discovery: Discovery,
    tasks: Vec<Task>,
    recent: Vec<String>,
}

/// The box itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct ItselfStatus {
    name: String,
    version: &'static str,
    uptime_s: f64,
    configuration_error: Option<String>,
    /// Why the machine was not switched off when somebody asked for it.
    power_off_refused: Option<String>,
    addresses: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Media {
    files: usize,
    missing: Vec<String>,
    bad: Vec<String>,
    copying: Vec<String>,
    skipped: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct MediaServer {
    port: Option<u16>,
    connections: u16,
    bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Discovery {
    sighted: usize,
    unusable_datagrams: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct PanelStatus {
    state: String,
    leds: Vec<LedStatus>,
    presses: Vec<Press>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct LedStatus {
    pin: u8,
    on: bool,
    shows: Pattern,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct RendererStatus {
    #[serde(flatten)]
    identity: IdentityStatus,
    state: &'static str,
    goal: &'static str,
    driven: bool,
    #[serde(flatten)]
    playback: PlaybackStatus,
    volume: Option<u16>,
    mute: Option<bool>,
    breaker: BreakerStatus,
    /// How much of the file was fetched from the media server.
    fetched: Option<&'static str>,
    fault: Option<String>,
    /// The files that the renderer does not get, because it does not play them.
    left_out: Vec<PassedOver>,
    schedule: Option<HeldStatus>,
    /// Why the renderer does not play.
    why: Option<WhyStatus>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct IdentityStatus {
    udn: String,
    name: String,
    model: String,
    address: String,
    location: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct PlaybackStatus {
    playing: Option<String>,
    position_s: Option<f64>,
    duration_s: Option<f64>,
    progress: Option<f64>,
    measured_s_ago: Option<f64>,
    rounds: u32,
    last_gap_ms: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct WhyStatus {
    word: &'static str,
    standing: Standing,
    sentence: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct BreakerStatus {
    state: &'static str,
    failures: u8,
    retry_in_s: Option<f64>,
}

impl Kiosk {
    /// The answer to a question of the control port, as JSON.
    pub fn answer(&self, question: Question, mailbox: MailboxStatus, now: Instant) -> String {
        match question {
            Question::Status => {
                let status = Status { mailbox, ..self.status(now) };
                serde_json::to_string(&status).unwrap_or_default()
            }
            Question::Statistics => self.statistics(now).snapshot(),
        }
    }

    /// The name of each renderer, and one word for why it does not play.
    #[cfg(feature = "simulation")]
    pub fn reasons(&self, now: Instant) -> impl Iterator<Item = (&str, Option<&'static str>)> {
        let word = move |renderer| why(renderer, self.box_status(), now).map(|why| why.word());
        self.renderers.iter().map(move |renderer| (renderer.name(), word(renderer)))
    }

    /// The status at this moment.
    pub fn status(&self, now: Instant) -> Status {
        Status {
            itself: ItselfStatus {
                name: self.config.name.to_string(),
                version: env!("CARGO_PKG_VERSION"),
                uptime_s: in_seconds(now.since(Instant::START)),
                configuration_error: self.configuration_error.clone(),
                power_off_refused: self.power.refusal().map(str::to_owned),
                addresses: self.network.addresses.iter().map(ToString::to_string).collect(),
            },
            renderers: self
                .renderers
                .iter()
                .map(|r| renderer_status(r, self.held_status(r, now), self.box_status(), now))
                .collect(),
            schedule: self.schedule_status(now),
            groups: self.group_status(),
            media: Media {
                files: self.media.scan.files.len(),
                missing: sentences(&self.media.scan.missing),
                bad: sentences(&self.media.scan.bad),
                copying: self
                    .media
                    .scan
                    .growing
                    .iter()
                    .map(|path| path.display().to_string())
                    .collect(),
                skipped: self.media.scan.skipped,
            },
            panel: PanelStatus {
                state: self.panel.hardware.clone(),
                leds: (self.config.leds.iter().zip(self.panel.leds.shown()))
                    .map(|(led, (shows, on))| LedStatus { pin: led.pin.0, on, shows })
                    .collect(),
                presses: self.panel.presses.iter().cloned().collect(),
            },
            media_server: MediaServer {
                port: self.common.media_port,
                connections: self.network.media_connections,
                bytes: self.network.media_bytes,
            },
            mailbox: MailboxStatus::default(),
            discovery: Discovery {
                sighted: self.discovery.cache.len(),
                unusable_datagrams: self.discovery.unusable_datagrams,
            },
            tasks: self.supervisor.tasks().to_vec(),
            recent: self.common.trace.told(20).map(recent).collect(),
        }
    }
}

fn sentences(about: &[(PathBuf, String)]) -> Vec<String> {
    about.iter().map(|(path, why)| format!("{}: {why}", path.display())).collect()
}

fn recent(entry: &super::trace::Entry) -> String {
    format!("{:.3} {entry}", in_seconds(entry.at.since(Instant::START)))
}

fn renderer_status(
    renderer: &Renderer,
    schedule: Option<HeldStatus>,
    box_status: BoxStatus,
    now: Instant,
) -> RendererStatus {
    let load = renderer.load();
    RendererStatus {
        identity: IdentityStatus {
            udn: renderer.udn().to_string(),
            name: renderer.name().to_owned(),
            model: renderer.description().model_name.to_string(),
            address: renderer.host().to_string(),
            location: renderer.location().to_string(),
        },
        state: state_word(renderer),
        goal: match renderer.goal() {
            Goal::Rest => "rest",
            Goal::Play => "play",
            Goal::Pause => "pause",
            Goal::Stop => "stop",
            Goal::Yield { .. } => "yield",
        },
        driven: renderer.is_driven(),
        playback: playback_status(renderer, now),
        volume: renderer.volume(),
        mute: renderer.mute(),
        breaker: BreakerStatus {
            state: if renderer.breaker().is_open() { "open" } else { "closed" },
            failures: renderer.breaker().failures(),
            retry_in_s: renderer.breaker().retry_at().map(|at| in_seconds(at.since(now))),
        },
        fetched: load.map(|load| load.evidence.word()),
        fault: renderer.fault().map(ToString::to_string),
        left_out: renderer.passed_over(now),
        why: why(renderer, box_status, now).map(|reason| WhyStatus {
            word: reason.word(),
            standing: reason.standing(),
            sentence: reason.to_string(),
        }),
        schedule,
    }
}

fn playback_status(renderer: &Renderer, now: Instant) -> PlaybackStatus {
    let load = renderer.load();
    let running = load.filter(|load| load.is_running());
    let position = running.map(|load| load.playhead.position(now));
    let duration = load.and_then(|load| load.length());
    let position = position.map(|p| duration.map_or(p, |d| p.min(d)));
    let report = running.and_then(|load| load.playhead.report());
    PlaybackStatus {
        playing: load.map(Load::name),
        position_s: position.map(in_seconds),
        duration_s: duration.map(in_seconds),
        progress: position
            .zip(duration)
            .map(|(p, d)| (in_seconds(p) / in_seconds(d).max(0.001)).min(1.0)),
        measured_s_ago: report.map(|r| in_seconds(now.since(r.answered_at))),
        rounds: renderer.rounds(),
        last_gap_ms: renderer.gap().map(|gap| in_seconds(gap) * 1000.0),
    }
}

fn state_word(renderer: &Renderer) -> &'static str {
    if renderer.is_away() {
        return "away";
    }
    let phase = renderer.load().map(|load| &load.phase);
    match (phase, renderer.state()) {
        (_, None) => "unknown",
        (Some(Phase::Running { .. }), Some(TransportState::Playing)) => "playing",
        (
            Some(
                Phase::Wanted { .. }
                | Phase::Settling { .. }
                | Phase::Accepted { .. }
                | Phase::Starting { .. },
            ),
            _,
        ) => "starting",
        (Some(Phase::Failed { .. }), _) => "failed",
        (_, Some(TransportState::Playing)) => "playing",
        (_, Some(TransportState::PausedPlayback)) => "paused",
        (_, Some(TransportState::Transitioning)) => "transitioning",
        (_, Some(TransportState::Stopped)) => "stopped",
        (_, Some(TransportState::NoMediaPresent)) => "no_media",
    }
}
