//! What a `[[button]]` chooses to be played: a clip over everything else, or another programme.

use super::files::Files;
use super::plays::{self, MediaFolder};
use super::problem::Report;
use super::section::Section;
use super::{Again, Back, Button, Choice, PanelAction};
use crate::time::Duration;

pub(super) const AGAIN: [(&str, Again); 3] =
    [("restart", Again::Restart), ("ignore", Again::Ignore), ("queue", Again::Queue)];
pub(super) const BACK: [(&str, Back); 2] = [("resume", Back::Resume), ("start", Back::Start)];
/// How far a press goes on or back if the file does not say.
pub(super) const SEEK_STEP: Duration = Duration::from_secs(10);
/// A day: whoever wants longer means for good.
const LONGEST: f64 = 86_400.0;

/// The choice of one button; `None` without `plays`.
pub(super) fn read(
    report: &mut Report<'_>,
    table: &Section<'_>,
    media: &MediaFolder,
    files: Files<'_>,
) -> Option<Choice> {
    let again = table.choice(report, "again", &AGAIN).unwrap_or_default();
    let back = table.choice(report, "back", &BACK).unwrap_or_default();
    let lasts = table.time(report, "lasts", false, LONGEST, "3600");
    let plays = plays::paths(report, &table.field("plays")?, media, files);
    (!plays.is_empty()).then_some(Choice { plays, again, back, lasts })
}

/// The step of `seek_forward` and `seek_back`.
pub(super) fn seek_step(report: &mut Report<'_>, table: &Section<'_>) -> Duration {
    table.time(report, "seek_step", false, 3600.0, "10").unwrap_or(SEEK_STEP)
}

/// Whether the keys fit what the button does. What does nothing is at its default.
pub(super) fn check(report: &mut Report<'_>, table: &Section<'_>, button: &mut Button) {
    let clip = button.does(PanelAction::PlayClip);
    let chooses = clip || button.does(PanelAction::Play);
    if clip && table.field("plays").is_none() {
        table.error(report, "it is not said which clip", "write plays = \"clip.mp4\"");
    }
    let needs = [
        ("plays", chooses, "press = \"play_clip\" or \"play\""),
        ("again", clip, "press = \"play_clip\""),
        ("back", clip, "press = \"play_clip\""),
        ("lasts", button.does(PanelAction::Play), "press = \"play\""),
        (
            "seek_step",
            button.does(PanelAction::SeekForward) || button.does(PanelAction::SeekBack),
            "press = \"seek_forward\" or \"seek_back\"",
        ),
    ];
    for (key, used, action) in needs {
        if let Some(field) = table.field(key).filter(|_| !used) {
            field.warning(
                report,
                "nothing that this button does needs it",
                format!("write {action}, or leave the line out"),
            );
        }
    }
    let (seeks, lasts) = (needs[4].1, needs[3].1);
    if !seeks {
        button.seek_step = SEEK_STEP;
    }
    if let Some(choice) = &mut button.choice {
        choice.lasts = choice.lasts.filter(|_| lasts);
        if !clip {
            (choice.again, choice.back) = (Again::default(), Back::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::each_is_told;

    #[test]
    fn faults_in_what_a_button_chooses_are_told() {
        each_is_told(&[
            (
                "[[button]]\npin = 17\npress = \"play_clip\"",
                "1: error: [[button]]: it is not said which clip; write plays = \"clip.mp4\"",
            ),
            (
                "[[button]]\npin = 17\npress = \"stop\"\nplays = \"a.mp4\"",
                "4: warning: [[button]] plays = \"a.mp4\": nothing that this button does needs \
                 it; write press = \"play_clip\" or \"play\", or leave the line out",
            ),
            (
                "[[button]]\npin = 17\npress = \"play\"\nplays = \"a.mp4\"\nagain = \"queue\"",
                "5: warning: [[button]] again = \"queue\": nothing that this button does needs \
                 it; write press = \"play_clip\", or leave the line out",
            ),
            (
                "[[button]]\npin = 17\nlong = \"play_clip\"\npress = \"clip\"\nplays = \"a.mp4\"",
                "4: error: [[button]] press = \"clip\": this word is unknown; did you mean \
                 \"play_clip\"?",
            ),
        ]);
    }
}
