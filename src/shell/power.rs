//! Switching the machine off, as an ordinary user: systemd's logind is asked for it, which asks polkit whether this user
//! may. `systemctl` knows how to ask; a D-Bus library for one question would be a good part of the program. (smol keeps a
//! thread that waits for children. It begins here, and not before.)

use crate::limits::SENTENCE_BYTES;
use crate::text::{Text, clip};
use crate::time::Duration;
use smol::process::{Command, Stdio};
use smol::{Timer, future};

/// Nobody is there to type a password.
const ASK: [&str; 3] = ["systemctl", "--no-ask-password", "poweroff"];
/// logind and polkit answer within a moment; on a card that dies later, or never.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks for it.
///
/// # Errors
/// A sentence for the owner: nobody here can, or this user may not.
pub async fn off() -> Result<(), String> {
    ask(&ASK, PATIENCE).await
}

async fn ask(words: &[&str], patience: Duration) -> Result<(), String> {
    let program = words[0];
    let mut command = Command::new(program);
    // What it says is read, so it must not be translated.
    command.args(&words[1..]).env("LC_ALL", "C").kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let answer = async { Some(command.output().await) };
    let late = async {
        Timer::after(patience).await;
        None
    };
    match future::or(answer, late).await {
        Some(Ok(output)) if output.status.success() => Ok(()),
        Some(Ok(output)) => Err(sentence(&String::from_utf8_lossy(&output.stderr))),
        Some(Err(error)) => Err(format!("{program} cannot be run: {error}")),
        None => Err(format!("{program} did not answer within {} s", patience.as_secs())),
    }
}

/// Of several complaints, the one about the question itself.
fn sentence(said: &str) -> String {
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let refusal = lines.clone().find_map(|line| line.split_once("PowerOff failed: "));
    let why = refusal.map(|(_, why)| why).or_else(|| lines.next()).unwrap_or("it is not said why");
    let why: Text<SENTENCE_BYTES> = clip(why.trim_end_matches('.'));
    format!("{why} (the README says what this needs)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use smol::block_on;

    #[test]
    fn of_what_systemctl_says_the_refusal_is_told() {
        let needs = "(the README says what this needs)";
        for (said, told) in [
            (
                "Call to PowerOff failed: Interactive authentication required.\n",
                "Interactive authentication required",
            ),
            (
                "Failed to set wall message, ignoring: Transport endpoint is not connected\n\
                 Call to PowerOff failed: Transport endpoint is not connected\n\
                 Failed to start poweroff.target: Transport endpoint is not connected\n\
                 See system logs and 'systemctl status poweroff.target' for details.\n",
                "Transport endpoint is not connected",
            ),
            (
                "Failed to connect to bus: Connection refused\n",
                "Failed to connect to bus: Connection refused",
            ),
            ("\n", "it is not said why"),
        ] {
            assert_eq!(sentence(said), format!("{told} {needs}"));
        }
        assert!(sentence(&"x".repeat(10_000)).len() < 2 * SENTENCE_BYTES);
    }

    /// What `systemctl` itself does is the business of `tests/power/run`: here it would switch this machine off.
    #[test]
    fn one_that_grants_refuses_is_missing_or_hangs_is_told_apart() {
        let asked = |words: &[&str], patience| block_on(ask(words, patience));
        let patience = Duration::from_secs(20);
        assert_eq!(asked(&["sh", "-c", "test \"$LC_ALL\" = C"], patience), Ok(()));
        let why = |words: &[&str], patience| asked(words, patience).expect_err("not granted");
        let refused = why(&["sh", "-c", "echo no >&2; exit 1"], patience);
        assert!(refused.starts_with("no ("), "{refused}");
        let missing = why(&["/nowhere/systemctl"], patience);
        assert!(missing.starts_with("/nowhere/systemctl cannot be run: "), "{missing}");
        let late = why(&["sleep", "60"], Duration::from_millis(200));
        assert!(late.contains("did not answer"), "{late}");
    }
}
