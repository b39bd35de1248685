//! The ways in which a renderer can do one thing, where there are more than two.

use crate::time::Duration;

/// What it looks at before it answers SetAVTransportURI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// Nothing.
    Nothing,
    /// HEAD.
    Head,
    /// HEAD, and HEAD once more.
    HeadTwice,
    /// GET, dropped after the head.
    Get,
}

/// SetAVTransportURI while PLAYING.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetWhilePlaying {
    /// Plays the new one.
    Switches,
    /// Loads the new one and goes STOPPED.
    Stops,
    /// Answers 200 and plays the old one on.
    Dropped,
    /// Refuses with this.
    Refused(u16),
}

/// Play without media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlayEmpty {
    /// Refuses with this.
    Refused(u16),
    /// Answers 200 and is TRANSITIONING until Stop.
    TransitionsForEver,
}

/// How RelTime is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelTime {
    /// Cut to this resolution.
    Resolution(Duration),
    /// Always zero.
    AlwaysZero,
    /// NOT_IMPLEMENTED
    NotImplemented,
}

/// What TrackURI names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrackUri {
    /// The URI that was set.
    Own,
    /// The same, under a scheme of its maker.
    Scheme(&'static str),
    /// Always this.
    Always(&'static str),
}

/// SetNextAVTransportURI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextUri {
    /// Plays it at the end; fetches it, and shows its URI, this long before.
    Works(Duration),
    /// Answers 200 and does nothing.
    Ignored,
    /// Works, but before PLAYING it is taken as the current URI.
    TakenAsCurrent,
    /// Hangs for good this long before the end: nothing is answered until it is switched off and on.
    HangsAtHandOver(Duration),
    /// Works for sound; hangs like [`Self::HangsAtHandOver`] if the next one is video.
    HangsAtVideo(Duration),
    /// Refuses with this.
    Refused(u16),
}

/// What it does with a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Still {
    /// PLAYING for ever.
    Stays,
    /// The end, at once.
    EndsAtOnce,
    /// The end after this long.
    EndsAfter(Duration),
}

/// Where it looks for subtitles, and what it makes of those that metadata name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subtitles {
    /// Nowhere; it passes over them.
    Ignored,
    /// In CaptionInfo.sec of the answer to its GET. A `res` of text it plays instead of the film.
    Header,
    /// In a `res` of text beside sec:CaptionInfoEx.
    Resource,
    /// In pv:subtitleFileUri.
    Attributes,
    /// Refuses metadata that name any, with this.
    Refused(u16),
    /// Plays them instead of the film, in whatever form.
    Opened,
}

/// Where it playback_failure between Play and the first picture, of whatever file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaybackFailure {
    /// It never asks for the file.
    NeverAsks,
    /// It opens this many connections and drops each as its bytes come.
    HangsUp(u8),
    /// It reads all, and shows nothing.
    ShowsNothing,
}

/// What it does if its fetch fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchFailure {
    /// Keeps its state, and its position does not move.
    Unnoticed,
    /// STOPPED, status OK.
    SilentStop,
    /// STOPPED, status ERROR_OCCURRED.
    ErrorOccurred,
}
