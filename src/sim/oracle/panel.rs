//! The panel of the box in a script: which button gives which order, and how a person presses it.

use super::files::paths;
use super::generate::BUTTONED;
use super::room::Run;
use super::script::{CLIP, FOR_A_TIME, FOR_GOOD, LASTS, Order, Press, Script};
use crate::config::{Button, PanelAction, Pin, RepeatPress, Selector, Targets};
use crate::kiosk::event::{ButtonId, Event};
use crate::text::clip;
use crate::time::Duration;

/// How many buttons each target has.
const BUTTONS_EACH: u8 = 6;

/// Six buttons for all renderers, then six for each; see [`Order::button`].
pub(super) fn buttons(script: &Script) -> Vec<Button> {
    use PanelAction as Does;
    let name = |node: usize| Selector::Name(clip(&format!("TV {}", node + 1)));
    let one = |node| Targets::Some(vec![name(node)]);
    let targets =
        [Targets::All].into_iter().chain((0..script.room.odd.len().min(BUTTONED)).map(one));
    let mut all = Vec::new();
    for targets in targets {
        let mut add = |press, long, double, plays: &[&str], lasts| {
            let pin = Pin(u8::try_from(all.len() % 28).unwrap_or(0));
            let mut button =
                Button { long, double, targets: targets.clone(), ..Button::plain(pin, press) };
            button.choice.plays = paths(plays);
            button.choice.lasts = lasts;
            if script.room.queues {
                button.choice.again = RepeatPress::Queue;
            }
            all.push(button);
        };
        let lasts = Some(Duration::from_secs(LASTS));
        add(Does::PlayPause, Some(Does::Stop), Some(Does::Next), &[], None);
        add(Does::Play, Some(Does::Pause), Some(Does::Prev), &[], None);
        add(Does::PlayClip, Some(Does::Identify), Some(Does::Mute), &[CLIP], None);
        add(Does::Play, Some(Does::Auto), Some(Does::SeekForward), &FOR_A_TIME, lasts);
        add(Does::Play, Some(Does::SeekBack), Some(Does::VolumeUp), &FOR_GOOD, None);
        add(Does::VolumeDown, None, None, &[], None);
    }
    all
}
impl Run<'_> {
    /// Presses the button of an order.
    pub(super) fn press(&mut self, order: Order, target: Option<usize>) {
        let (slot, how) = order.button();
        let row = target.map_or(0, |node| u8::try_from(node).unwrap_or(0) + 1);
        let button = ButtonId(row * BUTTONS_EACH + slot);
        let presses: &[(u64, u64)] = match how {
            Press::Short => &[(80, 450)],
            Press::Long => &[(1_200, 0)],
            Press::Double => &[(80, 100), (80, 450)],
        };
        for (held, pause) in presses {
            self.world.tell(Event::Button { button, pressed: true });
            self.world.pass(*held);
            self.world.tell(Event::Button { button, pressed: false });
            self.world.pass(*pause);
        }
    }
}
