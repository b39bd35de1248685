//! ConnectionManager:1–3: what a renderer says it can play.

use super::arguments::{Arguments, argument};

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

impl Action {
    /// Its name on the wire.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::GetProtocolInfo => "GetProtocolInfo",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        (name == "GetProtocolInfo").then_some(Self::GetProtocolInfo)
    }

    /// Its OUT arguments; `None` if they are not there.
    pub(super) fn parse_reply(&self, arguments: &Arguments<'_>) -> Option<Reply> {
        match self {
            Self::GetProtocolInfo => {
                let sink = arguments.get("Sink");
                // A device that names only its Source has answered, too.
                let answered = sink.is_some() || arguments.get("Source").is_some();
                answered.then(|| Reply::ProtocolInfo {
                    sink: sink.unwrap_or_default().trim().to_owned(),
                })
            }
        }
    }
}

impl Reply {
    pub(super) fn write_arguments(&self) -> String {
        match self {
            Self::ProtocolInfo { sink } => format!("<Source></Source>{}", argument("Sink", sink)),
        }
    }
}
