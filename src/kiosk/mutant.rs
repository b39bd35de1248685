//! Faults that tests and simulations inject into the logic, one at a time. A test suite that does not notice them proves
//! nothing.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// A renderer that does not answer is asked again without a pause.
    ForgetsBackoff,
    /// A ticket is given out a second time, so that one answer answers two requests.
    AnswersTwice,
    /// A subscription that the renderer has forgotten is not renewed.
    DropsSubscriptions,
    /// STOPPED before PLAYING is taken for the end of the file.
    TakesStoppedForTheEnd,
    /// The watchdog is fed even if a task is stuck.
    FeedsAnyway,
    /// A description is never read again.
    ReadsDescriptionsOnce,
    /// Play is sent to all members of a group at the same time, in spite of their latencies.
    ForgetsLatency,
}

#[cfg(any(test, feature = "simulation"))]
thread_local! {
    static PUT_IN: core::cell::Cell<Option<Mutant>> = const { core::cell::Cell::new(None) };
}

impl Mutant {
    /// All of them.
    #[cfg(any(test, feature = "simulation"))]
    pub const ALL: [Self; 7] = [
        Self::ForgetsBackoff,
        Self::AnswersTwice,
        Self::DropsSubscriptions,
        Self::TakesStoppedForTheEnd,
        Self::FeedsAnyway,
        Self::ReadsDescriptionsOnce,
        Self::ForgetsLatency,
    ];

    /// Returns whether this fault is injected; never outside of tests and simulations.
    #[cfg(any(test, feature = "simulation"))]
    pub(super) fn is_in(self) -> bool {
        PUT_IN.get() == Some(self)
    }

    /// Returns whether this fault is injected; never outside of tests and simulations.
    #[cfg(not(any(test, feature = "simulation")))]
    #[inline(always)]
    pub(super) const fn is_in(self) -> bool {
        false
    }

    /// Injects a fault for this thread, or none.
    #[cfg(any(test, feature = "simulation"))]
    pub fn put_in(mutant: Option<Self>) {
        PUT_IN.set(mutant);
    }
}
