//! Every layer over every boundary: what people and viewers do shortly before the schedule changes, and what is on the
//! screen afterwards.
//!
//! A *deed* is what somebody did before the boundary, a *boundary* is a change of the schedule. The tables say what the
//! README promises: after the boundary, the renderer plays what the schedule or its table says, except where a clip, a
//! card or a choice for a time is still over it, and where a viewer switched the renderer off.

use super::*;
use crate::config::{AfterClip, RepeatPress, Selector, Targets};
use crate::text::clip;

const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
const FILES: [(&str, u64); 5] = [
    ("/m/usual.mp4", 3_000_000),
    ("/m/open.mp4", 2_900_000),
    ("/m/other.mp4", 2_800_000),
    ("/m/night.mp4", 2_700_000),
    ("/m/dragon.mp4", 30_000),
];
const MINUTE: u64 = 60_000;
/// How long after a boundary its picture is there.
const SOON: u64 = 4_000;

/// What is on a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Screen {
    /// Nothing of this box.
    Dark,
    /// What the table plays, if it starts by itself.
    Usual,
    File(&'static str),
}

const OPEN: Screen = Screen::File("open.mp4");
const BLACK: Screen = Screen::File("black.jpg");
const NIGHT: Screen = Screen::File("night.mp4");

/// A change of the schedule at nine in the morning.
struct Boundary {
    schedule: &'static str,
    before: Screen,
    after: Screen,
    /// The clock is set for the first time at nine.
    unset: bool,
}

const BOUNDARIES: [Boundary; 11] = [
    Boundary { schedule: "9-18 open", before: Screen::Usual, after: OPEN, unset: false },
    Boundary { schedule: "6-9 open", before: OPEN, after: Screen::Usual, unset: false },
    Boundary {
        schedule: "6-9 open, 9-12 other",
        before: OPEN,
        after: Screen::File("other.mp4"),
        unset: false,
    },
    Boundary { schedule: "6-9 open, 9-12 open", before: OPEN, after: OPEN, unset: false },
    Boundary { schedule: "9-18 stop", before: Screen::Usual, after: Screen::Dark, unset: false },
    Boundary { schedule: "6-9 stop", before: Screen::Dark, after: Screen::Usual, unset: false },
    Boundary { schedule: "6-9 stop, 9-12 open", before: Screen::Dark, after: OPEN, unset: false },
    Boundary { schedule: "6-9 open, 9-12 stop", before: OPEN, after: Screen::Dark, unset: false },
    Boundary { schedule: "9-18 blackout", before: Screen::Usual, after: BLACK, unset: false },
    Boundary { schedule: "6-9 blackout", before: BLACK, after: Screen::Usual, unset: false },
    Boundary { schedule: "6-18 open", before: Screen::Usual, after: OPEN, unset: true },
];

/// The schedule in the syntax of the configuration.
fn written(short: &str) -> String {
    let entry = |entry: &str| {
        let (hours, what) = entry.split_once(' ').expect("hours and what");
        let (from, to) = hours.split_once('-').expect("two hours");
        let does = match what {
            "stop" | "blackout" => format!("then = \"{what}\""),
            file => format!("plays = \"{file}.mp4\""),
        };
        format!("[[schedule]]\nfrom = \"{from:0>2}:00\"\nto = \"{to:0>2}:00\"\n{does}\n")
    };
    short.split(", ").map(entry).collect()
}

/// What somebody did before the boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Nothing,
    Clip,
    Card,
    /// For ten minutes.
    ChoiceForATime,
    /// A choice for ten minutes, and a stop.
    ChoiceStopped,
    /// A choice for ten minutes that a viewer stopped.
    ChoiceStoppedByViewer,
    /// A choice that ends before the boundary, and a clip over both.
    ClipOverTheEndOfAChoice,
    ClipPaused,
    ClipStoppedByViewer,
    ClipAndStop,
    Stop,
    Pause,
    Play,
    ViewerStops,
    ViewerPauses,
    ViewerPlaysOther,
    ViewerStopsThenClip,
    Standby,
    PullsPlug,
    ClipAndPullsPlug,
}

const DEEDS: [Deed; 20] = [
    Deed::Nothing,
    Deed::Clip,
    Deed::Card,
    Deed::ChoiceForATime,
    Deed::ChoiceStopped,
    Deed::ChoiceStoppedByViewer,
    Deed::ClipOverTheEndOfAChoice,
    Deed::ClipPaused,
    Deed::ClipStoppedByViewer,
    Deed::ClipAndStop,
    Deed::Stop,
    Deed::Pause,
    Deed::Play,
    Deed::ViewerStops,
    Deed::ViewerPauses,
    Deed::ViewerPlaysOther,
    Deed::ViewerStopsThenClip,
    Deed::Standby,
    Deed::PullsPlug,
    Deed::ClipAndPullsPlug,
];

impl Deed {
    /// Does it. Afterwards it is five seconds to nine.
    fn act(self, world: &mut World, node: usize) {
        const CLIP: PanelAction = PanelAction::Next;
        const CHOICE: PanelAction = PanelAction::Prev;
        let lead = match self {
            Self::Clip | Self::ViewerStopsThenClip | Self::ClipOverTheEndOfAChoice => 10_000,
            Self::Card => 0,
            _ => MINUTE,
        };
        // It is then so long before five seconds to nine.
        let wait = |world: &mut World, before: u64| world.run(NINE - 5_000 - before);
        match self {
            Self::ViewerStopsThenClip => {
                wait(world, MINUTE);
                world.remote(node, Remote::Stop);
            }
            Self::ClipOverTheEndOfAChoice => {
                wait(world, 10 * MINUTE);
                world.press(CHOICE);
            }
            _ => {}
        }
        wait(world, lead);
        match self {
            Self::Nothing => {}
            Self::Clip | Self::ViewerStopsThenClip | Self::ClipOverTheEndOfAChoice => {
                world.press(CLIP);
            }
            Self::Card => world.press(PanelAction::Identify),
            Self::ChoiceForATime => world.press(CHOICE),
            Self::ChoiceStopped | Self::ChoiceStoppedByViewer => {
                world.press(CHOICE);
                world.pass(20_000);
                match self {
                    Self::ChoiceStopped => world.press(PanelAction::Stop),
                    _ => world.remote(node, Remote::Stop),
                }
            }
            Self::ClipPaused | Self::ClipStoppedByViewer | Self::ClipAndStop => {
                world.press(CLIP);
                world.pass(8_000);
                match self {
                    Self::ClipPaused => world.press(PanelAction::Pause),
                    Self::ClipStoppedByViewer => world.remote(node, Remote::Stop),
                    _ => world.press(PanelAction::Stop),
                }
            }
            Self::Stop => world.press(PanelAction::Stop),
            Self::Pause => world.press(PanelAction::Pause),
            Self::Play => world.press(PanelAction::Play),
            Self::ViewerStops => world.remote(node, Remote::Stop),
            Self::ViewerPauses => world.remote(node, Remote::Pause),
            Self::ViewerPlaysOther => {
                world.remote(node, Remote::PlayOther("http://10.0.0.9:80/theirs.mp4".to_owned()));
            }
            Self::Standby => world.remote(node, Remote::Standby),
            Self::PullsPlug => world.remote(node, Remote::PullPlug),
            Self::ClipAndPullsPlug => {
                world.press(CLIP);
                world.pass(8_000);
                world.remote(node, Remote::PullPlug);
            }
        }
        wait(world, 0);
    }

    /// What it leaves on the screen soon after the boundary; `None`: what the boundary brings.
    fn lies_over(self) -> Option<Screen> {
        match self {
            Self::Clip | Self::ViewerStopsThenClip | Self::ClipOverTheEndOfAChoice => {
                Some(Screen::File("dragon.mp4"))
            }
            Self::Card => Some(Screen::File("identify.jpg")),
            Self::ChoiceForATime => Some(NIGHT),
            Self::Standby | Self::PullsPlug | Self::ClipAndPullsPlug => Some(Screen::Dark),
            _ => None,
        }
    }

    /// The same five minutes later, when the renderer is on again.
    fn lies_over_for_long(self) -> Option<Screen> {
        (self == Self::ChoiceForATime).then_some(NIGHT)
    }

    /// Returns whether this can be done only to a renderer that plays.
    fn needs_a_player(self) -> bool {
        // A renderer that is switched off while it is closed is switched on by the schedule: nobody can tell whether
        // it went to standby by itself.
        matches!(self, Self::Standby)
    }
}

/// When it is nine, in milliseconds from the start.
const NINE: u64 = 15 * MINUTE;

fn scenario(boundary: &Boundary, autoplay: bool, nodes: usize) -> Scenario {
    let mut scenario = Scenario::many(vec![presets::well_behaved(); nodes])
        .files(&FILES)
        .rule(|r| (r.plays, r.autoplay) = (vec!["/m/usual.mp4".into()], autoplay))
        .schedule(BERLIN, &written(boundary.schedule))
        .clip_button(PanelAction::Next, "/m/dragon.mp4", RepeatPress::Restart, AfterClip::Resume);
    let button = scenario.config.buttons.iter_mut().find(|b| b.does(PanelAction::Prev));
    let button = button.expect("on the panel");
    button.press = Some(PanelAction::Play);
    button.choice.plays = vec!["/m/night.mp4".into()];
    button.choice.lasts = Some(Duration::from_secs(600));
    scenario
}

fn start(scenario: Scenario, boundary: &Boundary) -> World {
    let mut world = scenario.start();
    if !boundary.unset {
        world.set_clock("2026-11-27T07:45:00Z", true);
    }
    world
}

fn on(screen: Screen, autoplay: bool) -> Option<&'static str> {
    match screen {
        Screen::Usual if autoplay => Some("usual.mp4"),
        Screen::Usual | Screen::Dark => None,
        Screen::File(name) => Some(name),
    }
}

/// Does the deed to the first renderer, and checks all screens around the boundary. Returns what was wrong.
fn wrong(boundary: &Boundary, autoplay: bool, deed: Deed, grouped: bool) -> Vec<String> {
    let nodes = if grouped { 2 } else { 1 };
    let mut scenario = scenario(boundary, autoplay, nodes);
    if grouped {
        scenario = scenario.grouped(ms(4_000));
        for button in &mut scenario.config.buttons {
            button.targets = Targets::Some(vec![Selector::Name(clip("TV 1"))]);
        }
    }
    let mut world = start(scenario, boundary);
    let mut wrong = Vec::new();
    let mut expect = |world: &World, node: usize, screen: Screen, when: &str| {
        let (shown, wanted) = (world.screen(node).map(|(name, _)| name), on(screen, autoplay));
        if shown != wanted {
            let why = world.why(node).0.map(|(word, _)| word);
            wrong.push(format!(
                "{deed:?}, {}, autoplay {autoplay}, TV {}, {when}: {shown:?} instead of {wanted:?} ({why:?})",
                boundary.schedule,
                node + 1
            ));
        }
    };
    deed.act(&mut world, 0);
    world.run(NINE);
    if boundary.unset {
        world.set_clock("2026-11-27T08:00:00Z", true);
    }
    world.pass(SOON);
    let others = !matches!(
        deed,
        Deed::Clip
            | Deed::Card
            | Deed::ChoiceForATime
            | Deed::ViewerStopsThenClip
            | Deed::ClipOverTheEndOfAChoice
    );
    expect(&world, 0, deed.lies_over().unwrap_or(boundary.after), "soon");
    // A member is waited for.
    world.pass(if grouped { 4_000 } else { 0 });
    for node in 1..nodes {
        let over = if others { None } else { deed.lies_over() };
        expect(&world, node, over.unwrap_or(boundary.after), "soon");
    }
    world.pass(MINUTE);
    world.remote(0, Remote::PowerOn);
    world.pass(4 * MINUTE);
    for node in 0..nodes {
        let over = deed.lies_over_for_long().unwrap_or(boundary.after);
        expect(&world, node, over, "later");
    }
    world.pass(10 * MINUTE);
    for node in 0..nodes {
        expect(&world, node, boundary.after, "in the end");
    }
    wrong
}

fn check(autoplay: bool, grouped: bool, deeds: &[Deed]) {
    let mut all = Vec::new();
    // Where the same file goes on, a member that joins waits for its end.
    let changes = |boundary: &&Boundary| !grouped || boundary.before != boundary.after;
    for boundary in BOUNDARIES.iter().filter(changes) {
        for deed in deeds {
            let dark = on(boundary.before, autoplay).is_none();
            if !(dark && deed.needs_a_player()) {
                all.extend(wrong(boundary, autoplay, *deed, grouped));
            }
        }
    }
    assert!(all.is_empty(), "{} are wrong:\n{}", all.len(), all.join("\n"));
}

#[test]
fn what_was_done_before_a_boundary_does_not_outlive_it() {
    check(true, false, &DEEDS);
}

#[test]
fn nor_where_nothing_starts_by_itself() {
    check(false, false, &DEEDS);
}

/// A button that addresses one member addresses the group; a viewer has one member only. A member that is switched on
/// in the middle of a file waits for the next.
#[test]
fn nor_in_a_group() {
    let alone = [
        Deed::Card,
        Deed::Standby,
        Deed::PullsPlug,
        Deed::ClipAndPullsPlug,
        Deed::ChoiceStoppedByViewer,
    ];
    let deeds: Vec<Deed> = DEEDS.into_iter().filter(|deed| !alone.contains(deed)).collect();
    check(true, true, &deeds);
}
