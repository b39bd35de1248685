//! The server side: listening, a bounded number of connections, one request on each.
//!
//! The connections of a server run in an executor of their own, which polls one connection for each turn of the box's executor:
//! however many of them stream, the kiosk gets every second turn. Dropping the server drops its connections.

use crate::config::PortChoice;
use crate::kiosk::event::TaskName;
use crate::shell::http::RequestHead;
use crate::shell::http::{PRODUCT, within};
use crate::shell::mailbox::Mailbox;
use crate::shell::process::Heartbeat;
use crate::time::Duration;
use core::cell::{Cell, RefCell};
use core::future::Future;
use core::net::{IpAddr, Ipv4Addr, SocketAddrV4};
use rustix::io::Errno;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::{Async, LocalExecutor, Task, Timer, future};
use std::fmt::Write as _;
use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::{Instant, SystemTime};

/// Ports tried after the first one of [`PortChoice::From`].
pub const MORE_PORTS: u16 = 32;
/// Pause after a failed accept, which would fail again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// After this many failures in a row (one minute), the server ends and is started again. Lack of descriptors or memory does not
/// count: a restart would only cut the connections that work.
const ACCEPT_FAILURES: u32 = 600;
/// How often a failing accept is logged.
const WARNING_PERIOD: Duration = Duration::from_secs(60);
/// A client that takes longer to receive a short answer is cut off.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may continue to send after its answer. Closing earlier, with bytes unread, would reset the connection, and
/// the client could lose the answer.
const LINGER: Duration = Duration::from_secs(1);
/// How much a client may continue to send: the body of an event that nobody waits for. See [`LINGER`].
const LINGER_BYTES: usize = 512 << 10;

/// Listens on `port` of `address`.
///
/// # Errors
/// A sentence for the owner.
pub fn bind(address: Ipv4Addr, port: PortChoice) -> Result<Async<TcpListener>, String> {
    let (first, last) = match port {
        PortChoice::Fixed(port) => (port, port),
        PortChoice::From(port) => (port, port.saturating_add(MORE_PORTS)),
    };
    for number in first..=last {
        match Async::<TcpListener>::bind(SocketAddrV4::new(address, number)) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(format!("cannot listen on port {number}: {error}")),
        }
    }
    Err(if first == last {
        format!("port {first} is taken by another program: stop that one or set another port")
    } else {
        format!("ports {first} to {last} are all taken by other programs: set another port")
    })
}

/// How many connections a server accepts at once.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// In all.
    pub total: usize,
    /// From addresses that are not preferred.
    pub strangers: usize,
    /// From one address.
    pub per_peer: usize,
}

/// Accepts connections for ever and runs `connection` for each; sends heartbeats through `mailbox`. When all connections are
/// taken, a new client gets a 503, but one from a preferred address takes the place of a stranger; a client that has too many
/// loses its oldest one. Returns a sentence that says why the server ended.
pub async fn serve<'a, C: Future<Output = ()> + 'a>(
    listener: &Async<TcpListener>,
    capacity: Capacity,
    mailbox: &Mailbox,
    name: TaskName,
    preferred: impl Fn(Ipv4Addr) -> bool,
    connection: impl Fn(Async<TcpStream>, Ipv4Addr) -> C,
) -> String {
    let executor = LocalExecutor::new();
    let connections = async {
        loop {
            executor.tick().await;
            future::yield_now().await;
        }
    };
    let accept = async {
        let mut open = OpenConnections { capacity, all: Vec::new() };
        let mut heartbeat = Heartbeat::new(mailbox, name);
        let mut failures = 0;
        let mut warned: Option<Instant> = None;
        let mut refused: (u64, Option<Instant>) = (0, None);
        loop {
            match heartbeat.beat_while(listener.accept()).await {
                Err(error) => {
                    failures += u32::from(scarcity(&error).is_none());
                    if failures == ACCEPT_FAILURES {
                        return format!("no connection could be accepted for a minute: {error}");
                    }
                    if warned.is_none_or(|at| at.elapsed() >= WARNING_PERIOD) {
                        warned = Some(Instant::now());
                        let why = scarcity(&error).map_or(error.to_string(), str::to_owned);
                        log::warn!("{name} cannot accept connections: {why}; trying again");
                    }
                    Timer::after(ACCEPT_PAUSE).await;
                }
                Ok((stream, from)) => {
                    failures = 0;
                    let IpAddr::V4(peer) = from.ip() else {
                        continue;
                    };
                    let room = open.make_room(peer, &preferred);
                    if room {
                        open.all.push((peer, executor.spawn(connection(stream, peer))));
                    } else {
                        refuse(&stream);
                        refused.0 += 1;
                        // Once a minute, so that the log is not flooded.
                        if refused.1.is_none_or(|at| at.elapsed() >= WARNING_PERIOD) {
                            log::warn!(
                                "{name} has too many connections and refuses {peer}; refused so far: {}",
                                refused.0
                            );
                            refused.1 = Some(Instant::now());
                        }
                    }
                }
            }
            // A client that connects rapidly must not keep the box from its other work.
            future::yield_now().await;
        }
    };
    future::or(accept, connections).await
}

/// The open connections, the oldest first. Dropping a task closes its connection.
struct OpenConnections {
    capacity: Capacity,
    all: Vec<(Ipv4Addr, Task<()>)>,
}

impl OpenConnections {
    /// Returns whether there is room for a client, after making some if the client may have it.
    fn make_room(&mut self, peer: Ipv4Addr, preferred: impl Fn(Ipv4Addr) -> bool) -> bool {
        self.all.retain(|(_, task)| !task.is_finished());
        let theirs = |other| other == peer;
        // A TV that never closes its connections must not lock itself out: its oldest one makes room.
        if self.count(theirs) >= self.capacity.per_peer {
            self.drop_oldest(theirs);
        }
        let strange = |other| !preferred(other);
        if strange(peer) {
            return self.count(strange) < self.capacity.strangers && !self.is_full();
        }
        if self.is_full() {
            self.drop_oldest(strange);
        }
        !self.is_full()
    }

    fn is_full(&self) -> bool {
        self.all.len() >= self.capacity.total
    }

    fn count(&self, which: impl Fn(Ipv4Addr) -> bool) -> usize {
        self.all.iter().filter(|(peer, _)| which(*peer)).count()
    }

    fn drop_oldest(&mut self, which: impl Fn(Ipv4Addr) -> bool) {
        if let Some(oldest) = self.all.iter().position(|(peer, _)| which(*peer)) {
            drop(self.all.remove(oldest));
        }
    }
}

/// What the machine or this process lacks, if that is why: nothing is wrong with the socket or the file.
pub fn scarcity(error: &io::Error) -> Option<&'static str> {
    Some(match Errno::from_io_error(error)? {
        Errno::MFILE => {
            "the box has too many files and connections open (EMFILE): raise the service's LimitNOFILE="
        }
        Errno::NFILE => {
            "this machine has too many files open (ENFILE): lsof shows which program holds them"
        }
        Errno::NOBUFS | Errno::NOMEM => "this machine is out of memory: stop other programs",
        _ => return None,
    })
}

/// Answers 503 without waiting: so few bytes fit into any socket buffer.
fn refuse(stream: &Async<TcpStream>) {
    use std::io::{Read, Write};
    let _ = stream.get_ref().read(&mut [0; 4096]);
    let _ = stream.get_ref().write(head(503, &[]).as_bytes());
}

/// The head of an answer, with Date, Server and Connection. Without a Content-Length among `fields` the answer has no body.
pub fn head(status: u16, fields: &[(&str, &str)]) -> String {
    let date = crate::shell::http::date(SystemTime::now());
    let mut text = format!(
        "HTTP/1.1 {status} {}\r\nDate: {date}\r\nServer: {PRODUCT}\r\nConnection: close\r\n",
        reason(status)
    );
    // Writing to a string cannot fail.
    for (name, value) in fields {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    if !fields.iter().any(|(name, _)| *name == "Content-Length") {
        text.push_str("Content-Length: 0\r\n");
    }
    text.push_str("\r\n");
    text
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        206 => "Partial Content",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        431 => "Request Header Fields Too Large",
        _ => "Service Unavailable",
    }
}

/// Whether a request lacks the Host header that it must have (RFC 9112 §3.2).
pub fn lacks_host(request: &RequestHead) -> bool {
    request.http_1_1 && request.headers.get("Host").is_none()
}

/// Sends a short answer; returns whether the client took it in time.
pub async fn send(mut socket: &Async<TcpStream>, text: &str) -> bool {
    let sent = within(ANSWER_TIMEOUT, socket.write_all(text.as_bytes())).await;
    matches!(sent, Some(Ok(())))
}

/// Sends a short answer and closes. A client that does not take it is cut off.
pub async fn answer(socket: &Async<TcpStream>, text: &str) {
    if send(socket, text).await {
        close(socket).await;
    }
}

/// Closes the sending side, then waits a moment for the client to close its own.
pub async fn close(mut stream: &Async<TcpStream>) {
    if stream.get_ref().shutdown(Shutdown::Write).is_err() {
        return;
    }
    let drain = async {
        let mut piece = [0; 4096];
        let mut drained = 0;
        while drained < LINGER_BYTES {
            match stream.read(&mut piece).await {
                Ok(count) if count > 0 => drained += count,
                _ => return,
            }
            future::yield_now().await;
        }
    };
    // Whether it timed out or not, the connection is over.
    let _ = within(LINGER, drain).await;
}

/// The port that a server listens on: opened at the start, and again after the server has ended.
#[derive(Debug)]
pub struct ListeningPort {
    address: Ipv4Addr,
    port: Cell<PortChoice>,
    number: Cell<Option<u16>>,
    /// The result of opening it, until the server takes it.
    opened: RefCell<Option<Result<Async<TcpListener>, String>>>,
}

impl ListeningPort {
    /// Opens the port.
    pub fn open(address: Ipv4Addr, port: PortChoice) -> Self {
        let opening = Self {
            address,
            port: Cell::new(port),
            number: Cell::default(),
            opened: RefCell::default(),
        };
        let opened = opening.listen();
        opening.opened.replace(Some(opened));
        opening
    }

    /// Why it could not be opened at the start.
    pub fn error(&self) -> Option<String> {
        self.opened.borrow().as_ref()?.as_ref().err().cloned()
    }

    /// The listener and its port number; opens the port again if the listener has been taken before.
    ///
    /// # Errors
    /// A sentence for the owner.
    pub fn listener(&self) -> Result<(Async<TcpListener>, u16), String> {
        let first = self.opened.take();
        let again = first.is_none();
        let listener = first.unwrap_or_else(|| self.listen())?;
        let port = self.number().unwrap_or_default();
        if again {
            log::info!("listening on port {port} again");
        }
        Ok((listener, port))
    }

    /// The number of the port, if it was ever opened.
    pub fn number(&self) -> Option<u16> {
        self.number.get()
    }

    fn listen(&self) -> Result<Async<TcpListener>, String> {
        let listener = bind(self.address, self.port.get())?;
        let found = listener.get_ref().local_addr().map_err(|error| error.to_string())?.port();
        // Renderers know this number: the next time it is the first choice.
        self.port.set(match self.port.get() {
            PortChoice::Fixed(_) => PortChoice::Fixed(found),
            PortChoice::From(_) => PortChoice::From(found),
        });
        self.number.set(Some(found));
        Ok(listener)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_an_error_or_a_reason_to_take_the_next_one() {
        let home = Ipv4Addr::LOCALHOST;
        let taken = bind(home, PortChoice::Fixed(0)).unwrap();
        let port = taken.get_ref().local_addr().unwrap().port();
        let sentence = bind(home, PortChoice::Fixed(port)).unwrap_err();
        assert!(sentence.starts_with(&format!("port {port} is taken")), "{sentence}");
        if port <= u16::MAX - MORE_PORTS {
            let next = bind(home, PortChoice::From(port)).unwrap();
            let found = next.get_ref().local_addr().unwrap().port();
            assert!(found > port && found <= port + MORE_PORTS, "{found} after {port}");
        }
    }

    #[test]
    fn what_the_machine_lacks_is_named() {
        let of = |errno: Errno| scarcity(&errno.into());
        assert!(of(Errno::MFILE).is_some_and(|why| why.contains("EMFILE")));
        assert!(of(Errno::NFILE).is_some_and(|why| why.contains("ENFILE")));
        assert_eq!(of(Errno::CONNABORTED), None);
    }

    #[test]
    fn strangers_have_a_share_and_make_room() {
        let executor = LocalExecutor::new();
        let capacity = Capacity { total: 6, strangers: 3, per_peer: 4 };
        let mut open = OpenConnections { capacity, all: Vec::new() };
        let tv = |host: u8| Ipv4Addr::new(10, 0, 0, host);
        let stranger = |host: u8| Ipv4Addr::new(10, 0, 9, host);
        let preferred = |peer: Ipv4Addr| peer.octets()[2] == 0;
        let mut connect = |peer| {
            let room = open.make_room(peer, preferred);
            if room {
                open.all.push((peer, executor.spawn(future::pending())));
            }
            (room, open.all.iter().map(|(peer, _)| *peer).collect::<Vec<_>>())
        };
        assert!((1..=3).all(|host| connect(stranger(host)).0));
        assert!(!connect(stranger(4)).0, "their share is taken");
        assert!((1..=3).all(|host| connect(tv(host)).0), "the rest is for renderers");
        let (room, all) = connect(tv(4));
        assert!(room && !all.contains(&stranger(1)) && all.contains(&stranger(2)), "{all:?}");
        assert!(!connect(stranger(1)).0, "full");
        assert!(connect(tv(5)).0 && connect(tv(5)).0, "the other strangers make room, too");
        let (room, all) = connect(tv(5));
        assert!(!room && all.iter().all(|peer| preferred(*peer)), "only renderers: {all:?}");
    }

    #[test]
    fn an_answer_without_a_body_has_a_content_length_of_0() {
        let text = head(404, &[("Allow", "GET")]);
        assert!(text.starts_with("HTTP/1.1 404 Not Found\r\n"));
        assert!(text.contains("\r\nConnection: close\r\n") && text.contains("\r\nAllow: GET\r\n"));
        assert!(text.ends_with("\r\nContent-Length: 0\r\n\r\n"));
        assert!(!head(200, &[("Content-Length", "5")]).contains("Content-Length: 0"));
    }

    const HOME: Ipv4Addr = Ipv4Addr::LOCALHOST;

    #[test]
    fn a_port_in_use_is_an_error_until_it_is_free() {
        let other = TcpListener::bind((HOME, 0)).unwrap();
        let port = other.local_addr().unwrap().port();
        let listening = ListeningPort::open(HOME, PortChoice::Fixed(port));
        let sentence = listening.error().expect("it is taken");
        assert!(sentence.starts_with(&format!("port {port} is taken")), "{sentence}");
        assert_eq!(listening.listener().unwrap_err(), sentence);
        assert_eq!(listening.listener().unwrap_err(), sentence, "tried again");
        assert_eq!(listening.number(), None);
        drop(other);
        assert_eq!(listening.listener().unwrap().1, port);
    }

    #[test]
    fn the_port_that_was_found_is_kept_until_another_program_takes_it() {
        let taken = TcpListener::bind((HOME, 0)).unwrap();
        let first = taken.local_addr().unwrap().port();
        let listening =
            ListeningPort::open(HOME, PortChoice::From(first.min(u16::MAX - MORE_PORTS)));
        let (listener, found) = listening.listener().unwrap();
        drop((taken, listener));
        let (listener, again) = listening.listener().unwrap();
        assert_eq!(again, found);
        // `listener` still holds it, as another program might.
        let (_elsewhere, other) = listening.listener().unwrap();
        assert!(other > found);
        drop(listener);
    }
}
