//! How long the turns of the box take. There is one thread: while a task is polled, or the kiosk makes a step, everything else waits.

use core::cell::Cell;
use core::future::{Future, poll_fn};
use core::pin::pin;
use std::time::{Duration, Instant};

/// The longest turn since the start.
#[derive(Debug, Default)]
pub struct Turns {
    longest: Cell<Option<(Duration, &'static str)>>,
}

impl Turns {
    /// A turn for this work has ended, which began at `begun`.
    pub fn ended(&self, what: &'static str, begun: Instant) {
        let took = begun.elapsed();
        if self.longest.get().is_none_or(|(longest, _)| longest < took) {
            self.longest.set(Some((took, what)));
        }
    }

    /// Does this work, and measures each of its turns.
    pub async fn measure<T>(&self, what: &'static str, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|cx| {
            let begun = Instant::now();
            let polled = work.as_mut().poll(cx);
            self.ended(what, begun);
            polled
        })
        .await
    }

    /// How long the longest turn took, and what it was.
    pub fn longest(&self) -> Option<(Duration, &'static str)> {
        self.longest.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smol::future;

    #[test]
    fn the_longest_turn_is_remembered_with_its_name() {
        let turns = Turns::default();
        assert_eq!(turns.longest(), None);
        let short = async {
            for _ in 0..3 {
                future::yield_now().await;
            }
        };
        let long = async {
            future::yield_now().await;
            std::thread::sleep(Duration::from_millis(30));
        };
        smol::block_on(async {
            turns.measure("short", short).await;
            turns.measure("long", long).await;
            turns.measure("nothing", async {}).await;
        });
        let (took, what) = turns.longest().unwrap();
        assert!(what == "long" && took >= Duration::from_millis(30), "{what}: {took:?}");
    }
}
