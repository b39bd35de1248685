//! The program as people start it: what it prints, and with which code it ends. Nothing here leaves
//! the machine.
#![allow(clippy::unwrap_used, reason = "tests")]

use dlna_kiosk::config::WITHOUT_FILE;
use rustix::process::{Pid, Signal, kill_process};
use socket2::SockRef;
use std::fs::{create_dir_all, read_to_string, remove_dir_all, write};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dlna-kiosk"));
    command.args(arguments).stdin(Stdio::null());
    command.env_remove("RUST_LOG").env_remove("JOURNAL_STREAM").env_remove("NOTIFY_SOCKET");
    command
}

/// Exit code, standard output, standard error.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = program(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A temporary folder, removed on drop.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("command-line-{name}-{}", std::process::id());
        let folder = Self(std::env::temp_dir().join(name));
        create_dir_all(&folder.0).unwrap();
        folder
    }

    /// Writes a file into the folder and returns its path.
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        create_dir_all(path.parent().unwrap()).unwrap();
        write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = remove_dir_all(&self.0);
    }
}

#[test]
fn help_names_every_command_and_a_typo_gets_a_suggestion() {
    let (code, help, _) = run(&["--help"]);
    assert_eq!(code, Some(0));
    for command in [
        "run", "play", "discover", "check", "import", "demo", "learn", "leds", "status", "profiles",
    ] {
        assert!(help.contains(&format!("\n  {command} ")), "{help}");
        assert_eq!(run(&[command, "--help"]).0, Some(0));
    }
    assert!(run(&["--version"]).1.starts_with("dlna-kiosk "));
    let (code, _, advice) = run(&["chek"]);
    assert_eq!(code, Some(2));
    assert!(advice.contains("'check'"), "{advice}");
    let (code, _, advice) = run(&["demo", "--seconds", "-1"]);
    assert_eq!(code, Some(2));
    assert!(advice.contains("such as 5"), "{advice}");
}

#[test]
fn check_reports_problems_by_line_and_by_its_exit_code() {
    let folder = Folder::new("check");
    let media = folder.0.to_str().unwrap();
    let good = folder.file("good.toml", &format!("media = {media:?}\n[[renderer]]\n"));
    let (code, effective, said) = run(&["check", "--config", &good]);
    assert_eq!(code, Some(0), "{said}");
    assert!(effective.contains("autoplay = true\nloop = true\n"));
    assert!(said.ends_with("no errors, no warnings\n"), "{said}");
    let again = folder.file("again.toml", &effective);
    assert_eq!(run(&["check", "--config", &again]).1, effective);

    let bad = folder.file("bad.toml", &format!("media = {media:?}\nmedai = 1\n"));
    let (code, effective, said) = run(&["check", "--config", &bad]);
    assert_eq!((code, &*effective), (Some(1), ""));
    assert!(said.contains("bad.toml:2: error: medai = 1: "), "{said}");
    assert!(said.contains("1 error, no warnings"), "{said}");

    for (path, why) in
        [(format!("{media}/none.toml"), "no such file"), (media.to_owned(), "this is a folder")]
    {
        let (code, _, said) = run(&["check", "--config", &path]);
        assert_eq!(code, Some(1));
        assert!(said.contains(why) && !said.contains("os error"), "{said}");
    }
}

#[test]
fn the_box_does_not_start_with_errors_and_prints_the_first_one_even_after_warnings() {
    let folder = Folder::new("errors");
    let file = folder.file("c.toml", "media = \"/nowhere\"\nfoo = 1\n");
    let (code, _, said) = run(&["--config", &file]);
    assert_eq!(code, Some(1));
    let last = said.lines().last().unwrap();
    assert!(last.contains("1 error. The first:") && last.contains("foo = 1"), "{said}");
}

#[test]
fn a_second_box_does_not_start_beside_the_service() {
    let folder = Folder::new("second");
    let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = first.local_addr().unwrap().port();
    let file = folder.file("c.toml", &format!("media = {:?}\ncontrol_port = {port}\n", folder.0));
    let mut second = program(&["run", "--config", &file]).stderr(Stdio::piped()).spawn().unwrap();
    // accept() observes this timeout, too.
    SockRef::from(&first).set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let Ok((mut asks, _)) = first.accept() else {
        second.kill().unwrap();
        panic!("it starts without asking");
    };
    let status = r#"{"version":"0.1.0","panel":{"state":"working"}}"#;
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{status}", status.len());
    asks.write_all(answer.as_bytes()).unwrap();
    let output = second.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("already runs") && said.contains("sudo systemctl stop"), "{said}");
}

#[test]
fn the_examples_of_the_readme_are_good() {
    let folder = Folder::new("readme");
    let media = folder.0.join("media");
    folder.file("media/welcome.mp4", "x");
    folder.file("media/panorama.mp4", "x");
    folder.file("media/album/1.mp3", "x");
    folder.file("media/open.mp4", "x");
    folder.file("media/clips/dragon.mp4", "x");
    folder.file("media/evening/sea.mp4", "x");
    folder.file("media/closed-today.jpg", "x");
    let readme = read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let examples: Vec<&str> =
        (readme.split("```toml\n").skip(1)).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(examples.len(), 7);
    assert_eq!(examples[0].trim(), WITHOUT_FILE.trim(), "what holds without a file, to be copied");
    for example in examples {
        let usual = "media = \"/srv/dlna-kiosk\"\n";
        let text = format!("media = {media:?}\n{}", example.replace(usual, ""));
        let file = folder.file("example.toml", &text);
        let (code, _, said) = run(&["check", "--config", &file]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.ends_with("no errors, no warnings\n"), "{said}");
    }
}

#[test]
fn check_accepts_what_import_prints() {
    let folder = Folder::new("import");
    let list = r#"[{"device_name": "TV \"1\" 📺", "hostname": "10.0.0.5", "video_file": "/srv/dlna-kiosk/a.mp4"}]"#;
    let (code, toml, _) = run(&["import", &folder.file("list.json", list)]);
    assert_eq!(code, Some(0));
    let file = folder.file("imported.toml", &toml);
    let (code, _, said) = run(&["check", "--config", &file]);
    assert_eq!(code, Some(0), "{toml}{said}");
    for (name, text) in [("broken.json", "[{"), ("other.json", "42")] {
        let (code, toml, said) = run(&["import", &folder.file(name, text)]);
        assert_eq!((code, &*toml), (Some(1), ""));
        assert!(said.contains(name), "{said}");
    }
}

#[test]
fn status_without_a_box_says_so() {
    let folder = Folder::new("status");
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let file = folder.file("c.toml", &format!("control_port = {port}\n"));
    let (code, _, said) = run(&["status", "--config", &file]);
    assert_eq!(code, Some(1));
    assert!(said.contains("is dlna-kiosk running?"), "{said}");
}

#[test]
fn the_demonstration_plays_and_survives_a_reader_that_closes_its_pipe() {
    let mut demo = program(&["demo", "--headless", "--seconds", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut reader = BufReader::new(demo.stdout.take().unwrap());
    reader.read_line(&mut first).unwrap();
    drop(reader);
    let output = demo.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), &*said), (Some(0), ""), "{first}");

    let (code, _, said) = run(&["demo"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("demo --headless"), "{said}");
}

/// A configuration on simulated pins, and their socket.
fn bench(folder: &Folder) -> (String, PathBuf) {
    let socket = folder.0.join("pins");
    let text = format!(
        "media = {:?}\n[gpio]\nbackend = \"simulated\"\nsocket = {socket:?}\n\
         [[button]]\npin = 17\npress = \"stop\"\n[[led]]\npin = 22\nshows = \"status\"\n",
        folder.0
    );
    (folder.file("c.toml", &text), socket)
}

#[test]
fn a_press_prints_what_to_paste_and_ctrl_c_ends_learn() {
    let folder = Folder::new("learn");
    let (file, socket) = bench(&folder);
    let mut learn = program(&["learn", "--config", &file]);
    let mut learn = learn.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(learn.stderr.take().unwrap());
    let mut said = said.lines().map(Result::unwrap);
    assert!(said.any(|line| line == "Not watched: GPIO22: an LED of the configuration."));
    assert!(said.any(|line| line.starts_with("Press the buttons")), "it listens");
    let finger = UnixDatagram::unbound().unwrap();
    let mut lines = BufReader::new(learn.stdout.take().unwrap()).lines().map(Result::unwrap);
    finger.send_to(b"tap 27 100", &socket).unwrap();
    let pasted: Vec<_> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    let want = ["# GPIO27 = header pin 13", "[[button]]", "pin = 27", "press = \"play_pause\""];
    assert_eq!(pasted, want);
    finger.send_to(b"tap 17 100", &socket).unwrap();
    let known = "# GPIO17 = header pin 11, in the configuration: press = \"stop\"";
    assert_eq!(lines.next().unwrap(), known);
    let pid = Pid::from_child(&learn);
    kill_process(pid, Signal::INT).unwrap();
    assert_eq!(learn.wait().unwrap().code(), Some(0));
    assert!(!socket.exists());
}

#[test]
fn leds_shows_and_names_every_pattern() {
    let folder = Folder::new("leds");
    let (file, _) = bench(&folder);
    let (code, shown, said) = run(&["leds", "--seconds", "0.01", "--config", &file]);
    assert_eq!(code, Some(0), "{said}");
    let names: Vec<_> = shown.lines().map(|line| line[..line.len().min(19)].trim_end()).collect();
    let want = [
        "starting",
        "configuration error",
        "no network",
        "media missing",
        "no renderer",
        "degraded",
        "playing",
        "ready",
        "switching off",
        "off",
    ];
    assert_eq!(names, want);
    assert!(said.contains("GPIO22 (header pin 15): status"), "{said}");
    let empty = folder.file("none.toml", "name = \"x\"\n");
    let (code, _, said) = run(&["leds", "--config", &empty]);
    assert!(code == Some(1) && said.contains("no [[led]]"), "{said}");
}

#[test]
fn learn_says_why_there_are_no_pins() {
    let folder = Folder::new("no-pins");
    let none = folder.file("none.toml", "[gpio]\nbackend = \"none\"\n");
    let chip = folder.file("chip.toml", "[gpio]\nbackend = \"no-such-chip\"\n");
    for (file, why) in [(none, "asks for no pins"), (chip, "no GPIO chip is called no-such-chip")] {
        let (code, shown, said) = run(&["learn", "--config", &file]);
        assert_eq!((code, &*shown), (Some(1), ""));
        assert!(said.contains(why), "{said}");
    }
}

/// What a box has learned about twenty TVs.
fn twenty() -> String {
    let profile = |n| {
        format!(
            r#"{{"udn":"uuid:{n}","name":"TV {n}","manufacturer":"ACME","model":"X1",
            "seek_broken":{{"learned":0,"times":1,"hung":false}}}}"#
        )
    };
    let profiles: Vec<_> = (1..=20).map(profile).collect();
    format!(r#"{{"format":1,"ran":60,"secret":[1,2],"profiles":[{}]}}"#, profiles.join(","))
}

#[test]
fn profiles_are_shown_in_words_and_can_be_forgotten() {
    let folder = Folder::new("profiles");
    let state = folder.0.to_str().unwrap();
    let profiles = |more: &[&str]| run(&[&["profiles", "--state", state], more].concat());
    assert_eq!(profiles(&[]).1, "nothing has been learned yet\n");
    folder.file("profiles.json", &twenty());
    let (code, shown, _) = profiles(&[]);
    assert_eq!(code, Some(0));
    let first =
        "TV 1 (ACME X1), uuid:1\n  cannot seek; the box tries again after 30 days of running\n";
    assert!(shown.starts_with(first), "{shown}");
    assert_eq!(profiles(&["--forget", "nobody"]).0, Some(1));
    assert!(profiles(&["--forget", "tv 3"]).1.starts_with("forgotten: TV 3\n"));
    let left = profiles(&[]).1;
    assert!(!left.contains("TV 3 ") && left.matches("uuid:").count() == 19, "{left}");
    assert_eq!(profiles(&["--forget", "all"]).0, Some(0));
    assert_eq!(profiles(&[]).1, "nothing has been learned yet\n");

    let (code, _, said) = run(&["profiles", "--state", &format!("{state}/none")]);
    assert!(code == Some(1) && said.contains("the box has stored nothing"), "{said}");
    folder.file("profiles.json", "{");
    let (code, _, said) = profiles(&[]);
    assert!(code == Some(1) && said.contains("profiles.json: EOF while parsing"), "{said}");
    assert_eq!(
        read_to_string(folder.0.join("profiles.json")).unwrap(),
        "{",
        "only the box sets aside"
    );
}

#[test]
fn a_process_killed_in_the_middle_of_a_write_leaves_the_old_file() {
    let folder = Folder::new("killed");
    let state = folder.0.to_str().unwrap();
    let file = folder.file("profiles.json", &twenty());
    // The kernel kills a process that writes more than 512 bytes; if the signal is ignored, the write fails.
    for (first, code, signal) in [("", None, Some(25)), ("trap '' XFSZ; ", Some(1), None)] {
        let script = format!("{first}ulimit -f 1; exec \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_dlna-kiosk"), "profiles"]);
        let output = command.args(["--state", state, "--forget", "TV 3"]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.status.signal()), (code, signal), "{said}");
        assert_eq!(said.contains("File too large"), code.is_some(), "{said}");
        assert_eq!(read_to_string(&file).unwrap(), twenty(), "the last good one");
    }
    let (code, _, said) = run(&["profiles", "--state", state, "--forget", "TV 3"]);
    assert_eq!(code, Some(0), "the half-written file does no harm: {said}");
    assert_eq!(std::fs::read_dir(state).unwrap().count(), 1);
}

#[test]
fn the_process_that_writes_finishes_what_it_was_given_and_nothing_less() {
    let folder = Folder::new("writes");
    let state = folder.0.to_str().unwrap();
    let give = |text: &str, signal: bool| {
        let mut writer = program(&["write-state", state]);
        let mut writer = writer.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut input = writer.stdin.take().unwrap();
        let (first, rest) = text.split_at(text.len() / 2);
        input.write_all(first.as_bytes()).unwrap();
        if signal {
            // It has begun once its signals are caught: bit 14 of the mask is SIGTERM.
            let status = format!("/proc/{}/status", writer.id());
            let catches = || {
                let text = read_to_string(&status).unwrap();
                let mask = text.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
                u64::from_str_radix(mask.trim(), 16).unwrap() & (1 << 14) != 0
            };
            assert!((0..1000).any(|_| {
                smol::block_on(dlna_kiosk::shell::clock::pause(Duration::from_millis(10)));
                catches()
            }));
            let pid = Pid::from_raw(i32::try_from(writer.id()).unwrap()).unwrap();
            kill_process(pid, Signal::TERM).unwrap();
        }
        input.write_all(rest.as_bytes()).unwrap();
        drop(input);
        writer.wait_with_output().unwrap()
    };
    let file = folder.0.join("profiles.json");
    assert!(give(&twenty(), true).status.success(), "systemd asks all processes to end");
    assert_eq!(read_to_string(&file).unwrap(), twenty());
    let output = give(&twenty()[..500], false);
    assert_eq!(output.status.code(), Some(1), "the box was killed before it had sent all");
    assert_eq!(read_to_string(&file).unwrap(), twenty());
}

#[test]
fn what_cannot_be_printed_is_a_failure() {
    let folder = Folder::new("full");
    folder.file("profiles.json", &twenty());
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = program(&["profiles", "--state", folder.0.to_str().unwrap()]);
    let output = command.stdout(full).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("cannot write to standard output: No space left"), "{said}");
}
