//! The front panel: buttons become events, LEDs are switched.
//!
//! Four backends: the header of a Raspberry Pi (`rppal`), any GPIO chip (`chip`), simulated pins, and none. A *level* is
//! electrical; *pressed* and *lit* are what it means according to `active` in the configuration.

mod chip;
mod pins;
mod rppal;
mod simulated;

pub use chip::CONSUMER;
pub use pins::STOP_SERVICE;
pub use simulated::SimulatedPins;

use super::mailbox::Mailbox;
use super::process::Heartbeat;
use crate::config::{Config, GpioBackend, GpioHeader, Pin};
use crate::kiosk::event::{Event, LedId, TaskName};
use crate::time::{Duration, Instant};
use async_io::Timer;
use core::cell::RefCell;
use core::fmt::{self, Debug};
use core::future::poll_fn;
use core::pin::Pin as Pinned;
use core::task::{Context, Poll};
use pins::{ButtonPin, Changes, LedPin, Wiring};
use simulated::SimulatedBoard;
use std::rc::Rc;

const NO_PINS: &str = "the configuration asks for no pins";
/// How often levels are polled where edges do not work.
const POLL_PERIOD: Duration = Duration::from_millis(10);

/// The header of this machine; one of 40 pins if it has none.
pub fn header() -> GpioHeader {
    rppal::header()
}

/// The pins of this machine, each with the program that uses it.
///
/// # Errors
/// A sentence for the owner: why there are none.
pub fn lines(backend: &GpioBackend) -> Result<Vec<(Pin, Option<String>)>, String> {
    match backend {
        GpioBackend::None => Err(NO_PINS.to_owned()),
        GpioBackend::Auto => rppal::lines(),
        GpioBackend::Chip(name) => chip::lines(&chip::find(name)?),
        GpioBackend::Simulated(_) => Ok(header().pins().map(|pin| (pin, None)).collect()),
    }
}

/// Buttons and LEDs. The default has none: its task only sends heartbeats.
#[derive(Default)]
pub struct GpioPanel {
    leds: RefCell<Vec<LedPin>>,
    buttons: RefCell<Vec<ButtonPin>>,
    board: Option<SimulatedBoard>,
}

impl GpioPanel {
    /// Opens the pins of the configuration, with all LEDs off.
    ///
    /// # Errors
    /// A sentence for the owner: why there is no panel.
    pub fn open(config: &Config) -> Result<Self, String> {
        let wiring = match &config.gpio {
            GpioBackend::None => return Err(NO_PINS.to_owned()),
            GpioBackend::Auto => rppal::open(config)?,
            GpioBackend::Chip(name) => chip::open(config, name)?,
            GpioBackend::Simulated(path) => {
                let board = SimulatedBoard::bound(path)?;
                return Ok(Self::on(config, board));
            }
        };
        Ok(Self::wired(wiring))
    }

    fn wired(wiring: Wiring) -> Self {
        Self { leds: RefCell::new(wiring.leds), buttons: RefCell::new(wiring.buttons), board: None }
    }

    /// A panel on pins that this process operates itself, for the demonstration and for tests.
    pub fn simulated(config: &Config, pins: Rc<SimulatedPins>) -> Self {
        Self::on(config, SimulatedBoard::of(pins))
    }

    fn on(config: &Config, board: SimulatedBoard) -> Self {
        let leds = config.leds.iter().map(|led| board.led(led)).collect();
        board.wire(&config.buttons);
        Self { leds: RefCell::new(leds), buttons: RefCell::default(), board: Some(board) }
    }

    /// Switches an LED. Never blocks; a failure is logged once for each LED.
    pub fn light(&self, led: LedId, lit: bool) {
        if let Some(led) = self.leds.borrow_mut().get_mut(usize::from(led.0)) {
            led.light(lit);
        }
    }

    /// Turns all LEDs off.
    pub fn dark(&self) {
        for led in &mut *self.leds.borrow_mut() {
            led.light(false);
        }
    }

    /// Posts every press and release. A button that is down at the start is posted, too; the
    /// kiosk knows that nobody pressed it then. Ends only when the hardware
    /// fails; returns a sentence that says how.
    pub async fn run(&self, mailbox: &Mailbox) -> String {
        let mut heartbeat = Heartbeat::new(mailbox, TaskName::Panel);
        let buttons = &self.buttons;
        buttons.borrow_mut().iter_mut().for_each(ButtonPin::restart);
        let polled = buttons.borrow().iter().any(ButtonPin::is_polled);
        let mut poll_timer = polled.then(PollTimer::new);
        loop {
            let changes = poll_fn(|cx| self.poll_changes(cx, &mut poll_timer));
            match heartbeat.beat_while(changes).await {
                Ok(changes) => {
                    for (button, pressed) in changes {
                        mailbox.post(Event::Button { button, pressed }).await;
                    }
                }
                Err(sentence) => return sentence,
            }
        }
    }

    fn poll_changes(
        &self,
        cx: &mut Context<'_>,
        poll_timer: &mut Option<PollTimer>,
    ) -> Poll<Result<Changes, String>> {
        let now = poll_timer.as_mut().and_then(|timer| timer.poll_due(cx));
        let mut changes = Changes::new();
        for button in &mut *self.buttons.borrow_mut() {
            button.poll(cx, now, &mut changes)?;
        }
        if let Some(board) = &self.board {
            board.poll(cx, &mut changes);
        }
        if changes.is_empty() {
            return Poll::Pending;
        }
        Poll::Ready(Ok(changes))
    }
}

impl Drop for GpioPanel {
    fn drop(&mut self) {
        self.dark();
    }
}

impl Debug for GpioPanel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GpioPanel")
            .field("leds", &self.leds.borrow().len())
            .field("buttons", &self.buttons.borrow().len())
            .field("board", &self.board)
            .finish()
    }
}

/// The timer for polling levels.
struct PollTimer {
    timer: Timer,
    began: std::time::Instant,
}

impl PollTimer {
    fn new() -> Self {
        Self { timer: Timer::after(Duration::ZERO), began: std::time::Instant::now() }
    }

    /// The time, if a poll is due.
    fn poll_due(&mut self, cx: &mut Context<'_>) -> Option<Instant> {
        let mut due = None;
        // Poll the timer until it is pending: only then will it wake this task.
        while Pinned::new(&mut self.timer).poll(cx).is_ready() {
            due = Some(Instant::START + self.began.elapsed());
            self.timer.set_after(POLL_PERIOD);
        }
        due
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::pins::Input;
    use super::*;
    use crate::config::{Button, Led, LedFunction, PanelAction, PinLevel, PortChoice};
    use embedded_hal_mock::eh1::MockError;
    use embedded_hal_mock::eh1::digital::{Mock, State as MockLevel, Transaction};
    use smol::future;
    use std::io::ErrorKind as IoError;

    /// Buttons at 17 and 27, LEDs at 22 (active high) and 23 (active low).
    pub(in crate::shell) fn config(gpio: GpioBackend) -> Config {
        let button = |pin| Button::plain(Pin(pin), PanelAction::PlayPause);
        let led = |pin, active| Led { pin: Pin(pin), shows: LedFunction::Status, active };
        Config {
            name: crate::text::clip("box"),
            media_folders: vec!["/srv/media".into()],
            media_port: PortChoice::From(8200),
            control_port: PortChoice::From(8300),
            stop_at_exit: true,
            gpio,
            rules: Vec::new(),
            groups: Vec::new(),
            buttons: vec![button(17), button(27)],
            leds: vec![led(22, PinLevel::High), led(23, PinLevel::Low)],
            ..Config::default()
        }
    }

    /// Runs `story` beside the panel's task.
    pub(super) fn beside<T>(
        panel: &GpioPanel,
        mailbox: &Mailbox,
        story: impl Future<Output = T>,
    ) -> T {
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
            GpioPanel::open(&config(GpioBackend::None)).unwrap_err(),
            "the configuration asks for no pins"
        );
        let (panel, mailbox) = (GpioPanel::default(), Mailbox::default());
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
        let led = LedPin::new(pin.clone(), PinLevel::Low);
        let panel = GpioPanel::wired(Wiring { leds: vec![led], buttons: Vec::new() });
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
        let button =
            Button { debounce: Duration::ZERO, ..config(GpioBackend::None).buttons.remove(0) };
        let contact = ButtonPin::new(1, Input::polled(pin.clone(), &button));
        let panel = GpioPanel::wired(Wiring { leds: Vec::new(), buttons: vec![contact] });
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
