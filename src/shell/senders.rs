//! How many SSDP datagrams each host may send. A flood from one host, of announcements or of answers to searches, must not displace
//! what the others say: the mailbox is small, and each datagram costs the kiosk a step.
//!
//! Each host has an allowance that grows with time. What exceeds it is not read; devices say everything again.

use crate::limits::SENDERS;
use core::net::Ipv4Addr;
use std::collections::HashMap;
use std::time::Instant;

/// Datagrams that a host may send at once. A bridge with 16 renderers answers a search with some hundred.
const AT_ONCE: f32 = 256.0;
/// Datagrams that a host may send in a second for ever.
const PER_SECOND: f32 = 32.0;

/// The allowances of the hosts.
#[derive(Debug, Default)]
pub struct Senders {
    known: HashMap<Ipv4Addr, Allowance>,
    /// Of all hosts for which there is no room: somebody makes up addresses.
    others: Option<Allowance>,
}

/// What a datagram is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Read it.
    Read,
    /// The host has sent too many, of which this is the first.
    FirstTooMany,
    /// The host has sent too many.
    TooMany,
}

#[derive(Clone, Copy, Debug)]
struct Allowance {
    left: f32,
    at: Instant,
    exceeded: bool,
}

impl Allowance {
    const fn new(at: Instant) -> Self {
        Self { left: AT_ONCE, at, exceeded: false }
    }

    fn grown(&self, now: Instant) -> f32 {
        let grown = now.saturating_duration_since(self.at).as_secs_f32() * PER_SECOND;
        (self.left + grown).min(AT_ONCE)
    }

    fn take(&mut self, now: Instant) -> Verdict {
        self.left = self.grown(now);
        self.at = now;
        if self.left >= 1.0 {
            self.left -= 1.0;
            self.exceeded &= self.left < AT_ONCE / 2.0;
            return Verdict::Read;
        }
        match core::mem::replace(&mut self.exceeded, true) {
            false => Verdict::FirstTooMany,
            true => Verdict::TooMany,
        }
    }
}

impl Senders {
    /// Takes a datagram of this host into account.
    pub fn judge(&mut self, from: Ipv4Addr, now: Instant) -> Verdict {
        if self.known.len() >= SENDERS && !self.known.contains_key(&from) {
            // Whoever has been silent for a while needs no entry.
            self.known.retain(|_, allowance| allowance.grown(now) < AT_ONCE);
            if self.known.len() >= SENDERS {
                return self.others.get_or_insert_with(|| Allowance::new(now)).take(now);
            }
        }
        self.known.entry(from).or_insert_with(|| Allowance::new(now)).take(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn host(number: usize) -> Ipv4Addr {
        let number = u32::try_from(number).unwrap();
        Ipv4Addr::from_bits(Ipv4Addr::new(10, 0, 0, 0).to_bits() + number)
    }

    /// How many of so many datagrams are read.
    fn read(senders: &mut Senders, from: Ipv4Addr, count: usize, now: Instant) -> usize {
        (0..count).filter(|_| senders.judge(from, now) == Verdict::Read).count()
    }

    #[test]
    fn a_flood_of_one_host_takes_nothing_from_the_others() {
        let (mut senders, start) = (Senders::default(), Instant::now());
        let mut flood = 0;
        for second in 0..10 {
            let now = start + Duration::from_secs(second);
            flood += read(&mut senders, host(1), 1000, now);
            assert_eq!(read(&mut senders, host(2), 20, now), 20, "second {second}");
        }
        assert_eq!(flood, 256 + 9 * 32);
        assert_eq!(senders.judge(host(1), start + Duration::from_secs(9)), Verdict::TooMany);
        let later = start + Duration::from_secs(60);
        assert_eq!(read(&mut senders, host(1), 256, later), 256, "it has calmed down");
        assert_eq!(senders.judge(host(1), later), Verdict::FirstTooMany, "said once each time");
        assert_eq!(senders.judge(host(1), later), Verdict::TooMany);
    }

    #[test]
    fn made_up_addresses_share_one_allowance_and_leave_known_hosts_theirs() {
        let (mut senders, now) = (Senders::default(), Instant::now());
        assert_eq!(senders.judge(host(1), now), Verdict::Read);
        let read_of_all = (2..10_000).filter(|n| senders.judge(host(*n), now) == Verdict::Read);
        assert_eq!(read_of_all.count(), SENDERS - 1 + 256);
        assert_eq!(senders.known.len(), SENDERS);
        assert_eq!(read(&mut senders, host(1), 100, now), 100);
        let later = now + Duration::from_secs(60);
        assert_eq!(read(&mut senders, host(20_000), 100, later), 100, "there is room again");
        assert!(senders.known.len() < SENDERS);
    }
}
