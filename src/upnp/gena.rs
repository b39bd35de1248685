//! General Event Notification Architecture (UDA 1.0 §4): LastChange events and subscription timeouts.

use super::action::{TransportState, format_status, is_error};
use super::values::{format_bool, format_time, parse_bool, parse_time, parse_volume};
use super::xml::{Document, Node, decode, escape, unescape};
use crate::time::Duration;

/// The variables of instance 0 in a LastChange event. Of each variable the first occurrence counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastChange {
    /// TransportState; `None` if absent or unknown.
    pub transport_state: Option<TransportState>,
    /// TransportStatus is ERROR_OCCURRED.
    pub error_occurred: bool,
    /// AVTransportURI; may be empty.
    pub av_transport_uri: Option<String>,
    /// CurrentTrackURI; may be empty.
    pub current_track_uri: Option<String>,
    /// CurrentTrackDuration; zero counts as unknown.
    pub current_track_duration: Option<Duration>,
    /// Volume of the Master channel.
    pub volume: Option<u16>,
    /// Mute of the Master channel.
    pub mute: Option<bool>,
}

/// Used where the answer to SUBSCRIBE gives no timeout: the one that we ask for.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);
/// Longest time for which "infinite" (UDA 1.0 §4.1.1) is believed: renderers restart.
const INFINITE: Duration = Duration::from_secs(1800);
/// Longer timeouts are cut to this.
const LONGEST: Duration = Duration::from_secs(86_400);
/// How often text is unescaped in search of a variable.
const UNESCAPES: usize = 2;
/// Longest tag that is read where tags do not fit together.
const TAG: usize = 4096;

impl LastChange {
    /// Reads the body of a NOTIFY: a propertyset, or the Event document alone. `None` if it holds no variable
    /// of AVTransport or RenderingControl.
    ///
    /// Each variable is first looked up in the XML, with the repairs of [`super::xml`], then in the text,
    /// where tags may be torn or escaped once too often or too seldom. Text after the first `</Event>` is
    /// ignored: it is left over in the device's buffer. An event whose end is missing says nothing.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let event = Some(EventDocument::read(&decode(body))).filter(|event| event.whole)?;
        let [state, status, duration, volume, mute] =
            ["TransportState", "TransportStatus", "CurrentTrackDuration", "Volume", "Mute"]
                .map(|name| event.value(name));
        let uri =
            |name| event.value(name).filter(|uri| !uri.eq_ignore_ascii_case("NOT_IMPLEMENTED"));
        let change = Self {
            transport_state: state.as_deref().and_then(TransportState::parse),
            error_occurred: status.as_deref().is_some_and(is_error),
            av_transport_uri: uri("AVTransportURI"),
            current_track_uri: uri("CurrentTrackURI"),
            current_track_duration: duration
                .as_deref()
                .and_then(parse_time)
                .filter(|duration| !duration.is_zero()),
            volume: volume.as_deref().and_then(parse_volume),
            mute: mute.as_deref().and_then(parse_bool),
        };
        // Known variables with unknown values are an event, too.
        let is_event = [state, status, duration, volume, mute].iter().any(Option::is_some);
        (is_event || change != Self::default()).then_some(change)
    }

    /// The body of a NOTIFY with these variables.
    pub fn write(&self) -> String {
        let variable = |name: &str, value: &str| format!("<{name} val=\"{}\"/>", escape(value));
        let master = |name: &str, value: &str| {
            format!("<{name} channel=\"Master\" val=\"{}\"/>", escape(value))
        };
        let uri = |name, uri: &Option<String>| uri.as_deref().map(|uri| variable(name, uri));
        let state = self.transport_state.map(|state| variable("TransportState", state.as_str()));
        let status = (state.is_some() || self.error_occurred)
            .then(|| variable("TransportStatus", format_status(self.error_occurred)));
        let duration = self
            .current_track_duration
            .map(|duration| variable("CurrentTrackDuration", &format_time(duration)));
        let volume = self.volume.map(|volume| master("Volume", &volume.to_string()));
        let mute = self.mute.map(|mute| master("Mute", format_bool(mute)));
        let namespace = if volume.is_some() || mute.is_some() { "RCS" } else { "AVT" };
        let variables: String = [
            state,
            status,
            uri("AVTransportURI", &self.av_transport_uri),
            uri("CurrentTrackURI", &self.current_track_uri),
            duration,
            volume,
            mute,
        ]
        .into_iter()
        .flatten()
        .collect();
        let event = format!(
            "<Event xmlns=\"urn:schemas-upnp-org:metadata-1-0/{namespace}/\">\
             <InstanceID val=\"0\">{variables}</InstanceID></Event>"
        );
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
             <e:propertyset xmlns:e=\"urn:schemas-upnp-org:event-1-0\"><e:property>\
             <LastChange>{}</LastChange></e:property></e:propertyset>",
            escape(&event)
        )
    }
}

/// The Event document in a NOTIFY: as elements, and as text for variables that the elements do not show.
struct EventDocument {
    document: Document,
    texts: Vec<String>,
    /// The end of the event or of what it came in is there.
    whole: bool,
}

impl EventDocument {
    fn read(body: &str) -> Self {
        let envelope = Document::read(body, "LastChange");
        let inner = envelope.find("LastChange").map(|node| {
            let mut inner = node.raw_text().to_owned();
            for _ in 0..UNESCAPES {
                if !inner.contains('<') {
                    inner = unescape(&inner).into_owned();
                }
            }
            inner
        });
        // A LastChange without text holds the document as elements; without a LastChange the body is the document.
        let inner = inner.filter(|inner| inner.contains('<')).unwrap_or_else(|| body.to_owned());
        let mut texts = vec![without_comments(&inner).to_owned()];
        for _ in 0..UNESCAPES {
            texts.extend(texts.last().map(|text| unescape(text).into_owned()));
        }
        let document = Document::read(&inner, "Event");
        let ends = |text: &String| event_end(text).is_some();
        // Without a LastChange around it, the text may be cut by the device itself: then each value must be whole.
        let enclosed = envelope.find("LastChange").is_some() && !envelope.is_whole();
        let whole = !enclosed || document.is_whole() || texts.iter().any(ends);
        let texts = texts.iter().map(|text| first_event(text).to_owned()).collect();
        Self { document, texts, whole }
    }

    /// The first value of the variable `name` of instance 0 and, if it has channels, of the Master channel.
    fn value(&self, name: &str) -> Option<String> {
        self.variables()
            .filter(|node| node.is(name) && is_master(node.attribute("channel")))
            .find_map(|node| node.attribute("val"))
            .map(|value| value.trim().to_owned())
            .or_else(|| self.torn_value(name))
    }

    /// The value of the variable `name` in the text, if the text is about no other instance.
    fn torn_value(&self, name: &str) -> Option<String> {
        if self.document.nodes().any(is_another_instance) {
            return None;
        }
        // Without one there is no value, and the search would take long.
        let mut texts = self.texts.iter().filter(|text| text.contains('='));
        texts.find_map(|text| torn_value(text, name))
    }

    fn variables(&self) -> impl Iterator<Item = Node<'_>> {
        let event = self.document.find("Event").or_else(|| self.document.first());
        let instance = event.map(|event| {
            event
                .descendants()
                .find(|node| {
                    node.is("InstanceID") && node.attribute("val").map(str::trim) == Some("0")
                })
                .filter(|instance| instance.descendants().next().is_some())
                .unwrap_or(event)
        });
        instance.into_iter().flat_map(|instance| instance.descendants_outside(&["InstanceID"]))
    }
}

/// Whether `node` holds variables of an instance other than 0.
fn is_another_instance(node: Node<'_>) -> bool {
    let number = || node.attribute("val").and_then(|val| val.trim().parse::<u32>().ok());
    node.is("InstanceID")
        && number().is_some_and(|number| number != 0)
        && node.descendants().next().is_some()
}

fn is_master(channel: Option<&str>) -> bool {
    channel.is_none_or(|channel| {
        channel.trim().is_empty() || channel.trim().eq_ignore_ascii_case("Master")
    })
}

/// `text` without the comments before its first element, which may contain tags.
fn without_comments(text: &str) -> &str {
    let mut text = text.trim_start();
    while let Some((_, after)) =
        text.strip_prefix("<!--").and_then(|comment| comment.split_once("-->"))
    {
        text = after.trim_start();
    }
    text
}

/// `text` up to its first `</Event>`.
fn first_event(text: &str) -> &str {
    event_end(text).map_or(text, |at| &text[..at])
}

/// Where the first `</Event>` in `text` begins.
fn event_end(text: &str) -> Option<usize> {
    let mut tags = text.match_indices("</");
    let end = tags.find(|(at, _)| {
        let tag = &text[at + 2..];
        let tag = &tag[..tag.find(['>', '<']).unwrap_or(tag.len())];
        squeezed_name(tag).eq_ignore_ascii_case("Event")
    });
    end.map(|(at, _)| at)
}

/// A name without its prefix and without blanks inside.
fn squeezed_name(text: &str) -> String {
    let local = text.rsplit(':').next().unwrap_or_default();
    local.chars().filter(|c| !c.is_whitespace()).take(TAG).collect()
}

/// The value of the first tag that reads like `<name … val="value"`, even if what follows is torn.
fn torn_value(text: &str, name: &str) -> Option<String> {
    text.split('<').skip(1).find_map(|tag| {
        let mut rest = tag;
        let (mut value, mut channel) = (None, None);
        let mut first = true;
        while let Some((key, after)) = rest.split_once('=') {
            let mut key = squeezed_name(key).to_ascii_lowercase();
            if first {
                // The name of the element runs into that of its first attribute. If anything stands between
                // them, it is the name of another variable: VolumeDB, not Volume.
                key = key.strip_prefix(&name.to_ascii_lowercase())?.to_owned();
                if !matches!(key.as_str(), "val" | "channel") {
                    return None;
                }
                first = false;
            }
            let (quoted, next) = quoted(after)?;
            match key.as_str() {
                "val" => value = value.or(Some(quoted)),
                "channel" => channel = channel.or(Some(quoted)),
                _ => {}
            }
            rest = next;
        }
        value.filter(|_| is_master(channel)).map(|value| value.trim().to_owned())
    })
}

/// The value of an attribute at the start of `text`, and the text after it. Without quotes it ends at a blank. `None` if its end
/// is missing.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let value = &text[1..];
            value.split_once(quote)
        }
        _ => {
            let end = text.find(|c: char| c.is_whitespace() || matches!(c, '/' | '>'))?;
            Some(text.split_at(end))
        }
    }
}

/// The value of a TIMEOUT header: `Second-300` or `infinite`. Nonsense counts as the timeout that we ask for.
pub fn parse_timeout(header: &str) -> Duration {
    let header = header.trim().to_ascii_lowercase();
    if header.contains("infinite") {
        return INFINITE;
    }
    let number = header.strip_prefix("second-").unwrap_or(&header).trim();
    match number.parse() {
        Ok(seconds) if seconds > 0 => Duration::from_secs(seconds).min(LONGEST),
        _ => DEFAULT_TIMEOUT,
    }
}

/// The value of a TIMEOUT header, in whole seconds.
pub fn format_timeout(timeout: Duration) -> String {
    format!("Second-{}", timeout.as_secs().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A NOTIFY whose LastChange is `inner`, as it stands there.
    fn notify(inner: &str) -> String {
        format!(
            "<e:propertyset><e:property><LastChange>{inner}</LastChange></e:property></e:propertyset>"
        )
    }

    fn state(body: &str) -> Option<TransportState> {
        LastChange::parse(body.as_bytes()).and_then(|change| change.transport_state)
    }

    #[test]
    fn finds_the_state_however_the_event_is_dressed() {
        let event = "<Event xmlns=\"x\"><InstanceID val=\"0\"><TransportState val=\"PLAYING\"/>\
                     <AVTransportURI val=\"http://a/?b&amp;c\"/></InstanceID></Event>";
        for body in [
            notify(&escape(event)),
            notify(&escape(&escape(event))),
            notify(event),
            notify(&format!("<![CDATA[{event}]]>")),
            event.to_owned(),
            escape(event),
            format!("{}\0\0", notify(&escape(event))),
            notify(&escape(&event.replace("&amp;", "&"))),
            notify(&escape(&event.replace('"', "'"))),
            notify(&escape(&event.replace("<Transport", "<avt:Transport"))),
            notify(&escape(&event.replace("<TransportState", "< Transport State "))),
            notify(&escape(&event.replace("State val=", "State va l = "))),
            notify(&escape(&event.replace("<Event xmlns=\"x\">", "<Event"))),
            notify(&escape(&event[..event.len() - 40])),
            notify(&escape(event)).replace("</LastChange></e:property></e:propertyset>", ""),
            notify(&escape(event)).replace("LastChange", "lastchange"),
            notify(&escape(event)).replace("e:propertyset", "e:invalid"),
        ] {
            assert_eq!(state(&body), Some(TransportState::Playing), "{body}");
        }
    }

    #[test]
    fn an_event_that_is_cut_says_nothing_or_everything() {
        let change = LastChange {
            transport_state: Some(TransportState::PausedPlayback),
            current_track_uri: Some("http://10.0.0.1/clip.mp4".to_owned()),
            volume: Some(100),
            mute: Some(true),
            ..LastChange::default()
        };
        let escaped = change.write();
        let inner = unescape(&escaped).into_owned();
        for body in [&escaped, &inner] {
            for end in 0..body.len() {
                let read = LastChange::parse(&body.as_bytes()[..end]);
                assert!(
                    read.is_none() || read.as_ref() == Some(&change),
                    "{}: {read:?}",
                    &body[..end]
                );
            }
        }
        // A device that cuts its own text ends the element around it.
        let torn = "<Event><InstanceID val=\"0\"><Mute channel=\"Master\" val=\"1\"/><Volume channel=\"Master\" val=\"10";
        for body in [notify(&escape(torn)), notify(&escape(&torn.replace('"', "'")))] {
            let change = LastChange::parse(body.as_bytes()).expect("says something");
            assert_eq!((change.mute, change.volume), (Some(true), None), "{body}");
        }
    }

    #[test]
    fn metadata_that_is_not_escaped_hides_nothing() {
        let didl = "<DIDL-Lite xmlns=\"urn:x\" xmlns:dc=\"http://y/\"><item id=\"1\"><dc:title>A & B</dc:title>\
                    <res protocolInfo=\"http-get:*:audio/mpeg:*\">http://z/</res></item></DIDL-Lite>";
        let event = format!(
            "<Event><InstanceID val=\"0\"><CurrentTrackURI val=\"u\"/><CurrentTrackMetaData val=\"{didl}\"/>\
             <AVTransportURIMetaData val=\"{didl}\"/><TransportState val=\"PAUSED_PLAYBACK\"/></InstanceID></Event>"
        );
        for body in [notify(&escape(&event)), notify(&event), event] {
            let change = LastChange::parse(body.as_bytes()).expect("says something");
            assert_eq!(change.transport_state, Some(TransportState::PausedPlayback), "{body}");
            assert_eq!(change.current_track_uri.as_deref(), Some("u"), "{body}");
        }
    }

    #[test]
    fn what_follows_the_event_is_not_believed() {
        let leftover = "<Event><InstanceID val=\"0\"><CurrentTrackURI val=\"u\"/></InstanceID></Event>\
                        k val=\"0\"/><TransportState val=\"STOPPED\"/></InstanceID></Event>";
        let change =
            LastChange::parse(notify(&escape(leftover)).as_bytes()).expect("says something");
        assert_eq!(
            (change.transport_state, change.current_track_uri.as_deref()),
            (None, Some("u"))
        );
    }

    #[test]
    fn the_first_value_of_instance_0_counts() {
        let body = "<Event><InstanceID val=\"1\"><TransportState val=\"STOPPED\"/></InstanceID>\
                    <InstanceID val=\"0\"><TransportState val=\"PLAYING\"/><TransportState val=\"STOPPED\"/>\
                    </InstanceID></Event>";
        assert_eq!(state(body), Some(TransportState::Playing));
    }

    #[test]
    fn what_is_said_of_another_instance_is_not_said_of_ours() {
        let other = "<InstanceID val=\"3\"><TransportState val=\"STOPPED\"/></InstanceID>";
        let event = format!("<Event>{other}</Event>");
        for body in [event.clone(), notify(&event), notify(&escape(&event))] {
            assert_eq!(LastChange::parse(body.as_bytes()), None, "{body}");
        }
        let both = format!(
            "<Event>{other}<InstanceID val=\"0\"><CurrentTrackURI val=\"u\"/></InstanceID></Event>"
        );
        let change = LastChange::parse(both.as_bytes()).expect("says something");
        assert_eq!(
            (change.transport_state, change.current_track_uri.as_deref()),
            (None, Some("u"))
        );
        for unclear in [
            event.replace("\"3\"", "\"\""),
            event.replace(" val=\"3\"", ""),
            event.replace("\"3\">", "\"3\"/>").replace("</InstanceID>", ""),
            event.replace("\"3\">", "\"3\" "),
        ] {
            assert_eq!(state(&unclear), Some(TransportState::Stopped), "{unclear}");
        }
    }

    #[test]
    fn only_the_master_channel_counts() {
        let body = "<Event><InstanceID val=\"0\"><Volume channel=\"LF\" val=\"100\"/>\
                    <Volume Channel=\"MASTER\" val=\"40\"/><Mute channel=\"RF\" val=\"1\"/></InstanceID></Event>";
        let change = LastChange::parse(body.as_bytes()).expect("says something");
        assert_eq!((change.volume, change.mute), (Some(40), None));
    }

    #[test]
    fn what_only_begins_like_a_variable_is_another() {
        for other in [
            "<VolumeDB channel=\"Master\" val=\"5120\"/>",
            "<VolumeBak Channel=\"Master\" val=\"7\"/>",
        ] {
            let body = format!(
                "<Event><InstanceID val=\"0\"><Mute channel=\"Master\" val=\"1\"/>{other}\
                 <Volume channel=\"RF\" val=\"90\"/></InstanceID></Event>"
            );
            let change = LastChange::parse(body.as_bytes()).expect("says something");
            assert_eq!((change.volume, change.mute), (None, Some(true)), "{body}");
        }
        let torn = "<Event><InstanceID val=\"0\"><VolumeDB channel=\"Master\" val=\"5120\"/>\
                    <Vol ume channel = \"Master\" val=\"12\" <";
        let change = LastChange::parse(notify(&escape(torn)).as_bytes()).expect("says something");
        assert_eq!(change.volume, Some(12));
    }

    #[test]
    fn unknown_states_and_other_events_leave_the_state_open() {
        let vendor =
            "<Event><InstanceID val=\"0\"><TransportState val=\"VENDOR\"/></InstanceID></Event>";
        assert_eq!(LastChange::parse(vendor.as_bytes()), Some(LastChange::default()));
        for nothing in [
            "",
            "\0\0",
            "<html/>",
            "<e:propertyset><e:property><BufferFilled>1</BufferFilled></e:property></e:propertyset>",
            "<Event/>",
        ] {
            assert_eq!(LastChange::parse(nothing.as_bytes()), None, "{nothing:?}");
        }
    }

    #[test]
    fn leases_are_read_in_every_form() {
        for (header, seconds) in [
            ("Second-300", 300),
            (" second-60 ", 60),
            ("1800", 1800),
            ("infinite", 1800),
            ("Second-infinite", 1800),
            ("Second-999999999", 86_400),
            ("Second-0", 300),
            ("", 300),
            ("Second-x", 300),
        ] {
            assert_eq!(parse_timeout(header).as_secs(), seconds, "{header}");
        }
        assert_eq!(format_timeout(Duration::from_secs(300)), "Second-300");
    }

    prop_compose! {
        fn changes()(
            state in 0_usize..6,
            error in any::<bool>(),
            uri in proptest::option::of("[!-~]{0,20}"),
            seconds in proptest::option::of(1_u64..100_000),
            volume in any::<Option<u16>>(),
            mute in any::<Option<bool>>(),
        ) -> LastChange {
            use TransportState::{NoMediaPresent, PausedPlayback, Playing, Stopped, Transitioning};
            let states = [Stopped, Playing, Transitioning, PausedPlayback, NoMediaPresent];
            LastChange {
                transport_state: states.get(state).copied(),
                error_occurred: error,
                av_transport_uri: uri.clone(),
                current_track_uri: uri,
                current_track_duration: seconds.map(Duration::from_secs),
                volume,
                mute,
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_comes_back(change in changes()) {
            let read = LastChange::parse(change.write().as_bytes()).unwrap_or_default();
            prop_assert_eq!(read, change);
        }

        #[test]
        fn never_panics(body in "(<|>|</|/>|&lt;|&amp;|Event|InstanceID|TransportState|Volume|val|channel|[ =\"':]){0,60}") {
            let _ = LastChange::parse(body.as_bytes());
        }

        #[test]
        fn never_panics_on_bytes(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = LastChange::parse(&body);
        }
    }
}
