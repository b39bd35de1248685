//! What a renderer should show now: the topmost of these layers that has something to play.
//!
//! | layer | comes from | ends |
//! |---|---|---|
//! | clip | a button | with the clip |
//! | chosen | a person at a button | at its end, at its time limit, or with `auto` |
//! | scheduled | the schedule | with its window |
//! | standing | the configuration | never |
//!
//! No layer blocks another for ever: each ends by its own rule, and the layer below goes on.
//!
//! Terms: a *clip* interrupts and ends again; a *place* is the position at which it interrupted; a *card* is the clip
//! that shows a renderer's name, over other clips, too.

use super::left_out::Fit;
use super::playlist::Playlist;
use crate::config::AfterClip;
use crate::limits::CLIPS;
use crate::media::catalogue::{MediaFile, Scan};
use crate::media::generated::is_card;
use crate::time::{Duration, Instant};
use heapless::Deque;
use std::path::Path;
use std::rc::Rc;

#[derive(Debug)]
pub struct Programme {
    /// The first clip plays, the others are queued.
    clips: Deque<Clip, CLIPS>,
    place: Option<(Rc<Path>, Duration)>,
    chosen: Option<Chosen>,
    scheduled: Option<Playlist>,
    standing: Playlist,
}

/// A file that is played once, over everything else.
#[derive(Clone, Debug)]
pub struct Clip {
    pub file: MediaFile,
    /// How playback of what it interrupts goes on.
    pub back: AfterClip,
    /// Where the clip itself goes on, if a card interrupted it.
    at: Option<Duration>,
}

impl Clip {
    /// A clip that has not begun.
    pub const fn new(file: MediaFile, back: AfterClip) -> Self {
        Self { file, back, at: None }
    }
}

/// What a person chose.
#[derive(Debug)]
struct Chosen {
    list: Playlist,
    until: Option<Instant>,
}

impl Programme {
    /// A programme with the standing layer only.
    pub const fn new(standing: Playlist) -> Self {
        Self { clips: Deque::new(), place: None, chosen: None, scheduled: None, standing }
    }

    /// Applies a scan of the media folder.
    pub fn resolve(&mut self, scan: &Scan) {
        self.standing.resolve(scan);
        let lists = [self.scheduled.as_mut(), self.chosen.as_mut().map(|chosen| &mut chosen.list)];
        lists.into_iter().flatten().for_each(|list| list.resolve(scan));
        for _ in 0..self.clips.len() {
            let Some(clip) = self.clips.pop_front() else { break };
            let is_it = |file: &&MediaFile| file.path == clip.file.path;
            // A card is generated, not a file on a disk.
            let card = Some(&clip.file).filter(|file| is_card(file));
            if let Some(file) = scan.files.iter().find(is_it).or(card).cloned() {
                // There is room: the number of clips does not grow.
                let _ = self.clips.push_back(Clip { file, ..clip });
            }
        }
    }

    /// The file that should play.
    pub fn current(&self) -> Option<&MediaFile> {
        self.clips.front().map(|clip| &clip.file).or_else(|| self.below().current())
    }

    /// The file that should play beneath the clips.
    pub fn beneath_clips(&self) -> Option<&MediaFile> {
        self.below().current()
    }

    /// The next file of those that suit best, if it follows without a further decision. What a clip
    /// interrupted does not.
    pub fn following(&self, fit: impl Fn(&MediaFile) -> Fit) -> Option<&MediaFile> {
        if self.clips.is_empty() { self.below().following_that(fit) } else { None }
    }

    /// Returns whether a clip plays.
    pub fn is_interrupted(&self) -> bool {
        !self.clips.is_empty()
    }

    /// Interrupts with a clip, which replaces all other clips; `at`: the position of the current file.
    pub fn interrupt(&mut self, clip: Clip, at: Option<Duration>) {
        match clip.back {
            _ if !self.clips.is_empty() => {}
            AfterClip::Resume => self.keep_place(at),
            AfterClip::Start => self.place = None,
        }
        self.clips.clear();
        // The queue is empty.
        let _ = self.clips.push_back(clip);
    }

    /// Shows a card over everything; `at`: the position of what plays, be it a file or a clip, which goes on from
    /// there.
    pub fn cover(&mut self, card: MediaFile, at: Option<Duration>) {
        self.leave(at);
        if self.clips.is_full() {
            // Drop the last clip of a full queue to make room.
            let _ = self.clips.pop_back();
        }
        // There is room now.
        let _ = self.clips.push_front(Clip::new(card, AfterClip::Resume));
    }

    /// What plays, be it a file or a clip, is left at this position and goes on from there.
    pub fn leave(&mut self, at: Option<Duration>) {
        match self.clips.front_mut() {
            Some(clip) => clip.at = at.or(clip.at),
            None => self.keep_place(at),
        }
    }

    /// Keeps the position of the current file. Without one, a place that was not resumed yet is kept.
    fn keep_place(&mut self, at: Option<Duration>) {
        let place = self.below().current().map(|file| file.path.clone()).zip(at);
        self.place = place.or_else(|| self.place.take());
    }

    /// Returns whether a card is shown.
    pub fn is_covered(&self) -> bool {
        self.clips.front().is_some_and(|clip| is_card(&clip.file))
    }

    /// Queues a clip. Returns `false` if the queue is full.
    pub fn queue(&mut self, clip: Clip) -> bool {
        self.clips.push_back(clip).is_ok()
    }

    /// Drops the playing clip and all queued clips.
    pub fn drop_clips(&mut self) {
        self.clips.clear();
    }

    /// Returns the position at which the current file resumes after an interruption, and forgets it.
    pub fn take_place(&mut self) -> Option<Duration> {
        if let Some(clip) = self.clips.front_mut() {
            return clip.at.take();
        }
        let (path, at) = self.place.take()?;
        self.current().filter(|file| file.path == path).map(|_| at)
    }

    /// The position at which the current file resumes after an interruption.
    pub fn place(&self) -> Option<Duration> {
        if let Some(clip) = self.clips.front() {
            return clip.at;
        }
        let (path, at) = self.place.as_ref()?;
        self.current().filter(|file| file.path == *path).map(|_| *at)
    }

    /// Lets the current file begin at this position.
    pub fn resume_at(&mut self, at: Duration) {
        self.place = None;
        self.leave(Some(at).filter(|at| !at.is_zero()));
    }

    /// Sets what a person chose, until a time or for good.
    pub fn choose(&mut self, list: Playlist, until: Option<Instant>) {
        self.chosen = Some(Chosen { list, until });
        self.clips.clear();
        self.place = None;
    }

    /// Drops what a person chose. Returns `false` if there was nothing.
    pub fn unchoose(&mut self) -> bool {
        self.chosen.take().is_some()
    }

    /// Returns whether there is something that a person chose.
    pub fn is_chosen(&self) -> bool {
        self.chosen.is_some()
    }

    /// Sets what the schedule wants.
    pub fn schedule(&mut self, list: Option<Playlist>) {
        self.scheduled = list;
    }

    /// When what a person chose ends.
    pub fn chosen_until(&self) -> Option<Instant> {
        self.chosen.as_ref()?.until
    }

    /// Returns whether this file, in this version, is part of what plays.
    pub fn holds(&self, file: &MediaFile) -> bool {
        let is_it = |clip: &Clip| clip.file.path == file.path && !clip.file.is_replaced_by(file);
        self.below().holds(file) || self.clips.iter().any(is_it)
    }

    /// Returns whether a file with this path is part of what plays.
    pub fn has(&self, path: &Path) -> bool {
        self.below().has(path) || self.clips.iter().any(|clip| *clip.file.path == *path)
    }

    /// The file at this path has ended: moves on to the next file of those that suit best, unless another file is
    /// current already because this one was removed. Returns `false` at the end of a programme that does not repeat;
    /// it is then at its start.
    pub fn advance_past(&mut self, path: &Path, fit: impl Fn(&MediaFile) -> Fit) -> bool {
        let is_it = self.current().is_none_or(|file| *file.path == *path);
        if is_it { self.advance(fit) } else { true }
    }

    /// Moves on to the next file of those that suit best. Returns `false` at the end of a programme that does
    /// not repeat; it is then at its start.
    pub fn advance(&mut self, fit: impl Fn(&MediaFile) -> Fit) -> bool {
        if self.clips.pop_front().is_some() {
            return true;
        }
        let goes_on = self.below_mut().advance_to(fit);
        // What a person chose has ended: the layer below goes on.
        goes_on || self.unchoose()
    }

    /// Moves on if another file suits better than the current one. A clip is what a person asked for.
    pub fn settle(&mut self, fit: impl Fn(&MediaFile) -> Fit) {
        if self.clips.is_empty() {
            self.below_mut().settle_on(fit);
        }
    }

    /// How well the file suits that suits best.
    pub fn best(&self, fit: impl Fn(&MediaFile) -> Fit) -> Option<Fit> {
        self.below().best(fit)
    }

    /// The files of the layer that plays below all clips.
    pub fn files(&self) -> impl Iterator<Item = &MediaFile> {
        self.below().files()
    }

    /// Moves one file forward or back, as a person asks at a button, past the files that others suit better than.
    /// Forward ends a clip; back restarts it.
    pub fn step(&mut self, by: isize, fit: impl Fn(&MediaFile) -> Fit) {
        match self.clips.is_empty() {
            true => self.below_mut().step_to(by, fit),
            false if by > 0 => _ = self.clips.pop_front(),
            false => {}
        }
    }

    /// Moves to the first file that `is_it` matches, if there is one.
    pub fn take_up(&mut self, is_it: impl FnMut(&MediaFile) -> bool) -> Option<&MediaFile> {
        self.below_mut().take_up(is_it)
    }

    /// The place of the current file in the playlist. A clip has none.
    pub fn item(&self) -> usize {
        if self.clips.is_empty() { self.below().item() } else { usize::MAX }
    }

    /// Moves to the file at this place, if there is one.
    pub fn go_to(&mut self, item: usize) {
        self.below_mut().go_to(item);
    }

    /// Returns whether the programme is at its first file.
    pub fn at_start(&self) -> bool {
        self.clips.is_empty() && self.below().at_start()
    }

    /// Returns whether there is another file to move on to.
    pub fn has_others(&self) -> bool {
        !self.clips.is_empty() || self.chosen.is_some() || self.below().len() > 1
    }

    pub fn is_empty(&self) -> bool {
        self.clips.is_empty() && self.below().is_empty()
    }

    fn below(&self) -> &Playlist {
        let chosen = self.chosen.as_ref().map(|chosen| &chosen.list);
        let scheduled = self.scheduled.as_ref();
        // A layer without files does not block the layers below.
        let lists = [chosen, scheduled].into_iter().flatten();
        lists.chain([&self.standing]).find(|list| !list.is_empty()).unwrap_or(&self.standing)
    }

    fn below_mut(&mut self) -> &mut Playlist {
        let chosen = self.chosen.as_mut().map(|chosen| &mut chosen.list);
        let lists = [chosen, self.scheduled.as_mut()].into_iter().flatten();
        lists.into_iter().find(|list| !list.is_empty()).unwrap_or(&mut self.standing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PlayOrder;
    use crate::media::generated::{card_file, draw_card};
    use crate::media::media_type;

    fn file(path: &str) -> MediaFile {
        MediaFile {
            path: Path::new(path).into(),
            root: Path::new("/m").into(),
            media_type: media_type::of_extension("mp4").expect("known"),
            size: 1,
            modified: 0,
            profile: None,
            subtitles: None,
        }
    }

    fn scan() -> Scan {
        let paths = ["/m/a.mp4", "/m/b.mp4", "/c/1.mp4", "/c/2.mp4", "/e/x.mp4"];
        Scan { files: paths.into_iter().map(file).collect(), ..Scan::default() }
    }

    fn list(folder: &str, repeat: bool) -> Playlist {
        let mut list = Playlist::new(vec![folder.into()], repeat, PlayOrder::Name, 1);
        list.resolve(&scan());
        list
    }

    fn clip(path: &str) -> Clip {
        Clip::new(file(path), AfterClip::Resume)
    }

    fn plays(programme: &Programme) -> String {
        programme.current().map_or(String::new(), |file| file.path.display().to_string())
    }

    /// All files suit the same.
    const ANY: fn(&MediaFile) -> Fit = |_| Fit::Good;
    const SECOND: Duration = Duration::from_secs(1);

    /// The name of the layer that decides what plays.
    fn layer(programme: &Programme) -> &'static str {
        if !programme.clips.is_empty() {
            "clip"
        } else if programme.chosen.is_some() {
            "chosen"
        } else if programme.scheduled.is_some() {
            "scheduled"
        } else {
            "standing"
        }
    }

    #[test]
    fn after_a_clip_the_interrupted_file_resumes_where_it_was() {
        let mut programme = Programme::new(list("/m", true));
        programme.advance(ANY);
        programme.interrupt(clip("/c/1.mp4"), Some(40 * SECOND));
        assert_eq!((plays(&programme).as_str(), layer(&programme)), ("/c/1.mp4", "clip"));
        assert_eq!(programme.take_place(), None, "not yet");
        programme.interrupt(clip("/c/2.mp4"), Some(3 * SECOND));
        assert_eq!(plays(&programme), "/c/2.mp4", "the first has made way");
        assert!(programme.advance(ANY));
        assert_eq!(plays(&programme), "/m/b.mp4");
        assert_eq!(programme.take_place(), Some(40 * SECOND), "not that in the clip");
        assert_eq!(programme.take_place(), None, "once");
    }

    #[test]
    fn queued_clips_follow_each_other_up_to_the_limit() {
        let mut programme = Programme::new(list("/m", true));
        programme.interrupt(clip("/c/1.mp4"), None);
        let room = (0..20).take_while(|_| programme.queue(clip("/c/2.mp4"))).count();
        assert_eq!(room, CLIPS - 1);
        for _ in 0..CLIPS {
            assert!(programme.is_interrupted());
            programme.step(1, ANY);
        }
        assert_eq!(plays(&programme), "/m/a.mp4");
    }

    #[test]
    fn what_was_chosen_ends_by_itself_and_the_standing_programme_goes_on() {
        let mut programme = Programme::new(list("/m", true));
        programme.advance(ANY);
        programme.choose(list("/c", false), None);
        assert_eq!((plays(&programme).as_str(), layer(&programme)), ("/c/1.mp4", "chosen"));
        assert!(programme.advance(ANY));
        assert!(programme.advance(ANY), "its end is not the end");
        assert_eq!((plays(&programme).as_str(), layer(&programme)), ("/m/b.mp4", "standing"));
    }

    #[test]
    fn a_programme_that_does_not_repeat_ends_whatever_was_played_over_it() {
        let mut programme = Programme::new(list("/e", false));
        programme.interrupt(clip("/c/1.mp4"), None);
        assert!(programme.advance(ANY));
        assert!(!programme.advance(ANY));
    }

    #[test]
    fn a_layer_without_files_does_not_block_the_layers_below() {
        let mut programme = Programme::new(list("/m", true));
        programme.schedule(Some(list("/nowhere", true)));
        assert_eq!(plays(&programme), "/m/a.mp4");
        programme.choose(list("/nowhere", true), None);
        assert_eq!(plays(&programme), "/m/a.mp4");
        programme.schedule(Some(list("/e", true)));
        assert_eq!(plays(&programme), "/e/x.mp4");
    }

    #[test]
    fn a_card_covers_a_clip_too_and_both_resume_where_they_were() {
        let mut programme = Programme::new(list("/m", true));
        let name = || card_file(&draw_card("TV", "10.0.0.1"));
        programme.interrupt(clip("/c/1.mp4"), Some(40 * SECOND));
        while programme.queue(clip("/c/2.mp4")) {}
        programme.cover(name(), Some(3 * SECOND));
        programme.resolve(&scan());
        assert!(programme.is_covered(), "it needs no file");
        assert_eq!((programme.take_place(), programme.following(ANY)), (None, None));
        assert!(programme.advance(ANY) && !programme.is_covered());
        assert_eq!(plays(&programme), "/c/1.mp4");
        assert_eq!(programme.take_place(), Some(3 * SECOND));
        assert_eq!(programme.take_place(), None, "once");
        programme.drop_clips();
        assert_eq!(programme.take_place(), Some(40 * SECOND));
        programme.cover(name(), Some(50 * SECOND));
        assert!(programme.advance(ANY));
        assert_eq!(
            (plays(&programme), programme.take_place()),
            ("/m/a.mp4".into(), Some(50 * SECOND))
        );
    }

    #[test]
    fn what_follows_a_file_that_was_removed_is_not_skipped() {
        let mut programme = Programme::new(list("/m", true));
        let rest = Scan { files: vec![file("/m/b.mp4")], ..Scan::default() };
        programme.resolve(&rest);
        assert!(programme.advance_past(Path::new("/m/a.mp4"), ANY));
        assert_eq!(plays(&programme), "/m/b.mp4");
        programme.interrupt(clip("/c/1.mp4"), Some(40 * SECOND));
        programme.resolve(&rest);
        assert!(programme.advance_past(Path::new("/c/1.mp4"), ANY));
        assert_eq!(
            (plays(&programme).as_str(), programme.take_place()),
            ("/m/b.mp4", Some(40 * SECOND))
        );
    }

    #[test]
    fn a_place_that_was_not_resumed_yet_outlasts_another_clip_and_the_end_of_a_choice() {
        let mut programme = Programme::new(list("/m", true));
        programme.interrupt(clip("/c/1.mp4"), Some(40 * SECOND));
        assert!(programme.advance(ANY));
        programme.interrupt(clip("/c/2.mp4"), None);
        assert!(programme.advance(ANY) && !programme.unchoose());
        assert_eq!(programme.take_place(), Some(40 * SECOND));
    }

    #[test]
    fn a_clip_whose_file_is_gone_is_skipped() {
        let mut programme = Programme::new(list("/m", true));
        programme.interrupt(clip("/gone.mp4"), None);
        assert!(programme.queue(clip("/c/1.mp4")));
        programme.resolve(&scan());
        assert_eq!(plays(&programme), "/c/1.mp4");
    }
}
