//! A simulated room in bad weather: renderers with all their quirks, faults every few minutes, and
//! all invariants checked after every step. A broken invariant ends it with the seed and the last entries of the flight
//! recorder.
//!
//! ```text
//! cargo run --example soak -- --days 365 --renderers 8
//! cargo run --example soak -- --hours 24 --renderers 16 --seeds 30
//! cargo run --example soak -- --oracle --hours 24 --renderers 3 --seeds 100
//! ```

use clap::Parser;
use dlna_kiosk::shell::clock::Clock;
use dlna_kiosk::sim::digests;
use dlna_kiosk::sim::oracle::{Mutant, Passed, Script, TOLERANCES, Wish, shrink};
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
    /// Compare every screen with the oracle instead, in scripts of people, viewers, opening hours and faults. A script
    /// that fails is shrunk and printed as Rust.
    #[arg(long)]
    oracle: bool,
    /// With --oracle: 0 good renderers; 1 odd ones; 2 faults, too; 3 everything, in one group; 4 broken
    /// files, a hanging task and devices with one UDN; 5 good renderers in one group, one of which begins late. Default: all in turn.
    #[arg(long, value_parser = clap::value_parser!(u64).range(..LEVELS as u64))]
    level: Option<u64>,
    /// With --oracle: opening hours in every script, not only in one of three.
    #[arg(long)]
    scheduled: bool,
    /// With --oracle: also print what the box noted before a script failed.
    #[arg(long)]
    log: bool,
    /// Inject this fault into the logic of the box, to see whether it is noticed.
    #[arg(long, hide = true)]
    mutant: Option<String>,
    /// Print every message that the box sends in the scene of this name or seed, and do nothing else.
    #[arg(long)]
    messages: Option<String>,
}

/// The logic may hold this much more at the end than after the first tenth: what it happens to know then.
const MOST_GROWN: i64 = 64 << 10;

/// The levels of the oracle.
const LEVELS: usize = 6;

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
    if let Some(which) = soak.messages {
        print!("{}", digests::messages(&which));
        return ExitCode::SUCCESS;
    }
    if let Some(name) = &soak.mutant {
        let named = |mutant: &Mutant| format!("{mutant:?}") == *name;
        let Some(mutant) = Mutant::ALL.into_iter().find(named) else {
            println!("the mutants are {:?}", Mutant::ALL);
            return ExitCode::FAILURE;
        };
        Mutant::put_in(Some(mutant));
    }
    let hours = (soak.days * 24 + soak.hours).max(1);
    if soak.oracle {
        return consult(&soak, hours);
    }
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

/// Runs a script for each seed, and shrinks those that fail.
fn consult(soak: &Soak, hours: u64) -> ExitCode {
    let mut sum = Passed::default();
    let (mut runs, mut failures) = ([0; LEVELS], [0; LEVELS]);
    for seed in soak.seed..soak.seed + soak.seeds {
        let level = soak.level.unwrap_or(seed / 3 % LEVELS as u64);
        let script = Script::of(seed, wish(soak, seed, level, hours));
        let at = usize::try_from(level).unwrap_or(0).min(LEVELS - 1);
        runs[at] += 1;
        match script.run() {
            Ok(passed) => {
                sum.looks += passed.looks;
                sum.judged += passed.judged;
                sum.readings = sum.readings.max(passed.readings);
                passed.longest.into_iter().for_each(|(cause, dark)| sum.note(cause, dark));
                passed.counts.into_iter().for_each(|(cause, count)| sum.count(cause, count));
            }
            Err(failure) => {
                failures[at] += 1;
                println!("seed {seed}: {failure}");
                if soak.mutant.is_some() {
                    continue;
                }
                let (short, failure) = shrink(&script, &failure);
                println!("    {failure}\n{short:?}");
                if soak.log {
                    failure.log.iter().for_each(|line| println!("    {line}"));
                }
            }
        }
    }
    for (level, (failed, run)) in
        failures.iter().zip(runs).enumerate().filter(|(_, (_, run))| *run > 0)
    {
        println!("level {level}: {failed} of {run} scripts failed");
    }
    println!(
        "{} of {} looks judged; at most {} readings of one renderer",
        sum.judged, sum.looks, sum.readings
    );
    for (cause, tolerance, reason) in TOLERANCES {
        let count = sum.counts.iter().find(|(other, _)| *other == cause).map_or(0, |(_, n)| *n);
        let dark = sum.longest.iter().find(|(other, _)| *other == cause);
        let dark = dark.map_or(0, |(_, dark)| dark.as_secs());
        println!(
            "{cause:?}: {count} times; longest dark {dark} s, where a good renderer may take {tolerance} s ({reason})"
        );
    }
    if failures == [0; LEVELS] { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What the script of this seed contains.
fn wish(soak: &Soak, seed: u64, level: u64, hours: u64) -> Wish {
    Wish {
        hours,
        renderers: soak.renderers.min(16),
        oddities: if [0, 4, 5].contains(&level) { 0 } else { 4 },
        rough: [2, 3].contains(&level),
        scheduled: soak.scheduled || seed.is_multiple_of(3),
        grouped: [3, 5].contains(&level),
        late: level == 5,
        broken: level == 4,
    }
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
