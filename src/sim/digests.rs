//! Digests of what the box sends in several scenes: they stay the same as long as the box behaves the same.
//!
//! `wire_digests.txt` holds the expected digests; the test below computes them again. After an intended change of
//! behaviour:
//!
//! ```text
//! UPDATE=1 cargo test --lib sim::digests
//! ```
//!
//! To see what has changed, compare the text of all messages of a scene before and after:
//!
//! ```text
//! cargo run --example soak -- --messages clips
//! ```

use super::fake_renderer::Remote;
use super::presets::{self, Preset};
use super::world::{BUTTONS, Digest, Scenario, Weather, World};
use crate::config::{AfterClip, LoopMethod, OnStop, PanelAction, RepeatPress, Rule};
use crate::time::Duration;
use fastrand::Rng;

/// The difference of two builds is located to such a part of a scene, in milliseconds.
const PART: u64 = 15 * 60_000;
/// A scene ends with the box being stopped, which may take so long.
const FAREWELL: u64 = 60_000;

/// What happens beside what the box does by itself.
#[derive(Clone, Copy, Debug)]
enum Play {
    /// Nothing.
    Nothing,
    /// Faults by chance.
    Weather,
    /// Somebody presses a button every few minutes.
    Buttons,
    /// Viewers take their remotes every few minutes.
    Remotes,
}

/// One scene: a room, what happens in it, and for how long.
struct Scene {
    name: &'static str,
    seed: u64,
    parts: u64,
    play: Play,
    /// What the wall clock shows at the start.
    clock: Option<&'static str>,
    scenario: fn(u64) -> Scenario,
}

const fn scene(name: &'static str, seed: u64, parts: u64, play: Play) -> Scene {
    Scene { name, seed, parts, play, clock: None, scenario: |seed| Scenario::mixed(6, seed) }
}

impl Scene {
    const fn of(mut self, scenario: fn(u64) -> Scenario) -> Self {
        self.scenario = scenario;
        self
    }

    const fn at(mut self, clock: &'static str) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Plays it, and gives the digest of each part and the text of its messages, if that is asked for.
    fn play(&self, keeps_text: bool) -> Vec<(Digest, Vec<String>)> {
        // Other tests hold the box to what it should do; this is only about what it does.
        let scenario = Scenario { must_play_within: None, ..(self.scenario)(self.seed) };
        let mut world = scenario.start();
        world.record_wire(keeps_text);
        if let Some(clock) = self.clock {
            world.set_clock(clock, true);
        }
        let mut rng = Rng::with_seed(self.seed);
        let mut weather = Weather::new(self.seed);
        let mut taken = Vec::new();
        for part in 1..=self.parts {
            let end = part * PART;
            match self.play {
                Play::Nothing => world.run(end),
                Play::Weather => weather.run(&mut world, Duration::from_millis(PART)),
                Play::Buttons => until(&mut world, end, &mut rng, press),
                Play::Remotes => until(&mut world, end, &mut rng, take_remote),
            }
            world.forget();
            if part == self.parts {
                world.leave();
                world.run(end + FAREWELL);
            }
            taken.extend(world.take_wire());
        }
        taken
    }
}

fn until(world: &mut World, end: u64, rng: &mut Rng, act: fn(&mut World, &mut Rng)) {
    loop {
        let pause = rng.u64(5_000..150_000);
        let now = world.now.as_micros() / 1000;
        if now + pause > end {
            return world.run(end);
        }
        world.pass(pause);
        act(world, rng);
    }
}

fn one_of<T: Clone>(rng: &mut Rng, choices: &[T]) -> T {
    // Drawn from 64 bits: the same on a 32-bit machine.
    let at = rng.u64(..choices.len() as u64);
    choices[usize::try_from(at).expect("it is below a usize")].clone()
}

fn press(world: &mut World, rng: &mut Rng) {
    let action = one_of(rng, &BUTTONS);
    let span = one_of(rng, &[80, 80, 80, 1_500]);
    world.hold(action, Duration::from_millis(span));
}

fn take_remote(world: &mut World, rng: &mut Rng) {
    let nodes: Vec<usize> = (0..world.nodes.len()).collect();
    let node = one_of(rng, &nodes);
    let actions = [
        Remote::Stop,
        Remote::Pause,
        Remote::Play,
        Remote::Play,
        Remote::PowerOff,
        Remote::PowerOn,
        Remote::PowerOn,
        Remote::PullPlug,
        Remote::Standby,
        Remote::Volume(7),
        Remote::PlayOther("http://10.0.0.99/film.mp4".to_owned()),
    ];
    world.remote(node, one_of(rng, &actions));
}

const FILMS: [(&str, u64); 3] =
    [("/m/main/film.mp4", 95_000), ("/m/main/news.mp4", 61_000), ("/m/main/song.mp3", 40_000)];
const WITH_CLIPS: [(&str, u64); 6] = [
    ("/m/main/film.mp4", 300_000),
    ("/m/main/news.mp4", 120_000),
    ("/m/extra/dragon.mp4", 8_000),
    ("/m/extra/tiger.mp4", 6_000),
    ("/m/evening/sea.mp4", 30_000),
    ("/m/evening/moon.jpg", 0),
];
const PICTURES: [(&str, u64); 4] =
    [("/m/1.jpg", 0), ("/m/2.jpg", 0), ("/m/3.png", 0), ("/m/4.mp4", 20_000)];
const SONGS: [(&str, u64); 3] = [("/m/1.mp3", 31_000), ("/m/2.flac", 47_000), ("/m/3.mp3", 26_000)];
const OPEN: &str = "[[schedule]]\nfrom = \"00:20\"\nto = \"01:10\"\nplays = \"news.mp4\"\n\
                    [[schedule]]\nfrom = \"01:25\"\nto = \"03:25\"\nplays = [\"film.mp4\", \"song.mp3\"]\n";

fn main_folder(rule: &mut Rule) {
    rule.plays = vec!["/m/main".into()];
    rule.volume = Some(30);
}

fn five() -> Vec<Preset> {
    vec![
        presets::well_behaved(),
        presets::gmrender(),
        presets::samsung_tizen(),
        presets::lg_webos(),
        presets::sonos(),
    ]
}

/// Every preset with films of a minute, every second of the list so that no scene is long.
fn each_preset(skip: usize, seed: u64) -> Scenario {
    let some = presets::all().into_iter().skip(skip).step_by(2).collect();
    Scenario::many(some).seed(seed).files(&FILMS).subtitled().autoplay()
}

fn looping(method: LoopMethod, seed: u64) -> Scenario {
    let scenario = Scenario::many(five()).seed(seed).autoplay();
    scenario.rule(|rule| {
        rule.loop_method = method;
        rule.max_cut = Duration::from_millis(300);
        rule.on_stop = OnStop::Insist;
    })
}

fn with_clips(seed: u64) -> Scenario {
    let scenario = Scenario::many(five()).seed(seed).files(&WITH_CLIPS).rule(main_folder);
    scenario
        .autoplay()
        .clip_button(PanelAction::Next, "/m/extra", RepeatPress::Restart, AfterClip::Resume)
        .clip_button(PanelAction::Prev, "/m/extra/tiger.mp4", RepeatPress::Ignore, AfterClip::Start)
        .choice_button("/m/evening", Some(Duration::from_secs(240)))
}

static SCENES: [Scene; 19] = [
    scene("weather", 1, 8, Play::Weather),
    scene("weather", 2, 8, Play::Weather),
    scene("weather", 3, 8, Play::Weather),
    scene("weather, forgetful", 4, 8, Play::Weather)
        .of(|seed| Scenario::mixed(6, seed).without_store()),
    scene("schedule in weather", 5, 12, Play::Weather)
        .of(|seed| Scenario::mixed(4, seed).schedule("CET-1CEST,M3.5.0,M10.5.0/3", OPEN))
        .at("2026-03-28T23:05:00Z"),
    scene("schedule", 6, 12, Play::Buttons)
        .of(|seed| {
            with_clips(seed).schedule(
                "UTC0",
                &OPEN
                    .replace("news.mp4", "main/news.mp4")
                    .replace("film.mp4", "main/film.mp4")
                    .replace("song.mp3", "evening"),
            )
        })
        .at("2026-11-27T00:00:00Z"),
    scene("group", 7, 2, Play::Nothing).of(|seed| {
        Scenario::many(five()).seed(seed).files(&FILMS).grouped(Duration::from_secs(10)).autoplay()
    }),
    scene("group in weather", 8, 8, Play::Weather)
        .of(|seed| Scenario::mixed(4, seed).grouped(Duration::from_secs(10))),
    scene("clips", 9, 6, Play::Buttons).of(with_clips),
    scene("remotes", 10, 6, Play::Remotes).of(with_clips),
    scene("pictures", 11, 2, Play::Buttons)
        .of(|seed| Scenario::many(five()).seed(seed).files(&PICTURES).autoplay()),
    scene("loop by restart", 12, 1, Play::Nothing).of(|seed| looping(LoopMethod::Restart, seed)),
    scene("loop by seek", 13, 1, Play::Nothing).of(|seed| looping(LoopMethod::Seek, seed)),
    scene("loop by itself", 14, 1, Play::Nothing).of(|seed| looping(LoopMethod::Auto, seed)),
    scene("presets, even", 15, 2, Play::Buttons).of(|seed| each_preset(0, seed)),
    scene("presets, odd", 16, 2, Play::Remotes).of(|seed| each_preset(1, seed)),
    scene("loop by next", 17, 1, Play::Nothing).of(|seed| {
        let scenario = each_preset(0, seed);
        scenario.rule(|rule| rule.loop_method = LoopMethod::Next)
    }),
    scene("songs", 18, 2, Play::Remotes).of(|seed| each_preset(1, seed).files(&SONGS)),
    scene("songs in weather", 19, 8, Play::Weather)
        .of(|seed| Scenario::mixed(6, seed).files(&SONGS)),
];

/// The digests of all scenes, as the golden file has them.
#[cfg(test)]
fn digests() -> String {
    let lines = SCENES.iter().flat_map(|scene| {
        let name = format!("seed {}, {}", scene.seed, scene.name);
        let parts = scene.play(false).into_iter().zip(0..);
        parts.map(move |((digest, _), part)| line(&name, part, digest)).collect::<Vec<_>>()
    });
    lines.collect()
}

#[cfg(test)]
fn line(name: &str, part: u64, Digest { messages, digest }: Digest) -> String {
    let minute = part * PART / 60_000;
    let from = format!("{}:{:02}", minute / 60, minute % 60);
    format!("{name}: from {from}, {messages} messages: {digest:016x}\n")
}

/// The text of all messages in the scenes of this name or seed.
pub fn messages(which: &str) -> String {
    let meant = |scene: &&Scene| scene.name == which || scene.seed.to_string() == which;
    let parts = SCENES.iter().filter(meant).flat_map(|scene| scene.play(true));
    parts.flat_map(|(_, texts)| texts).map(|text| text + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_box_sends_what_it_always_sent() {
        let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sim/wire_digests.txt");
        let now = digests();
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(golden, &now).expect("the file can be written");
            return;
        }
        let before = std::fs::read_to_string(golden).expect("the file can be read");
        let scene = |line: &str| line.split_once(": from").map(|(name, _)| name.to_owned());
        let mut changed: Vec<(&str, &str)> = before.lines().zip(now.lines()).collect();
        changed.retain(|(before, now)| before != now);
        // What follows the first difference of a scene differs, too.
        changed.dedup_by_key(|(before, _)| scene(before));
        let lines = changed.iter().map(|(before, now)| format!("\n  was {before}\n  is  {now}"));
        let lines = lines.collect::<String>();
        assert!(
            changed.is_empty(),
            "the box sends something else; by scene, where it begins:{lines}"
        );
        assert_eq!(before.lines().count(), now.lines().count(), "parts of all scenes");
    }
}
