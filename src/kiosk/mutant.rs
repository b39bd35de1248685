//! Faults that tests inject into the logic, one at a time. A test suite that does not notice them proves nothing.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutant {
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

#[cfg(test)]
thread_local! {
    static PUT_IN: core::cell::Cell<Option<Mutant>> = const { core::cell::Cell::new(None) };
}

impl Mutant {
    /// Returns whether this fault is injected; never outside of tests.
    #[cfg(test)]
    pub(super) fn is_in(self) -> bool {
        PUT_IN.get() == Some(self)
    }

    /// Returns whether this fault is injected; never outside of tests.
    #[cfg(not(test))]
    #[inline(always)]
    pub(super) const fn is_in(self) -> bool {
        false
    }

    /// Injects a fault for this thread, or none.
    #[cfg(test)]
    pub(crate) fn put_in(mutant: Option<Self>) {
        PUT_IN.set(mutant);
    }
}
