//! What the owner is told, fault by fault: each problem names its line, its key and what to write.

use super::key::quoted;
use super::*;
use crate::time::Duration;
use crate::upnp::Udn;
use core::net::Ipv4Addr;
use proptest::prelude::*;
use std::path::Path;

/// A disk with a media folder, two files in it and one folder.
pub(super) fn disk(path: &Path) -> FileState {
    match path.to_str() {
        Some("/srv/dlna-kiosk" | "/srv/dlna-kiosk/b" | "/srv/dlna-kiosk/vol.two") => {
            FileState::Folder
        }
        Some("/srv/dlna-kiosk/a.mp4" | "/srv/dlna-kiosk/c.mp4" | "/srv/dlna-kiosk/notes.txt") => {
            FileState::File
        }
        Some("/etc/hostname") => FileState::File,
        Some("/srv/dlna-kiosk/secret.mp4") => FileState::Forbidden,
        Some("/home/pi/videos" | "/srv/dlna-kiosk/shut/a.mp4") => {
            FileState::Barred(path.parent().unwrap_or(path).to_owned())
        }
        _ => FileState::Missing,
    }
}

pub(super) fn told(text: &str) -> Vec<String> {
    let problems = parse(text, &disk).problems;
    problems.iter().map(ToString::to_string).collect()
}

pub(super) fn good(text: &str) -> Config {
    let loaded = parse(text, &disk);
    assert_eq!(loaded.problems, [], "{text}");
    loaded.config.expect("no problem, so a configuration")
}

/// Each text has exactly the one problem beside it, as shown but for the name of the file.
pub(super) fn each_is_told(faults: &[(&str, &str)]) {
    for (text, problem) in faults {
        assert_eq!(told(text), [format!("config.toml:{problem}")], "{text}");
    }
}

#[test]
fn nothing_written_means_the_defaults() {
    assert_eq!(good(""), Config::default());
    assert_eq!(good("\u{feff}# only a remark\r\n"), Config::default());
    let rule = &Config::default().rules[0];
    assert!(!rule.autoplay && rule.repeat && rule.who == Selector::Any);
}

#[test]
fn the_example_file_changes_nothing_and_each_line_in_it_is_valid() {
    let example = reference::example_file();
    assert_eq!(good(&example), Config::default());

    // With each setting switched on by itself, below the table it is written under.
    let mut table = "";
    let mut settings = 0;
    for line in example.lines().filter_map(|line| line.strip_prefix('#')) {
        if line.starts_with('[') {
            table = line;
        } else if line.starts_with(|c: char| c.is_ascii_lowercase()) && line.contains(" = ") {
            let needed = match (table, line.split(' ').next()) {
                ("[gpio]", Some("backend")) => "socket = \"/run/pins\"",
                ("[[button]]", Some("pin")) => "press = \"stop\"",
                ("[[button]]", Some("hold_time")) => "pin = 17\nlong = \"stop\"",
                ("[[button]]", Some("press" | "long" | "double")) => "pin = 17",
                ("[[button]]", _) => "pin = 17\npress = \"stop\"",
                ("[[group]]", Some("name")) => "on = [\"TV 1\"]",
                ("[[group]]", Some("on")) => "name = \"Wall\"",
                ("[[group]]", _) => "name = \"Wall\"\non = [\"TV 1\"]",
                ("[[led]]", Some("pin")) => "shows = \"playing\"",
                ("[[led]]", Some("shows")) => "pin = 22",
                ("[[schedule]]", Some("plays" | "then")) => "",
                ("[[schedule]]", Some("volume")) => "plays = \"a.mp4\"",
                ("[[schedule]]", _) => "then = \"stop\"",
                ("[[led]]", _) => "pin = 22\nshows = \"playing\"",
                _ => "",
            };
            let text = format!("{table}\n{needed}\n{line}\n");
            let loaded = parse(&text, &disk);
            let errors = loaded.problems.iter().filter(|p| p.severity == Severity::Error);
            assert_eq!(errors.count(), 0, "{text}{:?}", loaded.problems);
            let written = effective(loaded.config.as_ref().expect("no error"));
            assert_eq!(parse(&written, &disk).config, loaded.config, "{text}{written}");
            settings += 1;
        }
    }
    let examples = reference::tables().into_iter().flat_map(|(_, keys)| keys);
    assert_eq!(settings, examples.map(|key| key.examples.lines().count()).sum::<usize>());
}

/// Compares what stands in a file, between two of its lines where they are given, with the text made from the
/// declarations of the keys. `UPDATE=1` writes it instead.
fn is_up_to_date(file: &str, between: Option<(&str, &str)>, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let whole = std::fs::read_to_string(&path).unwrap();
    let (start, end) = between.map_or((0, whole.len()), |(first, last)| {
        let start = whole.find(first).expect("the first line") + first.len();
        (start, start + whole[start..].find(last).expect("the last line"))
    });
    if std::env::var_os("UPDATE").is_some() {
        let written = format!("{}{text}{}", &whole[..start], &whole[end..]);
        std::fs::write(&path, written).unwrap();
    } else {
        let advice = "UPDATE=1 cargo test --lib config:: writes it anew";
        assert!(whole[start..end] == *text, "{file} differs from the declared keys: {advice}");
    }
}

#[test]
fn what_is_written_about_the_keys_is_what_they_declare() {
    is_up_to_date("systemd/config.toml", None, &reference::example_file());
    let (first, last) =
        ("<!-- Made from the keys' declarations in src/config. -->\n", "<!-- -->\n");
    is_up_to_date("README.md", Some((first, last)), &format!("\n{}\n", reference::readme_table()));
    let (first, last) = ("# Made from the keys' declarations in src/config.\n", "# TOML.\n");
    is_up_to_date("fuzz/dictionaries/toml", Some((first, last)), &reference::fuzz_words());
}

#[test]
fn reads_everything_an_owner_can_write() {
    let config = good(
        "name = \"Foyer\"\nmedia = \"/srv/dlna-kiosk\"\nmedia_port = 9000\nstop_at_exit = false\n\
         [gpio]\nbackend = \"gpiochip0\"\n\
         [[renderer]]\nudn = \"uuid:AB\"\nplays = [\"a.mp4\", \"b/\"]\nvolume = 40\n\
         on_stop = \"insist\"\nloop_method = \"seek\"\nmax_cut = 0.3\n\
         [[renderer]]\naddress = \"10.0.0.45:49494\"\nautoplay = false\nloop = false\n\
         [[renderer]]\nname = \"TV 1\"\n[[renderer]]\n\
         [[button]]\npin = \"GPIO17\"\npress = \"Play-Pause\"\nlong = \"stop\"\ndouble = \"next\"\n\
         hold_time = 2\npull = \"down\"\nrenderer = [\"tv 1\", \"uuid:ab\", \"10.0.0.45\"]\n\
         [[led]]\npin = 22\nshows = \"playing\"\nactive = \"low\"\n",
    );
    assert_eq!(config.name, "Foyer");
    assert_eq!(
        (config.media_port, config.control_port),
        (PortChoice::Fixed(9000), PortChoice::From(8080))
    );
    assert_eq!(config.gpio, GpioBackend::Chip("/dev/gpiochip0".to_owned()));
    let [udn, address, name, any] = &*config.rules else { panic!("{:?}", config.rules) };
    assert_eq!(udn.who, Selector::Udn(Udn::new("uuid:ab").unwrap()));
    assert_eq!(udn.plays[1], Path::new("/srv/dlna-kiosk/b"));
    assert_eq!((udn.volume, udn.max_cut), (Some(40), Duration::from_millis(300)));
    assert!(udn.autoplay && udn.repeat && !address.autoplay && !address.repeat);
    assert_eq!(address.who, Selector::Address(Ipv4Addr::new(10, 0, 0, 45), Some(49494)));
    assert_eq!(name.who, Selector::Name(clip("TV 1")));
    assert_eq!((&any.who, &*any.plays), (&Selector::Any, &*config.media_folders));
    let button = &config.buttons[0];
    assert_eq!((button.pin, button.press), (Pin(17), Some(PanelAction::PlayPause)));
    assert_eq!((button.active, button.hold_time.as_secs()), (PinLevel::High, 2));
    assert!(matches!(&button.targets, Targets::Some(all) if all.len() == 3));
    assert_eq!(config.leds[0].shows, LedFunction::Playing(Targets::All));
}

#[test]
fn all_problems_are_told_in_one_go_and_in_order() {
    let told = told(
        "port = 1\nmedia_port = 0\n[[button]]\npin = 99\npress = \"dance\"\n\
         [[led]]\npin = 22\n[[renderer]]\nvolume = 200\nip = \"10.0.0.1\"\n",
    );
    let lines: Vec<&str> = told.iter().filter_map(|line| line.split(':').nth(1)).collect();
    assert_eq!(lines, ["1", "2", "4", "5", "6", "9", "10"], "{told:#?}");
}

#[test]
fn leds_show_an_error_whatever_else_is_wrong() {
    let leds = vec![Led { pin: Pin(22), shows: LedFunction::Status, active: PinLevel::High }];
    let panel = "[gpio]\nbackend = \"/dev/gpiochip4\"\n[[led]]\npin = 22\nshows = \"status\"\n";
    for text in [format!("{panel}[[button]]\n"), format!("name = Foyer\n{panel}")] {
        let loaded = parse(&text, &disk);
        assert!(loaded.has_errors(), "{text}");
        assert_eq!(loaded.leds_anyway, leds, "{text}");
        assert_eq!(loaded.gpio_anyway, GpioBackend::Chip("/dev/gpiochip4".to_owned()));
    }
}

#[test]
fn more_tables_than_fit_are_refused() {
    let renderer = |i| format!("[[renderer]]\nname = \"TV {i}\"\n");
    let renderers: String = (0..65).map(renderer).collect();
    assert_eq!(
        told(&renderers),
        ["config.toml:129: error: [[renderer]]: there are 65 [[renderer]] tables; at most 64 \
             are possible: remove some"]
    );
    let told = told(&"[[led]]\npin = 22\nshows = \"status\"\n".repeat(1000));
    assert!(told.len() < 40, "{}", told.len());
    let surplus = "there are 1000 [[led]] tables";
    assert!(told.iter().any(|line| line.contains(surplus)));

    let names = "\"nobody\", ".repeat(1000);
    let text = format!(
        "[[renderer]]\nname = \"TV\"\n[[button]]\npin = 17\npress = \"play\"\nrenderer = [{names}]\n"
    );
    let told = self::told(&text);
    assert!(told.iter().any(|line| line.contains("this names 1000 renderers")), "{told:?}");
    assert!(told.len() < 80, "each name that is read costs a search: {}", told.len());
}

#[test]
fn a_relative_media_folder_is_refused_even_where_there_is_one() {
    let loaded = parse("media = \"videos\"", &|_| FileState::Folder);
    assert!(loaded.has_errors(), "{:?}", loaded.problems);
}

#[test]
fn media_may_be_in_several_folders() {
    let text = "media = [\"/srv/dlna-kiosk\", \"/mnt/usb\"]\n[[renderer]]\nname = \"A\"\n\
                plays = [\"a.mp4\", \"/mnt/usb/b.mp4\"]\n[[renderer]]\n";
    let loaded = parse(text, &|_| FileState::Folder);
    let config = loaded.config.expect("valid");
    let folders = ["/srv/dlna-kiosk", "/mnt/usb"].map(PathBuf::from);
    assert_eq!(config.media_folders, folders);
    assert_eq!(
        config.rules[0].plays,
        ["/srv/dlna-kiosk/a.mp4", "/mnt/usb/b.mp4"].map(PathBuf::from)
    );
    assert_eq!(config.rules[1].plays, folders, "everything in all of them");
    let again = effective(&config);
    assert_eq!(parse(&again, &|_| FileState::Folder).config.as_ref(), Some(&config), "{again}");
}

#[test]
fn an_absent_media_folder_is_told_once() {
    let text = "media = \"/mnt/usb\"\n[[renderer]]\nplays = [\"a.mp4\", \"c/\", \"d.mkv\"]\n";
    assert_eq!(told(text).len(), 1);
    let absent = parse("", &|_| FileState::Missing);
    assert_eq!(absent.config, Some(Config::default()));
    assert_eq!(
        absent.problems[0].to_string(),
        "config.toml: warning: media: the media folder /srv/dlna-kiosk does not exist; create it \
         (sudo mkdir -p /srv/dlna-kiosk) or plug in its disk; the box waits for it"
    );
}

#[test]
fn a_default_port_makes_way_for_a_fixed_one() {
    let config = good("media_port = 8080");
    assert_eq!(config.control_port, PortChoice::From(8081));
    assert_eq!(good(&effective(&config)), config);
}

#[test]
fn pins_are_free_for_all_with_the_simulated_backend() {
    let config = good(
        "[gpio]\nbackend = \"simulated\"\nsocket = \"/run/pins\"\n\
         [[button]]\npin = 2\npress = \"volume_up\"\nhold_time = 0.5\n",
    );
    assert_eq!(config.gpio, GpioBackend::Simulated(PathBuf::from("/run/pins")));
    assert_eq!(good(&effective(&config)), config);
}

#[test]
fn faults_at_the_top_are_told() {
    each_is_told(&[
        (
            "medja = \"/x\"",
            "1: error: medja = \"/x\": this key is unknown; did you mean \"media\"?",
        ),
        (
            "name = 5",
            "1: error: name = 5: this is a number, but it must be text in quotes; write \
             name = \"Foyer\"",
        ),
        (
            "name = \" \"",
            "1: error: name = \" \": the text is empty; write name = \"Foyer\", or remove \
                 the line",
        ),
        (
            "name = \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"",
            "1: error: name = \
             \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…: the name is \
             longer than 192 bytes; write a shorter one; for a renderer, use its udn or \
             address instead",
        ),
        (
            "\nstop_at_exit = \"no\"",
            "2: error: stop_at_exit = \"no\": this is text in quotes, but it must be \
             true or false, without quotes; write stop_at_exit = false",
        ),
        (
            "media_port = 0",
            "1: error: media_port = 0: the number is out of range; use 1 to 65535, such \
             as media_port = 8895",
        ),
        (
            "media_port = 80",
            "1: warning: media_port = 80: only root may use ports below 1024; write \
                 media_port = 8895, or remove the line",
        ),
        (
            "media_port = 70000",
            "1: error: media_port = 70000: the number is out of range; use 1 to 65535, \
             such as media_port = 8895",
        ),
        (
            "media_port = \"8895\"",
            "1: error: media_port = \"8895\": this is text in quotes, but it must be a \
             whole number, without quotes; write media_port = 8895",
        ),
        (
            "media_port = 8080\ncontrol_port = 8080",
            "2: error: control_port = 8080: port 8080 is already the media port; write another \
                 one, such as control_port = 8081",
        ),
        (
            "media = \"videos\"",
            "1: error: media = \"videos\": the path does not begin with /; write the \
             whole path, such as media = \"/srv/videos\"",
        ),
        (
            "media = [\"/srv/dlna-kiosk\", \"videos\"]",
            "1: error: media = \"videos\": the path does not begin with /; write the \
             whole path, such as media = \"/srv/videos\"",
        ),
        (
            "media = \"~/videos\"",
            "1: error: media = \"~/videos\": the path does not begin with /; write media \
             = \"/home/pi/videos\", with your user's name",
        ),
        (
            "media = \"/mnt/usb\"",
            "1: warning: media = \"/mnt/usb\": the media folder /mnt/usb does not exist; \
                 create it (sudo mkdir -p /mnt/usb) or plug in its disk; the box waits for it",
        ),
        (
            "media = \"/etc/hostname\"",
            "1: error: media = \"/etc/hostname\": /etc/hostname is a file, not a folder; \
                 write the folder that holds the file",
        ),
        (
            "media = \"/srv/..\"",
            "1: error: media = \"/srv/..\": this is the whole disk; write the folder \
             that holds your media, such as media = \"/srv/dlna-kiosk\"",
        ),
        (
            "media = \"/root\"",
            "1: warning: media = \"/root\": the media folder /root does not exist; create it \
                 (sudo mkdir -p /root) or plug in its disk; the box waits for it",
        ),
        (
            "gpio = \"none\"",
            "1: error: gpio = \"none\": this is not a table; write [gpio] on a line of \
             its own, and below it backend = \"auto\"",
        ),
        (
            "[gpio]\nbackend = \"atuo\"",
            "2: error: [gpio] backend = \"atuo\": this is not a known backend and does not \
                 look like a chip; did you mean \"auto\"?",
        ),
        (
            "[gpio]\nbackend = \"simulated\"",
            "1: error: [gpio]: the simulated backend needs a socket; write socket = \
             \"/run/dlna-kiosk/pins\"",
        ),
        (
            "[gpio]\nbackend = \"simulated\"\nsocket = \"pins\"",
            "3: error: [gpio] socket = \"pins\": the path does not begin with /; write \
             socket = \"/run/dlna-kiosk/pins\"",
        ),
        (
            "[gpio]\nsocket = \"/run/pins\"",
            "2: warning: [gpio] socket = \"/run/pins\": only the simulated backend has a \
                 socket; remove the line, or write backend = \"simulated\"",
        ),
        (
            "[gpio]\nchip = \"auto\"",
            "2: error: [gpio] chip = \"auto\": this key is unknown; write \"backend\"",
        ),
        (
            "button = 17",
            "1: error: button = 17: this is not a table; write [[button]] on a line of \
             its own, and its keys below it",
        ),
        (
            "led = [1]",
            "1: error: led = [1]: this is not a table; write [[led]] on a line of its \
             own, and its keys below it",
        ),
        (
            "[button]\npin = 17\npress = \"play\"",
            "1: warning: [[button]]: one pair of brackets allows only one such table; \
             write [[button]] with two pairs",
        ),
        (
            "plays = \"a.mp4\"",
            "1: error: plays = \"a.mp4\": this key is unknown; it belongs in a \
             [[renderer]] table",
        ),
    ]);
}

#[test]
fn shows_pins_by_both_numbers_and_every_default() {
    let text = effective(&good("[[button]]\npin = 17\npress = \"play\""));
    for part in [
        "pin = 17  # GPIO17 (header pin 11)\n",
        "# media_port = 8895  (or the next free one)\n",
        "plays = \".\"\nautoplay = false\n",
        "debounce = 0.03\npull = \"up\"\nactive = \"low\"\n",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn what_is_hard_to_write_reads_back_as_the_same() {
    for text in [
        "media = \"/srv/ a /.\"\n[[renderer]]\nplays = [\"b/../ c.mp4\", \"d /.\"]",
        "[[led]]\npin = 22\nshows = \"playing\"\nrenderer = [\"uuid:::x\", \" TV \", \"UUID:A:\"]",
        "[[renderer]]\nname = \"'''\\\"\\\\\"",
    ] {
        let config = parse(text, &disk).config.unwrap_or_else(|| panic!("{text}"));
        let written = effective(&config);
        assert_eq!(parse(&written, &disk).config, Some(config), "{written}");
    }
}

/// A line, or nothing.
fn maybe(line: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), line.prop_map(|line| line + "\n")]
}

fn one_of(key: &'static str, words: &'static [&'static str]) -> impl Strategy<Value = String> {
    maybe(prop::sample::select(words).prop_map(move |word| format!("{key} = \"{word}\"")))
}

fn name() -> impl Strategy<Value = String> {
    "[^\\pC]{1,16}".prop_map(|name| format!("name = {}", quoted(&name)))
}

fn renderer() -> impl Strategy<Value = String> {
    let who = prop_oneof![
        name(),
        "[A-Fa-f0-9-]{1,40}".prop_map(|udn| format!("udn = \"uuid:{udn}\"")),
        (1u8..200, 1u16..).prop_map(|(host, port)| format!("address = \"10.0.0.{host}:{port}\"")),
    ];
    let plays: &[&str] = &["\"a.mp4\"", "\"b/\"", "[\"vol.two\", \"ü 'x'.mkv\"]"];
    (
        maybe(who),
        maybe(prop::sample::select(plays).prop_map(|plays| format!("plays = {plays}"))),
        maybe(any::<bool>().prop_map(|on| format!("autoplay = {on}"))),
        maybe((0..=100).prop_map(|volume| format!("volume = {volume}"))),
        one_of("on_stop", &["respect", "insist"]),
        one_of("loop_method", &["auto", "restart", "next", "seek"]),
        maybe((0.0..10.0).prop_map(|cut| format!("max_cut = {cut:?}"))),
        one_of("order", &["name", "shuffled"]),
        maybe((0.1..100.0).prop_map(|dwell| format!("dwell = {dwell:?}"))),
    )
        .prop_map(|(a, b, c, d, e, f, g, h, i)| {
            format!("[[renderer]]\n{a}{b}{c}{d}{e}{f}{g}{h}{i}")
        })
}

fn group() -> impl Strategy<Value = String> {
    const ON: &[&str] = &["\"TV 1\"", "[\"uuid:A-b\", \"10.0.0.4:80\"]", "[\"ü 'x'\"]"];
    (
        "[A-Z]{1,3}",
        prop::sample::select(ON),
        maybe(Just("plays = [\"b/\", \"a.mp4\"]".to_owned())),
        maybe(any::<bool>().prop_map(|on| format!("loop = {on}"))),
        maybe((0..=100).prop_map(|volume| format!("volume = {volume}"))),
        maybe((0.0..600.0).prop_map(|wait| format!("wait = {wait:?}"))),
    )
        .prop_map(|(name, on, c, d, e, f)| {
            format!("[[group]]\nname = \"{name}\"\non = {on}\n{c}{d}{e}{f}")
        })
}

fn panel() -> impl Strategy<Value = String> {
    const ACTIONS: &[&str] = &["play_pause", "volume_up", "play_clip", "play", "seek_back"];
    const CHOICES: &[&str] = &[
        "plays = \"a.mp4\"",
        "plays = [\"b/\", \"c.mp4\"]\nagain = \"queue\"\nback = \"start\"\nlasts = 60.5",
        "seek_step = 2.5",
    ];
    const WHO: &[&str] = &["TV 1", "uuid:A-b", "10.0.0.4:80", "10.0.0.4", "*"];
    let pin = || (0u8..28).prop_map(|pin| format!("pin = {pin}\n"));
    let button = (
        pin(),
        one_of("press", ACTIONS),
        one_of("long", ACTIONS),
        maybe((0.1..30.0).prop_map(|time| format!("hold_time = {time:?}"))),
        one_of("pull", &["up", "down", "off"]),
        one_of("active", &["low", "high"]),
        one_of("renderer", WHO),
        maybe(prop::sample::select(CHOICES).prop_map(str::to_owned)),
    );
    let led = (
        pin(),
        one_of("shows", &["status", "playing"]),
        one_of("active", &["low", "high"]),
        one_of("renderer", WHO),
    );
    prop_oneof![
        button.prop_map(|(a, b, c, d, e, f, g, h)| {
            format!("[[button]]\n{a}{b}{c}{d}{e}{f}{g}{h}")
        }),
        led.prop_map(|(a, b, c, d)| format!("[[led]]\n{a}{b}{c}{d}")),
    ]
}

fn schedule() -> impl Strategy<Value = String> {
    let when = prop_oneof![
        one_of("days", &["mon", "Friday", "weekend"]),
        (1i8..=28).prop_map(|day| format!("date = \"2026-02-{day}\"\n")),
    ];
    let time =
        |key| maybe((0..24, 0..60).prop_map(move |(h, m)| format!("{key} = \"{h}:{m:02}\"")));
    let then = prop_oneof![
        Just("then = \"stop\"\n".to_owned()),
        Just("then = \"blackout\"\n".to_owned()),
        (0..=100).prop_map(|volume| format!("plays = \"b/\"\nvolume = {volume}\n")),
    ];
    let priority = maybe((-9..9).prop_map(|priority| format!("priority = {priority}")));
    (maybe(name()), when, time("from"), time("to"), one_of("on", &["TV 1", "*"]), then, priority)
        .prop_map(|(a, b, c, d, e, f, g)| format!("[[schedule]]\n{a}{b}{c}{d}{e}{f}{g}"))
}

proptest! {
    #[test]
    fn reads_back_as_the_same_configuration(
        name in maybe(name()),
        port in maybe((1024u16..).prop_map(|port| format!("control_port = {port}"))),
        renderers in prop::collection::vec(renderer(), 0..3),
        groups in prop::collection::vec(group(), 0..3),
        schedule in prop::collection::vec(schedule(), 0..3),
        panel in prop::collection::vec(panel(), 0..3),
    ) {
        let (renderers, groups) = (renderers.concat(), groups.concat());
        let (schedule, panel) = (schedule.concat(), panel.concat());
        let text = format!("{name}{port}{renderers}{groups}{schedule}{panel}");
        if let Some(config) = parse(&text, &disk).config {
            let again = parse(&effective(&config), &disk);
            prop_assert_eq!(again.config, Some(config), "{:?}", again.problems);
        }
    }

    #[test]
    fn nothing_that_is_written_breaks_the_reader(
        text in "(\\[\\[?|\\]\\]?|button|led|renderer|gpio|pin|plays|max_cut|udn|address|=|\n|\"|'|,|#|\\{|\\}|-?[0-9]{1,20}|\\.|:|_|\\PC){0,40}",
    ) {
        let loaded = parse(&text, &|_| FileState::Missing);
        let mut problems = loaded.problems.iter();
        let error = problems.any(|problem| problem.severity == Severity::Error);
        prop_assert_eq!(loaded.has_errors(), error);
        prop_assert!(loaded.leds_anyway.iter().all(|led| led.pin <= Pin(27)));
    }
}

#[test]
fn a_pin_that_this_pi_does_not_have_is_an_error_where_the_header_is_used() {
    let text = "[[led]]\npin = 22\nshows = \"status\"\n[[led]]\npin = 5\nshows = \"status\"";
    assert_eq!(parse_for(GpioHeader::Forty, text, &disk).problems, []);
    let loaded = parse_for(GpioHeader::TwentySix, text, &disk);
    let told: Vec<_> = loaded.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["config.toml:5: error: [[led]] pin = 5: GPIO5 is not on the header of this Raspberry \
          Pi, which has 26 pins; wire it to GPIO17 (header pin 11) and write pin = 17"]
    );
    assert_eq!((loaded.config, loaded.leds_anyway.len()), (None, 1), "the other one is lit");
    let chip = format!("[gpio]\nbackend = \"gpiochip1\"\n{text}");
    assert_eq!(parse_for(GpioHeader::TwentySix, &chip, &disk).problems, []);
}

#[test]
fn contradictions_between_tables_are_told() {
    each_is_told(&[
        (
            "[[renderer]]\nname = \"TV\"\n[[renderer]]\nname = \"tv\"",
            "3: error: [[renderer]]: the table in line 1 is already for \"tv\"; merge the two \
                 tables, or name another renderer",
        ),
        (
            "[[renderer]]\n[[renderer]]\nname = \"tv\"",
            "2: warning: [[renderer]]: this table never applies: the table in line 1 comes \
                 first and covers more renderers; move this table above that one",
        ),
        (
            "[[renderer]]\n[[renderer]]\nname = \"*\"",
            "2: error: [[renderer]]: the table in line 1 is already for every renderer; merge \
                 the two tables, or name another renderer",
        ),
        (
            "[[renderer]]\naddress = \"10.0.0.1\"\n[[renderer]]\naddress = \"10.0.0.1:80\"",
            "3: warning: [[renderer]]: this table never applies: the table in line 1 comes \
                 first and covers more renderers; move this table above that one",
        ),
        (
            "[[button]]\npin = 2\npress = \"play\"",
            "2: warning: [[button]] pin = 2: GPIO2 (header pin 3) is also used for I²C, \
             with a fixed pull-up of 1.8 kΩ; wire it to GPIO17 (header pin 11) and write \
             pin = 17, unless you are sure",
        ),
        (
            "[[button]]\npin = 8\npress = \"play\"",
            "2: warning: [[button]] pin = 8: GPIO8 (header pin 24) is also used for SPI; \
             wire it to GPIO17 (header pin 11) and write pin = 17, unless you are sure",
        ),
        (
            "[[led]]\npin = 14\nshows = \"status\"",
            "2: warning: [[led]] pin = 14: GPIO14 (header pin 8) is also used for the \
             serial console (UART); wire it to GPIO17 (header pin 11) and write pin = 17, \
             unless you are sure",
        ),
        (
            "[[button]]\npin = 0\npress = \"play\"",
            "2: warning: [[button]] pin = 0: GPIO0 (header pin 27) is also used for the \
             ID EEPROM of HAT boards; wire it to GPIO17 (header pin 11) and write pin = \
             17, unless you are sure",
        ),
        (
            "[[button]]\npin = 17\npress = \"play\"\n[[button]]\npin = 17\npress = \"stop\"",
            "5: error: [[button]] pin = 17: GPIO17 (header pin 11) is already used by the \
                 [[button]] in line 1; wire it to GPIO27 (header pin 13) and write pin = 27",
        ),
        (
            "[[button]]\npin = 17\npress = \"play\"\n[[led]]\npin = \"GPIO17\"\nshows = \
            \"status\"",
            "5: error: [[led]] pin = \"GPIO17\": GPIO17 (header pin 11) is already used by the \
                 [[button]] in line 1; wire it to GPIO27 (header pin 13) and write pin = 27",
        ),
        (
            "[[renderer]]\nname = \"TV 1\"\n[[button]]\npin = 17\npress = \
            \"play\"\nrenderer = \"TV1\"",
            "6: warning: [[button]] renderer = \"TV1\": no [[renderer]] table is for \
             \"TV1\"; did you mean \"TV 1\"?",
        ),
        (
            "[[renderer]]\nname = \"TV 1\"\n[[renderer]]\n[[button]]\npin = 17\npress = \
            \"play\"\nrenderer = \"TV1\"",
            "7: warning: [[button]] renderer = \"TV1\": no [[renderer]] table is for \
             \"TV1\"; did you mean \"TV 1\"?",
        ),
        (
            "[[renderer]]\nname = \"TV 1\"\n[[led]]\npin = 17\nshows = \
            \"playing\"\nrenderer = \"Kitchen\"",
            "6: warning: [[led]] renderer = \"Kitchen\": no [[renderer]] table is for \
                 \"Kitchen\"; write the name as in its table, or add a [[renderer]] table for \
                 \"Kitchen\"",
        ),
        (
            "[gpio]\nbackend = \"none\"\n[[button]]\npin = 17\npress = \"play\"",
            "3: warning: [[button]]: buttons and LEDs do nothing with backend = \
             \"none\"; write backend = \"auto\" below [gpio]",
        ),
    ]);
}
