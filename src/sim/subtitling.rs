//! What a simulated renderer makes of the subtitles that it is told of.

use super::fake_renderer::FakeRenderer;
use super::media::Media;
use super::quirks::Subtitles;
use super::words::{FetchId, Fetched, Method};

impl Media {
    /// What it has against the subtitles in the metadata; or it takes them for the film.
    pub(super) fn apply_subtitles(&mut self, subtitles: Subtitles) -> Option<u16> {
        let captions = &self.captions;
        let any = captions.resource.as_ref().or(captions.attribute.as_ref());
        match subtitles {
            Subtitles::Refused(code) => return any.map(|_| code),
            Subtitles::Header => self.uri = captions.resource.clone().unwrap_or(self.uri.clone()),
            Subtitles::Opened => self.uri = any.cloned().unwrap_or(self.uri.clone()),
            Subtitles::Ignored | Subtitles::Resource | Subtitles::Attributes => {}
        }
        None
    }
}

impl FakeRenderer {
    /// The URL of the subtitles that are shown, if there are some.
    #[must_use]
    pub fn subtitles_on_screen(&self) -> Option<&str> {
        let captions = &self.media.as_ref()?.captions;
        captions.fetch.as_ref().filter(|_| captions.shown).map(|(_, url)| url.as_str())
    }

    /// The film was answered, with this in CaptionInfo.sec: goes for the subtitles in the form that it knows.
    pub(super) fn fetch_subtitles(&mut self, header: Option<String>) {
        let Some(captions) = self.media.as_ref().map(|media| &media.captions) else {
            return;
        };
        let url = match self.quirks.subtitles {
            Subtitles::Header => header,
            Subtitles::Resource => captions.resource.clone(),
            Subtitles::Attributes => captions.attribute.clone(),
            Subtitles::Ignored | Subtitles::Refused(_) | Subtitles::Opened => None,
        };
        let Some(url) = url.filter(|_| captions.fetch.is_none()) else {
            return;
        };
        let id = self.get(&url, None);
        if let Some(media) = &mut self.media {
            media.captions.fetch = Some((id, url));
        }
    }

    /// It says getCaptionInfo.sec: in its HEAD only, as seen of Samsung.
    #[must_use]
    pub fn asks_for_captions(&self, method: Method) -> bool {
        self.quirks.subtitles == Subtitles::Header && method == Method::Head
    }

    /// This fetch was for the subtitles.
    pub(super) fn is_subtitle_fetch(&self, fetch: FetchId) -> bool {
        let of = |media: &Media| media.captions.fetch.as_ref().map(|(id, _)| *id);
        self.media.as_ref().and_then(of) == Some(fetch)
    }

    pub(super) fn subtitles_fetched(&mut self, what: &Fetched) {
        let came = matches!(what, Fetched::Opened { status: 200, .. });
        if let Some(media) = self.media.as_mut().filter(|_| came) {
            media.captions.shown = true;
        }
    }
}
