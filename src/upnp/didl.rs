//! DIDL-Lite (ContentDirectory:1 §2.8): the metadata of a URI.

use super::values::format_time;
use super::xml;
use crate::media::media_type::{MediaKind, protocol_info};
use crate::media::subtitles::{SubtitleFormat, SubtitleMethod};
use crate::time::Duration;
use serde::{Deserialize, Serialize};

/// How much metadata to send. Renderers differ in the metadata that they refuse; each level contains less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetadataLevel {
    /// Title, class, protocolInfo with DLNA parameters, size, duration and subtitles.
    #[default]
    Full,
    /// Without size, duration and subtitles; the fourth field of protocolInfo is `*`.
    Plain,
    /// As [`Self::Plain`], with an ASCII title and with quotes unescaped in the envelope, for old Samsung TVs.
    Compat,
    /// The empty string.
    Empty,
}

/// A media item to describe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// The title that the TV shows.
    pub title: &'a str,
    /// The URL, identical to CurrentURI.
    pub url: &'a str,
    /// The MIME type, identical to the Content-Type of the media server.
    pub mime: &'a str,
    /// The fourth field of protocolInfo (`DLNA.ORG_OP=…`).
    pub content_features: &'a str,
    /// The kind of media, which decides upnp:class.
    pub kind: MediaKind,
    /// Size in bytes.
    pub size: u64,
    /// Duration, if known.
    pub duration: Option<Duration>,
    /// Subtitles in a separate file.
    pub subtitles: Option<ItemSubtitles<'a>>,
}

/// The subtitles of an [`Item`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemSubtitles<'a> {
    /// How to announce them.
    pub method: SubtitleMethod,
    /// Their URL.
    pub url: &'a str,
    /// Their format.
    pub format: &'static SubtitleFormat,
}

/// Longest title in characters: the limit of UDA 1.0 for names.
const TITLE: usize = 64;

impl Item<'_> {
    /// The metadata, on one line and without a prolog because some renderers echo it unescaped.
    pub fn write(&self, level: MetadataLevel) -> String {
        let namespaces = match level {
            MetadataLevel::Empty => return String::new(),
            MetadataLevel::Full | MetadataLevel::Plain => EXTENDED_NAMESPACES,
            MetadataLevel::Compat => "",
        };
        let (features, measures) = match level {
            MetadataLevel::Full => (self.content_features, self.measures()),
            MetadataLevel::Plain | MetadataLevel::Compat | MetadataLevel::Empty => {
                ("", String::new())
            }
        };
        // A renderer that refuses full metadata might refuse subtitles, too.
        let subtitles = self.subtitles.filter(|_| level == MetadataLevel::Full);
        let (at_res, after_res) = subtitles.map(|s| s.write()).unwrap_or_default();
        let ascii_only = level == MetadataLevel::Compat;
        format!(
            "<DIDL-Lite xmlns=\"urn:schemas-upnp-org:metadata-1-0/DIDL-Lite/\" \
             xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
             xmlns:upnp=\"urn:schemas-upnp-org:metadata-1-0/upnp/\"{namespaces}>\
             <item id=\"0\" parentID=\"-1\" restricted=\"1\">\
             <dc:title>{}</dc:title><upnp:class>{}</upnp:class>\
             <res protocolInfo=\"{}\"{measures}{at_res}>{}</res>{after_res}</item></DIDL-Lite>",
            clean_title(self.title, ascii_only),
            class(self.kind),
            xml::escape(&protocol_info(self.mime, features)),
            xml::escape(self.url),
        )
    }

    fn measures(&self) -> String {
        let duration = self
            .duration
            .filter(|duration| self.kind != MediaKind::Image && !duration.is_zero())
            .map(|duration| format!(" duration=\"{}\"", format_time(duration)))
            .unwrap_or_default();
        format!(" size=\"{}\"{duration}", self.size)
    }
}

impl ItemSubtitles<'_> {
    /// The text inside of the `res` tag of the film, and the text after the `res`.
    fn write(&self) -> (String, String) {
        let (url, name) = (xml::escape(self.url), self.format.extension);
        let info = protocol_info(self.format.mime, "");
        let resource = || format!("<res protocolInfo=\"{info}\">{url}</res>");
        match self.method {
            SubtitleMethod::Header => (String::new(), String::new()),
            // The prefix is declared here, so that films without subtitles do not have it.
            SubtitleMethod::Attributes => (
                format!(
                    " xmlns:pv=\"http://www.pv.com/pvns/\" pv:subtitleFileUri=\"{url}\" \
                     pv:subtitleFileType=\"{}\"",
                    name.to_ascii_uppercase()
                ),
                resource(),
            ),
            SubtitleMethod::Resource => (
                String::new(),
                format!(
                    "{}<sec:CaptionInfo sec:type=\"{name}\">{url}</sec:CaptionInfo>\
                     <sec:CaptionInfoEx sec:type=\"{name}\">{url}</sec:CaptionInfoEx>",
                    resource()
                ),
            ),
        }
    }
}

const EXTENDED_NAMESPACES: &str =
    " xmlns:dlna=\"urn:schemas-dlna-org:metadata-1-0/\" xmlns:sec=\"http://www.sec.co.kr/\"";

const fn class(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Video => "object.item.videoItem",
        MediaKind::Audio => "object.item.audioItem.musicTrack",
        MediaKind::Image => "object.item.imageItem.photo",
    }
}

/// `title` without characters that need escaping, because renderers differ in how often they unescape.
fn clean_title(title: &str, ascii_only: bool) -> String {
    let kept: String = xml::decode(title.as_bytes())
        .chars()
        .filter(|&c| !c.is_control() && !"&<>\"'".contains(c))
        .filter(|c| c.is_ascii() || !ascii_only)
        .take(TITLE)
        .collect();
    match kept.trim() {
        "" => "Media".to_owned(),
        title => title.to_owned(),
    }
}

/// `metadata` escaped for the envelope. [`MetadataLevel::Compat`], recognised by its missing namespaces, keeps its
/// quotes: old Samsung TVs search for them before they unescape.
pub fn escape(metadata: &str) -> String {
    if metadata.contains(EXTENDED_NAMESPACES) {
        xml::escape(metadata)
    } else {
        xml::escape(metadata).replace("&quot;", "\"")
    }
}

/// Metadata as a renderer reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedItem {
    /// The MIME type of the first resource: the third field of its protocolInfo.
    pub mime: String,
    /// URL of subtitles as LG reads it: a `res` of text beside sec:CaptionInfoEx.
    pub text_resource: Option<String>,
    /// URL of subtitles as others read it: pv:subtitleFileUri.
    pub subtitle_file: Option<String>,
}

/// Parses the first item of `metadata`; `None` if there is no DIDL-Lite with an item and a resource.
pub fn parse(metadata: &str) -> Option<ParsedItem> {
    let document = xml::Document::read(metadata, "DIDL-Lite");
    let item = document.find("DIDL-Lite")?.find("item")?;
    let resources = || item.descendants().filter(|node| node.is("res"));
    let res = resources().next()?;
    let text = resources().find(|res| mime(*res).starts_with("text/"));
    Some(ParsedItem {
        mime: mime(res).to_owned(),
        text_resource: item.find("CaptionInfoEx").and(text).map(|res| res.text().to_owned()),
        subtitle_file: res.attribute("subtitleFileUri").map(str::to_owned),
    })
}

fn mime(res: xml::Node<'_>) -> &str {
    res.attribute("protocolInfo").and_then(|info| info.split(':').nth(2)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::media_type::content_features;
    use crate::media::media_type::of_extension;
    use crate::media::subtitles::FORMATS;

    fn item<'a>(title: &'a str, features: &'a str) -> Item<'a> {
        Item {
            title,
            url: "http://192.168.1.2:8200/m/1/a.mp4",
            mime: "video/mp4",
            content_features: features,
            kind: MediaKind::Video,
            size: 1234,
            duration: Some(Duration::from_millis(83_500)),
            subtitles: None,
        }
    }

    /// The text of the first element called `name`.
    fn text(metadata: &str, name: &str) -> String {
        let document = xml::Document::read(metadata, "DIDL-Lite");
        document.find(name).map(|node| node.text().to_owned()).expect(name)
    }

    #[test]
    fn each_level_contains_less() {
        let features = content_features(of_extension("mp4").expect("known"), None);
        let item = item("Loop 1", &features);
        let full = item.write(MetadataLevel::Full);
        assert!(
            full.contains("DLNA.ORG_OP=01")
                && full.contains("size=\"1234\" duration=\"0:01:23.500\"")
        );
        let plain = item.write(MetadataLevel::Plain);
        assert!(
            plain.contains("protocolInfo=\"http-get:*:video/mp4:*\"") && !plain.contains("size=")
        );
        let compat = item.write(MetadataLevel::Compat);
        assert!(!compat.contains("xmlns:dlna") && compat.contains("<DIDL-Lite xmlns="));
        assert_eq!(item.write(MetadataLevel::Empty), "");
        for metadata in [full, plain, compat] {
            assert!(!metadata.contains("<?xml") && !metadata.contains(['\n', '\'']));
            assert_eq!(text(&metadata, "title"), "Loop 1");
            assert_eq!(text(&metadata, "class"), "object.item.videoItem");
            assert_eq!(text(&metadata, "res"), item.url);
            assert_eq!(parse(&metadata).expect("DIDL-Lite").mime, "video/mp4");
        }
    }

    #[test]
    fn subtitles_are_announced_by_the_given_method_and_at_the_first_level_only() {
        let url = "http://192.168.1.2:8200/m/1/a.srt";
        let mut with = item("x", "");
        let without = with.write(MetadataLevel::Full);
        let named = |with: &Item<'_>, method| {
            let subtitles = ItemSubtitles { method, url, format: &FORMATS[0] };
            Item { subtitles: Some(subtitles), ..with.clone() }.write(MetadataLevel::Full)
        };
        assert_eq!(named(&with, SubtitleMethod::Header), without);

        let metadata = named(&with, SubtitleMethod::Resource);
        assert!(metadata.contains("<res protocolInfo=\"http-get:*:text/srt:*\">http://"));
        assert!(metadata.contains("<sec:CaptionInfo sec:type=\"srt\">http://"));
        let read = parse(&metadata).expect("DIDL-Lite");
        assert_eq!((read.text_resource.as_deref(), read.subtitle_file), (Some(url), None));
        assert_eq!(text(&metadata, "res"), with.url);

        let metadata = named(&with, SubtitleMethod::Attributes);
        assert!(metadata.contains(" pv:subtitleFileType=\"SRT\">http://"));
        let own = format!("</res><res protocolInfo=\"http-get:*:text/srt:*\">{url}</res></item>");
        assert!(metadata.contains(&own), "the only form that some players take");
        let read = parse(&metadata).expect("DIDL-Lite");
        assert_eq!((read.text_resource, read.subtitle_file.as_deref()), (None, Some(url)));
        assert_eq!(text(&metadata, "res"), with.url);

        with.subtitles =
            Some(ItemSubtitles { method: SubtitleMethod::Resource, url, format: &FORMATS[0] });
        for level in [MetadataLevel::Plain, MetadataLevel::Compat, MetadataLevel::Empty] {
            assert!(!with.write(level).contains("srt"), "{level:?}");
        }
    }

    #[test]
    fn only_compat_keeps_its_quotes_in_the_envelope() {
        let item = item("x", "");
        assert!(escape(&item.write(MetadataLevel::Plain)).contains("protocolInfo=&quot;http-get"));
        assert!(escape(&item.write(MetadataLevel::Compat)).contains("protocolInfo=\"http-get"));
        assert!(!escape(&item.write(MetadataLevel::Compat)).contains('<'));
    }

    #[test]
    fn titles_need_no_escaping_and_are_short() {
        assert_eq!(clean_title("A & B <\"'>\u{7}\n", false), "A  B");
        assert_eq!(clean_title(&"é".repeat(100), false), "é".repeat(64));
        assert_eq!(clean_title("é<>", true), "Media");
        assert_eq!(clean_title("\u{feff}", false), "Media", "nothing is left that XML can hold");
    }

    #[test]
    fn stills_have_no_duration() {
        let still = Item { kind: MediaKind::Image, ..item("x", "") };
        let metadata = still.write(MetadataLevel::Full);
        assert!(!metadata.contains("duration") && metadata.contains("object.item.imageItem.photo"));
    }

    #[test]
    fn metadata_without_its_root_is_not_read() {
        assert_eq!(parse(""), None);
        assert_eq!(
            parse("<item><res protocolInfo=\"http-get:*:video/mp4:*\">u</res></item>"),
            None
        );
    }
}
