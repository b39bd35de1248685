//! How a renderer is told of a load: the URL of the file, its metadata and its DLNA parameters.

use super::load::Load;
use crate::limits::NAME_BYTES;
use crate::media::media_type;
use crate::media::subtitles::format_of;
use crate::text::{Text, clip, file_name};
use crate::upnp::didl::{Item, ItemSubtitles};
use core::fmt::Write;

impl Load {
    /// The name of the file, for people.
    pub fn name(&self) -> String {
        file_name(&self.file.path).into_owned()
    }

    /// The URL of the media: numeric address, short path, extension at the end, no query.
    pub fn url(&self) -> String {
        self.url_ending(self.file.media_type.extension)
    }

    /// The URL of the subtitles, under the same token.
    pub fn subtitles_url(&self) -> Option<String> {
        let format = format_of(self.file.subtitles.as_deref()?)?;
        Some(self.url_ending(format.extension))
    }

    fn url_ending(&self, extension: &str) -> String {
        let (host, port) = self.origin;
        let stem = self
            .file
            .path
            .file_stem()
            .map(|s| s.to_string_lossy().into_owned())
            .unwrap_or_default();
        let safe: String = stem
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_')
            .take(32)
            .collect();
        let stem = if safe.is_empty() { "media" } else { &safe };
        format!("http://{host}:{port}/m/{}/{stem}.{extension}", self.token)
    }

    /// The metadata for the URI: a DIDL-Lite document, or an empty string.
    pub fn didl(&self) -> String {
        let title: Text<NAME_BYTES> = self
            .file
            .path
            .file_stem()
            .map(|stem| clip(&stem.to_string_lossy()))
            .unwrap_or_default();
        let subtitles_url = self.subtitles_url();
        let subtitles = || {
            let format = format_of(self.file.subtitles.as_deref()?)?;
            let method = self.metadata.subtitles?;
            Some(ItemSubtitles { method, url: subtitles_url.as_deref()?, format })
        };
        Item {
            title: &title,
            url: &self.url(),
            mime: self.metadata.mime,
            content_features: &self.content_features(),
            kind: self.file.media_type.kind,
            size: self.file.size,
            duration: self.lengths.file,
            subtitles: subtitles(),
        }
        .write(self.metadata.level)
    }

    /// The DLNA parameters, the same in the metadata and in the media server's answers.
    pub fn content_features(&self) -> String {
        media_type::content_features(self.file.media_type, self.file.profile)
    }

    /// Returns whether a URI that the renderer reports is the URL of this load.
    pub fn is_named_by(&self, uri: &str) -> bool {
        let mut token = Text::<16>::new();
        write!(token, "{}", self.token).is_ok() && uri.contains(token.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kiosk::renderer::lengths::Lengths;
    use crate::kiosk::renderer::load::{Metadata, NewLoad};
    use crate::kiosk::renderer::playhead::Playhead;
    use crate::kiosk::token::Token;
    use crate::media::catalogue::MediaFile;
    use crate::time::{Duration, Instant};
    use crate::upnp::didl::MetadataLevel;
    use core::net::Ipv4Addr;
    use std::path::Path;

    fn load(path: &str) -> Load {
        let media_type = media_type::of_extension("mp4").expect("known");
        let new = NewLoad {
            token: Token(0xabc),
            file: MediaFile {
                path: Path::new(path).into(),
                root: Path::new("/m").into(),
                media_type,
                size: 5,
                modified: 0,
                profile: None,
                subtitles: None,
            },
            origin: (Ipv4Addr::new(10, 0, 0, 1), 8895),
            metadata: Metadata { mime: "video/mp4", level: MetadataLevel::Full, subtitles: None },
            playhead: Playhead::default(),
            dwell: Duration::from_secs(10),
            lengths: Lengths::default(),
            after_still: false,
            stop_first: false,
        };
        Load::new(new, Instant::START)
    }

    #[test]
    fn a_url_is_short_plain_and_ends_in_the_extension() {
        let url = load("/m/Ünser Film & mehr.MP4").url();
        assert_eq!(url, "http://10.0.0.1:8895/m/0000000000000abc/nserFilmmehr.mp4");
        assert!(load("/m/日本.mp4").url().ends_with("/media.mp4"));
        assert!(load("/m/a.mp4").is_named_by(&url));
    }
}
