//! Imports the device list of the Python kiosk that this program replaces: a JSON array of objects
//! with `device_name`, `friendly_name`, `hostname`, `action_url`, `video_file`, `loop` and others.

use super::key::quoted;
use super::media::is_playable;
use crate::limits::{NAME_BYTES, RULES};
use crate::text::{harmless, is_same_name};
use core::net::Ipv4Addr;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// A configuration file made of a device list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The file, with comments.
    pub toml: String,
    /// What was skipped or looked wrong, for the terminal.
    pub warnings: Vec<String>,
}

/// Keys that are read, and known keys that are no longer needed.
const READ: [&str; 7] =
    ["device_name", "friendly_name", "hostname", "action_url", "video_file", "loop", "priority"];
const NO_LONGER_NEEDED: [&str; 2] = ["type", "mime_type"];

/// One device of the list that can be taken over.
#[derive(Debug)]
struct Device {
    /// For comments and warnings.
    title: String,
    /// `name = "…"` or `address = "…"`.
    who: String,
    video: PathBuf,
    repeat: bool,
    priority: i64,
}

/// Turns the device list in `json` into a configuration file.
///
/// # Errors
/// A sentence with line and column if it is not JSON, or not a device list.
pub fn import(json: &str) -> Result<Imported, String> {
    let list = match serde_json::from_str(json.trim_start_matches('\u{feff}')) {
        Ok(Value::Array(list)) => list,
        Ok(one @ Value::Object(_)) => vec![one],
        Ok(_) => return Err("this is not a device list: it must begin with [ or {".to_owned()),
        Err(error) => return Err(format!("this is not JSON: {error}")),
    };
    let mut warnings = Vec::new();
    let mut devices: Vec<Device> = Vec::new();
    for (i, entry) in list.iter().enumerate() {
        let title = format!("entry {}", i + 1);
        let Value::Object(entry) = entry else {
            warnings.push(format!("{title} is not a device and was skipped"));
            continue;
        };
        let title = match text(entry, "device_name").or_else(|| text(entry, "friendly_name")) {
            Some(name) => format!("{title} ({name})"),
            None => title,
        };
        if let Some(device) = device(entry, title, &mut warnings) {
            if let Some(other) = devices.iter().find(|other| same(other, &device)) {
                let (title, other) = (&device.title, &other.title);
                warnings.push(format!("{title} is the same renderer as {other} and was skipped"));
            } else if devices.len() == RULES {
                let title = &device.title;
                warnings
                    .push(format!("{title} was skipped: at most {RULES} renderers are possible"));
            } else {
                devices.push(device);
            }
        }
    }
    // Stable: devices of the same priority keep their order.
    devices.sort_by_key(|device| core::cmp::Reverse(device.priority));
    let toml = written(&devices, &mut warnings);
    let warnings = warnings.iter().map(|warning| harmless(warning).into_owned()).collect();
    Ok(Imported { toml, warnings })
}

/// The device in an entry; `None` with a warning if it has no renderer or nothing to play.
fn device(entry: &Map<String, Value>, title: String, warnings: &mut Vec<String>) -> Option<Device> {
    let mut warn = |what: &str| warnings.push(format!("{title}: {what}"));
    for key in entry.keys() {
        if NO_LONGER_NEEDED.contains(&&**key) {
            warn(&format!("\"{key}\" is no longer needed"));
        } else if !READ.contains(&&**key) {
            warn(&format!("\"{key}\" is unknown and was ignored"));
        }
    }
    let priority = match entry.get("priority") {
        None | Some(Value::Null) => 0,
        Some(Value::String(number)) => number.trim().parse().unwrap_or_default(),
        Some(number) => number.as_i64().unwrap_or_default(),
    };
    if priority != 0 {
        warn("\"priority\" is no longer needed; it set the order of the tables");
    }
    let repeat = flag(entry.get("loop")).unwrap_or_else(|| {
        warn("\"loop\" is neither true nor false; set to true");
        true
    });
    let Some(who) = who(entry, &mut warn) else {
        warn("has neither a name nor an address of the renderer; skipped");
        return None;
    };
    let Some(video) = text(entry, "video_file") else {
        warn("has no \"video_file\"; skipped");
        return None;
    };
    let video = video.replace('\\', "/");
    if video.contains("://") || video.contains('*') {
        warn(&format!("\"{video}\" is not a single file on this machine; skipped"));
        return None;
    }
    if !is_playable(Path::new(&video)) {
        warn(&format!("\"{video}\" is of a type that no renderer plays; skipped"));
        return None;
    }
    Some(Device { title, who, video: PathBuf::from(video), repeat, priority })
}

/// The key that identifies the renderer: its name, else its address, else the name that the list gave it.
fn who(entry: &Map<String, Value>, warn: &mut dyn FnMut(&str)) -> Option<String> {
    let fits = |name: &String| name.len() <= NAME_BYTES && name != "*";
    if let Some(name) = text(entry, "friendly_name").filter(fits) {
        return Some(format!("name = {}", quoted(&name)));
    }
    let address = ["hostname", "action_url"].into_iter().find_map(|key| host(&text(entry, key)?));
    if let Some(ip) = address {
        return Some(format!("address = \"{ip}\""));
    }
    let name = text(entry, "device_name").filter(fits)?;
    warn(
        "has neither \"friendly_name\" nor an address; \"device_name\" must be the name that the renderer shows",
    );
    Some(format!("name = {}", quoted(&name)))
}

/// The address in a host name or URL. The port is left out, because a renderer changes it when it starts.
fn host(text: &str) -> Option<Ipv4Addr> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = rest.split(['/', ':', '?']).next()?;
    let ip: Ipv4Addr = host.parse().ok()?;
    let single = !(ip.is_unspecified() || ip.is_broadcast() || ip.is_multicast());
    single.then_some(ip)
}

/// A text without control characters that is not empty.
fn text(entry: &Map<String, Value>, key: &str) -> Option<String> {
    let text = entry.get(key)?.as_str()?;
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// True or false in any spelling; true if there is no value. `None` if it is neither.
fn flag(value: Option<&Value>) -> Option<bool> {
    match value {
        None | Some(Value::Null) => Some(true),
        Some(Value::Bool(on)) => Some(*on),
        Some(Value::Number(number)) => Some(number.as_f64() != Some(0.0)),
        Some(Value::String(word)) => match &*word.trim().to_lowercase() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => None,
        },
        Some(_) => None,
    }
}

/// Whether both are the same renderer.
fn same(a: &Device, b: &Device) -> bool {
    is_same_name(&a.who, &b.who)
}

/// The file made of the devices.
fn written(devices: &[Device], warnings: &mut Vec<String>) -> String {
    let media = common_folder(devices);
    let mut toml = String::from("# Made from the device list of the Python kiosk.\n\n");
    match &media {
        Some(folder) => {
            toml.push_str("# The folder that holds all the videos of the list.\n");
            let folder = quoted(&folder.display().to_string());
            toml.push_str(&format!("media = {folder}\n"));
        }
        None => {
            toml.push_str("# Copy the videos here.\n");
            toml.push_str(&format!("media = \"{}\"\n", super::MEDIA_FOLDER));
        }
    }
    for device in devices {
        let inner = media.as_ref().and_then(|media| device.video.strip_prefix(media).ok());
        let plain = |path: &&Path| !path.components().any(|part| part.as_os_str() == "..");
        let file = match inner.or((!device.video.has_root()).then_some(&*device.video)) {
            Some(path) if plain(&path) && !has_drive(path) => path.display().to_string(),
            _ => {
                let name = device.video.file_name().unwrap_or_default();
                let name = name.to_string_lossy().into_owned();
                let (title, video) = (&device.title, device.video.display());
                warnings.push(format!("{title}: copy {video} into the media folder"));
                name
            }
        };
        toml.push_str(&format!("\n# {}\n[[renderer]]\n{}\n", device.title, device.who));
        toml.push_str(&format!("plays = {}\n", quoted(&file)));
        toml.push_str(&format!("loop = {}\n", device.repeat));
    }
    toml
}

/// Whether the path begins with a Windows drive.
fn has_drive(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.get(1..2) == Some(":"))
}

/// The deepest folder that holds all absolute paths; `None` if that is the root or there are none.
fn common_folder(devices: &[Device]) -> Option<PathBuf> {
    let videos = devices.iter().map(|device| &device.video);
    let mut folders = videos.filter(|video| video.has_root()).map(|video| video.parent());
    let mut common = folders.next()??.to_path_buf();
    for folder in folders {
        let folder = folder?;
        while !folder.starts_with(&common) {
            common.pop();
        }
    }
    let is_plain = !common.components().any(|part| part.as_os_str() == "..");
    (common.parent().is_some() && is_plain).then_some(common)
}

#[cfg(test)]
mod tests {
    use super::super::{FileState, Loaded, Selector, Severity, parse};
    use super::*;
    use crate::text::clip;
    use proptest::prelude::*;

    fn read(toml: &str) -> Loaded {
        parse(toml, &|_| FileState::Missing)
    }

    const LIST: &str = r#"[
      {"device_name": "Hccast-3ADE76_dlna", "type": "dlna", "hostname": "10.0.0.45",
       "action_url": "http://10.0.0.45:49595/upnp/control/rendertransport1",
       "video_file": "/home/pi/videos/door.mp4", "loop": true, "priority": 1},
      {"device_name": "wall", "friendly_name": "Küche \"TV\"", "hostname": "10.0.0.46",
       "video_file": "/home/pi/videos/wall/hall.mkv", "loop": "False", "priority": "5", "color": 3}
    ]"#;

    #[test]
    fn takes_a_device_list_over() {
        let imported = import(LIST).unwrap();
        let config = read(&imported.toml).config.expect("our own file is valid");
        assert_eq!(config.media_folders, [Path::new("/home/pi/videos")]);
        let [wall, door] = &*config.rules else { panic!("{}", imported.toml) };
        assert_eq!(wall.who, Selector::Name(clip("Küche \"TV\"")), "higher priority first");
        assert_eq!(door.who, Selector::Address(Ipv4Addr::new(10, 0, 0, 45), None));
        assert_eq!(wall.plays, [Path::new("/home/pi/videos/wall/hall.mkv")]);
        assert!(!wall.repeat && door.repeat && door.autoplay);
        assert_eq!(
            imported.warnings,
            [
                "entry 1 (Hccast-3ADE76_dlna): \"type\" is no longer needed",
                "entry 1 (Hccast-3ADE76_dlna): \"priority\" is no longer needed; it set the \
                 order of the tables",
                "entry 2 (wall): \"color\" is unknown and was ignored",
                "entry 2 (wall): \"priority\" is no longer needed; it set the order of the \
                 tables",
            ]
        );
    }

    #[test]
    fn one_device_needs_no_list() {
        let imported = import(r#"{"device_name": "TV", "video_file": "a.mp4"}"#).unwrap();
        let config = read(&imported.toml).config.unwrap();
        assert_eq!(config.rules[0].who, Selector::Name(clip("TV")));
        assert!(imported.warnings[0].contains("must be the name that the renderer shows"));
    }

    #[test]
    fn what_cannot_be_taken_over_is_told() {
        for (entry, warning) in [
            (
                r#"{"video_file": "a.mp4"}"#,
                "entry 1: has neither a name nor an address of the renderer; skipped",
            ),
            (
                r#"{"device_name": "TV", "hostname": "10.0.0.4"}"#,
                "entry 1 (TV): has no \"video_file\"; skipped",
            ),
            (
                r#"{"hostname": "10.0.0.4", "video_file": "a.txt"}"#,
                "entry 1: \"a.txt\" is of a type that no renderer plays; skipped",
            ),
            (
                r#"{"hostname": "10.0.0.4", "video_file": "a.mp4", "\u001b[2J": 1}"#,
                "entry 1: \"\\u{1b}[2J\" is unknown and was ignored",
            ),
            ("[7]", "entry 1 is not a device and was skipped"),
            (
                r#"[{"hostname": "10.0.0.4", "video_file": "a.mp4"},
                    {"hostname": "10.0.0.4", "video_file": "b.mp4"}]"#,
                "entry 2 is the same renderer as entry 1 and was skipped",
            ),
            (
                r#"{"hostname": "10.0.0.4", "video_file": "C:\\Videos\\a.mp4"}"#,
                "entry 1: copy C:/Videos/a.mp4 into the media folder",
            ),
            (
                r#"{"hostname": "10.0.0.4", "video_file": "a.mp4", "loop": "maybe"}"#,
                "entry 1: \"loop\" is neither true nor false; set to true",
            ),
        ] {
            let imported = import(entry).unwrap();
            assert_eq!(imported.warnings, [warning], "{entry}");
            assert!(read(&imported.toml).config.is_some(), "{}", imported.toml);
        }
    }

    #[test]
    fn broken_json_is_told_with_its_place() {
        let error = import("[\n {\"device_name\": }\n]").unwrap_err();
        assert!(error.starts_with("this is not JSON: "), "{error}");
        assert!(error.ends_with("line 2 column 18"), "{error}");
        assert!(import("\"TV\"").unwrap_err().contains("must begin with ["));
        assert!(import("").is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_imported_can_be_read(
            devices in prop::collection::vec(
                ("\\PC{0,70}", "[ -~]{0,20}", "\\PC{0,20}|/[a-z./]{0,20}", any::<i64>()),
                0..40,
            ),
        ) {
            let list: Vec<Value> = devices
                .into_iter()
                .map(|(friendly, device, video, priority)| serde_json::json!({
                    "friendly_name": friendly,
                    "device_name": device,
                    "video_file": format!("{video}.mp4"),
                    "priority": priority,
                }))
                .collect();
            let imported = import(&Value::Array(list).to_string()).unwrap();
            let problems = read(&imported.toml).problems;
            let error = problems.iter().find(|problem| problem.severity == Severity::Error);
            prop_assert!(error.is_none(), "{:?}\n{}", error, imported.toml);
        }
    }
}
