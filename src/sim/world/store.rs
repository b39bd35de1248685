//! The state directory of the simulated box: one file, replaced step by step. What a power cut leaves of it is
//! what is there when the box begins anew.

use super::{Delivery, World};
use crate::kiosk::event::Event;
use crate::kiosk::memory::Memory;
use crate::time::Duration;

/// The steps of a write, as the shell does them: temporary file, its content, fsync, rename, fsync of the folder.
pub const STEPS: usize = 5;
/// The step that makes the new file the one that is read.
const RENAME: usize = 3;
/// One step takes this long.
const TAKES: Duration = Duration::from_millis(4);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Store {
    /// The box has none.
    absent: bool,
    file: Option<Vec<u8>>,
    /// What a power cut would bring back while the rename is not on the disk.
    before: Option<Option<Vec<u8>>>,
    writing: Option<(usize, Vec<u8>)>,
    fails_at: Option<usize>,
    writes: u32,
}

impl Store {
    pub(super) fn new(absent: bool) -> Self {
        Self { absent, ..Self::default() }
    }

    /// The power is cut. `luck` decides what is not certain.
    fn cut(&mut self, luck: bool) {
        self.writing = None;
        if let Some(before) = self.before.take().filter(|_| luck) {
            self.file = before;
        }
    }
}

impl World {
    /// Writes fail at this step from now on, or nowhere.
    pub fn store_fails(&mut self, at: Option<usize>) {
        self.store.fails_at = at;
    }

    /// The step at which a write is now, if there is one under way.
    #[must_use]
    pub fn store_step(&self) -> Option<usize> {
        self.store.writing.as_ref().map(|(step, _)| *step)
    }

    /// Writes that were begun.
    #[must_use]
    pub fn store_writes(&self) -> u32 {
        self.store.writes
    }

    /// The file as it would be read now.
    #[must_use]
    pub fn stored(&self) -> Option<&[u8]> {
        self.store.file.as_deref()
    }

    /// Whatever was stored is this instead.
    pub fn put_into_store(&mut self, file: Option<Vec<u8>>) {
        self.store.file = file;
    }

    /// The box begins to write.
    pub(super) fn save(&mut self, memory: &Memory) {
        assert!(!self.store.absent, "there is no place");
        assert!(self.store.writing.is_none(), "one write at a time");
        self.store.writing = Some((0, memory.write()));
        self.store.writes += 1;
        self.after(TAKES, Delivery::Write);
    }

    /// The next step of the write.
    pub(super) fn continue_write(&mut self) {
        let store = &mut self.store;
        let Some((step, bytes)) = store.writing.take() else { return };
        if store.fails_at == Some(step) {
            let outcome = Err("No space left on device".to_owned());
            return self.deliver(Event::Saved(outcome));
        }
        if step == RENAME {
            store.before = Some(store.file.replace(bytes.clone()));
        }
        if step + 1 < STEPS {
            store.writing = Some((step + 1, bytes));
            return self.after(TAKES, Delivery::Write);
        }
        store.before = None;
        self.deliver(Event::Saved(Ok(())));
    }

    /// The box begins: what is there is read before anything else.
    pub(super) fn load_memory(&mut self) {
        let luck = self.rng_of_store.bool();
        self.store.cut(luck);
        if !self.store.absent {
            let read = self.store.file.as_deref().map(Memory::parse);
            let memory = read.and_then(Result::ok).unwrap_or_default();
            self.step(Event::Remembered(Box::new(memory)));
        }
    }
}
