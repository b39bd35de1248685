//! stand-in
use crate::config::{Config, Pin};
use crate::kiosk::event::{ButtonId, Event, LedId};
use crate::shell::mailbox::Mailbox;
use core::cell::RefCell;
#[derive(Debug)]
pub struct Panel { config: Config, leds: RefCell<Vec<(Pin,bool)>>, queue: RefCell<Vec<Event>> }
impl Panel {
    pub fn open(_: &Config) -> Result<Self, String> { Err("no hardware".into()) }
    pub fn on_screen(config: &Config) -> Self { Self { config: config.clone(), leds: RefCell::new(config.leds.iter().map(|l| (l.pin,false)).collect()), queue: RefCell::default() } }
    pub fn press(&self, pin: Pin) { self.queue.borrow_mut().push(self.ev(pin, true)); }
    pub fn release(&self, pin: Pin) { self.queue.borrow_mut().push(self.ev(pin, false)); }
    fn ev(&self, pin: Pin, pressed: bool) -> Event { Event::Button { button: ButtonId(self.config.buttons.iter().position(|b| b.pin == pin).unwrap_or(99) as u8), pressed } }
    pub fn leds(&self) -> Vec<(Pin,bool)> { self.leds.borrow().clone() }
    pub fn light(&self, led: LedId, lit: bool) { self.leds.borrow_mut()[usize::from(led.0)].1 = lit; }
    pub fn dark(&self) {}
    pub async fn run(&self, mailbox: &Mailbox) -> String {
        loop {
            let events: Vec<Event> = self.queue.borrow_mut().drain(..).collect();
            for e in events { mailbox.post(e).await; }
            async_io::Timer::after(core::time::Duration::from_millis(10)).await;
        }
    }
}
