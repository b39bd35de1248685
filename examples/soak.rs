//! A simulated room in bad weather: renderers with all their quirks, faults every few minutes, and
//! all invariants checked after every step. A broken invariant ends it with the seed and the last entries of the flight
//! recorder.
//!
//! ```text
//! cargo run --profile soak --example soak -- --days 365 --renderers 8
//! cargo run --profile soak --example soak -- --hours 24 --renderers 16 --seeds 30
//! ```

use clap::Parser;
use dlna_kiosk::shell::clock::Clock;
use dlna_kiosk::sim::digests;
use dlna_kiosk::sim::world::{Scenario, Weather, World};
use dlna_kiosk::time::Instant;
use std::process::ExitCode;
use std::time::Duration;

/// A simulated room in bad weather.
#[derive(Debug, Parser)]
struct Soak {
    /// Renderers, each of another family.
    #[arg(long, default_value_t = 8)]
    renderers: usize,
    /// Simulated days.
    #[arg(long, default_value_t = 0)]
    days: u64,
    /// Simulated hours.
    #[arg(long, default_value_t = 0)]
    hours: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds, one after another.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Run each seed twice, and compare.
    #[arg(long)]
    twice: bool,
    /// Print digests of what the box sends in the scenes of `src/sim/digests.rs`, and do nothing else.
    #[arg(long)]
    digests: bool,
    /// Print every message that the box sends in the scene of this name or seed, and do nothing else.
    #[arg(long)]
    messages: Option<String>,
}

/// The logic may hold this much more at the end than after the first tenth: what it happens to know then.
const MOST_GROWN: i64 = 64 << 10;

/// What one run came to.
#[derive(Debug, PartialEq)]
struct Sum {
    fingerprint: u64,
    steps: u64,
    faults: u64,
    rounds: usize,
    calls: usize,
    longest_dark: Duration,
    /// Bytes that the logic held after the first tenth, and at the end.
    weight: (i64, i64),
}

fn main() -> ExitCode {
    let soak = Soak::parse();
    if soak.digests {
        print!("{}", digests::digests());
        return ExitCode::SUCCESS;
    }
    if let Some(which) = soak.messages {
        print!("{}", digests::messages(&which));
        return ExitCode::SUCCESS;
    }
    let hours = (soak.days * 24 + soak.hours).max(1);
    for seed in soak.seed..soak.seed + soak.seeds {
        let clock = Clock::start();
        let sum = run(seed, soak.renderers, hours);
        println!(
            "seed {seed}: {} renderers for {hours} h in {:.1} s: {} steps, {} calls, {} rounds, {} faults; \
             longest dark though able {:.0} s; logic of {} bytes early, {} late; fingerprint {:016x}",
            soak.renderers,
            clock.now().since(Instant::START).as_secs_f64(),
            sum.steps,
            sum.calls,
            sum.rounds,
            sum.faults,
            sum.longest_dark.as_secs_f64(),
            sum.weight.0,
            sum.weight.1,
            sum.fingerprint
        );
        if soak.twice && sum != run(seed, soak.renderers, hours) {
            println!("seed {seed}: it went otherwise the second time");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn run(seed: u64, renderers: usize, hours: u64) -> Sum {
    let mut world: World = Scenario::mixed(renderers, seed).start();
    let mut weather = Weather::new(seed);
    let (mut rounds, mut calls) = (0, 0);
    let mut live = |world: &mut World, hours: u64| {
        for _ in 0..hours {
            weather.run(world, Duration::from_secs(3600));
            rounds += world.nodes.iter().map(|node| node.rounds.len()).sum::<usize>();
            calls += world.nodes.iter().map(|node| node.calls.len()).sum::<usize>();
            world.forget();
        }
    };
    // Tables and buffers find their size in the first tenth of the time.
    let first = (hours / 10).max(1).min(hours);
    live(&mut world, first);
    let young = weight(&mut world);
    live(&mut world, hours - first);
    let old = weight(&mut world);
    assert!(old < young + MOST_GROWN, "seed {seed}: the logic grew from {young} to {old} bytes");
    Sum {
        fingerprint: world.fingerprint(),
        steps: world.steps,
        faults: weather.faults(),
        rounds,
        calls,
        longest_dark: world.longest_dark(),
        weight: (young, old),
    }
}

/// What the logic holds on the heap: what is given back when the box loses its power.
fn weight(world: &mut World) -> i64 {
    let kiosk = world.restart_box();
    -allocation_counter::measure(|| drop(kiosk)).bytes_current
}
