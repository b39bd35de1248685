//! A door: the port that a server of the box listens on, opened at the start and again after the server
//! ended. A port that is taken by another program is tried again for as long as it takes.

use super::http::server;
use crate::config::Port;
use core::cell::{Cell, RefCell};
use core::net::Ipv4Addr;
use smol::Async;
use std::net::TcpListener;

/// One server's port.
#[derive(Debug)]
pub(super) struct Door {
    address: Ipv4Addr,
    port: Cell<Port>,
    listens: Cell<Option<u16>>,
    /// How opening went, until the server takes it.
    opened: RefCell<Option<Result<Async<TcpListener>, String>>>,
}

impl Door {
    /// Opens it for the first time.
    pub(super) fn open(address: Ipv4Addr, port: Port) -> Self {
        let door = Self {
            address,
            port: Cell::new(port),
            listens: Cell::default(),
            opened: RefCell::default(),
        };
        let opened = door.listen();
        door.opened.replace(Some(opened));
        door
    }

    /// Why it could not be opened the first time.
    pub(super) fn fault(&self) -> Option<String> {
        self.opened.borrow().as_ref()?.as_ref().err().cloned()
    }

    /// The listener and its port, opened anew if this is not the first time.
    ///
    /// # Errors
    /// A sentence for the owner.
    pub(super) fn listener(&self) -> Result<(Async<TcpListener>, u16), String> {
        let first = self.opened.take();
        let again = first.is_none();
        let listener = first.unwrap_or_else(|| self.listen())?;
        let port = self.number().unwrap_or_default();
        if again {
            log::info!("listening on port {port} again");
        }
        Ok((listener, port))
    }

    /// The port's number, if anybody ever listened.
    pub(super) fn number(&self) -> Option<u16> {
        self.listens.get()
    }

    fn listen(&self) -> Result<Async<TcpListener>, String> {
        let listener = server::bind(self.address, self.port.get())?;
        let found = listener.get_ref().local_addr().map_err(|error| error.to_string())?.port();
        // Renderers know it by now: the next time it is the first choice.
        self.port.set(match self.port.get() {
            Port::Fixed(_) => Port::Fixed(found),
            Port::From(_) => Port::From(found),
        });
        self.listens.set(Some(found));
        Ok(listener)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: Ipv4Addr = Ipv4Addr::LOCALHOST;

    #[test]
    fn a_taken_port_is_a_sentence_until_it_is_free() {
        let other = TcpListener::bind((HOME, 0)).unwrap();
        let port = other.local_addr().unwrap().port();
        let door = Door::open(HOME, Port::Fixed(port));
        let sentence = door.fault().expect("it is taken");
        assert!(sentence.starts_with(&format!("port {port} is taken")), "{sentence}");
        assert_eq!(door.listener().unwrap_err(), sentence);
        assert_eq!(door.listener().unwrap_err(), sentence, "tried again");
        assert_eq!(door.number(), None);
        drop(other);
        assert_eq!(door.listener().unwrap().1, port);
    }

    #[test]
    fn the_port_that_was_found_is_kept_and_left_only_when_it_is_taken() {
        let taken = TcpListener::bind((HOME, 0)).unwrap();
        let first = taken.local_addr().unwrap().port();
        let door = Door::open(HOME, Port::From(first.min(u16::MAX - server::MORE_PORTS)));
        let (listener, found) = door.listener().unwrap();
        drop((taken, listener));
        let (listener, again) = door.listener().unwrap();
        assert_eq!(again, found);
        // Still there, as a port that somebody else took meanwhile.
        let (_elsewhere, other) = door.listener().unwrap();
        assert!(other > found);
        drop(listener);
    }
}
