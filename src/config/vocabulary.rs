//! The words of the file, and what people write instead of them.

use super::spelling::{listed, nearest, normalised};

/// A table and the keys it knows.
#[derive(Debug)]
pub(super) struct Words {
    /// As written in the file; empty for the top.
    pub(super) label: &'static str,
    pub(super) keys: &'static [&'static str],
    /// Words that mean one of the keys.
    synonyms: &'static [Synonyms],
}

/// What people write, and the word of the file for it.
type Synonyms = &'static [(&'static str, &'static str)];

/// For the keys that [`BUTTON`] and [`LED`] have in common.
const WIRED: Synonyms = &[
    ("gpio", "pin"),
    ("bcm", "pin"),
    ("level", "active"),
    ("active_low", "active"),
    ("active_high", "active"),
    ("renderers", "renderer"),
    ("target", "renderer"),
    ("device", "renderer"),
    ("tv", "renderer"),
];

pub(super) const TOP: Words = Words {
    label: "",
    keys: &[
        "name",
        "media",
        "media_port",
        "control_port",
        "stop_at_exit",
        "clock",
        "gpio",
        "renderer",
        "schedule",
        "group",
        "button",
        "led",
    ],
    synonyms: &[&[
        ("port", "media_port"),
        ("http_port", "media_port"),
        ("web_port", "control_port"),
        ("page_port", "control_port"),
        ("folder", "media"),
        ("directory", "media"),
        ("path", "media"),
        ("media_folder", "media"),
        ("media_dir", "media"),
        ("videos", "media"),
        ("friendly_name", "name"),
        ("title", "name"),
        ("renderers", "renderer"),
        ("device", "renderer"),
        ("devices", "renderer"),
        ("tv", "renderer"),
        ("projector", "renderer"),
        ("groups", "group"),
        ("sync", "group"),
        ("buttons", "button"),
        ("switch", "button"),
        ("leds", "led"),
        ("light", "led"),
        ("pins", "gpio"),
        ("schedules", "schedule"),
        ("opening_hours", "schedule"),
        ("timer", "schedule"),
        ("rtc", "clock"),
    ]],
};

pub(super) const GPIO: Words = Words {
    label: "[gpio]",
    keys: &["backend", "socket"],
    synonyms: &[&[
        ("chip", "backend"),
        ("driver", "backend"),
        ("type", "backend"),
        ("device", "backend"),
        ("path", "socket"),
    ]],
};

pub(super) const RENDERER: Words = Words {
    label: "[[renderer]]",
    keys: &[
        "name",
        "udn",
        "address",
        "plays",
        "autoplay",
        "loop",
        "order",
        "dwell",
        "volume",
        "on_stop",
        "loop_method",
        "max_cut",
    ],
    synonyms: &[&[
        ("friendly_name", "name"),
        ("device_name", "name"),
        ("uuid", "udn"),
        ("usn", "udn"),
        ("id", "udn"),
        ("host", "address"),
        ("hostname", "address"),
        ("ip", "address"),
        ("ip_address", "address"),
        ("url", "address"),
        ("action_url", "address"),
        ("file", "plays"),
        ("files", "plays"),
        ("folder", "plays"),
        ("directory", "plays"),
        ("path", "plays"),
        ("video", "plays"),
        ("video_file", "plays"),
        ("videos", "plays"),
        ("play", "plays"),
        ("playlist", "plays"),
        ("media", "plays"),
        ("auto_play", "autoplay"),
        ("autostart", "autoplay"),
        ("start", "autoplay"),
        ("repeat", "loop"),
        ("shuffle", "order"),
        ("random", "order"),
        ("slide_time", "dwell"),
        ("image_time", "dwell"),
        ("looping", "loop"),
        ("vol", "volume"),
        ("method", "loop_method"),
        ("cut", "max_cut"),
    ]],
};

pub(super) const SCHEDULE: Words = Words {
    label: "[[schedule]]",
    keys: &["name", "days", "date", "from", "to", "on", "plays", "then", "volume", "priority"],
    synonyms: &[&[
        ("title", "name"),
        ("day", "days"),
        ("weekday", "days"),
        ("start", "from"),
        ("begin", "from"),
        ("open", "from"),
        ("end", "to"),
        ("until", "to"),
        ("till", "to"),
        ("close", "to"),
        ("renderer", "on"),
        ("renderers", "on"),
        ("target", "on"),
        ("tv", "on"),
        ("file", "plays"),
        ("files", "plays"),
        ("folder", "plays"),
        ("play", "plays"),
        ("playlist", "plays"),
        ("action", "then"),
        ("does", "then"),
        ("what", "then"),
        ("vol", "volume"),
        ("prio", "priority"),
    ]],
};

pub(super) const GROUP: Words = Words {
    label: "[[group]]",
    keys: &["name", "on", "plays", "loop", "volume", "wait"],
    synonyms: &[&[
        ("renderer", "on"),
        ("renderers", "on"),
        ("members", "on"),
        ("member", "on"),
        ("tvs", "on"),
        ("devices", "on"),
        ("targets", "on"),
        ("file", "plays"),
        ("files", "plays"),
        ("folder", "plays"),
        ("path", "plays"),
        ("video", "plays"),
        ("play", "plays"),
        ("playlist", "plays"),
        ("repeat", "loop"),
        ("looping", "loop"),
        ("vol", "volume"),
        ("timeout", "wait"),
        ("patience", "wait"),
    ]],
};

pub(super) const BUTTON: Words = Words {
    label: "[[button]]",
    keys: &[
        "pin",
        "press",
        "long",
        "double",
        "hold_time",
        "debounce",
        "pull",
        "active",
        "detect",
        "renderer",
        "plays",
        "again",
        "back",
        "lasts",
        "seek_step",
    ],
    synonyms: &[
        WIRED,
        &[
            ("clip", "plays"),
            ("file", "plays"),
            ("folder", "plays"),
            ("retrigger", "again"),
            ("repress", "again"),
            ("returns", "back"),
            ("expires", "lasts"),
            ("step", "seek_step"),
            ("seek", "seek_step"),
            ("action", "press"),
            ("click", "press"),
            ("short", "press"),
            ("does", "press"),
            ("hold", "long"),
            ("held", "long"),
            ("long_press", "long"),
            ("double_click", "double"),
            ("double_press", "double"),
            ("bounce", "debounce"),
            ("bounce_time", "debounce"),
            ("pull_up", "pull"),
            ("pull_down", "pull"),
            ("resistor", "pull"),
        ],
    ],
};

pub(super) const LED: Words = Words {
    label: "[[led]]",
    keys: &["pin", "shows", "renderer", "active"],
    synonyms: &[WIRED, &[("show", "shows"), ("state", "shows"), ("function", "shows")]],
};

/// Words that mean one of those that a key allows.
const CHOICES: [(&str, &str); 29] = [
    ("toggle", "play_pause"),
    ("start", "play"),
    ("halt", "stop"),
    ("forward", "next"),
    ("skip", "next"),
    ("previous", "prev"),
    ("back", "prev"),
    ("louder", "volume_up"),
    ("vol_up", "volume_up"),
    ("softer", "volume_down"),
    ("vol_down", "volume_down"),
    ("clip", "play_clip"),
    ("automatic", "auto"),
    ("rewind", "seek_back"),
    ("who", "identify"),
    ("poweroff", "shutdown"),
    ("power_off", "shutdown"),
    ("random", "shuffled"),
    ("shuffle", "shuffled"),
    ("alphabetical", "name"),
    ("none", "off"),
    ("wait", "queue"),
    ("state", "status"),
    ("poll", "level"),
    ("dark", "blackout"),
    ("black", "blackout"),
    ("ntp", "network"),
    ("internet", "network"),
    ("hardware", "rtc"),
];

/// The word among `allowed` that means the same as `word`.
pub(super) fn synonym(word: &str, allowed: &[&'static str]) -> Option<&'static str> {
    let mut choices = CHOICES.iter();
    let fits = |&&(wrong, right): &&(&str, &str)| wrong == word && allowed.contains(&right);
    choices.find(fits).map(|&(_, right)| right)
}

impl Words {
    /// What to write instead of the unknown `word`.
    pub(super) fn instead_of(&self, word: &str) -> String {
        let plain = normalised(word);
        let mut synonyms = self.synonyms.iter().copied().flatten();
        if let Some((_, right)) = synonyms.find(|(wrong, _)| *wrong == plain) {
            return format!("write \"{right}\"");
        }
        if let Some(right) = nearest(&plain, self.keys.iter().copied()) {
            return format!("did you mean \"{right}\"?");
        }
        let others = [&TOP, &RENDERER, &BUTTON, &LED, &GPIO, &SCHEDULE, &GROUP];
        if let Some(home) = others.iter().find(|words| words.keys.contains(&&*plain)) {
            return match home.label {
                "" => "it belongs at the top of the file, above the first table".to_owned(),
                label => format!("it belongs in a {label} table"),
            };
        }
        format!("known here: {}", listed(self.keys, "and"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_was_meant() {
        for (words, wrong, advice) in [
            (&BUTTON, "gpio", "write \"pin\""),
            (&RENDERER, "file", "write \"plays\""),
            (&RENDERER, "host", "write \"address\""),
            (&RENDERER, "IP", "write \"address\""),
            (&RENDERER, "folder", "write \"plays\""),
            (&RENDERER, "repeat", "write \"loop\""),
            (&RENDERER, "auto-play", "write \"autoplay\""),
            (&RENDERER, "volumne", "did you mean \"volume\"?"),
            (&LED, "media_port", "it belongs at the top of the file, above the first table"),
            (&TOP, "hold_time", "it belongs in a [[button]] table"),
            (&LED, "xyzzy", "known here: pin, shows, renderer and active"),
        ] {
            assert_eq!(words.instead_of(wrong), advice, "{wrong}");
        }
    }

    #[test]
    fn every_synonym_leads_to_a_key() {
        for words in [&TOP, &GPIO, &RENDERER, &SCHEDULE, &GROUP, &BUTTON, &LED] {
            for (wrong, right) in words.synonyms.iter().copied().flatten() {
                assert!(words.keys.contains(right), "{wrong} → {right}");
                assert!(!words.keys.contains(wrong), "{wrong} is a key");
            }
        }
    }
}
