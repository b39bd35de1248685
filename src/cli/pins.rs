//! What `learn` and `leds` share: the pins of a box that does not run, until the work is done or somebody
//! presses Ctrl-C.
//!
//! `dlna-kiosk learn`: which pin is pressed, and what to write into the configuration for it.
//!
//! What to paste goes to standard output, everything else to standard error.
//!
//! `dlna-kiosk leds`: each pattern in turn on the LEDs of the configuration, and what it says.

use crate::cli::{pins, terminal};
use crate::config::{Button, Config, Detect, Header, Loaded, PanelAction, Pin, Port, Shows};
use crate::kiosk::event::{ButtonId, Event, LedId};
use crate::kiosk::leds::{Leds as Shown, Pattern, TABLE};
use crate::shell::clock::{Clock, pause};
use crate::shell::gpio::{self, Panel, STOP};
use crate::shell::mailbox::Mailbox;
use crate::shell::{control_server, process};
use crate::time::Duration;
use clap::Args;
use serde_json::Value;
use smol::future;
use std::path::Path;

/// The configuration with just these pins; LEDs and hardware can be read in spite of errors elsewhere.
pub(super) fn of(loaded: Loaded) -> Config {
    loaded.config.unwrap_or_else(|| Config {
        leds: loaded.leds_anyway,
        gpio: loaded.gpio_anyway,
        ..Config::default()
    })
}

/// Opens the panel of `config` and does `work` with it; what buttons do comes from the mailbox. LEDs are
/// off afterwards.
///
/// # Errors
/// A sentence for people: a box runs, there are no pins, or they failed.
pub(super) fn with(
    config: &Config,
    work: impl AsyncFnOnce(&Panel, &Mailbox) -> u8,
) -> Result<u8, String> {
    smol::block_on(async {
        unused(config.control_port).await?;
        // Before the pins are touched: LEDs must be off at the end, however it ends.
        let caught =
            process::catch_signals().map_err(|error| format!("cannot catch signals: {error}"))?;
        let panel = Panel::open(config)?;
        let (mailbox, asked) = (Mailbox::default(), Mailbox::default());
        let working = async { Ok(work(&panel, &mailbox).await) };
        let failing = async { Err(panel.run(&mailbox).await) };
        let told =
            async { match process::leave_on_signals(caught, &asked, || panel.dark()).await {} };
        let leaving = async {
            while !matches!(asked.take().await, Event::Leave) {}
            Ok(0)
        };
        future::or(future::or(leaving, told), future::or(working, failing)).await
    })
}

/// LEDs are driven past the kernel, so that only the box itself can say that it does.
async fn unused(port: Port) -> Result<(), String> {
    let status = control_server::fetch_status(port).await.unwrap_or_default();
    let status: Value = serde_json::from_str(&status).unwrap_or_default();
    match status["panel"]["state"] == "working" {
        true => Err(format!("the box runs and has the pins; {STOP}")),
        false => Ok(()),
    }
}

/// A button that is down from the beginning is said to be within this time: several looks, each 10 ms
/// apart, and the time that it may bounce.
const BEGINNING: Duration = Duration::from_millis(200);
/// What is proposed for one button after the other.
const PROPOSED: [PanelAction; 7] = [
    PanelAction::PlayPause,
    PanelAction::Next,
    PanelAction::VolumeUp,
    PanelAction::VolumeDown,
    PanelAction::Prev,
    PanelAction::Stop,
    PanelAction::Mute,
];

#[derive(Debug, Args)]
pub(super) struct Learn {
    /// End by itself after this time
    #[arg(long, value_name = "SECONDS", value_parser = crate::cli::seconds)]
    #[arg(allow_negative_numbers = true)]
    seconds: Option<Duration>,
    /// Watch also the pins that have another common use, and those of LEDs
    #[arg(long)]
    all: bool,
    /// Look at the pins every 10 ms, where the kernel does not tell of edges
    #[arg(long)]
    level: bool,
}

impl Learn {
    pub(super) fn run(&self, path: &Path) -> Result<u8, String> {
        let known = pins::of(super::load(path)?);
        let header = gpio::header();
        let mut watched = Vec::new();
        let mut left_out: Vec<(String, Vec<Pin>)> = Vec::new();
        for (pin, holder) in gpio::lines(&known.gpio)? {
            let is_led = known.leds.iter().any(|led| led.pin == pin);
            if holder.as_deref() == Some(gpio::CONSUMER) {
                let name = header.describe(pin);
                return Err(format!("a dlna-kiosk that runs has {name}; {}", gpio::STOP));
            }
            let why = match (holder, header.special_function(pin)) {
                (Some(holder), _) => format!("in use by {holder}"),
                _ if self.all => String::new(),
                _ if is_led => "an LED of the configuration".to_owned(),
                (None, Some(function)) => function.to_owned(),
                (None, None) if !header.has(pin) => "not on the header".to_owned(),
                (None, None) => String::new(),
            };
            match left_out.iter_mut().find(|(other, _)| *other == why) {
                _ if why.is_empty() => watched.push(pin),
                Some((_, pins)) => pins.push(pin),
                None => left_out.push((why, vec![pin])),
            }
        }
        let detect = if self.level { Detect::Level } else { Detect::Edges };
        let buttons = watched
            .iter()
            .map(|&pin| Button { detect, ..Button::plain(pin, PanelAction::PlayPause) });
        let config = Config { buttons: buttons.collect(), leds: Vec::new(), ..known.clone() };
        pins::with(&config, async |_, mailbox| {
            let mut lesson =
                Lesson { header, known: &known, detect, learned: Vec::new(), proposed: 0 };
            let mut held = Vec::new();
            let beginning = pause(BEGINNING);
            future::or(follow(&watched, mailbox, &mut |pin| held.push(pin)), beginning).await;
            self.greet(&watched, &left_out, &held);
            let over = async {
                match self.seconds {
                    Some(span) => pause(span).await,
                    None => future::pending().await,
                }
            };
            let mut press = |pin| {
                terminal::say(lesson.pressed(pin));
            };
            future::or(follow(&watched, mailbox, &mut press), over).await;
            if lesson.learned.is_empty() {
                terminal::complain(
                    "No press was seen: is the button between one of these pins and ground?",
                );
            }
            0
        })
    }

    fn greet(&self, watched: &[Pin], left_out: &[(String, Vec<Pin>)], held: &[Pin]) {
        for (why, pins) in left_out {
            terminal::complain(format_args!("Left out: {}: {why}.", listed(pins)));
        }
        if !self.all && !left_out.is_empty() {
            terminal::complain("With --all these are watched too, but for those in use.");
        }
        if !held.is_empty() {
            terminal::complain(format_args!(
                "Low from the beginning: {}: is a button held, or is something else wired there?",
                listed(held)
            ));
        }
        terminal::complain(format_args!(
            "Watched: {}.\n\
             Press the buttons, one after the other: each between its pin and ground. Ctrl-C ends.",
            listed(watched)
        ));
    }
}

/// Tells each press, for ever.
async fn follow(watched: &[Pin], mailbox: &Mailbox, told: &mut impl FnMut(Pin)) {
    loop {
        if let Event::Button { button: ButtonId(index), pressed: true } = mailbox.take().await
            && let Some(&pin) = watched.get(usize::from(index))
        {
            told(pin);
        }
    }
}

/// What the presses taught.
struct Lesson<'a> {
    header: Header,
    known: &'a Config,
    detect: Detect,
    learned: Vec<Pin>,
    proposed: usize,
}

impl Lesson<'_> {
    /// What to print for a press: at the first one of a pin what to paste, unless it is there already.
    fn pressed(&mut self, pin: Pin) -> String {
        let name = named(self.header, pin);
        let again = self.learned.contains(&pin);
        if !again {
            self.learned.push(pin);
        }
        if let Some(led) = self.known.leds.iter().find(|led| led.pin == pin) {
            let shows = if led.shows == Shows::Status { "status" } else { "playing" };
            return format!("# {name}, in the configuration as the LED that shows \"{shows}\"");
        }
        if let Some(button) = self.known.buttons.iter().find(|button| button.pin == pin) {
            let does = button.actions().into_iter();
            let does =
                does.filter_map(|(key, action)| Some(format!("{key} = \"{}\"", action?.word())));
            let does: Vec<_> = does.collect();
            return format!("# {name}, in the configuration: {}", does.join(", "));
        }
        if again {
            return format!("# {name}, again");
        }
        let known = |action: &PanelAction| self.known.buttons.iter().any(|b| b.does(*action));
        let mut new = PROPOSED.into_iter().filter(|action| !known(action));
        let action = new.nth(self.proposed).unwrap_or(PanelAction::PlayPause).word();
        self.proposed += 1;
        let detect = match self.detect {
            Detect::Edges => "",
            Detect::Level => "detect = \"level\"\n",
        };
        format!("# {name}\n[[button]]\npin = {}\npress = \"{action}\"\n{detect}", pin.0)
    }
}

fn named(header: Header, pin: Pin) -> String {
    match header.place(pin) {
        Some(place) => format!("GPIO{} = header pin {place}", pin.0),
        None => format!("GPIO{}", pin.0),
    }
}

/// `GPIO4, 17, 18`.
fn listed(pins: &[Pin]) -> String {
    let numbers: Vec<_> = pins.iter().map(|pin| pin.0.to_string()).collect();
    if numbers.is_empty() { "none".to_owned() } else { format!("GPIO{}", numbers.join(", ")) }
}

#[derive(Debug, Args)]
pub(super) struct Leds {
    /// How long to show each pattern
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = crate::cli::seconds)]
    #[arg(allow_negative_numbers = true)]
    seconds: Duration,
}

impl Leds {
    pub(super) fn run(&self, path: &Path) -> Result<u8, String> {
        let config = pins::of(super::load(path)?);
        if config.leds.is_empty() {
            return Err("there is no LED: the configuration has no [[led]] table".to_owned());
        }
        let config = Config { buttons: Vec::new(), ..config };
        pins::with(&config, async |panel, _| {
            terminal::complain(which(&config));
            let clock = Clock::start();
            let mut shown = Shown::new(config.leds.len());
            for (pattern, looks, says) in TABLE {
                terminal::say(format_args!("{:<19} {looks:<33} {says}", name(pattern)));
                self.show(pattern, &mut shown, panel, clock).await;
            }
            panel.dark();
            terminal::say("off");
            0
        })
    }

    async fn show(&self, pattern: Pattern, shown: &mut Shown, panel: &Panel, clock: Clock) {
        let began = clock.now();
        let end = began + self.seconds;
        let leds = 0..u8::try_from(shown.shown().count()).unwrap_or(u8::MAX);
        leds.for_each(|led| shown.show(LedId(led), pattern, began));
        let mut now = began;
        while now < end {
            shown.due(now).for_each(|(led, lit)| panel.light(led, lit));
            let next = shown.next_deadline().map_or(end, |next| next.min(end));
            pause(next.since(now)).await;
            now = clock.now();
        }
    }
}

/// The word that the status has for it.
fn name(pattern: Pattern) -> String {
    let word = serde_json::to_value(pattern).unwrap_or_default();
    word.as_str().unwrap_or_default().replace('_', " ")
}

fn which(config: &Config) -> String {
    let header = gpio::header();
    let leds = config.leds.iter().map(|led| {
        let shows = match led.shows {
            Shows::Status => "status",
            Shows::Playing(_) => "playing",
        };
        format!("{}: {shows}", header.describe(led.pin))
    });
    let leds: Vec<_> = leds.collect();
    format!(
        "All LEDs show each pattern in turn: {}.\n\"status\" has all of them in use, \"playing\" is \
         just lit or off. Ctrl-C ends.",
        leds.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{FileState, WITHOUT_FILE, parse};

    fn lesson(known: &Config, detect: Detect) -> Lesson<'_> {
        Lesson { header: Header::Forty, known, detect, learned: Vec::new(), proposed: 0 }
    }

    #[test]
    fn what_is_printed_can_be_pasted_whole() {
        let none = Config::default();
        for detect in [Detect::Edges, Detect::Level] {
            let mut lesson = lesson(&none, detect);
            let printed = [17, 27, 17, 5].map(|pin| lesson.pressed(Pin(pin))).join("\n");
            assert!(printed.starts_with("# GPIO17 = header pin 11\n[[button]]\npin = 17\n"));
            assert!(printed.contains("\n# GPIO17 = header pin 11, again\n"), "{printed}");
            let loaded = parse(&printed, &|_| FileState::Folder);
            assert_eq!(loaded.problems, []);
            let buttons = loaded.config.expect("no problem").buttons;
            let want =
                [(17, PanelAction::PlayPause), (27, PanelAction::Next), (5, PanelAction::VolumeUp)];
            let want = want.map(|(pin, does)| Button { detect, ..Button::plain(Pin(pin), does) });
            assert_eq!(buttons, want);
        }
    }

    #[test]
    fn a_button_of_the_configuration_is_told_by_what_it_does() {
        let loaded = parse(WITHOUT_FILE, &|_| FileState::Folder);
        let known = loaded.config.expect("the usual panel");
        let mut lesson = lesson(&known, Detect::Edges);
        assert_eq!(
            lesson.pressed(Pin(17)),
            "# GPIO17 = header pin 11, in the configuration: press = \"play_pause\", long = \"stop\""
        );
        let new = lesson.pressed(Pin(4));
        assert!(new.starts_with("# GPIO4 = header pin 7\n[[button]]"), "{new}");
        assert!(new.contains("press = \"mute\""), "what no other button does: {new}");
        assert!(lesson.pressed(Pin(22)).ends_with("as the LED that shows \"status\""));
    }
}
