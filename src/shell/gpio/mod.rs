//! The front panel: buttons become events, LEDs are lit.
//!
//! Three backends find the pins: the header of a Raspberry Pi, any GPIO chip, and a bench without
//! hardware. A *contact* is a button as it is read, a *lamp* an LED as it is driven; a *level* is
//! electrical, *pressed* and *lit* are what it means after `active` of the configuration.

mod chip;
mod pins;
mod rppal;
mod simulated;

pub use chip::CONSUMER;
pub use pins::STOP;
pub use simulated::Pins;

use super::mailbox::Mailbox;
use super::process::Heartbeat;
use crate::config::{Backend, Config, Header, Pin};
use crate::kiosk::event::{Event, LedId, TaskName};
use crate::time::{Duration, Instant};
use async_io::Timer;
use core::cell::RefCell;
use core::fmt::{self, Debug};
use core::future::poll_fn;
use core::pin::Pin as Pinned;
use core::task::{Context, Poll};
use pins::{Contact, Lamp, Moves, Wiring};
use simulated::Bench;
use std::rc::Rc;

const NO_PINS: &str = "the configuration asks for no pins";
/// How often levels are looked at where edges do not work.
const LOOK: Duration = Duration::from_millis(10);

/// The header of this machine; one of 40 pins where there is none.
#[must_use]
pub fn header() -> Header {
    rppal::header()
}

/// The pins there are, and for each who holds it, if somebody does.
///
/// # Errors
/// A sentence for people: why there are none.
pub fn lines(backend: &Backend) -> Result<Vec<(Pin, Option<String>)>, String> {
    match backend {
        Backend::None => Err(NO_PINS.to_owned()),
        Backend::Auto => rppal::lines(),
        Backend::Chip(name) => chip::lines(&chip::find(name)?),
        Backend::Simulated(_) => Ok(header().pins().map(|pin| (pin, None)).collect()),
    }
}

/// Buttons and LEDs. The default has none: its task only says that it lives.
#[derive(Default)]
pub struct Panel {
    lamps: RefCell<Vec<Lamp>>,
    contacts: RefCell<Vec<Contact>>,
    bench: Option<Bench>,
}

impl Panel {
    /// Opens the pins that the configuration names; all LEDs are off then.
    ///
    /// # Errors
    /// A sentence for people: why there is no panel.
    pub fn open(config: &Config) -> Result<Self, String> {
        let wiring = match &config.gpio {
            Backend::None => return Err(NO_PINS.to_owned()),
            Backend::Auto => rppal::open(config)?,
            Backend::Chip(name) => chip::open(config, name)?,
            Backend::Simulated(path) => {
                let bench = Bench::bound(path)?;
                return Ok(Self::on(config, bench));
            }
        };
        Ok(Self::wired(wiring))
    }

    fn wired(wiring: Wiring) -> Self {
        Self {
            lamps: RefCell::new(wiring.lamps),
            contacts: RefCell::new(wiring.contacts),
            bench: None,
        }
    }

    /// A panel on pins that this process presses itself: demonstration and tests.
    #[must_use]
    pub fn simulated(config: &Config, pins: Rc<Pins>) -> Self {
        Self::on(config, Bench::of(pins))
    }

    fn on(config: &Config, bench: Bench) -> Self {
        let lamps = config.leds.iter().map(|led| bench.lamp(led)).collect();
        bench.wire(&config.buttons);
        Self { lamps: RefCell::new(lamps), contacts: RefCell::default(), bench: Some(bench) }
    }

    /// Lights an LED, or not. Never blocks; a failure is logged once for each LED.
    pub fn light(&self, led: LedId, lit: bool) {
        if let Some(lamp) = self.lamps.borrow_mut().get_mut(usize::from(led.0)) {
            lamp.light(lit);
        }
    }

    /// Turns all LEDs off.
    pub fn dark(&self) {
        for lamp in &mut *self.lamps.borrow_mut() {
            lamp.light(false);
        }
    }

    /// Posts every press and release. A button that is down at the start is a press.
    /// Ends only when the hardware fails: the sentence says how.
    pub async fn run(&self, mailbox: &Mailbox) -> String {
        let mut heartbeat = Heartbeat::new(mailbox, TaskName::Panel);
        let contacts = &self.contacts;
        contacts.borrow_mut().iter_mut().for_each(Contact::restart);
        let polled = contacts.borrow().iter().any(Contact::is_polled);
        let mut look = polled.then(Look::new);
        loop {
            let moved = poll_fn(|cx| self.poll_moved(cx, &mut look));
            match heartbeat.beat_while(moved).await {
                Ok(moves) => {
                    for (button, pressed) in moves {
                        mailbox.post(Event::Button { button, pressed }).await;
                    }
                }
                Err(sentence) => return sentence,
            }
        }
    }

    fn poll_moved(
        &self,
        cx: &mut Context<'_>,
        look: &mut Option<Look>,
    ) -> Poll<Result<Moves, String>> {
        let now = look.as_mut().and_then(|look| look.poll_due(cx));
        let mut moves = Moves::new();
        for contact in &mut *self.contacts.borrow_mut() {
            contact.poll(cx, now, &mut moves)?;
        }
        if let Some(bench) = &self.bench {
            bench.poll(cx, &mut moves);
        }
        if moves.is_empty() {
            return Poll::Pending;
        }
        Poll::Ready(Ok(moves))
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        self.dark();
    }
}

impl Debug for Panel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Panel")
            .field("leds", &self.lamps.borrow().len())
            .field("buttons", &self.contacts.borrow().len())
            .field("bench", &self.bench)
            .finish()
    }
}

/// The rhythm of looking at levels.
struct Look {
    timer: Timer,
    began: std::time::Instant,
}

impl Look {
    fn new() -> Self {
        Self { timer: Timer::after(Duration::ZERO), began: std::time::Instant::now() }
    }

    /// The time, if it is time to look.
    fn poll_due(&mut self, cx: &mut Context<'_>) -> Option<Instant> {
        let mut due = None;
        // Until it is pending: only then it wakes us.
        while Pinned::new(&mut self.timer).poll(cx).is_ready() {
            due = Some(Instant::START + self.began.elapsed());
            self.timer.set_after(LOOK);
        }
        due
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::pins::Input;
    use super::*;
    use crate::config::{Button, Led, Level, PanelAction, Port, Shows};
    use embedded_hal_mock::eh1::MockError;
    use embedded_hal_mock::eh1::digital::{Mock, State as MockLevel, Transaction};
    use smol::future;
    use std::io::ErrorKind as IoError;

    /// Buttons at 17 and 27, LEDs at 22 (active high) and 23 (active low).
    pub(in crate::shell) fn config(gpio: Backend) -> Config {
        let button = |pin| Button::plain(Pin(pin), PanelAction::PlayPause);
        let led = |pin, active| Led { pin: Pin(pin), shows: Shows::Status, active };
        Config {
            name: crate::text::clip("box"),
            media_folder: "/srv/media".into(),
            media_port: Port::From(8200),
            control_port: Port::From(8300),
            stop_at_exit: true,
            gpio,
            rules: Vec::new(),
            groups: Vec::new(),
            buttons: vec![button(17), button(27)],
            leds: vec![led(22, Level::High), led(23, Level::Low)],
            ..Config::default()
        }
    }

    /// Runs `story` beside the panel's task.
    pub(super) fn beside<T>(panel: &Panel, mailbox: &Mailbox, story: impl Future<Output = T>) -> T {
        let task = async { panic!("the panel failed: {}", panel.run(mailbox).await) };
        smol::block_on(future::or(story, task))
    }

    /// The next press or release: button and whether it is down.
    pub(super) async fn moved(mailbox: &Mailbox) -> (u8, bool) {
        loop {
            match mailbox.take().await {
                Event::Button { button, pressed } => return (button.0, pressed),
                other => assert!(matches!(other, Event::Alive(TaskName::Panel))),
            }
        }
    }

    #[test]
    fn no_pins_is_a_sentence_and_a_panel_without_pins_still_lives() {
        assert_eq!(
            Panel::open(&config(Backend::None)).unwrap_err(),
            "the configuration asks for no pins"
        );
        let (panel, mailbox) = (Panel::default(), Mailbox::default());
        panel.light(LedId(3), true);
        let alive = beside(&panel, &mailbox, mailbox.take());
        assert!(matches!(alive, Event::Alive(TaskName::Panel)));
    }

    #[test]
    fn an_active_low_led_is_lit_by_a_low_level_and_a_broken_one_is_no_failure() {
        let broken = MockError::Io(IoError::NotConnected);
        let mut pin = Mock::new(&[
            Transaction::set(MockLevel::Low),
            Transaction::set(MockLevel::High).with_error(broken),
        ]);
        let lamp = Lamp::new(pin.clone(), Level::Low);
        let panel = Panel::wired(Wiring { lamps: vec![lamp], contacts: Vec::new() });
        panel.light(LedId(0), true);
        drop(panel);
        pin.done();
    }

    #[test]
    fn a_polled_button_is_posted_and_a_lost_pin_ends_the_task_with_a_sentence() {
        let broken = MockError::Io(IoError::NotConnected);
        let mut pin = Mock::new(&[
            Transaction::get(MockLevel::Low),
            Transaction::get(MockLevel::High),
            Transaction::get(MockLevel::High).with_error(broken),
        ]);
        let button = Button { debounce: Duration::ZERO, ..config(Backend::None).buttons.remove(0) };
        let contact = Contact::new(1, Input::polled(pin.clone(), &button));
        let panel = Panel::wired(Wiring { lamps: Vec::new(), contacts: vec![contact] });
        let mailbox = Mailbox::default();
        let story = async {
            assert_eq!(moved(&mailbox).await, (1, true));
            assert_eq!(moved(&mailbox).await, (1, false));
        };
        let (why, ()) = smol::block_on(future::zip(panel.run(&mailbox), story));
        assert_eq!(why, "button 2 cannot be read: Io(NotConnected)");
        pin.done();
    }
}
