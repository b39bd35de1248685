//! Buttons and LEDs against `tests/pins/contract.toml`, on simulated pins, through the whole box.
//! `tests/pins/front_panel.py` does the same from outside the process, also on other pins.
#![allow(clippy::unwrap_used, reason = "tests")]

use dlna_kiosk::config::{Config, FileState, GpioBackend, Pin, PinLevel, PortChoice, parse};
use dlna_kiosk::kiosk::event::Event;
use dlna_kiosk::kiosk::leds::TABLE;
use dlna_kiosk::kiosk::trace::{Entry, What};
use dlna_kiosk::kiosk::{Kiosk, Setup};
use dlna_kiosk::shell::clock::pause;
use dlna_kiosk::shell::driver::drive;
use dlna_kiosk::shell::gpio::SimulatedPins;
use dlna_kiosk::shell::reader::Program;
use dlna_kiosk::shell::{Mode, Shell};
use dlna_kiosk::time::Duration;
use serde::Deserialize;
use smol::{LocalExecutor, future};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

/// How long to wait for what must happen.
const PATIENCE: Duration = Duration::from_secs(20);
/// A test is not the program that reads media.
fn reader() -> Program {
    Program::of(env!("CARGO_BIN_EXE_dlna-kiosk").into())
}

/// Longer than the pause between two repeats of a held button.
const QUIET: Duration = Duration::from_millis(600);
const LOOK: Duration = Duration::from_millis(4);
/// So many changes show that an LED blinks.
const BLINKS: u32 = 4;

#[derive(Deserialize)]
struct Contract {
    config: String,
    leds: BTreeMap<String, u8>,
    case: Vec<Case>,
    pattern: Vec<Rhythm>,
}

#[derive(Deserialize)]
struct Case {
    claim: String,
    steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    Press(u8),
    Release(u8),
    Wait(u64),
    Acts(String),
    Ends(String),
    Silent(u64),
    Blinks(u8),
}

#[derive(Deserialize)]
struct Rhythm {
    name: String,
    rhythm: Vec<u64>,
}

fn contract() -> Contract {
    toml::from_str(include_str!("pins/contract.toml")).unwrap()
}

fn config(contract: &Contract) -> Config {
    let text = contract.config.replace("BACKEND", "").replace("DETECT", "edges");
    let config = parse(&text, &|_| FileState::Missing).config.unwrap();
    Config {
        gpio: GpioBackend::None,
        media_port: PortChoice::From(23_000),
        control_port: PortChoice::From(24_000),
        ..config
    }
}

/// Presses buttons and reads LEDs from outside.
struct Panel<'a> {
    pins: &'a SimulatedPins,
    done: &'a RefCell<VecDeque<&'static str>>,
}

impl Panel<'_> {
    async fn play(&self, step: &Step) {
        match step {
            Step::Press(pin) => self.pins.press(Pin(*pin)),
            Step::Release(pin) => self.pins.release(Pin(*pin)),
            Step::Wait(millis) => pause(Duration::from_millis(*millis)).await,
            Step::Acts(action) => assert_eq!(self.next(PATIENCE).await, Some(&**action)),
            Step::Silent(millis) => {
                assert_eq!(self.next(Duration::from_millis(*millis)).await, None);
            }
            Step::Ends(action) => {
                for _ in 0..32 {
                    match self.next(QUIET).await {
                        None => return,
                        did => assert_eq!(did, Some(&**action)),
                    }
                }
                panic!("{action} without end");
            }
            Step::Blinks(pin) => {
                for change in 0..BLINKS {
                    let before = self.lit(*pin);
                    let changed = async {
                        while self.lit(*pin) == before {
                            pause(LOOK).await
                        }
                    };
                    assert!(within(PATIENCE, changed).await.is_some(), "{change} changes");
                }
            }
        }
    }

    fn lit(&self, pin: u8) -> bool {
        self.pins.leds().contains(&(Pin(pin), true))
    }

    /// The next action of a button.
    async fn next(&self, span: Duration) -> Option<&'static str> {
        within(span, async {
            loop {
                if let Some(action) = self.done.borrow_mut().pop_front() {
                    return action;
                }
                pause(LOOK).await;
            }
        })
        .await
    }
}

async fn within<T>(span: Duration, work: impl Future<Output = T>) -> Option<T> {
    let over = async {
        pause(span).await;
        None
    };
    future::or(async { Some(work.await) }, over).await
}

#[test]
fn simulated_pins_keep_the_contract_and_leds_are_dark_when_the_box_has_left() {
    let contract = contract();
    let config = config(&contract);
    let pins = Rc::new(SimulatedPins::default());
    let done = RefCell::new(VecDeque::new());
    let shell = Shell::open(&config, Mode::Demo(Rc::clone(&pins))).unwrap().reading_by(reader());
    let executor = LocalExecutor::new();
    let heard = |_: &Kiosk, entry: &Entry| {
        if let What::Pressed(_, action) = entry.what {
            done.borrow_mut().push_back(action);
        }
    };
    let driving = drive(Kiosk::new(config, Setup::default()), &shell, &executor, heard);
    let panel = Panel { pins: &pins, done: &done };
    let playing = async {
        for case in &contract.case {
            println!("{}", case.claim);
            for step in &case.steps {
                println!("    {step:?}");
                panel.play(step).await;
            }
        }
        shell.mailbox.post(Event::Leave).await;
        future::pending().await
    };
    // On the heap: a test has 2 MiB of stack.
    let all = Box::pin(future::or(driving, playing));
    assert_eq!(smol::block_on(executor.run(all)), 0);
    assert_eq!(pins.leds(), [(Pin(4), false), (Pin(2), false)]);
}

#[test]
fn the_contract_has_every_pattern_as_the_box_shows_it() {
    let contract = contract();
    let shown = TABLE.map(|(pattern, ..)| {
        let word = serde_json::to_value(pattern).unwrap();
        (word.as_str().unwrap().replace('_', " "), pattern.rhythm().to_vec())
    });
    let told: Vec<_> =
        contract.pattern.iter().map(|p| (p.name.clone(), p.rhythm.clone())).collect();
    assert_eq!(told, shown);
    let levels: Vec<_> = config(&contract).leds.iter().map(|led| (led.pin.0, led.active)).collect();
    let level = |level| if level == 1 { PinLevel::High } else { PinLevel::Low };
    for (pin, lit) in &contract.leds {
        assert!(levels.contains(&(pin.parse().unwrap(), level(*lit))), "GPIO{pin}");
    }
}
