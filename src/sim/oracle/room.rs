//! Runs a script: carries out its deeds in the simulated room, tells the intents of them, and lets the judge look at
//! every screen each second.

use super::cause::Cause;
use super::files::{name_of, paths};
use super::intent::{Intent, Mode};
use super::judge::{BLACK, Judged};
use super::machine::WATCHDOG;
use super::oddities::{self, TWIN};
use super::outcome::{Failure, Kind, Passed};
use super::panel::buttons;
use super::schedule::{self, Shows};
use super::screen::Screen;
use super::script::{DWELL, Deed, FILES, List, Script};
use super::together::Together;
use super::volume::{Heard, Loudness, Sound};
use crate::config::{OnStop, PlayOrder};
use crate::sim::world::{Network, Scenario, World};
use crate::time::{Duration, Instant};
use crate::upnp::action::TransportState;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The box's clock at the start of a script, and the minutes since midnight.
const BEGINS: (&str, i64) = ("2026-11-27T07:00:00Z", 7 * 60);
/// The pictures that the box makes itself.
const OWN_PICTURES: [&str; 2] = ["black.jpg", "identify.jpg"];
/// The interval between looks at the reasons.
const WHY_EVERY: u64 = 5;
/// How much of what the box noted is kept of a failure.
const LOG: usize = 60;
/// A reason may be this much older than the screen.
const WHY_SETTLES: Duration = Duration::from_secs(60);

/// The oddities of renderers that do not say where in which file they are.
const BLIND: [&str; 4] = ["position refused", "position missing", "position zero", "uri nameless"];

impl Script {
    /// Runs the script.
    pub fn run(&self) -> Result<Passed, Failure> {
        let mut at = Instant::START;
        let result = catch_unwind(AssertUnwindSafe(|| Run::new(self).run(&mut at)));
        result.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let what = text.unwrap_or_default();
            Err(Failure::new(Kind::Invariant, at, 0, what))
        })
    }
}

/// A script that runs.
pub(super) struct Run<'a> {
    pub script: &'a Script,
    pub world: World,
    pub judged: Vec<Judged>,
    /// The files on the disk.
    pub files: Vec<&'static str>,
    /// Those of them that nobody can play.
    pub broken: Vec<&'static str>,
    /// The stick is plugged in.
    pub stick: bool,
    /// The disk with the media hangs.
    pub disk_hangs: bool,
    pub cut: Vec<bool>,
    /// Since when a task of the box has hung.
    pub hangs_since: Option<Instant>,
    pub together: Together,
    passed: Passed,
}

impl<'a> Run<'a> {
    fn new(script: &'a Script) -> Self {
        let room = &script.room;
        let drawn: Vec<_> = room.odd.iter().map(|names| oddities::preset(names)).collect();
        let mut scenario = Scenario::many(drawn.iter().map(|(preset, _)| preset.clone()).collect())
            .seed(room.seed)
            .files(&FILES)
            .rule(|rule| {
                rule.plays = paths(room.list.files());
                rule.dwell = DWELL;
                rule.repeat = room.repeat;
                rule.volume = room.volume;
                if room.list == List::Shuffled {
                    rule.order = PlayOrder::Shuffled;
                }
                rule.autoplay = room.autoplay;
                rule.on_stop = if room.insists { OnStop::Insist } else { OnStop::Respect };
            });
        if !room.schedule.is_empty() {
            let text: String = room.schedule.iter().map(schedule::Entry::written).collect();
            scenario = scenario.schedule("UTC0", &text);
        }
        if script.deeds.iter().any(|(_, deed)| matches!(deed, Deed::HangTask(_))) {
            scenario = scenario.watchdog(WATCHDOG);
        }
        scenario.config.buttons = buttons(script);
        if let Some(wait) = room.group {
            scenario = scenario.grouped(Duration::from_secs(wait));
        }
        let mut world = scenario.start();
        world.set_clock(BEGINS.0, true);
        for node in 1..world.nodes.len() {
            if room.odd[node].contains(&TWIN) {
                world.nodes[node].renderer.persona.udn =
                    world.nodes[0].renderer.persona.udn.clone();
            }
        }
        let judge = |(node, (_, slack)): (usize, &(_, Duration))| {
            let windows = schedule::open(&room.schedule, node, BEGINS.1);
            let flaws = ["does not play the news", "refuses the news"];
            let flawed: &[&str] = if flaws.iter().any(|flaw| room.odd[node].contains(flaw)) {
                &["news.mp4"]
            } else {
                &[]
            };
            let is = |name| room.odd[node].contains(&name);
            let begins = begins_with(script, &windows);
            let loudness = Loudness::new(!is("no volume"), !is("no mute"), begins);
            let mut judged = Judged::new(Intent::new(room, windows), *slack, flawed, loudness);
            let slowest = drawn.iter().map(|(_, slack)| *slack).max().unwrap_or_default();
            judged.waits = room.group.map(|wait| Duration::from_secs(wait) + slowest);
            judged.blind = room.odd[node].iter().any(|name| BLIND.contains(name));
            judged.resumes = !judged.blind && !is("seek refused");
            judged
        };
        Self {
            script,
            judged: drawn.iter().enumerate().map(judge).collect(),
            files: FILES.iter().map(|(path, _)| name_of(path)).collect(),
            broken: Vec::new(),
            stick: true,
            disk_hangs: false,
            cut: vec![false; world.nodes.len()],
            world,
            hangs_since: None,
            together: Together::default(),
            passed: Passed::default(),
        }
    }

    fn run(mut self, at: &mut Instant) -> Result<Passed, Failure> {
        let went = self.live(at);
        went.map_err(|failure| Failure { log: self.world.trace(LOG), ..failure })?;
        for judged in &self.judged {
            for (cause, count) in &judged.counts {
                self.passed.count(*cause, *count);
            }
            for (cause, longest) in &judged.longest {
                self.passed.note(*cause, *longest);
            }
        }
        Ok(self.passed)
    }

    fn live(&mut self, at: &mut Instant) -> Result<(), Failure> {
        let mut deeds = self.script.deeds.iter().peekable();
        for second in 1..=self.script.ends / 1_000 {
            while let Some((due, deed)) = deeds.next_if(|(due, _)| *due <= second * 1_000) {
                self.world.run(*due);
                *at = self.world.now;
                self.perform(*deed);
            }
            self.world.run(second * 1_000);
            *at = self.world.now;
            self.watch()?;
            self.look()?;
            self.look_at_starts()?;
            if second % WHY_EVERY == 0 {
                self.check_reasons()?;
            }
            if second % 3_600 == 0 {
                self.world.forget();
            }
        }
        Ok(())
    }

    pub(super) fn windows(&self, node: usize) -> Vec<schedule::Window> {
        let seconds = i64::try_from(self.world.now.as_micros() / 1_000_000).unwrap_or(0);
        schedule::open(&self.script.room.schedule, node, BEGINS.1 + seconds / 60)
    }

    /// What prevents a renderer from playing what it should, whatever the box does.
    pub(super) fn hindrance(&self, node: usize) -> Option<Cause> {
        let renderer = &self.world.nodes[node].renderer;
        if !renderer.is_on() || renderer.asleep {
            Some(Cause::Return)
        } else if !renderer.responsive() || self.cut[node] {
            Some(Cause::Outage)
        } else if self.hangs_since.is_some() {
            Some(Cause::Box)
        } else if !self.stick || self.disk_hangs {
            Some(Cause::Files)
        } else if self.world.network != Network::default() {
            Some(Cause::Network)
        } else {
            None
        }
    }

    fn look(&mut self) -> Result<(), Failure> {
        let now = self.world.now;
        for node in 0..self.judged.len() {
            let windows = self.windows(node);
            let (able, hindrance) = (self.hindrance(node).is_none(), self.hindrance(node));
            let (screen, position) = self.screen(node);
            let length = match screen {
                Screen::Ours(name, _) => self.length_on_screen(node, name),
                _ => Duration::ZERO,
            };
            let Self { judged, script, files, passed, .. } = self;
            let judged = &mut judged[node];
            let why = judged.meets(&script.room, files, now, able);
            let mut cause = None;
            let before = judged.intents[0].windows.clone();
            judged.each(|intent| {
                let before = (intent.mode, intent.content(why.room, why.files));
                if !intent.is_under(&windows) {
                    cause = Some(Cause::Schedule);
                }
                let mut changed = false;
                let all = intent.keeping_place(why, |mut intent| {
                    let mut all = intent.pass(&windows, why);
                    changed = (intent.mode, intent.content(why.room, why.files)) != before;
                    all.push(intent);
                    all
                });
                if changed {
                    cause = cause.or(Some(Cause::Layer));
                }
                all
            });
            if let Some(cause) = cause {
                judged.excuse(now, cause);
                judged.witness.forget();
            }
            if windows != before {
                let plays = matches!(screen, Screen::Ours(file, true) if file != BLACK);
                change_volume(script, judged, &before, &windows, (hindrance.is_some(), plays));
            }
            passed.looks += 1;
            passed.readings = passed.readings.max(judged.intents.len());
            if let Some(hindrance) = hindrance {
                judged.rest(now, hindrance);
                if hindrance != Cause::Return {
                    let place = (position, length);
                    judged.follow_unreached(now, screen, place, files, &script.room);
                }
                continue;
            }
            passed.judged += u64::from(now >= judged.calm_at);
            if let Some(what) = judged.look(&script.room, files, now, screen, (position, length)) {
                return Err(Failure::new(Kind::Screen, now, node, what));
            }
            if let Some(file) = judged.attempts.named
                && !self.world.names_left_out(node, file)
            {
                let what = format!("{file} is left out, and the status does not name it");
                return Err(Failure::new(Kind::Why, now, node, what));
            }
            let sound = self.sound(node);
            let judged = &mut self.judged[node];
            if now >= judged.calm_at {
                let plays = matches!(screen, Screen::Ours(file, true) if file != BLACK);
                let slack = judged.slack;
                if let Some(what) = judged.loudness.look(now, sound, plays, slack) {
                    return Err(Failure::new(Kind::Volume, now, node, what));
                }
            }
        }
        Ok(())
    }

    /// What is truly heard of a renderer.
    fn sound(&self, node: usize) -> Sound {
        let renderer = &self.world.nodes[node].renderer;
        let most = u32::from(renderer.quirks().volume_max).max(1);
        let volume = (u32::from(renderer.volume) * 100 + most / 2) / most;
        Sound { volume: u16::try_from(volume).unwrap_or(100), mute: renderer.mute }
    }

    /// What is truly on the screen of a renderer, and where in it.
    pub(super) fn screen(&self, node: usize) -> (Screen, Duration) {
        let renderer = &self.world.nodes[node].renderer;
        let Some((uri, position)) = renderer.on_screen(self.world.now) else {
            return (Screen::Dark, Duration::ZERO);
        };
        let Some(name) = uri.split_once(":8895/m/").and_then(|(_, path)| path.rsplit('/').next())
        else {
            return (Screen::Foreign, position);
        };
        let names = FILES.iter().map(|(path, _)| name_of(path)).chain(OWN_PICTURES);
        let length = self.length_on_screen(node, name);
        if !length.is_zero() && position >= length {
            // It says that it plays, and shows nothing more.
            return (Screen::Dark, position);
        }
        let moves = renderer.state() != TransportState::PausedPlayback;
        let known = names.into_iter().find(|known| *known == name);
        (known.map_or(Screen::Unknown, |name| Screen::Ours(name, moves)), position)
    }

    /// The word that the box gives for a renderer that does not play must not name a cause that is not true.
    fn check_reasons(&self) -> Result<(), Failure> {
        let now = self.world.now;
        let reasons: Vec<(&str, Option<&str>)> = self.world.reasons().collect();
        for (node, judged) in self.judged.iter().enumerate() {
            let name = format!("TV {}", node + 1);
            let mut here = reasons.iter().filter(|(who, _)| *who == name);
            // After a change of its UDN, a renderer is listed twice.
            let (Some((_, Some(word))), None) = (here.next(), here.next()) else { continue };
            let settled = now >= judged.calm_at + WHY_SETTLES;
            let hindered = self.hindrance(node).is_some();
            let allowed = |intent: &Intent| hindered || intent.explains(word);
            if settled && !judged.intents.iter().any(allowed) {
                let modes: Vec<Mode> = judged.intents.iter().map(|intent| intent.mode).collect();
                let what = format!("the box says {word:?}, but the truth is one of {modes:?}");
                return Err(Failure::new(Kind::Why, now, node, what));
            }
        }
        Ok(())
    }
}

/// The volumes with which a renderer may begin to play under these windows: that of the window or of the table.
pub(super) fn begins_with(script: &Script, windows: &[schedule::Window]) -> Vec<Heard> {
    let entry = windows.last().and_then(|(n, _)| script.room.schedule[*n].volume);
    let volumes = entry.into_iter().chain(script.room.volume);
    volumes.map(|volume| Heard::Exactly(volume.into())).collect()
}

/// The schedule has changed: its volume, or after its volume that of the table. While something else plays or the
/// renderer cannot be reached, the change comes later.
fn change_volume(
    script: &Script,
    judged: &mut Judged,
    before: &[schedule::Window],
    after: &[schedule::Window],
    (hindered, playing): (bool, bool),
) {
    let of = |windows: &[schedule::Window]| {
        windows.last().and_then(|(n, _)| script.room.schedule[*n].volume)
    };
    let plays = |intent: &Intent| intent.mode == Mode::Play && intent.clips == 0;
    let free = |intent: &Intent| plays(intent) && intent.choice.is_none();
    let volume = of(after).or(script.room.volume);
    judged.loudness.forget_later();
    judged.loudness.later(volume.map(|volume| Heard::Exactly(volume.into())).into_iter().collect());
    let sure = before.last() != after.last() && !hindered && judged.intents.iter().all(free);
    // A window that another one covers has not ended.
    let covered = before.last().is_some_and(|window| after.contains(window));
    let entry = after.last().map(|(n, _)| script.room.schedule[*n].shows);
    // Where nothing plays then, it is set once something does.
    let at_once = playing && !matches!(entry, Some(Shows::Nothing | Shows::Black));
    if let Some(volume) = of(after) {
        judged.loudness.set_from_now(volume.into(), at_once, !sure);
    } else if let Some(volume) = script.room.volume {
        let perhaps = !sure || of(before).is_none() || covered;
        judged.loudness.set_from_now(volume.into(), at_once, perhaps);
    } else {
        judged.loudness.doubt_what_begins();
    }
}
