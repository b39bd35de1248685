//! What is on its way, in the order of its times.

use super::Delivery;
use crate::time::Instant;
use core::cmp::Reverse;
use std::collections::BinaryHeap;

/// Happenings by time; those of one moment in the order in which they were entered. The heap holds
/// small keys, and the happenings stay where they are.
#[derive(Debug, Default)]
pub(super) struct DeliveryQueue {
    order: BinaryHeap<Reverse<(Instant, u64, usize)>>,
    entries: Vec<Option<Delivery>>,
    free: Vec<usize>,
    serial: u64,
}

impl DeliveryQueue {
    pub(super) fn enter(&mut self, at: Instant, delivery: Delivery) {
        self.serial += 1;
        let slot = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            self.entries.len() - 1
        });
        self.entries[slot] = Some(delivery);
        self.order.push(Reverse((at, self.serial, slot)));
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.order.peek().map(|Reverse((at, ..))| *at)
    }

    /// What is on its way to the box does not arrive any more.
    pub(super) fn drop_events(&mut self) {
        let entries = &mut self.entries;
        self.order.retain(|Reverse((.., slot))| {
            let lost = matches!(
                entries[*slot],
                Some(
                    Delivery::Event(_)
                        | Delivery::Answer { .. }
                        | Delivery::Request { .. }
                        | Delivery::Write
                )
            );
            if lost {
                entries[*slot] = None;
                self.free.push(*slot);
            }
            !lost
        });
    }

    pub(super) fn take(&mut self) -> Option<Delivery> {
        let Reverse((_, _, slot)) = self.order.pop()?;
        self.free.push(slot);
        self.entries[slot].take()
    }
}
