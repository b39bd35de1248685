//! The keyboard of a terminal, key by key, for the demonstration.

use async_io::Async;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::{self, Stdin, stdin};

/// A terminal in raw mode; set back when dropped.
#[derive(Debug)]
pub struct Keyboard {
    input: Async<Stdin>,
    before: Termios,
}

impl Keyboard {
    /// Takes the terminal of standard input.
    ///
    /// # Errors
    /// Standard input is no terminal.
    pub fn open() -> io::Result<Self> {
        let before = tcgetattr(stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        // Not made non-blocking: the terminal is shared with standard output and with the shell that
        // started us. A read after readiness does not block.
        let input = Async::new_nonblocking(stdin())?;
        tcsetattr(stdin(), OptionalActions::Now, &raw)?;
        Ok(Self { input, before })
    }

    /// The next key; `q` when there will be none any more.
    pub async fn key(&self) -> u8 {
        let mut key = [0];
        match self.input.readable().await {
            Ok(()) => match rustix::io::read(self.input.get_ref(), &mut key) {
                Ok(1) => key[0],
                _ => b'q',
            },
            Err(_) => b'q',
        }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        // The terminal may be gone; then there is nothing to set back.
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
    }
}
