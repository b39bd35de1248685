//! The box's network interfaces, and their changes.
//!
//! The kernel reports over netlink (`rtnetlink(7)`) that something about links or addresses has changed. What has changed is read
//! from the list of interfaces itself, so a lost message does no harm.

use super::mailbox::Mailbox;
use super::process::Heartbeat;
use crate::kiosk::event::{Event, TaskName};
use crate::time::Duration;
use async_io::{Async, Timer};
use core::convert::Infallible;
use core::net::Ipv4Addr;
use if_addrs::IfAddr;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, bind, recv, socket_with};
use smol::future;
use std::io;
use std::os::fd::OwnedFd;

/// An interface that is up, with one of its IPv4 addresses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interface {
    /// `wlan0`
    pub name: String,
    /// The kernel's number for it; an adapter plugged in again gets a new one.
    pub index: u32,
    /// The box's address.
    pub address: Ipv4Addr,
    /// The netmask of its subnet.
    pub netmask: Ipv4Addr,
    /// Whether it reaches only this host.
    pub loopback: bool,
}

/// `RTMGRP_LINK | RTMGRP_IPV4_IFADDR` of `linux/rtnetlink.h`.
const GROUPS: u32 = 0x1 | 0x10;
/// One change causes several messages (address, link, carrier), which are taken together.
const SETTLE_TIME: Duration = Duration::from_millis(100);
/// How often the interfaces are read where netlink is refused, for example by a sandbox, or after another failure.
const POLL_PERIOD: Duration = Duration::from_secs(10);
/// Messages read in one turn; the rest makes the socket readable again.
const MESSAGES: usize = 256;

/// The IPv4 interfaces that are up, in a stable order.
///
/// # Errors
/// They cannot be listed now, for lack of descriptors or memory. That says nothing about the interfaces.
pub fn interfaces() -> io::Result<Vec<Interface>> {
    let mut interfaces: Vec<_> = if_addrs::get_if_addrs()?.into_iter().filter_map(ipv4).collect();
    interfaces.sort_unstable();
    interfaces.dedup();
    Ok(interfaces)
}

fn ipv4(listed: if_addrs::Interface) -> Option<Interface> {
    let IfAddr::V4(v4) = &listed.addr else {
        return None;
    };
    let up = listed.is_oper_up();
    up.then(|| Interface {
        index: listed.index.unwrap_or(0),
        address: v4.ip,
        netmask: v4.netmask,
        loopback: v4.is_loopback(),
        name: listed.name,
    })
}

/// Posts [`Event::Addresses`] at the start and after each change. Calls `adopt` before, and again as long as it returns that it
/// could not do everything.
pub async fn run(mailbox: &Mailbox, mut adopt: impl FnMut(&[Interface]) -> bool) -> Infallible {
    let mut heartbeat = Heartbeat::new(mailbox, TaskName::Network);
    let mut warned = None;
    let mut known = None;
    let mut adopted = false;
    let mut netlink = None;
    loop {
        // Before the interfaces are read, so that no change falls between.
        let subscribed = netlink.take().map_or_else(subscribe, Ok);
        let listed = interfaces();
        let mut whole = listed.is_ok();
        let trouble = listed.as_ref().err().or(subscribed.as_ref().err());
        warn_once(trouble, &mut warned);
        if let Ok(now) = listed {
            let changed = known.as_ref() != Some(&now);
            if changed || !adopted {
                adopted = adopt(&now);
            }
            whole = adopted;
            if changed {
                log::debug!("addresses: {}", sentence(&now));
                mailbox.post(Event::Addresses(addresses(&now))).await;
                known = Some(now);
            }
        }
        let poll_again = async {
            Timer::after(POLL_PERIOD).await;
            Ok(())
        };
        let changed = match &subscribed {
            Ok(netlink) if whole => heartbeat.beat_while(change(netlink)).await,
            Ok(netlink) => heartbeat.beat_while(future::or(change(netlink), poll_again)).await,
            Err(_) => heartbeat.beat_while(poll_again).await,
        };
        match changed {
            Ok(()) => netlink = subscribed.ok(),
            Err(error) => {
                warn_once(Some(&error), &mut warned);
                heartbeat.beat_while(Timer::after(POLL_PERIOD)).await;
            }
        }
    }
}

/// Logs a failure, unless it is of the kind that was logged last.
fn warn_once(trouble: Option<&io::Error>, warned: &mut Option<io::ErrorKind>) {
    let before = core::mem::replace(warned, trouble.map(io::Error::kind));
    if let Some(error) = trouble
        && before != Some(error.kind())
    {
        log::warn!("the kernel does not report address changes; checking every 10 s: {error}");
    }
}

/// The addresses that a renderer could reach. There is none if the cable is unplugged or the Wi-Fi is down.
fn addresses(interfaces: &[Interface]) -> heapless::Vec<Ipv4Addr, 16> {
    let outside = interfaces.iter().filter(|i| !i.loopback);
    fair_share(outside, 16).into_iter().map(|i| i.address).take(16).collect()
}

/// So many of these at most, in the same order. If there are more, each interface gives its first address before one gives its
/// second: a bridge of containers with twenty addresses must not displace the LAN.
pub(super) fn fair_share<'a>(
    of: impl Iterator<Item = &'a Interface>,
    most: usize,
) -> Vec<&'a Interface> {
    let mut all: Vec<(usize, &Interface)> = Vec::new();
    for interface in of {
        let before = all.iter().filter(|(_, other)| other.index == interface.index).count();
        all.push((before, interface));
    }
    let mut chosen: Vec<_> = (0..all.len()).collect();
    chosen.sort_by_key(|&i| all.get(i).map(|(before, _)| *before));
    chosen.truncate(most);
    chosen.sort_unstable();
    chosen.into_iter().filter_map(|i| Some(all.get(i)?.1)).collect()
}

/// The interfaces that reach the LAN; loopback only if there is no other one.
pub(super) fn reaching(interfaces: &[Interface]) -> impl Iterator<Item = &Interface> {
    let alone = interfaces.iter().all(|i| i.loopback);
    interfaces.iter().filter(move |i| alone || !i.loopback)
}

fn sentence(interfaces: &[Interface]) -> String {
    let named: Vec<_> = interfaces.iter().map(|i| format!("{} on {}", i.address, i.name)).collect();
    if named.is_empty() { "none".to_owned() } else { named.join(", ") }
}

fn subscribe() -> io::Result<Async<OwnedFd>> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    // No protocol means number 0: NETLINK_ROUTE.
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
    bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
    Async::new_nonblocking(socket)
}

/// Waits until something may have changed and the messages have ended.
async fn change(netlink: &Async<OwnedFd>) -> io::Result<()> {
    netlink.readable().await?;
    Timer::after(SETTLE_TIME).await;
    // The kernel truncates a message to the buffer; the content does not matter.
    let mut buffer = [0; 16];
    for _ in 0..MESSAGES {
        match recv(netlink, &mut buffer[..], RecvFlags::DONTWAIT).map_err(io::Error::from) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) if error.raw_os_error() == Some(NO_BUFFER_SPACE) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Messages were lost, which does not matter: the interfaces are read anyway.
const NO_BUFFER_SPACE: i32 = rustix::io::Errno::NOBUFS.raw_os_error();

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn the_loopback_interface_is_listed_and_used_only_when_it_is_alone() {
        let lo = interfaces()
            .unwrap()
            .into_iter()
            .find(|i| i.address == Ipv4Addr::LOCALHOST)
            .expect("127.0.0.1 is always up");
        assert!(lo.loopback && lo.index > 0);
        let lan = Interface {
            name: "eth0".to_owned(),
            index: 2,
            address: Ipv4Addr::new(192, 168, 1, 5),
            netmask: Ipv4Addr::new(255, 255, 255, 0),
            loopback: false,
        };
        assert!(addresses(std::slice::from_ref(&lo)).is_empty(), "no network");
        assert_eq!(addresses(&[lo, lan.clone()]), [lan.address]);
        assert_eq!(sentence(&[lan]), "192.168.1.5 on eth0");
    }

    #[test]
    fn every_interface_gets_its_share_of_addresses() {
        let on = |name: &str, index: u32, host: u8| Interface {
            name: name.to_owned(),
            index,
            address: Ipv4Addr::new(10, 0, u8::try_from(index).unwrap(), host),
            netmask: Ipv4Addr::new(255, 255, 255, 0),
            loopback: false,
        };
        let mut all: Vec<_> = (1..=18).map(|host| on("docker0", 2, host)).collect();
        all.extend((1..=2).map(|host| on("eth0", 3, host)));
        let used = addresses(&all);
        assert_eq!(used.len(), 16);
        let of = |index: u8| used.iter().filter(|a| a.octets()[2] == index).count();
        assert_eq!((of(2), of(3)), (14, 2));
        assert_eq!(used.last(), Some(&Ipv4Addr::new(10, 0, 3, 2)), "in the same order");
        let few = addresses(&all[..3]);
        assert_eq!(few.len(), 3);
    }

    const AGAIN: &str = "DLNA_KIOSK_TEST_NAMESPACE";

    /// Runs the test of this name in a process and a network namespace of its own, where `lo` is up. Returns true inside; false
    /// outside, after the test has passed inside. Where namespaces are not allowed, it prints that nothing was tested.
    pub(in crate::shell) fn in_namespace(test: &str) -> bool {
        if std::env::var_os(AGAIN).is_some() {
            ip("link set lo up");
            return true;
        }
        let ours = ["--net", "--map-root-user"];
        let allowed = Command::new("unshare").args(ours).arg("true").status();
        if !allowed.is_ok_and(|status| status.success()) {
            println!("not tested here: no network namespaces");
            return false;
        }
        let inside = Command::new("unshare")
            .args(ours)
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", test])
            .env(AGAIN, "1")
            .output()
            .unwrap();
        assert!(inside.status.success(), "{inside:?}");
        assert!(String::from_utf8_lossy(&inside.stdout).contains("1 passed"));
        false
    }

    pub(in crate::shell) fn ip(arguments: &str) {
        let done = Command::new("ip").args(arguments.split(' ')).status();
        assert!(done.unwrap().success(), "ip {arguments}");
    }

    async fn next(mailbox: &Mailbox) -> Vec<Ipv4Addr> {
        loop {
            if let Event::Addresses(addresses) = mailbox.take().await {
                return addresses.to_vec();
            }
        }
    }

    #[test]
    fn each_change_of_addresses_is_posted() {
        if !in_namespace("shell::network::tests::each_change_of_addresses_is_posted") {
            return;
        }
        let mailbox = Mailbox::default();
        let told = core::cell::Cell::new(0);
        let story = async {
            assert!(next(&mailbox).await.is_empty());
            ip("address add 10.99.0.1/24 dev lo");
            assert_eq!(next(&mailbox).await, [Ipv4Addr::new(10, 99, 0, 1)]);
            ip("address add 10.99.1.1/24 dev lo");
            ip("address del 10.99.1.1/24 dev lo");
            ip("address del 10.99.0.1/24 dev lo");
            let told_as_one = next(&mailbox).await;
            assert!(told_as_one.is_empty(), "changes that follow each other");
            assert_eq!(told.get(), 3);
        };
        let task = async {
            match run(&mailbox, |_| {
                told.set(told.get() + 1);
                true
            })
            .await {}
        };
        smol::block_on(future::or(story, task));
    }
}
