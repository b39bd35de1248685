//! What the owner is told, fault by fault: each problem names its line, its key and what to write.

use super::*;
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
    assert!(!rule.autoplay && rule.repeat && rule.who == Who::Any);
}

#[test]
fn the_shipped_example_is_harmless_and_its_lines_are_all_valid() {
    let example = include_str!("../../systemd/config.toml");
    assert_eq!(good(example), Config::default());

    // With each setting switched on by itself, below the table it is written under.
    let mut table = "";
    let mut settings = 0;
    for line in example.lines().filter_map(|line| line.strip_prefix('#')) {
        if line.starts_with('[') {
            table = line;
        } else if line.starts_with(|c: char| c.is_ascii_lowercase()) && line.contains(" = ") {
            let needed = match (table, line.split(' ').next()) {
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
            settings += 1;
        }
    }
    // Every key of every table is explained, but for those that are tables themselves, for the other
    // ways to name a renderer, and for the socket of tests.
    let tables = [
        &vocabulary::TOP,
        &vocabulary::RENDERER,
        &vocabulary::GROUP,
        &vocabulary::SCHEDULE,
        &vocabulary::BUTTON,
        &vocabulary::LED,
    ];
    for words in tables {
        for key in words.keys {
            let explained = [
                format!("\n#{key} = "),
                format!("\n#   {key} = "),
                format!("\n#[[{key}]]"),
                format!("\n#[{key}]"),
            ];
            let shown = explained.iter().any(|line| example.contains(line));
            assert!(shown, "{key} is not explained");
        }
    }
    assert!(settings >= 28, "only {settings}");
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
    assert_eq!((config.media_port, config.control_port), (Port::Fixed(9000), Port::From(8080)));
    assert_eq!(config.gpio, Backend::Chip("/dev/gpiochip0".to_owned()));
    let [udn, address, name, any] = &*config.rules else { panic!("{:?}", config.rules) };
    assert_eq!(udn.who, Who::Udn(Udn::new("uuid:ab").unwrap()));
    assert_eq!(udn.plays[1], Path::new("/srv/dlna-kiosk/b"));
    assert_eq!((udn.volume, udn.max_cut), (Some(40), Duration::from_millis(300)));
    assert!(udn.autoplay && udn.repeat && !address.autoplay && !address.repeat);
    assert_eq!(address.who, Who::Address(Ipv4Addr::new(10, 0, 0, 45), Some(49494)));
    assert_eq!(name.who, Who::Name(clip("TV 1")));
    assert_eq!((&any.who, &*any.plays), (&Who::Any, &[config.media_folder.clone()][..]));
    let button = &config.buttons[0];
    assert_eq!((button.pin, button.press), (Pin(17), Some(PanelAction::PlayPause)));
    assert_eq!((button.active, button.hold_time.as_secs()), (Level::High, 2));
    assert!(matches!(&button.targets, Targets::Some(all) if all.len() == 3));
    assert_eq!(config.leds[0].shows, Shows::Playing(Targets::All));
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
    let leds = vec![Led { pin: Pin(22), shows: Shows::Status, active: Level::High }];
    let panel = "[gpio]\nbackend = \"/dev/gpiochip4\"\n[[led]]\npin = 22\nshows = \"status\"\n";
    for text in [format!("{panel}[[button]]\n"), format!("name = Foyer\n{panel}")] {
        let loaded = parse(&text, &disk);
        assert!(loaded.has_errors(), "{text}");
        assert_eq!(loaded.leds_anyway, leds, "{text}");
        assert_eq!(loaded.gpio_anyway, Backend::Chip("/dev/gpiochip4".to_owned()));
    }
}

#[test]
fn more_tables_than_fit_are_refused() {
    let renderer = |i| format!("[[renderer]]\nname = \"TV {i}\"\n");
    let renderers: String = (0..65).map(renderer).collect();
    assert_eq!(
        told(&renderers),
        ["config.toml:129: error: [[renderer]]: there are 65 [[renderer]] tables; 64 are \
             possible: leave some out"]
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
    assert!(told.iter().any(|line| line.contains("there are 1000 renderers in it")), "{told:?}");
    assert!(told.len() < 80, "each name that is read costs a search: {}", told.len());
}

#[test]
fn a_relative_media_folder_is_refused_even_where_there_is_one() {
    let loaded = parse("media = \"videos\"", &|_| FileState::Folder);
    assert!(loaded.has_errors(), "{:?}", loaded.problems);
}

#[test]
fn an_absent_media_folder_is_told_once() {
    let text = "media = \"/mnt/usb\"\n[[renderer]]\nplays = [\"a.mp4\", \"c/\", \"d.mkv\"]\n";
    assert_eq!(told(text).len(), 1);
    let absent = parse("", &|_| FileState::Missing);
    assert_eq!(absent.config, Some(Config::default()));
    assert_eq!(
        absent.problems[0].to_string(),
        "config.toml: warning: media: the media folder /srv/dlna-kiosk is not there; create it \
         (sudo mkdir -p /srv/dlna-kiosk) or plug in its disk; the box waits for it"
    );
}

#[test]
fn a_default_port_makes_way_for_a_fixed_one() {
    let config = good("media_port = 8080");
    assert_eq!(config.control_port, Port::From(8081));
    assert_eq!(good(&effective(&config)), config);
}

#[test]
fn pins_are_free_for_all_with_the_simulated_backend() {
    let config = good(
        "[gpio]\nbackend = \"simulated\"\nsocket = \"/run/pins\"\n\
         [[button]]\npin = 2\npress = \"volume_up\"\nhold_time = 0.5\n",
    );
    assert_eq!(config.gpio, Backend::Simulated(PathBuf::from("/run/pins")));
    assert_eq!(good(&effective(&config)), config);
}
