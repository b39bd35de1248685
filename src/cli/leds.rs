//! `dlna-kiosk leds`: each pattern in turn on the LEDs of the configuration, and what it says.

use super::{pins, terminal};
use crate::config::{Config, Shows};
use crate::kiosk::event::LedId;
use crate::kiosk::leds::{Leds as Shown, Pattern, TABLE};
use crate::shell::clock::{Clock, pause};
use crate::shell::gpio::{self, Panel};
use crate::time::Duration;
use clap::Args;
use std::path::Path;

#[derive(Debug, Args)]
pub(super) struct Leds {
    /// How long to show each pattern
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = super::seconds)]
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
