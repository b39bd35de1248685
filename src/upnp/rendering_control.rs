//! RenderingControl:1–3: volume and mute of the Master channel.

use super::arguments::{Arguments, argument};

/// An action and its IN arguments. InstanceID is 0, Channel is Master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// GetVolume
    GetVolume,
    /// SetVolume, in the renderer's own units
    SetVolume { volume: u16 },
    /// GetMute
    GetMute,
    /// SetMute
    SetMute { mute: bool },
}

/// What the actions answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// GetVolume: CurrentVolume
    Volume(u16),
    /// GetMute: CurrentMute
    Mute(bool),
}

impl Action {
    /// Its name on the wire.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::GetVolume => "GetVolume",
            Self::SetVolume { .. } => "SetVolume",
            Self::GetMute => "GetMute",
            Self::SetMute { .. } => "SetMute",
        }
    }

    pub(super) fn write_arguments(&self) -> String {
        let value = match self {
            Self::GetVolume | Self::GetMute => String::new(),
            Self::SetVolume { volume } => argument("DesiredVolume", &volume.to_string()),
            Self::SetMute { mute } => argument("DesiredMute", format_bool(*mute)),
        };
        format!("<InstanceID>0</InstanceID><Channel>Master</Channel>{value}")
    }

    pub(super) fn parse(name: &str, arguments: &Arguments<'_>) -> Option<Self> {
        Some(match name {
            "GetVolume" => Self::GetVolume,
            "SetVolume" => {
                Self::SetVolume { volume: parse_volume(&arguments.get("DesiredVolume")?)? }
            }
            "GetMute" => Self::GetMute,
            "SetMute" => Self::SetMute { mute: parse_bool(&arguments.get("DesiredMute")?)? },
            _ => return None,
        })
    }

    /// Its OUT arguments, if it has any; `None` if they are not there.
    pub(super) fn parse_reply(&self, arguments: &Arguments<'_>) -> Option<Option<Reply>> {
        Some(Some(match self {
            Self::GetVolume => Reply::Volume(parse_volume(&arguments.get("CurrentVolume")?)?),
            Self::GetMute => Reply::Mute(parse_bool(&arguments.get("CurrentMute")?)?),
            Self::SetVolume { .. } | Self::SetMute { .. } => return Some(None),
        }))
    }
}

impl Reply {
    pub(super) fn write_arguments(&self) -> String {
        match self {
            Self::Volume(volume) => argument("CurrentVolume", &volume.to_string()),
            Self::Mute(mute) => argument("CurrentMute", format_bool(*mute)),
        }
    }
}

/// A volume in the renderer's units; a fraction is cut off.
#[must_use]
pub fn parse_volume(text: &str) -> Option<u16> {
    let text = text.trim();
    let whole = text.split('.').next().unwrap_or_default();
    whole.parse().ok()
}

/// A boolean (UDA 1.0 §2.3): `1`, `true`, `yes` and their opposites, in any case.
#[must_use]
pub fn parse_bool(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// The form that every device understands.
#[must_use]
pub const fn format_bool(value: bool) -> &'static str {
    if value { "1" } else { "0" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_come_in_many_words() {
        for text in ["1", "true", "True", " YES "] {
            assert_eq!(parse_bool(text), Some(true), "{text}");
        }
        for text in ["0", "false", "No"] {
            assert_eq!(parse_bool(text), Some(false), "{text}");
        }
        for text in ["", "2", "maybe"] {
            assert_eq!(parse_bool(text), None, "{text}");
        }
    }

    #[test]
    fn volumes_are_whole_and_not_negative() {
        assert_eq!(parse_volume(" 40 "), Some(40));
        assert_eq!(parse_volume("12.5"), Some(12));
        for text in ["", "-1", "70000", "loud"] {
            assert_eq!(parse_volume(text), None, "{text}");
        }
    }
}
