//! How renderers differ and misbehave: one plain field for each behaviour.
//!
//! [`Quirks::default`] is a well-behaved renderer as AVTransport:1 describes it. A field that holds `Option<u16>` is the UPnP
//! error of that case; `None` answers 200.

use crate::time::Duration;
use crate::upnp::action::TransportState;

#[derive(Clone, Debug, PartialEq)]
pub struct Quirks {
    // Loading a URI
    /// State without media: STOPPED or NO_MEDIA_PRESENT.
    pub idle: TransportState,
    /// Looks at the URL before it answers SetAVTransportURI; 716 if that fails.
    pub probe: Probe,
    /// MIME types it takes, from metadata and from the server; else 714. `None`: all.
    pub mimes: Option<&'static [&'static str]>,
    /// The MIME types that its Sink names, where those are not what it takes.
    pub sink: Option<&'static [&'static str]>,
    /// Refuses an https URI with this.
    pub secure_uri: Option<u16>,
    /// 714 if the path of the URL has no extension.
    pub wants_extension: bool,
    /// 716 if the probed URL was answered without contentFeatures.dlna.org.
    pub wants_content_features: bool,
    /// Refuses full metadata (with size or duration) with this.
    pub full_metadata: Option<u16>,
    /// Refuses metadata without size and duration with this.
    pub plain_metadata: Option<u16>,
    /// Refuses metadata written for old Samsung TVs with this.
    pub compat_metadata: Option<u16>,
    /// Refuses the empty string as metadata with this.
    pub empty_metadata: Option<u16>,
    /// Where it looks for subtitles, and what it makes of those that metadata name.
    pub subtitles: Subtitles,
    /// Takes every SetAVTransportURI, and says to Play what it has against metadata or MIME type.
    pub refuses_at_play: bool,
    /// A refused SetAVTransportURI leaves the old URI loaded: a Play that follows plays the old file.
    pub refused_set_keeps_old: bool,
    /// SetAVTransportURI while PLAYING.
    pub set_while_playing: SetWhilePlaying,
    /// Set while PAUSED_PLAYBACK: TrackURI stays the old one until Play.
    pub track_uri_lags: bool,
    /// Sends a STOPPED event after every SetAVTransportURI.
    pub set_says_stopped: bool,
    /// Plays from SetAVTransportURI on, without Play.
    pub starts_on_set: bool,
    /// Answers SetAVTransportURI this late, and answers 200 to a Play before that without doing it.
    pub set_takes: Duration,

    // Starting and stopping
    /// Says PLAYING as soon as Play is answered, whether or not anything was fetched.
    pub playing_at_once: bool,
    /// TRANSITIONING lasts at least this long after Play.
    pub loading: Duration,
    /// And up to this much longer, by chance.
    pub loading_jitter: Duration,
    /// What it says while it loads: TRANSITIONING or STOPPED.
    pub loads_as: TransportState,
    /// Loading takes this much longer after a Stop, which went back to the TV's own input.
    pub reopening: Duration,
    /// TRANSITIONING lasts this long after Stop.
    pub stopping: Duration,
    /// The name that it gives to TRANSITIONING on the wire.
    pub transitioning_name: &'static str,
    /// Set, Play, Pause and Seek in TRANSITIONING.
    pub in_transition: Option<u16>,
    /// Answers Play only when it plays, or failed.
    pub play_hangs_while_loading: bool,
    /// Refuses every Play: control is switched off in its menu.
    pub play_refused: Option<u16>,
    /// Refuses a Play that lacks these arguments with 402.
    pub play_wants: &'static [&'static str],
    /// Play without media.
    pub play_empty: PlayEmpty,
    /// Play while PLAYING.
    pub play_while_playing: Option<u16>,
    /// Stop without media.
    pub stop_empty: Option<u16>,
    /// Stop forgets the URI: Play needs a new SetAVTransportURI.
    pub stop_clears_uri: bool,
    /// Answers 200 to a Stop while it loads, and plays all the same.
    pub stop_ignored_while_loading: bool,
    /// After the viewer's stop it says PLAYING, and everything but Stop is refused with 705.
    pub remote_stop_locks: bool,
    /// After the viewer's stop, or behind another app, it has forgotten the media.
    pub remote_stop_forgets: bool,

    // Pausing, seeking, skipping
    /// TRANSITIONING lasts this long before it is paused, and before it goes on.
    pub pausing: Duration,
    /// Refuses every Pause.
    pub pause_refused: Option<u16>,
    /// Answers 200 to every Pause and plays on.
    pub pause_ignored: bool,
    /// Pause while STOPPED.
    pub pause_while_stopped: Option<u16>,
    /// Pause while PAUSED_PLAYBACK.
    pub pause_while_paused: Option<u16>,
    /// Refuses every Seek.
    pub seek_refused: Option<u16>,
    /// Seek without media.
    pub seek_empty: Option<u16>,
    /// Seek while STOPPED; `None` answers 200 and does nothing.
    pub seek_while_stopped: Option<u16>,
    /// Seek beyond the end, or without a known duration; `None` answers 200 and does nothing.
    pub seek_past_end: Option<u16>,
    /// Seek in media that was served without contentFeatures.dlna.org.
    pub seek_without_features: Option<u16>,
    /// After a Seek on a server without ranges it goes STOPPED; otherwise its position freezes.
    pub seek_without_ranges_stops: bool,
    /// Next and Previous.
    pub skip: Option<u16>,
    /// An action it does not know.
    pub unknown_action: u16,

    // Position, the end, what follows
    /// How it tells RelTime.
    pub rel_time: RelTime,
    /// Looks at its own position this often only, and tells RelTime from memory meanwhile.
    pub rel_time_every: Duration,
    /// What it calls the media in TrackURI.
    pub track_uri: TrackUri,
    /// Tells this as the duration, whatever it is.
    pub claims_duration: Option<Duration>,
    /// Tells this many per cent of the true duration.
    pub claims_percent: u32,
    /// Never tells the duration.
    pub hides_duration: bool,
    /// Refuses every GetPositionInfo.
    pub position_refused: Option<u16>,
    /// GetPositionInfo while STOPPED or without media.
    pub position_when_idle: Option<u16>,
    /// The end of the media clears CurrentURI.
    pub end_clears_uri: bool,
    /// The end of the media sets RelTime to zero.
    pub end_zeroes_position: bool,
    /// The end of the media sets the duration to zero.
    pub end_zeroes_duration: bool,
    /// At the end it says PLAYING at 0:00 for this long, then STOPPED.
    pub end_flicker: Duration,
    /// Says PAUSED_PLAYBACK at the end for ever.
    pub end_says_paused: bool,
    /// Says PLAYING at the end for ever.
    pub end_says_playing: bool,
    /// SetNextAVTransportURI.
    pub next: NextUri,
    /// At the hand-over to the next URI it says STOPPED for this long.
    pub hand_over_stops: Duration,
    /// Stop and SetAVTransportURI leave an old NextURI in place.
    pub stale_next: bool,
    /// What it does with a picture.
    pub still: Still,
    /// A picture that follows a picture without a Stop is not shown; the one after that is again.
    pub second_picture_fails: bool,
    /// Does not fetch a picture again whose URL it has fetched before.
    pub caches_pictures: bool,
    /// What it does if its fetch fails.
    pub failure: FetchFailure,
    /// What it cannot do with a file, and then it fails as with a fetch.
    pub playback_failure: Option<PlaybackFailure>,
    /// What it does with single files, by their names without the extension.
    pub flaws: &'static [(&'static str, FileFlaw)],

    // Fetching
    /// Reads this much ahead of its position; `None`: the whole file at once, then closes.
    pub reads_ahead: Option<Duration>,
    /// Open-ended ranges that it opens beside the first GET, spread over the file.
    pub parallel_ranges: u8,

    /// It takes this long to read a sixteenth of a file.
    pub piece_takes: Duration,

    // Answers
    /// What it does with single actions, instead of what they ask for.
    pub whims: Vec<Whim>,
    /// Every answer comes this late.
    pub answers_after: Duration,
    /// How it refuses, if not with a UPnP error.
    pub bare_refusals: Option<BareRefusal>,

    // RenderingControl
    /// Whether there is RenderingControl at all.
    pub rendering_control: bool,
    /// Refuses GetMute and SetMute.
    pub mute_refused: Option<u16>,
    /// Serves the descriptions of its services; otherwise answers this.
    pub scpd_refused: Option<u16>,
    /// Does not answer requests for the descriptions of its services.
    pub scpd_unanswered: bool,
    /// The lowest volume.
    pub volume_min: u16,
    /// The loudest volume.
    pub volume_max: u16,
    /// A volume beyond these: `None` takes it as it is.
    pub volume_too_loud: Option<u16>,
    /// GetVolume tells one less than was set, but for the ends: a fraction was cut.
    pub volume_one_less: bool,
    /// GetVolume tells this, whatever the volume is.
    pub tells_volume: Option<u16>,
    /// The event of a mute says volume 0 too.
    pub mute_says_volume_zero: bool,

    // Events
    /// Whether it sends any event.
    pub sends_events: bool,
    /// Refuses SUBSCRIBE with this HTTP status.
    pub refuses_subscriptions: Option<u16>,
    /// The longest subscription it grants.
    pub longest_lease: Duration,
    /// Forgets a subscription this long after SUBSCRIBE, whatever it granted.
    pub forgets_subscriptions_after: Option<Duration>,
    /// Collects changes for this long.
    pub event_batch: Duration,
    /// The first event comes before the answer to SUBSCRIBE.
    pub first_event_overtakes: bool,
    /// Every eighth event comes after the next one.
    pub swaps_events: bool,
    /// No event can be understood, though each is counted.
    pub garbles_events: bool,

    // Discovery and life
    /// Answers its description with this HTTP status until this long after it was switched on.
    pub description_refused: Option<(u16, Duration)>,
    /// Other root devices at its address, none of them a renderer. At each boot all change places.
    pub other_root_devices: u8,
    /// max-age of its announcements.
    pub max_age: Duration,
    /// Announces itself this often; `None`: only at start.
    pub announces_every: Option<Duration>,
    /// Waits a random part of MX before it answers a search.
    pub waits_for_mx: bool,
    /// Answers a search for exactly its own version only, not for lower ones.
    pub only_own_version: bool,
    /// Tells BOOTID.UPNP.ORG.
    pub tells_boot_id: bool,
    /// Listens on another port after each boot.
    pub new_port_at_boot: bool,
    /// Switched off, it says byebye and STOPPED, and answers for so long.
    pub lingers: Duration,
    /// Answers searches also in standby.
    pub answers_in_standby: bool,
    /// Goes to standby by itself after so long without playing; a Play wakes it.
    pub standby_after: Option<Duration>,
}

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
    /// Moves until then, and stands.
    StandsAt(Duration),
    /// Told in every second answer only; NOT_IMPLEMENTED in the others.
    EverySecond,
    /// Two values in turn: the true one, and this much later.
    Jumps(Duration),
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
    /// Works, but drops every so-many-th: it says STOPPED, without a URI.
    DropsEvery(u32),
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

/// How playback fails between Play and the first picture, whatever the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaybackFailure {
    /// It never asks for the file.
    NeverAsks,
    /// It opens this many connections and drops each as its bytes come.
    HangsUp(u8),
    /// It reads all, and shows nothing.
    ShowsNothing,
}

/// What it does with an action, instead of what the action asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whim {
    /// The name of the action.
    pub action: &'static str,
    /// Only in this state.
    pub only_in: Option<TransportState>,
    /// So many times.
    pub times: u32,
    pub does: Does,
}

/// What it does instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Refuses it with this.
    Refuses(u16),
    /// Answers 200 and does nothing.
    Nothing,
    /// Does nothing, and never answers.
    NothingSilently,
    /// Does it, and never answers.
    ItSilently,
}

/// A refusal without a UPnP error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BareRefusal {
    /// Answers with this HTTP status.
    Status(u16),
    /// Closes the connection.
    Closes,
}

/// How one file fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFlaw {
    /// SetAVTransportURI is refused with this.
    Refused(u16),
    /// It is never fetched.
    NeverFetched,
    /// It is fetched and not shown.
    NotShown,
    /// SetAVTransportURI hangs the renderer until it is switched off and on.
    Hangs,
    /// It is fetched, and for so long the renderer says that it plays, and shows an error at position zero. Then it fails.
    FailsAfter(Duration),
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

impl Default for Quirks {
    fn default() -> Self {
        Self {
            idle: TransportState::NoMediaPresent,
            probe: Probe::Nothing,
            mimes: None,
            sink: None,
            secure_uri: None,
            wants_extension: false,
            wants_content_features: false,
            full_metadata: None,
            plain_metadata: None,
            compat_metadata: None,
            empty_metadata: None,
            subtitles: Subtitles::Ignored,
            refuses_at_play: false,
            refused_set_keeps_old: false,
            set_while_playing: SetWhilePlaying::Switches,
            track_uri_lags: false,
            set_says_stopped: false,
            starts_on_set: false,
            set_takes: Duration::ZERO,
            playing_at_once: false,
            loading: Duration::from_millis(200),
            loading_jitter: Duration::ZERO,
            loads_as: TransportState::Transitioning,
            reopening: Duration::ZERO,
            stopping: Duration::ZERO,
            transitioning_name: "TRANSITIONING",
            in_transition: None,
            play_hangs_while_loading: false,
            play_refused: None,
            play_wants: &[],
            play_empty: PlayEmpty::Refused(701),
            play_while_playing: None,
            stop_empty: Some(701),
            stop_clears_uri: false,
            stop_ignored_while_loading: false,
            remote_stop_locks: false,
            remote_stop_forgets: false,
            pausing: Duration::ZERO,
            pause_refused: None,
            pause_ignored: false,
            pause_while_stopped: Some(701),
            pause_while_paused: None,
            seek_refused: None,
            seek_empty: Some(701),
            seek_while_stopped: Some(701),
            seek_past_end: Some(711),
            seek_without_features: None,
            seek_without_ranges_stops: false,
            skip: Some(711),
            unknown_action: 401,
            rel_time: RelTime::Resolution(Duration::from_secs(1)),
            rel_time_every: Duration::ZERO,
            track_uri: TrackUri::Own,
            claims_duration: None,
            claims_percent: 100,
            hides_duration: false,
            position_refused: None,
            position_when_idle: None,
            end_clears_uri: false,
            end_zeroes_position: false,
            end_zeroes_duration: false,
            end_flicker: Duration::ZERO,
            end_says_paused: false,
            end_says_playing: false,
            next: NextUri::Works(Duration::ZERO),
            hand_over_stops: Duration::ZERO,
            stale_next: false,
            still: Still::Stays,
            second_picture_fails: false,
            caches_pictures: false,
            failure: FetchFailure::ErrorOccurred,
            playback_failure: None,
            flaws: &[],
            reads_ahead: Some(Duration::from_secs(10)),
            parallel_ranges: 0,
            piece_takes: Duration::ZERO,
            whims: Vec::new(),
            answers_after: Duration::ZERO,
            bare_refusals: None,
            rendering_control: true,
            mute_refused: None,
            scpd_refused: None,
            scpd_unanswered: false,
            volume_min: 0,
            volume_max: 100,
            volume_too_loud: Some(601),
            volume_one_less: false,
            tells_volume: None,
            mute_says_volume_zero: false,
            sends_events: true,
            refuses_subscriptions: None,
            longest_lease: Duration::from_secs(1800),
            forgets_subscriptions_after: None,
            event_batch: Duration::ZERO,
            first_event_overtakes: false,
            swaps_events: false,
            garbles_events: false,
            description_refused: None,
            other_root_devices: 0,
            max_age: Duration::from_secs(1800),
            announces_every: Some(Duration::from_secs(600)),
            waits_for_mx: true,
            only_own_version: false,
            tells_boot_id: false,
            new_port_at_boot: false,
            lingers: Duration::ZERO,
            answers_in_standby: false,
            standby_after: None,
        }
    }
}
