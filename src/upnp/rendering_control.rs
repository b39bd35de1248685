//! RenderingControl:1–3: volume and mute of the Master channel.

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
