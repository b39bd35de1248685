//! A simulated renderer on the network's notice board (SSDP, UDA 1.0 §1): it announces itself and
//! answers searches.

use super::{AGAIN, FakeHost, TASKS};
use crate::sim::{Announce, FakeRenderer};
use crate::time::Duration;
use crate::upnp::ssdp;
use core::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use smol::{Async, LocalExecutor, Task, Timer};
use std::net::UdpSocket;

/// The SSDP group.
const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(239, 255, 255, 250), 1900);

impl FakeHost {
    /// Answers searches, by multicast or sent directly.
    pub(super) async fn hear(&self, socket: &Async<UdpSocket>) {
        let executor = LocalExecutor::new();
        let listen = async {
            let mut answers: Vec<Task<()>> = Vec::new();
            let mut datagram = [0; 2048];
            loop {
                let Ok((length, from)) = socket.recv_from(&mut datagram).await else {
                    Timer::after(AGAIN).await;
                    continue;
                };
                let Some(search) = ssdp::parse_search(&datagram[..length]) else {
                    continue;
                };
                let mx = Duration::from_secs(u64::from(search.mx.unwrap_or(0).min(120)));
                let found = self.renderer.borrow_mut().search(&search.target, mx);
                answers.retain(|task| !task.is_finished());
                for (target, delay) in found.into_iter().take(TASKS - answers.len().min(TASKS)) {
                    let answer = self.answer_search(socket, from, target, delay);
                    answers.push(executor.spawn(answer));
                }
            }
        };
        executor.run(listen).await
    }

    async fn answer_search(
        &self,
        socket: &Async<UdpSocket>,
        to: SocketAddr,
        target: String,
        delay: Duration,
    ) {
        Timer::after(delay).await;
        let Some((udn, location)) = self.location_of(&target) else {
            return;
        };
        let text = self.look(|r, _| {
            let text = ssdp::response(&target, &udn, &location, r.quirks().max_age);
            with_boot_id(r, text)
        });
        // A lost datagram is what UDP is like.
        let _ = socket.send_to(text.as_bytes(), to).await;
    }

    /// Announcements of all its targets, to the group.
    pub(super) async fn announce(&self, socket: Option<&Async<UdpSocket>>, what: Announce) {
        let Some(socket) = socket else {
            return;
        };
        let texts: Vec<String> = self.look(|r, _| {
            let max_age = r.quirks().max_age;
            let of = |target: String| {
                let (udn, location) = self.location_of(&target)?;
                Some(match what {
                    Announce::Alive => {
                        with_boot_id(r, ssdp::alive(&target, &udn, &location, max_age))
                    }
                    Announce::Byebye => ssdp::byebye(&target, &udn),
                })
            };
            r.targets().into_iter().filter_map(of).collect()
        });
        for text in texts {
            let _ = socket.send_to(text.as_bytes(), GROUP).await;
        }
    }
}

fn with_boot_id(renderer: &FakeRenderer, mut text: String) -> String {
    if renderer.quirks().tells_boot_id {
        let before_blank_line = text.len().saturating_sub(2);
        text.insert_str(before_blank_line, &format!("BOOTID.UPNP.ORG: {}\r\n", renderer.boots()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::stage::{host, tell};
    use crate::sim::presets;
    use crate::upnp::ssdp;
    use core::net::Ipv4Addr;
    use smol::Async;
    use std::net::UdpSocket;

    #[test]
    fn answers_a_search_sent_to_it() {
        let host = host(presets::kodi());
        let ssdp = Async::<UdpSocket>::bind(([127, 0, 0, 1], 0)).unwrap();
        let asker = Async::<UdpSocket>::bind(([127, 0, 0, 1], 0)).unwrap();
        tell(&host, Some(&ssdp), async {
            let target = "urn:schemas-upnp-org:device:MediaRenderer:1";
            let search = ssdp::search(target, 0, "127.0.0.1:1900");
            let to = ssdp.get_ref().local_addr().unwrap();
            asker.send_to(search.as_bytes(), to).await.unwrap();
            let mut datagram = [0; 2048];
            let (length, _) = asker.recv_from(&mut datagram).await.unwrap();
            let said = ssdp::parse(&datagram[..length], Ipv4Addr::LOCALHOST).unwrap();
            assert_eq!((said.target.as_str(), said.boot_id), (target, Some(1)));
            assert_eq!(said.location, host.location());
        });
    }
}
