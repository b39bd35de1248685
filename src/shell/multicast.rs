//! The sockets of SSDP (UDA 1.0 §1): searches go out of every interface, responses and announcements come in.
//!
//! * A *searching* socket for each interface, bound to its address, so that no VPN swallows the search and unicast responses come
//!   back to it.
//! * The *listening* socket on port 1900, a member of the group on every interface.
//! * The *direct* socket for unicast searches, for which the kernel chooses the route.
//!
//! Sockets come and go with addresses while one task waits on all of them: it polls those that exist and is woken when they
//! change. Sending never waits: a search is repeated anyway.

use super::mailbox::Mailbox;
use super::network::{Interface, fair_share, reaching};
use super::process::Heartbeat;
use super::senders::{Senders, Verdict};
use crate::kiosk::event::{Event, TaskName};
use crate::time::Duration;
use crate::upnp::ssdp::{self, GROUP, Rejected, TARGETS};
use async_io::{Async, Timer};
use core::cell::RefCell;
use core::convert::Infallible;
use core::future::poll_fn;
use core::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use core::task::{Context, Poll, Waker};
use smol::future;
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};
use std::collections::BTreeSet;
use std::io;
use std::net::UdpSocket;
use std::time::Instant;

/// Renderers answer within this many seconds: the smallest value that UDA 1.0 §1.2.2 allows.
const MX: u8 = 1;
/// UDA 1.0 §1.1.2. With 1, renderers behind a second switch were not found.
const TTL: u32 = 4;
/// Interfaces used: as many as [`Event::Addresses`] holds.
const INTERFACES: usize = 16;
/// Datagrams read from one socket in one turn, so that a flood of announcements starves neither the responses to searches nor
/// the rest of the box.
const DATAGRAMS: usize = 64;
/// Pause if no socket was readable after all.
const PAUSE: Duration = Duration::from_millis(100);
/// Larger datagrams are cut: SSDP fits into one Ethernet frame.
const DATAGRAM: usize = 8 << 10;

/// SSDP's sockets.
#[derive(Debug, Default)]
pub struct Multicast {
    sockets: RefCell<Sockets>,
    waiting: RefCell<Option<Waker>>,
    warned: RefCell<BTreeSet<(&'static str, io::ErrorKind)>>,
    senders: RefCell<Senders>,
}

#[derive(Debug, Default)]
struct Sockets {
    listening: Option<Async<UdpSocket>>,
    direct: Option<Async<UdpSocket>>,
    searching: Vec<(Interface, Async<UdpSocket>)>,
}

impl Sockets {
    fn all(&self) -> impl Iterator<Item = &Async<UdpSocket>> {
        let searching = self.searching.iter().map(|(_, socket)| socket);
        self.listening.iter().chain(&self.direct).chain(searching)
    }
}

impl Multicast {
    /// Follows the box's interfaces, at the start and whenever they change. Returns whether every socket is open: one that failed
    /// for lack of descriptors or memory may work later.
    pub fn rejoin(&self, interfaces: &[Interface]) -> bool {
        let sockets = &mut *self.sockets.borrow_mut();
        let reached: Vec<_> = fair_share(reaching(interfaces), INTERFACES);
        let mut whole = true;
        let mut need = |done: bool| whole &= done;
        // A socket that is still good stays: responses may be on their way to it.
        let searching = &mut sockets.searching;
        searching.retain(|(known, _)| reached.contains(&known));
        for &interface in &reached {
            if searching.iter().all(|(known, _)| known != interface) {
                let socket = self.warn_once("search", bound_to(interface.address));
                need(socket.is_some());
                searching.extend(socket.map(|s| (interface.clone(), s)));
            }
        }

        // A new socket each time, because memberships of adapters that are gone would fill the old one. But an old socket is
        // better than none.
        let joined = |socket: Async<UdpSocket>| {
            let joins = reached.iter().map(|interface| join(&socket, interface));
            let all = joins.filter_map(|joined| self.warn_once("join", joined)).count();
            (socket, all == reached.len())
        };
        let listening = self.warn_once("listen", listening()).map(joined);
        need(listening.as_ref().is_some_and(|(_, all)| *all));
        sockets.listening = listening.map(|(socket, _)| socket).or(sockets.listening.take());
        if sockets.direct.is_none() {
            let any = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
            sockets.direct = self.warn_once("search directly", Async::<UdpSocket>::bind(any));
            need(sockets.direct.is_some());
        }
        if whole {
            self.warned.borrow_mut().clear();
        }
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
        whole
    }

    /// Posts what is received.
    pub async fn run(&self, mailbox: &Mailbox) -> Infallible {
        let mut heartbeat = Heartbeat::new(mailbox, TaskName::Multicast);
        let mut buffer = vec![0; DATAGRAM];
        loop {
            let readable = poll_fn(|cx| self.poll_readable(cx));
            heartbeat.beat_while(readable).await;
            if self.drain(&mut buffer, mailbox) == 0 {
                // A socket that only fails stays readable; its error can wait a moment.
                Timer::after(PAUSE).await;
            }
            future::yield_now().await;
        }
    }

    /// Searches for every target from every interface, twice, because datagrams get lost. Returns the number of datagrams sent.
    pub async fn search(&self) -> usize {
        let first = self.search_once();
        // At random, so as not to keep step with other control points.
        Timer::after(Duration::from_millis(fastrand::u64(150..=200))).await;
        first + self.search_once()
    }

    /// Searches at one address by unicast, for renderers that multicast does not reach.
    pub fn search_at(&self, renderer: SocketAddrV4) -> usize {
        let sockets = self.sockets.borrow();
        let Some(socket) = &sockets.direct else {
            return 0;
        };
        self.search_through(socket, renderer)
    }

    fn search_once(&self) -> usize {
        let sockets = self.sockets.borrow();
        let sent = sockets.searching.iter();
        sent.map(|(_, socket)| self.search_through(socket, GROUP)).sum()
    }

    fn search_through(&self, socket: &Async<UdpSocket>, to: SocketAddrV4) -> usize {
        let host = to.to_string();
        let send = |target| {
            let search = ssdp::search(target, MX, &host);
            self.warn_once("send", socket.get_ref().send_to(search.as_bytes(), to))
        };
        TARGETS.into_iter().filter_map(send).count()
    }

    /// Ready when one of the sockets may be readable.
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        let sockets = self.sockets.borrow();
        let ready = sockets.all().any(|s| s.poll_readable(cx).is_ready());
        self.waiting.replace(Some(cx.waker().clone()));
        if ready { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Reads all sockets; returns the number of datagrams.
    fn drain(&self, buffer: &mut [u8], mailbox: &Mailbox) -> usize {
        let sockets = self.sockets.borrow();
        let (mut datagrams, now) = (0, Instant::now());
        for socket in sockets.all() {
            for _ in 0..DATAGRAMS {
                match socket.get_ref().recv_from(buffer) {
                    Ok((length, from)) => {
                        datagrams += 1;
                        if let SocketAddr::V4(from) = from
                            && self.may_speak(*from.ip(), now)
                        {
                            offer(&buffer[..length], *from.ip(), mailbox);
                        }
                    }
                    Err(error) => {
                        if error.kind() != io::ErrorKind::WouldBlock {
                            self.warn_once::<()>("receive", Err(error));
                        }
                        break;
                    }
                }
            }
        }
        datagrams
    }

    /// Returns whether a datagram of this host is read. Logs that it sends too many.
    fn may_speak(&self, from: Ipv4Addr, now: Instant) -> bool {
        let verdict = self.senders.borrow_mut().judge(from, now);
        if verdict == Verdict::FirstTooMany {
            log::warn!(
                "{from} sends too many SSDP datagrams: the box ignores the rest. Check what runs there"
            );
        }
        verdict == Verdict::Read
    }

    /// The result if it worked. A failure is logged once for each kind until every socket is open again: with the cable unplugged,
    /// everything keeps failing.
    fn warn_once<T>(&self, purpose: &'static str, result: io::Result<T>) -> Option<T> {
        let error = match result {
            Ok(done) => return Some(done),
            Err(error) => error,
        };
        if self.warned.borrow_mut().insert((purpose, error.kind())) {
            log::warn!("SSDP cannot {purpose}: {error}");
        }
        None
    }
}

fn offer(datagram: &[u8], from: Ipv4Addr, mailbox: &Mailbox) {
    match ssdp::parse(datagram, from) {
        Ok(announcement) => mailbox.offer(Event::Heard(Box::new(announcement))),
        // Other control points search, too, and the box hears its own searches.
        Err(Rejected::Search) => {}
        Err(why) => {
            log::debug!("unusable datagram from {from}: {why:?}");
            mailbox.offer(Event::BadDatagram);
        }
    }
}

fn udp() -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn bound_to(address: Ipv4Addr) -> io::Result<Async<UdpSocket>> {
    let socket = udp()?;
    socket.set_multicast_if_v4(&address)?;
    socket.set_multicast_ttl_v4(TTL)?;
    socket.bind(&SocketAddrV4::new(address, 0).into())?;
    Async::new_nonblocking(socket.into())
}

fn listening() -> io::Result<Async<UdpSocket>> {
    let socket = udp()?;
    // Media servers and other control points on this machine use the port, too.
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    // Receive only on the interfaces that were joined. Without it more is received, which is no reason to fail.
    let _ = socket.set_multicast_all_v4(false);
    socket.bind(&SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, GROUP.port()).into())?;
    Async::new_nonblocking(socket.into())
}

fn join(socket: &Async<UdpSocket>, interface: &Interface) -> io::Result<()> {
    // By index: two interfaces may have the same address for a moment.
    let index = InterfaceIndexOrAddress::Index(interface.index);
    match socket2::SockRef::from(socket).join_multicast_v4_n(GROUP.ip(), &index) {
        // An interface with two addresses is joined only once; an interface may be gone.
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Ok(()),
        Err(error) if error.raw_os_error() == Some(NO_SUCH_DEVICE) => Ok(()),
        other => other,
    }
}

const NO_SUCH_DEVICE: i32 = rustix::io::Errno::NODEV.raw_os_error();

#[cfg(test)]
mod tests {
    use super::super::network::interfaces;
    use super::super::network::tests::{in_namespace, ip};
    use super::*;
    use crate::upnp::{HttpUrl, Udn};

    fn loopback() -> Interface {
        interfaces().unwrap().into_iter().find(|i| i.address == Ipv4Addr::LOCALHOST).unwrap()
    }

    /// Runs `story` beside the task.
    fn beside<T>(multicast: &Multicast, mailbox: &Mailbox, story: impl Future<Output = T>) -> T {
        let task = async { match multicast.run(mailbox).await {} };
        smol::block_on(future::or(story, task))
    }

    async fn next(mailbox: &Mailbox) -> Event {
        loop {
            match mailbox.take().await {
                Event::Alive(TaskName::Multicast) => {}
                other => return other,
            }
        }
    }

    #[test]
    fn a_unicast_search_is_answered_and_bad_datagrams_are_counted() {
        let multicast = Multicast::default();
        let mailbox = Mailbox::default();
        let story = async {
            // The task is waiting before the sockets exist.
            future::yield_now().await;
            assert!(multicast.rejoin(&[loopback()]));
            let renderer = Async::<UdpSocket>::bind(([127, 0, 0, 1], 0)).unwrap();
            let SocketAddr::V4(at) = renderer.get_ref().local_addr().unwrap() else {
                unreachable!()
            };
            assert_eq!(multicast.search_at(at), TARGETS.len());
            let mut buffer = [0; 1500];
            for target in TARGETS {
                let (length, from) = renderer.recv_from(&mut buffer).await.unwrap();
                let search = ssdp::parse_search(&buffer[..length]).unwrap();
                assert_eq!((search.target.as_str(), search.mx), (target, Some(MX)));
                if target == "ssdp:all" {
                    let location = HttpUrl::parse("http://127.0.0.1:49494/d.xml").unwrap();
                    let udn = Udn::new("uuid:tv").unwrap();
                    let life = Duration::from_secs(1800);
                    let response = ssdp::response(target, &udn, &location, life);
                    renderer.send_to(b"HELO", from).await.unwrap();
                    renderer.send_to(&buffer[..length], from).await.unwrap();
                    renderer.send_to(response.as_bytes(), from).await.unwrap();
                }
            }
            assert!(matches!(next(&mailbox).await, Event::BadDatagram));
            let heard = next(&mailbox).await;
            let Event::Heard(announcement) = heard else {
                panic!("{heard:?}");
            };
            assert_eq!(announcement.udn.as_str(), "uuid:tv");
        };
        beside(&multicast, &mailbox, story);
    }

    #[test]
    fn sockets_of_interfaces_that_stay_are_kept_and_others_closed() {
        let multicast = Multicast::default();
        let ports = || -> Vec<_> {
            let sockets = multicast.sockets.borrow();
            let bound = sockets.searching.iter();
            bound.map(|(_, s)| s.get_ref().local_addr().unwrap()).collect()
        };
        let second = Interface { address: Ipv4Addr::new(127, 0, 0, 9), ..loopback() };
        // An address reserved for documentation, so binding to it fails.
        let gone =
            Interface { address: Ipv4Addr::new(198, 51, 100, 77), index: 4711, ..loopback() };
        assert!(!multicast.rejoin(&[loopback(), gone]), "to be tried again");
        let first = ports();
        assert_eq!(first.len(), 1, "an address that is gone is no reason to fail");
        multicast.rejoin(&[loopback(), second]);
        assert!(ports().len() == 2 && ports().contains(&first[0]));
        let lan = Interface { loopback: false, ..loopback() };
        multicast.rejoin(&[loopback(), lan]);
        assert_eq!(ports().len(), 1, "loopback only when it is alone");
        multicast.rejoin(&[]);
        assert_eq!(ports(), []);
        assert_eq!(smol::block_on(multicast.search()), 0);
    }

    #[test]
    fn searches_and_announcements_cross_the_group_and_a_dead_link_is_survived() {
        if !in_namespace(
            "shell::multicast::tests::searches_and_announcements_cross_the_group_and_a_dead_link_is_survived",
        ) {
            return;
        }
        ip("link set lo multicast on");
        ip("address add 10.99.0.1/24 dev lo");
        let ours = Ipv4Addr::new(10, 99, 0, 1);
        let (multicast, mailbox) = (Multicast::default(), Mailbox::default());
        multicast.rejoin(&interfaces().unwrap());

        let renderer = listening().unwrap();
        let lan = interfaces().unwrap().into_iter().find(|i| i.address == ours).unwrap();
        join(&renderer, &lan).unwrap();
        let location = HttpUrl::parse("http://10.99.0.1:49494/d.xml").unwrap();
        let life = Duration::from_secs(1800);
        let announce = |name: &str| {
            let udn = Udn::new(name).unwrap();
            let alive = ssdp::alive("upnp:rootdevice", &udn, &location, life);
            let speaker = bound_to(ours).unwrap();
            speaker.get_ref().send_to(alive.as_bytes(), GROUP).unwrap();
        };
        let heard = async || match next(&mailbox).await {
            Event::Heard(announcement) => announcement.udn.to_string(),
            other => panic!("{other:?}"),
        };
        let story = async {
            assert_eq!(multicast.search().await, 2 * TARGETS.len());
            let mut buffer = [0; 1500];
            for target in TARGETS.into_iter().chain(TARGETS) {
                let (length, from) = renderer.recv_from(&mut buffer).await.unwrap();
                let search = ssdp::parse_search(&buffer[..length]).unwrap();
                assert_eq!((search.target.as_str(), from.ip()), (target, ours.into()));
            }
            announce("uuid:first");
            assert_eq!(heard().await, "uuid:first");

            ip("link set lo down");
            assert_eq!(multicast.search().await, 0);
            let far = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 1), 1900);
            assert_eq!(multicast.search_at(far), 0);
            assert!(multicast.warned.borrow().len() <= 2, "once per kind");

            ip("link set lo up");
            multicast.rejoin(&interfaces().unwrap());
            announce("uuid:again");
            assert_eq!(heard().await, "uuid:again", "told once, by one socket");
        };
        beside(&multicast, &mailbox, story);
        assert_eq!(mailbox.status().depth, 0);
    }
}
