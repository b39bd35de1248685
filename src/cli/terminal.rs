//! What the commands share at a terminal: printing, the line that shows a renderer, and the keyboard.

use crate::kiosk::event::Question;
use crate::shell::{Shell, control_server};
use crate::text::harmless;
use async_io::Async;
use core::cell::RefCell;
use core::fmt::Display;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use serde_json::Value;
use std::io::{self, IsTerminal as _, Stdin, Write as _, stderr, stdin, stdout};

/// Asks the box in this process for its status.
pub(super) async fn status(shell: &Shell) -> Option<Value> {
    let json = control_server::ask(&shell.mailbox, &shell.replies, Question::Status).await?;
    serde_json::from_str(&json).ok()
}

/// Whether standard output is a terminal.
pub(super) fn is_terminal() -> bool {
    stdout().is_terminal()
}

/// How many lines the terminal shows.
pub(super) fn height() -> usize {
    let size = tcgetwinsize(stdout()).map_or(0, |size| size.ws_row);
    if size == 0 { 24 } else { usize::from(size) }
}

thread_local! {
    /// Why something could not be printed.
    static FAILURE: RefCell<Option<io::Error>> = const { RefCell::new(None) };
}

/// Why something could not be printed, if so. A reader that has gone, such as `head`, is no failure.
pub(super) fn failure() -> Option<io::Error> {
    FAILURE.take().filter(|error| error.kind() != io::ErrorKind::BrokenPipe)
}

/// Prints at once, without a line feed. Returns whether that is still possible; see [`failure`].
pub(super) fn print(text: impl Display) -> bool {
    let printed = write!(stdout(), "{text}").and_then(|()| stdout().flush());
    printed.map_err(|error| FAILURE.set(Some(error))).is_ok()
}

/// Prints lines, with nothing in them that harms a terminal; otherwise like [`print`].
pub(super) fn print_line(lines: impl Display) -> bool {
    print(format_args!("{}\n", harmless_lines(lines)))
}

/// Prints lines on standard error, if anybody reads them.
pub(super) fn print_error(lines: impl Display) {
    let _ = writeln!(stderr(), "{}", harmless_lines(lines));
}

fn harmless_lines(lines: impl Display) -> String {
    let text = lines.to_string();
    text.split('\n').map(harmless).collect::<Vec<_>>().join("\n")
}

/// `no errors`, `1 error`, `2 errors`.
pub(super) fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// `1:02:03`, or `2:03` below an hour.
pub(super) fn clock_time(seconds: f64) -> String {
    // Positions are far below 2^53; negative ones do not occur.
    let whole = seconds.max(0.0) as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// A progress bar of this many cells.
fn progress_bar(progress: f64, cells: usize) -> String {
    let full = ((progress.clamp(0.0, 1.0) * cells as f64).round() as usize).min(cells);
    format!("{}{}", "█".repeat(full), "░".repeat(cells - full))
}

/// One renderer in one line: its state, its position, and why it does not play.
pub(super) fn renderer_line(renderer: &Value) -> String {
    let text = |key: &str| harmless(renderer[key].as_str().unwrap_or("")).into_owned();
    let mut line = format!("{}: {}", text("name"), text("state").replace('_', " "));
    if renderer["playing"].is_string() {
        line += &format!(" {}", text("playing"));
    }
    if let Some(position) = renderer["position_s"].as_f64() {
        match (renderer["duration_s"].as_f64(), renderer["progress"].as_f64()) {
            (Some(duration), Some(progress)) => {
                line += &format!(
                    " {} {} / {}",
                    progress_bar(progress, 20),
                    clock_time(position),
                    clock_time(duration)
                );
            }
            _ => line += &format!(" {}", clock_time(position)),
        }
    }
    if let Some(rounds) = renderer["rounds"].as_u64().filter(|rounds| *rounds > 0) {
        line += &format!(" (round {})", rounds + 1);
    }
    let schedule = &renderer["schedule"];
    if let (Some(entry), Some(until)) = (schedule["entry"].as_str(), schedule["until"].as_str()) {
        let then = match schedule["then"].as_str().unwrap_or("") {
            "play" => "plays",
            "stop" => "stopped",
            other => other,
        };
        line += &format!(" [schedule \"{}\": {then} until {until}]", harmless(entry));
    }
    let why = &renderer["why"];
    // What is under way needs no sentence: the state says it.
    let why = why["sentence"].as_str().filter(|_| why["standing"] != "soon");
    if let Some(sentence) = renderer["fault"].as_str().or(why) {
        line += &format!(" — {}", harmless(sentence));
    }
    line
}

/// The keyboard of a terminal in raw mode; restored on drop.
#[derive(Debug)]
pub struct Keyboard {
    input: Async<Stdin>,
    before: Termios,
}

impl Keyboard {
    /// Puts the terminal of standard input into raw mode.
    ///
    /// # Errors
    /// Standard input is not a terminal.
    pub fn open() -> io::Result<Self> {
        let before = tcgetattr(stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        // The terminal stays blocking: standard output and the shell that started us share it. A read after readiness
        // does not block.
        let input = Async::new_nonblocking(stdin())?;
        tcsetattr(stdin(), OptionalActions::Now, &raw)?;
        Ok(Self { input, before })
    }

    /// The next key; `q` when no more keys can come.
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
        // The terminal may be gone; then there is nothing to restore.
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_renderer_is_shown_in_one_line() {
        let renderer = json!({ "name": "TV", "state": "playing", "playing": "a.mp4", "position_s": 3725.4,
            "duration_s": 7450.8, "progress": 0.5, "rounds": 2, "fault": null });
        assert_eq!(
            renderer_line(&renderer),
            "TV: playing a.mp4 ██████████░░░░░░░░░░ 1:02:05 / 2:04:10 (round 3)"
        );
        let closed = json!({ "name": "TV", "state": "stopped",
            "schedule": { "entry": "Closed", "then": "stop", "until": "2026-11-27 09:00" } });
        assert_eq!(
            renderer_line(&closed),
            "TV: stopped [schedule \"Closed\": stopped until 2026-11-27 09:00]"
        );
        let away = json!({ "name": "TV", "state": "away", "fault": "it does not answer" });
        assert_eq!(renderer_line(&away), "TV: away — it does not answer");
        let why = json!({ "standing": "right", "sentence": "the programme is over" });
        let over = json!({ "name": "TV", "state": "stopped", "why": why });
        assert_eq!(renderer_line(&over), "TV: stopped — the programme is over");
        let why = json!({ "standing": "soon", "sentence": "it fetches a.mp4" });
        let soon = json!({ "name": "TV", "state": "starting", "why": why });
        assert_eq!(renderer_line(&soon), "TV: starting");
        let empty = json!({ "name": "TV", "state": "no_media" });
        assert_eq!(renderer_line(&empty), "TV: no media");
    }
}
