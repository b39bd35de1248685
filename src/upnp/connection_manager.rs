//! ConnectionManager:1–3: what a renderer says it can play.

/// An action and its IN arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// GetProtocolInfo
    GetProtocolInfo,
}

/// What the actions answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// GetProtocolInfo: Sink, the CSV as it is said
    ProtocolInfo { sink: String },
}
