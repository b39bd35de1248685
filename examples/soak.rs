//! A simulated house through bad weather: renderers with all their quirks, faults every few minutes, and
//! all laws checked after every step. A broken law ends it with the seed and the flight recorder's tail.
//!
//! ```text
//! cargo run --profile soak --example soak -- --days 365 --renderers 8
//! cargo run --profile soak --example soak -- --hours 24 --renderers 16 --seeds 30
//! ```

use clap::Parser;
use dlna_kiosk::shell::driver::Clock;
use dlna_kiosk::sim::world::{Setting, Weather, World};
use dlna_kiosk::time::Instant;
use std::process::ExitCode;
use std::time::Duration;

/// A simulated house through bad weather.
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
}

/// Memory of the whole house, renderers and all, may be this much more at the end than after the first
/// tenth: what happens to be on its way.
const MOST_GROWN: i64 = 256 << 10;

/// What one run came to.
#[derive(Debug, PartialEq)]
struct Sum {
    fingerprint: u64,
    steps: u64,
    faults: u64,
    rounds: usize,
    calls: usize,
    longest_dark: Duration,
    grown: i64,
}

fn main() -> ExitCode {
    let soak = Soak::parse();
    let hours = (soak.days * 24 + soak.hours).max(1);
    for seed in soak.seed..soak.seed + soak.seeds {
        let clock = Clock::start();
        let sum = run(seed, soak.renderers, hours);
        println!(
            "seed {seed}: {} renderers for {hours} h in {:.1} s: {} steps, {} calls, {} rounds, {} faults; \
             longest dark though able {:.0} s; memory {:+} bytes; fingerprint {:016x}",
            soak.renderers,
            clock.now().since(Instant::START).as_secs_f64(),
            sum.steps,
            sum.calls,
            sum.rounds,
            sum.faults,
            sum.longest_dark.as_secs_f64(),
            sum.grown,
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
    let mut world: World = Setting::wall(renderers, seed).begin();
    let mut weather = Weather::new(seed);
    let (mut rounds, mut calls) = (0, 0);
    let mut live = |hours: u64| {
        for _ in 0..hours {
            weather.rages(&mut world, Duration::from_secs(3600));
            rounds += world.stages.iter().map(|stage| stage.rounds.len()).sum::<usize>();
            calls += world.stages.iter().map(|stage| stage.calls.len()).sum::<usize>();
            world.forget();
        }
    };
    // Tables and buffers find their size in the first tenth of the time.
    live(hours / 10);
    let grown = allocation_counter::measure(|| live(hours - hours / 10)).bytes_current;
    assert!(grown < MOST_GROWN, "seed {seed}: the house grew by {grown} bytes");
    Sum {
        fingerprint: world.fingerprint(),
        steps: world.steps,
        faults: weather.faults(),
        rounds,
        calls,
        longest_dark: world.longest_dark(),
        grown,
    }
}
