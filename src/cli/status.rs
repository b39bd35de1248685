//! `dlna-kiosk status` and `dlna-kiosk profiles`: print for a person how the running box does, what it has played, and what
//! it has learned about renderers.

use crate::cli::run::state_folder;
use crate::cli::terminal::{self, clock_time, counted};
use crate::config::{CONTROL_PORT, PortChoice};
use crate::kiosk::event::{Event, TaskName};
use crate::shell::clock::pause;
use crate::shell::control_server::{self, STATISTICS, STATUS};
use crate::shell::store::Store;
use crate::text::harmless;
use crate::time::Duration;
use clap::Args;
use serde::Deserialize as _;
use serde_json::Value;
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::Path;

const NOT_THE_BOX: &str = "another program, not dlna-kiosk, answers on the control port";

#[derive(Debug, Args)]
pub(super) struct Status {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Refresh every second, until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// Show how often and how completely each renderer has played each file
    #[arg(long)]
    statistics: bool,
}

impl Status {
    pub(super) fn run(&self, path: &Path) -> Result<u8, String> {
        // If the file has errors, or only root may read it, the box listens on the default port.
        let config = match crate::cli::load(path) {
            Err(why) if !path.exists() => return Err(why),
            loaded => loaded.ok().and_then(|loaded| loaded.config),
        };
        let port = config.map_or(PortChoice::From(CONTROL_PORT), |config| config.control_port);
        smol::block_on(async {
            let mut shown = self.ask(port).await?;
            let clear = if self.watch && terminal::is_terminal() { "\x1b[H\x1b[2J" } else { "" };
            loop {
                let read = terminal::print(clear) && terminal::print_line(&shown);
                if !self.watch || !read {
                    return Ok(0);
                }
                pause(Duration::from_secs(1)).await;
                // A box that restarts answers again soon.
                shown = self.ask(port).await.unwrap_or_else(|why| why);
            }
        })
    }

    async fn ask(&self, port: PortChoice) -> Result<String, String> {
        let route = if self.statistics { &STATISTICS } else { &STATUS };
        let json = control_server::fetch(port, route).await?;
        match (self.json, self.statistics) {
            (true, _) => Ok(json),
            (false, true) => statistics_as_text(&json),
            (false, false) => status_as_text(&json),
        }
    }
}

fn status_as_text(json: &str) -> Result<String, String> {
    let status: Value = serde_json::from_str(json).map_err(|_| NOT_THE_BOX.to_owned())?;
    let none = Vec::new();
    let counted = |count: &Value, what| {
        let count = count.as_u64().and_then(|count| usize::try_from(count).ok());
        terminal::counted(count.unwrap_or(0), what)
    };
    // Names of files and sentences of tasks are foreign words: no line of them may look like a line of the box.
    let shown = |value: &Value| harmless(value.as_str().unwrap_or("")).into_owned();
    let list = |value: &Value| value.as_array().unwrap_or(&none).clone();
    let mut text = format!(
        "{} — up {}",
        harmless(status["name"].as_str().unwrap_or("dlna-kiosk")),
        terminal::clock_time(status["uptime_s"].as_f64().unwrap_or(0.0))
    );
    if status["configuration_error"].is_string() {
        // Writing to a String cannot fail; the same below.
        let _ = write!(text, "\nconfiguration error: {}", shown(&status["configuration_error"]));
    }
    if status["power_off_refused"].is_string() {
        let why = shown(&status["power_off_refused"]);
        let _ = write!(text, "\nthe machine could not be switched off: {why}");
    }
    let renderers = list(&status["renderers"]);
    if renderers.is_empty() {
        text.push_str("\nno renderer found yet");
    }
    for renderer in renderers {
        let _ = write!(text, "\n{}", terminal::renderer_line(&renderer));
        for row in list(&renderer["left_out"]) {
            let (what, why) = (shown(&row["what"]), shown(&row["sentence"]));
            let _ = write!(text, "\n  left out: {what}: {why}");
            if let Some(seconds) = row["again_in_s"].as_u64() {
                let _ = write!(text, "; the box tries again in {} hours", seconds.div_ceil(60));
            }
        }
    }
    if status["schedule"]["clock_trusted"] == false {
        text.push_str("\nthe schedule waits until the clock is set");
    }
    for group in list(&status["groups"]) {
        let _ = write!(text, "\n{}", group_line(&group));
    }
    for task in list(&status["tasks"]).iter().filter(|task| task["running"] == false) {
        let name = TaskName::deserialize(&task["name"]);
        let name = name.map_or_else(|_| task["name"].to_string(), |name| name.to_string());
        let why = shown(&task["ended"]);
        let _ = write!(text, "\n{name} ended and will be restarted: {why}");
    }
    for missing in list(&status["media"]["missing"]) {
        let _ = write!(text, "\nmissing: {}", shown(&missing));
    }
    for bad in list(&status["media"]["bad"]) {
        let _ = write!(text, "\nproblem: {}", shown(&bad));
    }
    for copying in list(&status["media"]["copying"]) {
        let _ = write!(text, "\nstill being copied: {}", shown(&copying));
    }
    let _ = write!(
        text,
        "\nmedia: {}{}; media server: {}, {} MB served",
        counted(&status["media"]["files"], "file"),
        match status["media"]["skipped"].as_u64().unwrap_or(0) {
            0 => String::new(),
            more => format!(" ({more} more are over the limit)"),
        },
        counted(&status["media_server"]["connections"], "connection"),
        status["media_server"]["bytes"].as_u64().unwrap_or(0) / 1_000_000
    );
    let turn = &status["mailbox"]["longest_turn"];
    if let Some(ms) = turn["ms"].as_f64() {
        let _ = write!(text, "\nlongest hold-up: {ms:.0} ms, {}", shown(&turn["what"]));
    }
    for led in list(&status["panel"]["leds"]) {
        let lit = if led["on"] == true { "on" } else { "off" };
        let _ = write!(
            text,
            "\nLED GPIO{}: {} ({lit})",
            led["pin"],
            led["shows"].as_str().unwrap_or("").replace('_', " ")
        );
    }
    Ok(text)
}

/// `Wall: TV left (together), TV right (missing) — 12 rounds, within 31 ms of each other`.
fn group_line(group: &Value) -> String {
    let word = |value: &Value| harmless(value.as_str().unwrap_or("")).into_owned();
    let none = Vec::new();
    let members = group["members"].as_array().unwrap_or(&none).iter();
    let members: Vec<String> =
        members.map(|m| format!("{} ({})", word(&m["name"]), word(&m["state"]))).collect();
    let spread = group["spread_ms"].as_f64();
    let spread = spread.map_or(String::new(), |ms| format!(", within {ms:.0} ms of each other"));
    format!(
        "{}: {} — {}{spread}",
        word(&group["name"]),
        members.join(", "),
        count_of(group["rounds"].as_u64().unwrap_or(0), "round")
    )
}

/// One line for each file, below the name of its renderer.
fn statistics_as_text(json: &str) -> Result<String, String> {
    let statistics: Value = serde_json::from_str(json).map_err(|_| NOT_THE_BOX.to_owned())?;
    let mut rows: Vec<&Value> = statistics["rows"].as_array().into_iter().flatten().collect();
    if rows.is_empty() {
        return Ok("nothing has been played yet".to_owned());
    }
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or("").to_owned();
    rows.sort_by_cached_key(|row| (text(row, "name"), text(row, "udn"), text(row, "file")));
    let mut lines = String::new();
    let mut of = "";
    for row in rows {
        let udn = row["udn"].as_str().unwrap_or("");
        if udn != of {
            // Writing to a String cannot fail; the same below.
            let _ = writeln!(lines, "{} ({})", harmless(&text(row, "name")), harmless(udn));
            of = udn;
        }
        let _ = writeln!(lines, "  {}", line(row, &statistics["gap_bounds_ms"]));
    }
    if let Some(forgotten) = statistics["forgotten"].as_u64().filter(|n| *n > 0) {
        let were = if forgotten == 1 { "entry was" } else { "entries were" };
        let _ = writeln!(lines, "{forgotten} older {were} dropped");
    }
    Ok(lines.trim_end().to_owned())
}

fn line(row: &Value, bounds: &Value) -> String {
    let count = |key: &str, what| count_of(row[key].as_u64().unwrap_or(0), what);
    let (should, did) = (row["should_s"].as_f64(), row["did_s"].as_f64());
    let (should, did) = (should.unwrap_or(0.0), did.unwrap_or(0.0));
    let mut line = format!(
        "{}: {}, {}, played for {} of the {} that it should have",
        harmless(row["file"].as_str().unwrap_or("")),
        count("starts", "start"),
        count("rounds", "round"),
        clock_time(did),
        clock_time(should),
    );
    if should > 0.0 {
        let _ = write!(line, " ({:.2} %)", 100.0 * (did / should).min(1.0));
    }
    let _ = write!(line, ", {} MB", row["bytes"].as_u64().unwrap_or(0) / 1_000_000);
    if let Some(gaps) = gaps(&row["gaps"], bounds) {
        let _ = write!(line, "; gaps: {gaps}");
    }
    let failures = row["failures"].as_object().into_iter().flatten();
    for (n, (word, times)) in failures.enumerate() {
        let before = if n == 0 { "; failures: " } else { ", " };
        let _ = write!(line, "{before}{} ({times}×)", word.replace('_', " "));
    }
    line
}

fn count_of(count: u64, what: &str) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX), what)
}

/// `11× up to 20 ms, 2× up to 300 ms, 1× longer`
fn gaps(counts: &Value, bounds: &Value) -> Option<String> {
    let (counts, bounds) = (counts.as_array()?, bounds.as_array()?);
    let mut words = Vec::new();
    for (at, count) in counts.iter().enumerate() {
        let Some(count) = count.as_u64().filter(|count| *count > 0) else { continue };
        words.push(match bounds.get(at).and_then(Value::as_u64) {
            Some(bound) if bound < 1000 => format!("{count}× up to {bound} ms"),
            Some(bound) => format!("{count}× up to {} s", bound / 1000),
            None => format!("{count}× longer"),
        });
    }
    (!words.is_empty()).then(|| words.join(", "))
}

#[derive(Debug, Args)]
pub(super) struct Profiles {
    /// Forget what was learned about this renderer (its name or UDN), or "all" for every renderer
    #[arg(long, value_name = "NAME|UDN|all")]
    forget: Option<String>,
}

impl Profiles {
    pub(super) fn run(&self, state: Option<&Path>) -> Result<u8, String> {
        let folder = state_folder(state);
        if let Err(error) = std::fs::read_dir(&folder) {
            return Err(match error.kind() {
                ErrorKind::NotFound => {
                    format!("{}: no such folder; the box has stored nothing", folder.display())
                }
                ErrorKind::PermissionDenied => {
                    format!("{}: permission denied; try with sudo", folder.display())
                }
                _ => format!("{}: {error}", folder.display()),
            });
        }
        let store = Store::new(&folder);
        let mut memory =
            store.load().map_err(|why| format!("{}: {why}", store.path().display()))?;
        if let Some(who) = &self.forget {
            let gone = memory.forget(who);
            if gone.is_empty() && who != "all" {
                return Err(format!("the box has learned nothing about a renderer {who:?}"));
            }
            return match smol::block_on(store.write(&memory.write())) {
                Event::Saved(Ok(())) => {
                    gone.iter().for_each(|name| {
                        terminal::print_line(format_args!("forgotten: {}", harmless(name)));
                    });
                    terminal::print_line(
                        "a running box forgets it too, within an hour or at its next start",
                    );
                    Ok(0)
                }
                Event::Saved(Err(why)) => Err(why),
                _ => Err("the box has just written its file: try again".to_owned()),
            };
        }
        for profile in memory.profiles() {
            terminal::print_line(harmless(&profile.title()));
            let account = profile.account(memory.ran());
            let lines =
                if account.is_empty() { vec!["nothing unusual".to_owned()] } else { account };
            lines.iter().for_each(|line| {
                terminal::print_line(format_args!("  {}", harmless(line)));
            });
        }
        if memory.profiles().is_empty() {
            terminal::print_line("nothing has been learned yet");
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_one_line_below_its_renderer() {
        let row = |file: &str| {
            serde_json::json!({ "udn": "uuid:1", "name": "TV 1", "file": file, "starts": 12, "rounds": 1,
                "gaps": [0, 11, 0, 0, 1, 0, 0, 0, 2], "failures": { "does_not_play": 2, "hung": 1 },
                "bytes": 12_345_678, "should_s": 3723.0, "did_s": 3720.0 })
        };
        let json = serde_json::json!({ "version": 1, "forgotten": 3,
            "gap_bounds_ms": [20, 50, 100, 300, 1000, 3000, 10000, 30000],
            "rows": [row("/m/b.mp4"), row("/m/a.mp4")] });
        let said = "12 starts, 1 round, played for 1:02:00 of the 1:02:03 that it should have (99.92 %), 12 MB; \
                    gaps: 11× up to 50 ms, 1× up to 1 s, 2× longer; failures: does not play (2×), hung (1×)";
        assert_eq!(
            statistics_as_text(&json.to_string()).unwrap(),
            format!(
                "TV 1 (uuid:1)\n  /m/a.mp4: {said}\n  /m/b.mp4: {said}\n3 older entries were dropped"
            )
        );
        assert_eq!(statistics_as_text(r#"{"rows":[]}"#).unwrap(), "nothing has been played yet");
        assert!(statistics_as_text("<html>").is_err());
    }

    #[test]
    fn foreign_words_are_escaped_in_the_status() {
        let evil = "a\nLED GPIO1: on\u{1b}[2J";
        let json = serde_json::json!({ "name": evil, "configuration_error": evil, "power_off_refused": evil,
            "renderers": [{ "name": evil, "state": evil, "playing": evil, "fault": evil,
                "why": { "sentence": evil }, "left_out": [{ "what": evil, "sentence": evil }] }],
            "groups": [{ "name": evil, "members": [{ "name": evil, "state": evil }] }],
            "tasks": [{ "name": "panel", "running": false, "ended": evil }],
            "media": { "missing": [evil], "bad": [evil], "copying": [evil] },
            "mailbox": { "longest_turn": { "ms": 12.3, "what": "a step for the status" } } });
        let text = status_as_text(&json.to_string()).unwrap();
        assert!(!text.contains('\u{1b}') && !text.contains("\nLED"), "{text}");
        assert!(text.contains("\nlongest hold-up: 12 ms, a step for the status"), "{text}");
        let rows = serde_json::json!({ "rows": [{ "udn": evil, "name": evil, "file": evil }] });
        let text = statistics_as_text(&rows.to_string()).unwrap();
        assert!(!text.contains('\u{1b}') && !text.contains("\nLED"), "{text}");
    }

    #[test]
    fn a_box_with_trouble_says_what_and_why() {
        let json = serde_json::json!({ "name": "Hall", "uptime_s": 62.0, "power_off_refused": "this user may not",
            "media": { "files": 3, "skipped": 2 }, "media_server": { "connections": 1, "bytes": 40_500_000 },
            "tasks": [{ "name": "media_server", "running": false, "ended": "port 8895 is taken" },
                { "name": "panel", "running": true, "ended": "no GPIO" }],
            "groups": [{ "name": "Wall", "rounds": 1, "spread_ms": null, "members": [
                { "name": "TV left", "state": "together" }, { "name": "TV right", "state": "missing" }] }] });
        assert_eq!(
            status_as_text(&json.to_string()).unwrap(),
            "Hall — up 1:02\n\
             the machine could not be switched off: this user may not\n\
             no renderer found yet\n\
             Wall: TV left (together), TV right (missing) — 1 round\n\
             the media server ended and will be restarted: port 8895 is taken\n\
             media: 3 files (2 more are over the limit); media server: 1 connection, 40 MB served"
        );
    }
}
