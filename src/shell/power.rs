//! Switching the machine off, as an ordinary user: systemd's logind is asked for it, and polkit asked whether this user
//! may. `systemctl` knows how to ask; a D-Bus library in its place would be larger than the rest of the program.

use crate::limits::SENTENCE_BYTES;
use crate::text::{Text, clip};
use crate::time::Duration;
use smol::process::{Command, Stdio};
use smol::{Timer, future};

/// logind and polkit answer within a moment; on a card that dies, or never, later.
const PATIENCE: Duration = Duration::from_secs(30);
const PROGRAM: &str = "systemctl";

/// Asks for it.
///
/// # Errors
/// A sentence for the owner: nobody here can, or this user may not.
pub async fn off() -> Result<(), String> {
    ask(PROGRAM, PATIENCE).await
}

/// Why the demonstration does not do it.
#[must_use]
pub fn demo() -> String {
    "this is only a demonstration".to_owned()
}

async fn ask(program: &str, patience: Duration) -> Result<(), String> {
    let mut command = Command::new(program);
    // Nobody is there to type a password. Its words are read, so they must not be translated.
    command.args(["--no-ask-password", "--no-wall", "poweroff"]).env("LC_ALL", "C");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let answered = async { Some(command.output().await) };
    let late = async {
        Timer::after(patience).await;
        None
    };
    match future::or(answered, late).await {
        Some(Ok(output)) if output.status.success() => Ok(()),
        Some(Ok(output)) => Err(sentence(&String::from_utf8_lossy(&output.stderr))),
        Some(Err(error)) => Err(format!("{program} cannot be run: {error}")),
        None => Err(format!("{program} did not answer within {} s", patience.as_secs())),
    }
}

/// What an owner can do about it.
fn sentence(said: &str) -> String {
    let said = said.trim().lines().next_back().unwrap_or("systemctl does not say why");
    let said: Text<SENTENCE_BYTES> = clip(said);
    let forbidden =
        ["authentication required", "access denied", "not authorized", "permission denied"];
    let plain = said.to_lowercase();
    match forbidden.iter().any(|word| plain.contains(word)) {
        true => format!("this user may not: install polkit and its rule, see the README ({said})"),
        false => said.to_string(),
    }
}
