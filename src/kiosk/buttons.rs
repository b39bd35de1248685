//! The buttons of the front panel: from contacts to actions.
//!
//! Terms: a *contact* is the debounced level of a button; a *gesture* is a press, a double press or a long press;
//! *repeat* means that a held volume button acts again and again. A button with only `press` acts when it goes down. A
//! button with several gestures acts as soon as it can tell them apart.

use super::event::ButtonId;
use crate::config::{Button, PanelAction};
use crate::time::{Duration, Instant};

/// Two presses within this time are a double press.
const DOUBLE_WITHIN: Duration = Duration::from_millis(400);
/// The interval at which a held volume button acts again.
const REPEAT_EVERY: Duration = Duration::from_millis(250);

/// The configured buttons and their states.
#[derive(Clone, Debug)]
pub(crate) struct Buttons {
    buttons: Vec<Gesture>,
    /// When the next gesture is decided by time. Cached, because it is asked at every step.
    next_at: Option<Instant>,
}

#[derive(Clone, Debug)]
struct Gesture {
    button: Button,
    state: Contact,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contact {
    /// Open; nothing pending.
    Idle,
    /// Down; a long press at this time, if there is one.
    Down { long_at: Option<Instant>, acted: bool },
    /// Down; acts again at this time.
    Repeating { again_at: Instant },
    /// Open after a short press; a second press before this time makes it a double press.
    MaybeDouble { until: Instant },
    /// Down for the second time, or after a long press: the action has been given.
    Spent,
}

impl Buttons {
    pub(crate) fn new(buttons: &[Button]) -> Self {
        let gesture = |button: &Button| Gesture { button: button.clone(), state: Contact::Idle };
        Self { buttons: buttons.iter().map(gesture).collect(), next_at: None }
    }

    /// A contact closed or opened. Returns the action that this decides, if any.
    pub(crate) fn contact(
        &mut self,
        id: ButtonId,
        pressed: bool,
        now: Instant,
    ) -> Option<PanelAction> {
        let gesture = self.buttons.get_mut(usize::from(id.0))?;
        let action = if pressed { gesture.down(now) } else { gesture.up(now) };
        self.look_ahead();
        action
    }

    /// The contact is closed, and nobody closed it now: it was closed when the panel began to work. It does nothing until it has
    /// opened.
    pub(crate) fn was_closed(&mut self, id: ButtonId) {
        if let Some(gesture) = self.buttons.get_mut(usize::from(id.0)) {
            gesture.state = Contact::Spent;
        }
        self.look_ahead();
    }

    /// The panel failed: nobody knows how long a button is held. What was pressed and released before still counts.
    pub(crate) fn let_go(&mut self) {
        for gesture in &mut self.buttons {
            if !matches!(gesture.state, Contact::MaybeDouble { .. }) {
                gesture.state = Contact::Idle;
            }
        }
        self.look_ahead();
    }

    /// The action decided by time, if any. Call again until there is none.
    pub(crate) fn due(&mut self, now: Instant) -> Option<(ButtonId, PanelAction)> {
        if self.next_at.is_none_or(|at| at > now) {
            return None;
        }
        let mut gestures = self.buttons.iter_mut().zip(0..);
        let due = gestures.find_map(|(gesture, id)| Some((ButtonId(id), gesture.due(now)?)));
        self.look_ahead();
        due
    }

    fn look_ahead(&mut self) {
        self.next_at = self.buttons.iter().filter_map(Gesture::deadline).min();
    }

    pub(crate) const fn next_deadline(&self) -> Option<Instant> {
        self.next_at
    }

    pub(crate) fn get(&self, id: ButtonId) -> Option<&Button> {
        self.buttons.get(usize::from(id.0)).map(|gesture| &gesture.button)
    }
}

impl Gesture {
    fn repeats(&self) -> bool {
        matches!(self.button.press, Some(PanelAction::VolumeUp | PanelAction::VolumeDown))
            && self.button.long.is_none()
    }

    /// What time has decided comes first, whichever of the two the box hears of first.
    fn down(&mut self, now: Instant) -> Option<PanelAction> {
        let decided = self.due(now);
        match self.state {
            Contact::MaybeDouble { .. } => {
                self.state = Contact::Spent;
                self.button.double
            }
            Contact::Idle => {
                let hold_until = now + self.button.hold_time;
                let at_once = self.button.double.is_none() && self.button.long.is_none();
                self.state = if at_once && self.repeats() {
                    Contact::Repeating { again_at: hold_until }
                } else {
                    Contact::Down { long_at: self.button.long.map(|_| hold_until), acted: at_once }
                };
                decided.or(self.button.press.filter(|_| at_once))
            }
            // Closed twice without an opening in between, which was lost: the press goes on.
            Contact::Down { .. } | Contact::Repeating { .. } | Contact::Spent => decided,
        }
    }

    fn up(&mut self, now: Instant) -> Option<PanelAction> {
        if let Contact::Down { .. } | Contact::MaybeDouble { .. } = self.state
            && let Some(decided) = self.due(now)
        {
            self.state = Contact::Idle;
            return Some(decided);
        }
        let state = core::mem::replace(&mut self.state, Contact::Idle);
        match state {
            Contact::Down { acted: false, .. } if self.button.double.is_some() => {
                self.state = Contact::MaybeDouble { until: now + DOUBLE_WITHIN };
                None
            }
            Contact::Down { acted: false, .. } => self.button.press,
            Contact::MaybeDouble { .. } => {
                self.state = state;
                None
            }
            _ => None,
        }
    }

    fn due(&mut self, now: Instant) -> Option<PanelAction> {
        match self.state {
            Contact::Down { long_at: Some(at), .. } if at <= now => {
                self.state = Contact::Spent;
                self.button.long
            }
            Contact::Repeating { again_at } if again_at <= now => {
                self.state = Contact::Repeating { again_at: now + REPEAT_EVERY };
                self.button.press
            }
            Contact::MaybeDouble { until } if until <= now => {
                self.state = Contact::Idle;
                self.button.press
            }
            _ => None,
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match self.state {
            Contact::Down { long_at, .. } => long_at,
            Contact::Repeating { again_at } => Some(again_at),
            Contact::MaybeDouble { until } => Some(until),
            Contact::Idle | Contact::Spent => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Pin;
    use PanelAction::{Next, PlayPause, Stop, VolumeUp};

    const fn ms(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    fn panel(
        press: Option<PanelAction>,
        long: Option<PanelAction>,
        double: Option<PanelAction>,
    ) -> Buttons {
        Buttons::new(&[Button { press, long, double, ..Button::plain(Pin(17), PlayPause) }])
    }

    /// Plays contacts (`true` closes) at literal times and gives what the panel did, and when.
    fn play(panel: &mut Buttons, contacts: &[(u64, bool)], until: u64) -> Vec<(u64, PanelAction)> {
        let mut done = Vec::new();
        for at in 0..=until {
            while let Some((_, action)) = panel.due(ms(at)) {
                done.push((at, action));
            }
            for (_, pressed) in contacts.iter().filter(|(when, _)| *when == at) {
                done.extend(
                    panel.contact(ButtonId(0), *pressed, ms(at)).map(|action| (at, action)),
                );
            }
        }
        assert_eq!(panel.next_deadline(), None, "nothing pending at the end");
        done
    }

    #[test]
    fn a_plain_button_acts_when_it_goes_down() {
        let mut panel = panel(Some(PlayPause), None, None);
        assert_eq!(
            play(&mut panel, &[(10, true), (90, false), (200, true), (210, false)], 2000),
            [(10, PlayPause), (200, PlayPause)]
        );
    }

    #[test]
    fn a_long_press_acts_at_its_time_and_never_also_as_a_short_one() {
        let mut panel = panel(Some(PlayPause), Some(Stop), None);
        assert_eq!(play(&mut panel, &[(10, true), (1500, false)], 3000), [(1010, Stop)]);
        assert_eq!(play(&mut panel, &[(10, true), (900, false)], 3000), [(900, PlayPause)]);
    }

    #[test]
    fn what_time_has_decided_comes_before_the_contact_that_is_heard_of_first() {
        let late = |contacts: &[(u64, bool)]| {
            let mut panel = panel(Some(PlayPause), Some(Stop), Some(Next));
            let heard = |(at, pressed): &(u64, bool)| panel.contact(ButtonId(0), *pressed, ms(*at));
            let mut done: Vec<_> = contacts.iter().filter_map(heard).collect();
            done.extend(panel.due(ms(9_000)).map(|(_, action)| action));
            done
        };
        assert_eq!(late(&[(0, true), (1_000, false)]), [Stop], "at its very time");
        assert_eq!(late(&[(0, true), (5_000, false)]), [Stop]);
        assert_eq!(late(&[(0, true), (100, false), (300, true), (320, false)]), [Next]);
        assert_eq!(
            late(&[(0, true), (100, false), (700, true), (720, false)]),
            [PlayPause, PlayPause],
            "two presses, not a double one"
        );
        assert_eq!(
            late(&[(0, true), (100, false), (700, true), (1_800, false)]),
            [PlayPause, Stop]
        );
    }

    #[test]
    fn a_panel_that_fails_lets_go_of_what_is_held_and_keeps_what_was_pressed() {
        let after_a_failure = |panel: &mut Buttons, contacts: &[(u64, bool)], until: u64| {
            for (at, pressed) in contacts {
                panel.contact(ButtonId(0), *pressed, ms(*at));
            }
            panel.let_go();
            play(panel, &[], until)
        };
        let held = [(0, true)];
        assert_eq!(after_a_failure(&mut panel(Some(VolumeUp), None, None), &held, 9_000), []);
        let mut all = panel(Some(PlayPause), Some(Stop), Some(Next));
        assert_eq!(after_a_failure(&mut all, &held, 9_000), []);
        let double = [(10_000, true), (10_100, false), (10_200, true)];
        assert_eq!(after_a_failure(&mut all, &double, 12_000), []);
        let mut all = panel(Some(PlayPause), Some(Stop), Some(Next));
        assert_eq!(
            after_a_failure(&mut all, &[(0, true), (100, false)], 9_000),
            [(500, PlayPause)]
        );
    }

    #[test]
    fn a_button_that_was_closed_before_does_nothing_until_it_has_opened() {
        for mut stuck in [
            panel(Some(VolumeUp), None, None),
            panel(Some(PlayPause), Some(Stop), None),
            panel(Some(PlayPause), None, Some(Next)),
        ] {
            stuck.was_closed(ButtonId(0));
            assert_eq!(play(&mut stuck, &[(9_000, false)], 10_000), []);
            let again = play(&mut stuck, &[(11_000, true), (11_100, false)], 13_000);
            assert_eq!(again.len(), 1, "then it works");
        }
    }

    #[test]
    fn one_press_waits_for_a_second_only_where_double_is_wanted() {
        let mut panel = panel(Some(PlayPause), Some(Stop), Some(Next));
        assert_eq!(play(&mut panel, &[(0, true), (100, false)], 3000), [(500, PlayPause)]);
        assert_eq!(
            play(&mut panel, &[(0, true), (100, false), (300, true), (350, false)], 3000),
            [(300, Next)]
        );
        assert_eq!(
            play(&mut panel, &[(0, true), (100, false), (300, true), (2000, false)], 3000),
            [(300, Next)]
        );
    }

    #[test]
    fn a_held_volume_button_repeats_until_it_is_released() {
        let mut panel = panel(Some(VolumeUp), None, None);
        let done = play(&mut panel, &[(0, true), (1600, false)], 3000);
        assert_eq!(done.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 1000, 1250, 1500]);
    }

    #[test]
    fn a_lost_release_does_not_press_twice() {
        let mut panel = panel(Some(PlayPause), None, None);
        assert_eq!(
            play(&mut panel, &[(0, true), (100, true), (200, false)], 1000),
            [(0, PlayPause)]
        );
        assert_eq!(panel.contact(ButtonId(9), true, ms(0)), None, "no such button");
    }
}
