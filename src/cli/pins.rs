//! `dlna-kiosk learn` and `dlna-kiosk leds`: which pin a button is wired to, and what the LED patterns mean. Both work on the
//! pins of a box that is not running.
//!
//! `learn` prints what to paste into the configuration to standard output, everything else to standard error.

use crate::cli::terminal;
use crate::config::{
    Button, Config, Detection, GpioHeader, LedFunction, Loaded, PanelAction, Pin, PortChoice,
};
use crate::kiosk::event::{ButtonId, Event, LedId};
use crate::kiosk::leds::{Leds as LedPatterns, Pattern, TABLE};
use crate::shell::clock::{Clock, pause};
use crate::shell::gpio::{self, GpioPanel, STOP_SERVICE};
use crate::shell::mailbox::Mailbox;
use crate::shell::{control_server, process};
use crate::time::Duration;
use clap::Args;
use serde_json::Value;
use smol::future;
use std::path::Path;

/// The configuration, or at least its LEDs and its GPIO backend if it has errors elsewhere.
fn usable(loaded: Loaded) -> Config {
    loaded.config.unwrap_or_else(|| Config {
        leds: loaded.leds_anyway,
        gpio: loaded.gpio_anyway,
        ..Config::default()
    })
}

/// Opens the panel of `config` and does `work` with it until it is done or the user presses Ctrl-C. Button events come
/// through the mailbox. Afterwards all LEDs are off.
///
/// # Errors
/// A sentence for the owner: a box is running, there are no pins, or they failed.
fn with_panel(
    config: &Config,
    work: impl AsyncFnOnce(&GpioPanel, &Mailbox) -> u8,
) -> Result<u8, String> {
    smol::block_on(async {
        refuse_beside_a_box(config.control_port).await?;
        // Before the pins are opened, so that the LEDs are off at the end, however the command ends.
        let caught =
            process::catch_signals().map_err(|error| format!("cannot catch signals: {error}"))?;
        let panel = GpioPanel::open(config)?;
        let (mailbox, asked) = (Mailbox::default(), Mailbox::default());
        let working = async { Ok(work(&panel, &mailbox).await) };
        let failing = async { Err(panel.run(&mailbox).await) };
        let exiting =
            async { match process::leave_on_signals(caught, &asked, || panel.dark()).await {} };
        let leaving = async {
            while !matches!(asked.take().await, Event::Leave) {}
            Ok(0)
        };
        future::or(future::or(leaving, exiting), future::or(working, failing)).await
    })
}

/// Fails if a running box uses the pins. It drives LEDs through registers, which the kernel does not know, so ask the box.
async fn refuse_beside_a_box(port: PortChoice) -> Result<(), String> {
    let status = control_server::fetch(port, &control_server::STATUS).await.unwrap_or_default();
    let status: Value = serde_json::from_str(&status).unwrap_or_default();
    match status["panel"]["state"] == "working" {
        true => Err(format!("the box is running and uses the pins; {STOP_SERVICE}")),
        false => Ok(()),
    }
}

/// A button that is down at the start is noticed within this time: several polls 10 ms apart, plus its debounce time.
const START_TIME: Duration = Duration::from_millis(200);
/// The actions proposed for one button after the other.
const PROPOSALS: [PanelAction; 7] = [
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
    /// Stop watching after this many seconds
    #[arg(long, value_name = "SECONDS", value_parser = crate::cli::seconds)]
    #[arg(allow_negative_numbers = true)]
    seconds: Option<Duration>,
    /// Also watch pins that commonly have another use, and the pins of LEDs
    #[arg(long)]
    all: bool,
    /// Poll the pins every 10 ms, for hardware on which the kernel reports no edges
    #[arg(long)]
    level: bool,
}

impl Learn {
    pub(super) fn run(&self, path: &Path) -> Result<u8, String> {
        let known = usable(super::load(path)?);
        let header = gpio::header();
        let mut watched = Vec::new();
        let mut left_out: Vec<(String, Vec<Pin>)> = Vec::new();
        for (pin, holder) in gpio::lines(&known.gpio)? {
            let is_led = known.leds.iter().any(|led| led.pin == pin);
            if holder.as_deref() == Some(gpio::CONSUMER) {
                let name = header.describe(pin);
                return Err(format!("a running dlna-kiosk uses {name}; {}", STOP_SERVICE));
            }
            let why = match (holder, header.special_function(pin)) {
                (Some(holder), _) => format!("used by {holder}"),
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
        let detect = if self.level { Detection::Level } else { Detection::Edges };
        let buttons = watched
            .iter()
            .map(|&pin| Button { detect, ..Button::plain(pin, PanelAction::PlayPause) });
        let config = Config { buttons: buttons.collect(), leds: Vec::new(), ..known.clone() };
        with_panel(&config, async |_, mailbox| {
            let mut session =
                LearnSession { header, known: &known, detect, seen: Vec::new(), proposed: 0 };
            let mut held = Vec::new();
            let start = pause(START_TIME);
            future::or(follow(&watched, mailbox, &mut |pin| held.push(pin)), start).await;
            self.greet(&watched, &left_out, &held);
            let over = async {
                match self.seconds {
                    Some(span) => pause(span).await,
                    None => future::pending().await,
                }
            };
            let mut press = |pin| {
                terminal::print_line(session.pressed(pin));
            };
            future::or(follow(&watched, mailbox, &mut press), over).await;
            if session.seen.is_empty() {
                terminal::print_error(
                    "No press was seen. Is the button wired between one of these pins and ground?",
                );
            }
            0
        })
    }

    fn greet(&self, watched: &[Pin], left_out: &[(String, Vec<Pin>)], held: &[Pin]) {
        for (why, pins) in left_out {
            terminal::print_error(format_args!("Not watched: {}: {why}.", listed(pins)));
        }
        if !self.all && !left_out.is_empty() {
            terminal::print_error("To watch these pins too, except those in use, add --all.");
        }
        if !held.is_empty() {
            terminal::print_error(format_args!(
                "Already low at the start: {}. Is a button held down, or is something else wired there?",
                listed(held)
            ));
        }
        terminal::print_error(format_args!(
            "Watched: {}.\n\
             Press the buttons one after the other; each must be wired between its pin and ground. Ctrl-C ends.",
            listed(watched)
        ));
    }
}

/// Calls `on_press` for each press, for ever.
async fn follow(watched: &[Pin], mailbox: &Mailbox, on_press: &mut impl FnMut(Pin)) {
    loop {
        if let Event::Button { button: ButtonId(index), pressed: true } = mailbox.take().await
            && let Some(&pin) = watched.get(usize::from(index))
        {
            on_press(pin);
        }
    }
}

/// The presses so far, and what they mean to the configuration.
struct LearnSession<'a> {
    header: GpioHeader,
    known: &'a Config,
    detect: Detection,
    seen: Vec<Pin>,
    proposed: usize,
}

impl LearnSession<'_> {
    /// What to print for a press. The first press of a pin that is not in the configuration prints a table to paste.
    fn pressed(&mut self, pin: Pin) -> String {
        let name = named(self.header, pin);
        let again = self.seen.contains(&pin);
        if !again {
            self.seen.push(pin);
        }
        if let Some(led) = self.known.leds.iter().find(|led| led.pin == pin) {
            let shows = if led.shows == LedFunction::Status { "status" } else { "playing" };
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
        let mut new = PROPOSALS.into_iter().filter(|action| !known(action));
        let action = new.nth(self.proposed).unwrap_or(PanelAction::PlayPause).word();
        self.proposed += 1;
        let detect = match self.detect {
            Detection::Edges => "",
            Detection::Level => "detect = \"level\"\n",
        };
        format!("# {name}\n[[button]]\npin = {}\npress = \"{action}\"\n{detect}", pin.0)
    }
}

fn named(header: GpioHeader, pin: Pin) -> String {
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
        let config = usable(super::load(path)?);
        if config.leds.is_empty() {
            return Err("the configuration has no [[led]] table".to_owned());
        }
        let config = Config { buttons: Vec::new(), ..config };
        with_panel(&config, async |panel, _| {
            terminal::print_error(which(&config));
            let clock = Clock::start();
            let mut patterns = LedPatterns::new(config.leds.len());
            for (pattern, looks, says) in TABLE {
                terminal::print_line(format_args!("{:<19} {looks:<33} {says}", name(pattern)));
                self.show_pattern(pattern, &mut patterns, panel, clock).await;
            }
            panel.dark();
            terminal::print_line("off");
            0
        })
    }

    async fn show_pattern(
        &self,
        pattern: Pattern,
        leds: &mut LedPatterns,
        panel: &GpioPanel,
        clock: Clock,
    ) {
        let began = clock.now();
        let end = began + self.seconds;
        let ids = 0..u8::try_from(leds.shown().count()).unwrap_or(u8::MAX);
        ids.for_each(|led| leds.show(LedId(led), pattern, began));
        let mut now = began;
        while now < end {
            leds.due(now).for_each(|(led, lit)| panel.light(led, lit));
            let next = leds.next_deadline().map_or(end, |next| next.min(end));
            pause(next.since(now)).await;
            now = clock.now();
        }
    }
}

/// The word that the status uses for a pattern.
fn name(pattern: Pattern) -> String {
    let word = serde_json::to_value(pattern).unwrap_or_default();
    word.as_str().unwrap_or_default().replace('_', " ")
}

fn which(config: &Config) -> String {
    let header = gpio::header();
    let leds = config.leds.iter().map(|led| {
        let shows = match led.shows {
            LedFunction::Status => "status",
            LedFunction::Playing(_) => "playing",
        };
        format!("{}: {shows}", header.describe(led.pin))
    });
    let leds: Vec<_> = leds.collect();
    format!(
        "Watch these LEDs: {}. They all show each pattern in turn.\nIn use, a \"status\" LED shows all of these patterns; a \
         \"playing\" LED is just on or off. Ctrl-C ends.",
        leds.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{FileState, WITHOUT_FILE, parse};

    fn session(known: &Config, detect: Detection) -> LearnSession<'_> {
        LearnSession { header: GpioHeader::Forty, known, detect, seen: Vec::new(), proposed: 0 }
    }

    #[test]
    fn everything_that_is_printed_can_be_pasted() {
        let none = Config::default();
        for detect in [Detection::Edges, Detection::Level] {
            let mut session = session(&none, detect);
            let printed = [17, 27, 17, 5].map(|pin| session.pressed(Pin(pin))).join("\n");
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
    fn a_button_of_the_configuration_is_named_by_what_it_does() {
        let loaded = parse(WITHOUT_FILE, &|_| FileState::Folder);
        let known = loaded.config.expect("the usual panel");
        let mut session = session(&known, Detection::Edges);
        assert_eq!(
            session.pressed(Pin(17)),
            "# GPIO17 = header pin 11, in the configuration: press = \"play_pause\", long = \"stop\""
        );
        let new = session.pressed(Pin(4));
        assert!(new.starts_with("# GPIO4 = header pin 7\n[[button]]"), "{new}");
        assert!(new.contains("press = \"mute\""), "what no other button does: {new}");
        assert!(session.pressed(Pin(22)).ends_with("as the LED that shows \"status\""));
    }
}
