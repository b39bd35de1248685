//! Faults put into the logic on purpose, one at a time and by tests only: a suite that does not notice them proves nothing.

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// A renderer that does not answer is asked again at once.
    ForgetsBackoff,
    /// A ticket is given out a second time, so that one answer answers two requests.
    AnswersTwice,
    /// A subscription that the renderer has forgotten is not made again.
    DropsSubscriptions,
    /// STOPPED before PLAYING is taken for the end.
    TakesStoppedForTheEnd,
    /// The watchdog is fed whether the tasks live or not.
    FeedsAnyway,
    /// A description is read once and for all.
    ReadsDescriptionsOnce,
    /// Play goes to all members of a group at the same moment, however long each of them needs.
    ForgetsLatency,
}

#[cfg(test)]
thread_local! {
    static PUT_IN: core::cell::Cell<Option<Mutant>> = const { core::cell::Cell::new(None) };
}

impl Mutant {
    /// Whether this one is put in; never outside of tests.
    #[cfg(test)]
    pub(super) fn is_in(self) -> bool {
        PUT_IN.get() == Some(self)
    }

    /// Whether this one is put in; never outside of tests.
    #[cfg(not(test))]
    #[inline(always)]
    pub(super) const fn is_in(self) -> bool {
        false
    }

    /// Puts one in, for this thread, or none.
    #[cfg(test)]
    pub(crate) fn put_in(mutant: Option<Self>) {
        PUT_IN.set(mutant);
    }
}
