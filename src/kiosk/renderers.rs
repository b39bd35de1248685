//! The known renderers, each with its plan, and what they share.

use super::deadline::{Deadline, Wake};
use super::discovery::Cache;
use super::effect::Effects;
use super::profile::Minutes;
use super::renderer::{Context, Farewell, Renderer};
use super::statistics::Statistics;
use super::token::Secret;
use super::trace::Trace;
use crate::time::Instant;
use fastrand::Rng;

/// The renderers, in the order in which they were found.
///
/// Borrowing a renderer mutably voids its plan, so that [`Renderers::plan`] makes a new one. All others keep their
/// plans until their deadlines: most events concern one renderer of many.
#[derive(Debug, Default)]
pub(super) struct Renderers {
    all: Vec<Renderer>,
    /// The plan of each renderer. Kept apart since all plans are looked at in each step.
    plans: Vec<Plan>,
    /// The surroundings for which all valid plans were made.
    planned_in: Option<Surroundings>,
}

/// What every plan depends on, besides its renderer.
type Surroundings = (Option<u16>, Option<Farewell>);

#[derive(Clone, Copy, Debug)]
enum Plan {
    /// The plan must be made.
    Void,
    /// Nothing is to be done before this deadline, unless something changes.
    Until(Option<Deadline>),
}

/// The result of planning.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Planned {
    /// A description must be fetched again.
    pub(super) refetch: bool,
    /// The media folder must be scanned again.
    pub(super) rescan: bool,
    /// Something was learned.
    pub(super) learned: bool,
}

impl Plan {
    fn is_due(self, now: Instant) -> bool {
        match self {
            Self::Void => true,
            Self::Until(deadline) => deadline.is_some_and(|deadline| deadline.at <= now),
        }
    }
}

impl Renderers {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Renderer> {
        self.all.iter()
    }

    /// All renderers, mutably.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Renderer> {
        self.filter_mut(|_| true)
    }

    /// The renderers that `choose` accepts, mutably.
    pub(super) fn filter_mut(
        &mut self,
        choose: impl Fn(&Renderer) -> bool,
    ) -> impl Iterator<Item = &mut Renderer> {
        let both = self.all.iter_mut().zip(&mut self.plans);
        both.filter(move |(renderer, _)| choose(renderer)).map(|(renderer, plan)| {
            *plan = Plan::Void;
            renderer
        })
    }

    /// The first renderer that `choose` accepts, mutably.
    pub(super) fn find_mut(&mut self, choose: impl Fn(&Renderer) -> bool) -> Option<&mut Renderer> {
        self.filter_mut(choose).next()
    }

    pub(super) fn push(&mut self, renderer: Renderer) {
        self.all.push(renderer);
        self.plans.push(Plan::Void);
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&Renderer) -> bool) {
        while self.remove(|renderer| !keep(renderer)).is_some() {}
    }

    /// Removes the first renderer that `choose` accepts.
    pub(super) fn remove(&mut self, choose: impl Fn(&Renderer) -> bool) -> Option<Renderer> {
        let at = self.iter().position(choose)?;
        self.plans.remove(at);
        Some(self.all.remove(at))
    }

    /// Makes each plan that is void or due, which may send one request. While a renderer's description is being
    /// fetched, nothing is sent to it and its plan stays void.
    pub(super) fn plan(
        &mut self,
        cache: &mut Cache,
        ran: Minutes,
        ctx: &mut Context<'_>,
    ) -> Planned {
        let surroundings = Some((ctx.media_port, ctx.leaving));
        if self.planned_in != surroundings {
            self.planned_in = surroundings;
            self.plans.fill(Plan::Void);
        }
        let (now, mut planned) = (ctx.now, Planned::default());
        let due = self.plans.iter_mut().zip(&mut self.all).filter(|(plan, _)| plan.is_due(now));
        for (plan, renderer) in due {
            renderer.overdue(ctx);
            let held = ctx.leaving.is_none() && cache.is_fetching(renderer.location());
            *plan = if held { Plan::Void } else { Plan::Until(renderer.reconcile(ctx)) };
            renderer.credit(ctx);
            planned.learned |= renderer.learn(ran);
            planned.rescan |= renderer.take_scan_request();
            if renderer.take_stale() {
                planned.refetch |= cache.refetch(renderer.udn(), renderer.location(), now);
            }
        }
        planned
    }

    /// When the next plan is due.
    pub(super) fn next_deadline(&self) -> Option<Deadline> {
        let mut wake = Wake::default();
        for plan in &self.plans {
            if let Plan::Until(deadline) = plan {
                wake.add(*deadline);
            }
        }
        wake.first()
    }
}

/// What the renderers share with each other and with the kiosk.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) rng: Rng,
    pub(super) trace: Trace,
    pub(super) statistics: Statistics,
    /// The last number given to a ticket or a callback.
    pub(super) numbers: u32,
    /// The secret that tokens are made with.
    pub(super) secret: Secret,
    /// The port of the media server, once it listens.
    pub(super) media_port: Option<u16>,
}

impl Common {
    pub(super) fn new(seed: u64) -> Self {
        // Not from `rng`: what is drawn from that would change with each secret.
        let mut secret = Rng::with_seed(!seed);
        Self {
            rng: Rng::with_seed(seed),
            trace: Trace::default(),
            statistics: Statistics::default(),
            numbers: 0,
            secret: Secret::new(secret.u64(..), secret.u64(..)),
            media_port: None,
        }
    }

    pub(super) fn context<'a>(
        &'a mut self,
        now: Instant,
        leaving: Option<Farewell>,
        effects: &'a mut Effects,
    ) -> Context<'a> {
        Context {
            now,
            media_port: self.media_port,
            leaving,
            rng: &mut self.rng,
            trace: &mut self.trace,
            statistics: &mut self.statistics,
            effects,
            numbers: &mut self.numbers,
            secret: self.secret,
        }
    }
}
