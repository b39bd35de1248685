//! Subtitles: whether and how this renderer is told of them, and what was learned of that.
//!
//! The maker decides the form. Metadata that name subtitles are a rung above the full ones: refused, or taken and not
//! followed by a picture, they make room for the same without.
//!
//! Terms: *strike*, a load that did not begin to play with its subtitles named, as far as anybody knows because of them.

use super::Renderer;
use super::load::Load;
use crate::media::catalogue::MediaFile;
use crate::media::mime::Kind;
use crate::media::subtitles::Form;
use crate::upnp::didl::Rung;

/// One may be chance.
const STRIKES: u8 = 2;

/// What was learned of metadata that name subtitles.
#[derive(Clone, Debug, Default)]
pub(super) struct Captions {
    /// It has played what came with them.
    proven: bool,
    strikes: u8,
    /// After a strike the next load goes without: if that does not play either, it was not the subtitles.
    spared: bool,
}

impl Renderer {
    /// How it is to be told of the subtitles of this file.
    pub(super) fn captions_for(&self, file: &MediaFile) -> Option<Form> {
        if file.subtitles.is_none() || file.media_type.kind != Kind::Video {
            return None;
        }
        let form = Form::of(&self.description.manufacturer, &self.description.model_name);
        let Captions { proven, strikes, spared } = self.ways.captions;
        let fit = self.habits.rung == Rung::Full && (proven || (strikes < STRIKES && !spared));
        (!form.is_metadata() || fit).then_some(form)
    }

    /// It has played with subtitles named in metadata.
    pub(super) const fn knows_captions(&self) -> bool {
        self.ways.captions.proven
    }

    /// The load is to be given again, without subtitles in its metadata. `false` if there are none.
    pub(super) fn drop_captions(&mut self) -> bool {
        let named = |load: &&mut Load| load.captions.is_some_and(Form::is_metadata);
        let Some(load) = self.load.as_mut().filter(named) else {
            return false;
        };
        load.captions = None;
        let captions = &mut self.ways.captions;
        captions.strikes = captions.strikes.saturating_add(1);
        captions.spared = true;
        true
    }

    /// The load plays.
    pub(super) fn learn_captions(&mut self) {
        let Some(load) = self.load.as_ref().filter(|load| load.file.subtitles.is_some()) else {
            return;
        };
        self.ways.captions.spared = false;
        if load.captions.is_some_and(Form::is_metadata) {
            self.ways.captions.proven = true;
        }
    }

    /// The load was taken and did not play, or was refused in every form.
    pub(super) fn doubt_captions(&mut self) {
        let subtitled = self.load.as_ref().is_some_and(|load| load.file.subtitles.is_some());
        let captions = &mut self.ways.captions;
        if subtitled && core::mem::take(&mut captions.spared) {
            captions.strikes = captions.strikes.saturating_sub(1);
        } else {
            self.drop_captions();
        }
    }
}
