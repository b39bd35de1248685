//! A group begins together: the box learns how long each member takes from Play to its first picture.

use super::files::length_of;
use super::outcome::{Failure, Kind};
use super::room::Run;
use super::screen::Screen;
use crate::time::{Duration, Instant};

/// After so many rounds in a row, the box knows how long each member takes.
const LEARNS: u32 = 3;
/// How far apart members may begin then that take equally long each time.
const APART: Duration = Duration::from_millis(60);
/// Members that begin further apart than this have not been started together.
const SAME: Duration = Duration::from_secs(10);

/// The starts of a group.
#[derive(Debug, Default)]
pub(super) struct Together {
    /// How many rounds in a row all members began together and ended by themselves.
    rounds: u32,
    /// The last start that was looked at.
    seen: Instant,
    /// How often something had happened to the members until then.
    disturbed: u64,
    /// A film or a song began then: only at its end can the box measure.
    measured: bool,
}

impl Run<'_> {
    /// Looks at the last start of the group, if nothing has disturbed it.
    pub(super) fn look_at_starts(&mut self) -> Result<(), Failure> {
        if self.script.room.group.is_none() || self.judged.len() < 2 {
            return Ok(());
        }
        let shown = |node: usize| match self.screen(node).0 {
            Screen::Ours(file, true) => Some((file, self.world.nodes[node].shown_since()?)),
            _ => None,
        };
        let all: Option<Vec<_>> = (0..self.judged.len()).map(shown).collect();
        let Some(all) = all else { return Ok(()) };
        let starts = || all.iter().map(|(_, since)| *since);
        let (Some(first), Some(last)) = (starts().min(), starts().max()) else { return Ok(()) };
        let same = all.iter().all(|(file, _)| *file == all[0].0);
        if !same || first <= self.together.seen || last.since(first) > SAME {
            return Ok(());
        }
        let (apart, file) = (last.since(first), all[0].0);
        let excuses = self.judged.iter().flat_map(|judged| &judged.counts);
        let disturbed = excuses.map(|(_, count)| *count).sum();
        let now = self.world.now;
        let calm = self.judged.iter().all(|judged| judged.calm_at < first);
        let before = &self.together;
        let undisturbed = calm && before.measured && before.disturbed == disturbed;
        self.together = Together {
            rounds: if undisturbed { before.rounds + 1 } else { 0 },
            seen: last,
            disturbed,
            measured: calm && !length_of(file).is_zero(),
        };
        if self.together.rounds >= LEARNS && apart > APART {
            let what = format!("the group began {file} {} ms apart", apart.as_millis());
            return Err(Failure::new(Kind::Screen, now, 0, what));
        }
        Ok(())
    }
}
