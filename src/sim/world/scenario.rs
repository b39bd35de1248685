//! What a simulated room consists of: renderers, files, the box's configuration and its state directory.
//!
//! The state directory holds one file, which is replaced step by step. After a power cut, the box finds what the cut
//! left.

use super::{Damage, Delivery, World};
use crate::config::{
    self, AfterClip, Button, ButtonChoice, Config, FileState, GroupRule, Led, LedFunction, OnStop,
    PanelAction, Pin, PinLevel, RepeatPress, Rule, Selector, Targets,
};
use crate::kiosk::event::Event;
use crate::kiosk::memory::Memory;
use crate::media::catalogue::{MediaFile, Scan};
use crate::media::media_type::of_extension;
use crate::sim::presets::{self, Preset};
use crate::text::clip;
use crate::time::{Duration, Instant};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A failed load is retried after two minutes at the latest, and may then take half a minute to fail again. A viewer
/// keeps a renderer for up to a minute. A renderer that moved is searched for every half minute.
pub const MUST_PLAY_WITHIN: Duration = Duration::from_secs(300);

/// The actions of the buttons, in order.
pub const BUTTONS: [PanelAction; 10] = [
    PanelAction::PlayPause,
    PanelAction::Play,
    PanelAction::Pause,
    PanelAction::Stop,
    PanelAction::Next,
    PanelAction::Prev,
    PanelAction::VolumeUp,
    PanelAction::VolumeDown,
    PanelAction::Mute,
    PanelAction::Identify,
];

/// The ingredients of a world.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Decides everything random.
    pub seed: u64,
    /// The renderers.
    pub presets: Vec<Preset>,
    /// Path and length in milliseconds.
    pub files: Vec<(&'static str, u64)>,
    /// Each film has a subtitle file.
    pub subtitled: bool,
    /// The box's configuration.
    pub config: Config,
    /// The time zone of the box.
    pub zone: TimeZone,
    /// WatchdogSec.
    pub watchdog: Option<Duration>,
    /// A renderer that can play must do so within this time.
    pub must_play_within: Option<Duration>,
    /// The box has no state directory.
    pub without_store: bool,
}

impl Scenario {
    /// One renderer that plays a clip of ten seconds when a button is pressed.
    pub fn of(preset: Preset) -> Self {
        Self::many(vec![preset])
    }

    /// Several renderers, otherwise like [`Self::of`].
    pub fn many(presets: Vec<Preset>) -> Self {
        let button = |(press, pin): (&PanelAction, u8)| Button::plain(Pin(pin), *press);
        let led = |pin, shows| Led { pin: Pin(pin), shows, active: PinLevel::High };
        let mut config = Config {
            buttons: BUTTONS.iter().zip(2..).map(button).collect(),
            leds: vec![led(20, LedFunction::Status), led(21, LedFunction::Playing(Targets::All))],
            media_folders: vec!["/m".into()],
            ..Config::default()
        };
        config.rules[0].plays = vec!["/m".into()];
        let files = vec![("/m/clip.mp4", 10_000)];
        Self {
            seed: 1,
            presets,
            files,
            subtitled: false,
            config,
            zone: TimeZone::UTC,
            watchdog: None,
            must_play_within: None,
            without_store: false,
        }
    }

    /// A wall of renderers of all families that play films and songs all day, and must do so within five minutes of
    /// anything that happens.
    pub fn mixed(renderers: usize, seed: u64) -> Self {
        let able = presets::all().into_iter().filter(|preset| preset.quirks.play_refused.is_none());
        let presets = able.cycle().skip(seed as usize % 24).take(renderers).collect();
        let files =
            [("/m/film.mp4", 1_500_000), ("/m/news.mp4", 600_000), ("/m/song.mp3", 190_000)];
        let insist = |rule: &mut Rule| rule.on_stop = OnStop::Insist;
        let scenario = Self::many(presets).seed(seed).files(&files).autoplay();
        let scenario = if seed.is_multiple_of(2) { scenario } else { scenario.rule(insist) };
        scenario.watchdog(Duration::from_secs(30)).must_play_within(MUST_PLAY_WITHIN)
    }

    /// Sets the seed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the files: path and length in milliseconds.
    pub fn files(mut self, files: &[(&'static str, u64)]) -> Self {
        self.files = files.to_vec();
        self
    }

    /// Puts subtitles beside each film.
    pub fn subtitled(mut self) -> Self {
        self.subtitled = true;
        self
    }

    /// Makes all renderers start by themselves.
    pub fn autoplay(self) -> Self {
        self.rule(|rule| rule.autoplay = true)
    }

    /// Changes the one rule, which is for every renderer.
    pub fn rule(mut self, change: impl FnOnce(&mut Rule)) -> Self {
        change(&mut self.config.rules[0]);
        self
    }

    /// Makes the button of this action play a clip over everything else.
    pub fn clip_button(
        mut self,
        action: PanelAction,
        plays: &str,
        again: RepeatPress,
        back: AfterClip,
    ) -> Self {
        let button = self.config.buttons.iter_mut().find(|button| button.does(action));
        let button = button.expect("on the panel");
        button.press = Some(PanelAction::PlayClip);
        button.choice = ButtonChoice { plays: vec![plays.into()], again, back, lasts: None };
        self
    }

    /// Makes the Play button choose this programme, for a time or for good.
    pub fn choice_button(mut self, plays: &str, lasts: Option<Duration>) -> Self {
        let button = self.config.buttons.iter_mut().find(|b| b.does(PanelAction::Play));
        let (again, back) = (RepeatPress::default(), AfterClip::default());
        button.expect("on the panel").choice =
            ButtonChoice { plays: vec![plays.into()], again, back, lasts };
        self
    }

    /// Adds a schedule in the syntax of the configuration, in a zone with these rules (POSIX TZ).
    ///
    /// # Panics
    /// If the text or the rules are invalid.
    pub fn schedule(mut self, zone: &str, text: &str) -> Self {
        let written = format!("media = \"/m\"\n{text}");
        let there = |path: &Path| match path.extension() {
            Some(_) => FileState::File,
            None => FileState::Folder,
        };
        let loaded = config::parse(&written, &there);
        let config = loaded.config.unwrap_or_else(|| panic!("{:?}", loaded.problems));
        (self.config.schedule, self.config.clock) = (config.schedule, config.clock);
        self.zone = TimeZone::posix(zone).expect("good rules");
        self
    }

    /// Makes all renderers one group that waits this long for a member.
    pub fn grouped(mut self, wait: Duration) -> Self {
        let name = |n| Selector::Name(clip(&format!("TV {}", n + 1)));
        self.config.join(vec![GroupRule {
            name: clip("Wall"),
            on: (0..self.presets.len()).map(name).collect(),
            repeat: self.config.rules[0].repeat,
            wait,
            ..GroupRule::default()
        }]);
        self
    }

    /// Sets the watchdog period.
    pub fn watchdog(mut self, period: Duration) -> Self {
        self.watchdog = Some(period);
        self
    }

    /// Checks all the time that a renderer that can play does so within this time.
    pub fn must_play_within(mut self, within: Duration) -> Self {
        self.must_play_within = Some(within);
        self
    }

    /// Removes the state directory.
    pub fn without_store(mut self) -> Self {
        self.without_store = true;
        self
    }

    /// Starts the world.
    pub fn start(self) -> World {
        World::new(self)
    }
}

/// After this time, a reader that does not answer is given up, and files of its disk are refused at once.
const OPENS: Duration = Duration::from_secs(20);

/// A folder, on a disk of its own, that hangs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hang {
    pub(super) folder: &'static str,
    pub(super) since: Instant,
    /// The box has read it before.
    pub(super) is_known: bool,
}

/// The disk with the media.
#[derive(Debug)]
pub(super) struct Disk {
    files: Vec<MediaFile>,
    lengths: BTreeMap<PathBuf, Duration>,
    pub(super) damaged: BTreeMap<PathBuf, Damage>,
    /// It is unplugged.
    pub(super) gone: bool,
    /// Its files cannot be read.
    pub(super) fails: bool,
    /// The folder that hangs.
    pub(super) hangs: Option<Hang>,
    /// How long a scan takes.
    pub(super) takes: Duration,
    /// A scan is running until then.
    pub(super) busy_until: Instant,
}

impl Disk {
    pub(super) fn of(scenario: &Scenario) -> Self {
        let takes = Duration::from_millis(3);
        let mut disk = Self {
            files: Vec::new(),
            lengths: BTreeMap::new(),
            damaged: BTreeMap::new(),
            gone: false,
            fails: false,
            hangs: None,
            takes,
            busy_until: Instant::START,
        };
        scenario.files.iter().for_each(|(path, millis)| disk.put(path, *millis));
        if scenario.subtitled {
            for file in &mut disk.files {
                file.subtitles = Some(file.path.with_extension("srt").into());
            }
        }
        disk
    }

    /// Puts a file on the disk, replacing any other file at this path.
    pub(super) fn put(&mut self, path: &str, millis: u64) {
        let mut file = media_file(path, millis);
        if let Some(old) = self.files.iter().find(|old| old.path == file.path) {
            file.modified = old.modified + 1;
        }
        self.remove(path);
        self.damaged.remove(Path::new(path));
        self.files.push(file);
        if millis > 0 {
            self.lengths.insert(path.into(), Duration::from_millis(millis));
        }
    }

    /// Something is wrong with the file at this path.
    pub(super) fn damage(&mut self, path: &str, damage: Damage) {
        self.damaged.insert(path.into(), damage);
        if let Damage::CutOff(percent) = damage
            && let Some(file) = self.files.iter_mut().find(|file| *file.path == *Path::new(path))
        {
            file.size = file.size * u64::from(percent) / 100;
        }
    }

    pub(super) fn remove(&mut self, path: &str) {
        self.files.retain(|file| *file.path != *Path::new(path));
    }

    pub(super) fn scan(&self) -> Scan {
        if self.gone {
            let missing = vec![("/m".into(), "is not there".to_owned())];
            return Scan { missing, ..Scan::default() };
        }
        let says = |hang: Hang| (hang.folder.into(), "does not answer".to_owned());
        let missing = self.hangs.map(says).into_iter().collect();
        // What is known of a folder that hangs stays listed.
        let mut files = self.files.clone();
        files.retain(|file| !self.hangs(&file.path) || self.hangs.is_some_and(|it| it.is_known));
        Scan { files, missing, ..Scan::default() }
    }

    /// Whether this path is in the folder that hangs.
    pub(super) fn hangs(&self, path: &Path) -> bool {
        self.hangs.is_some_and(|hang| path.starts_with(hang.folder))
    }

    /// Whether whoever opens a file at this path is told that its disk hangs, instead of having to wait.
    pub(super) fn is_known_to_hang(&self, path: &Path, now: Instant) -> bool {
        self.hangs(path) && self.hangs.is_some_and(|hang| now.since(hang.since) >= OPENS)
    }

    pub(super) fn is_readable(&self, path: &Path) -> bool {
        !self.gone && !self.fails && self.damaged.get(path) != Some(&Damage::Unreadable)
    }

    /// The size and modification time of the file at this path, if it can be read.
    pub(super) fn state(&self, path: &Path) -> Option<(u64, i64)> {
        let file = self.files.iter().find(|file| *file.path == *path);
        file.filter(|_| self.is_readable(path)).map(|file| (file.size, file.modified))
    }

    pub(super) fn length(&self, path: &Path) -> Option<Duration> {
        self.lengths.get(path).copied()
    }

    /// The length of the file with this name.
    pub(super) fn length_of(&self, name: &str) -> Option<Duration> {
        self.lengths.iter().find(|(path, _)| path.ends_with(name)).map(|(_, length)| *length)
    }
}

fn media_file(path: &str, millis: u64) -> MediaFile {
    MediaFile {
        path: Path::new(path).into(),
        root: Path::new("/m").into(),
        media_type: of_extension(path.rsplit('.').next().unwrap_or_default()).expect("known"),
        size: 100 * millis.max(1),
        modified: 0,
        profile: None,
        subtitles: None,
    }
}

/// The steps of a write, as in the shell: temporary file, content, fsync, rename, fsync of the folder.
pub const STEPS: usize = 5;
/// The step after which the new file is read.
const RENAME: usize = 3;
/// The duration of one step.
const TAKES: Duration = Duration::from_millis(4);

/// The simulated state directory.
#[derive(Debug, Default)]
pub(super) struct Store {
    /// The box has none.
    absent: bool,
    file: Option<Vec<u8>>,
    /// What a power cut would restore until the rename is on the disk.
    before: Option<Option<Vec<u8>>>,
    writing: Option<(usize, Vec<u8>)>,
    fails_at: Option<usize>,
    writes: u32,
}

impl Store {
    pub(super) fn new(absent: bool) -> Self {
        Self { absent, ..Self::default() }
    }

    /// The power is cut. `luck` decides what is uncertain.
    fn cut(&mut self, luck: bool) {
        self.writing = None;
        if let Some(before) = self.before.take().filter(|_| luck) {
            self.file = before;
        }
    }
}

impl World {
    /// Makes writes fail at this step from now on, or succeed.
    pub fn store_fails(&mut self, at: Option<usize>) {
        self.store.fails_at = at;
    }

    /// The current step of a write, if one is under way.
    pub fn store_step(&self) -> Option<usize> {
        self.store.writing.as_ref().map(|(step, _)| *step)
    }

    /// How many writes were started.
    pub fn store_writes(&self) -> u32 {
        self.store.writes
    }

    /// The content of the file, as it would be read now.
    pub fn stored(&self) -> Option<&[u8]> {
        self.store.file.as_deref()
    }

    /// Replaces the stored file.
    pub fn put_into_store(&mut self, file: Option<Vec<u8>>) {
        self.store.file = file;
    }

    /// The box starts a write.
    pub(super) fn save(&mut self, memory: &Memory) {
        assert!(!self.store.absent, "there is no place");
        assert!(self.store.writing.is_none(), "one write at a time");
        self.store.writing = Some((0, memory.write()));
        self.store.writes += 1;
        self.after(TAKES, Delivery::Write);
    }

    /// Makes the next step of the write.
    pub(super) fn continue_write(&mut self) {
        let store = &mut self.store;
        let Some((step, bytes)) = store.writing.take() else { return };
        if store.fails_at == Some(step) {
            let outcome = Err("No space left on device".to_owned());
            return self.deliver(Event::Saved(outcome));
        }
        if step == RENAME {
            store.before = Some(store.file.replace(bytes.clone()));
        }
        if step + 1 < STEPS {
            store.writing = Some((step + 1, bytes));
            return self.after(TAKES, Delivery::Write);
        }
        store.before = None;
        self.deliver(Event::Saved(Ok(())));
    }

    /// The box starts: it reads the file before anything else.
    pub(super) fn load_memory(&mut self) {
        let luck = self.rng_of_store.bool();
        self.store.cut(luck);
        if !self.store.absent {
            let read = self.store.file.as_deref().map(Memory::parse);
            let memory = read.and_then(Result::ok).unwrap_or_default();
            self.step(Event::Remembered(Box::new(memory)));
        }
    }
}
