//! A profile in words, for its owner.

use super::habits::Way;
use super::profile::{Flaw, Profile};
use crate::media::mime::Kind;
use crate::upnp::didl::Rung;

const WORDS: [(Kind, &str); 3] =
    [(Kind::Video, "video"), (Kind::Audio, "audio"), (Kind::Image, "images")];

impl Profile {
    /// The name of the renderer, its manufacturer and model, and its UDN.
    #[must_use]
    pub fn title(&self) -> String {
        let maker = format!("{} {}", self.manufacturer, self.model);
        match maker.trim() {
            "" => format!("{}, {}", self.name, self.udn),
            maker => format!("{} ({maker}), {}", self.name, self.udn),
        }
    }

    /// What was learned, one sentence each, after `now` minutes of running time.
    #[must_use]
    pub fn account(&self, now: u32) -> Vec<String> {
        let mut lines = Vec::new();
        let mut flaw = |flaw: &Option<Flaw>, sentence: &str| {
            if let Some(flaw) = flaw.filter(|flaw| flaw.holds(now)) {
                let days = flaw.days_left(now);
                let plural = if days == 1 { "" } else { "s" };
                lines.push(format!("{sentence}; tried again after {days} day{plural} of running"));
            }
        };
        flaw(
            &self.simpler,
            match self.rung {
                Rung::Full => "takes all metadata",
                Rung::Plain => "takes metadata only without size and duration",
                Rung::Compat => "takes metadata only as old Samsung TVs write them",
                Rung::Empty => "takes files only without metadata",
            },
        );
        flaw(&self.stop_first, "must be stopped before it is given a file");
        for (kind, word) in WORDS {
            let broken = self.next_broken.of(kind);
            let hung = broken.is_some_and(|flaw| flaw.hung);
            let does = if hung { "hangs" } else { "fails" };
            flaw(&broken, &format!("{does} at a next file given beforehand ({word})"));
        }
        flaw(&self.seek_broken, "cannot jump in a file");
        flaw(&self.rendering_broken, "refuses volume and mute");
        flaw(&self.events_lie, "sends events that say what is not so");
        if self.next_works {
            lines.push("goes on to a next file by itself".to_owned());
        }
        if self.events_agree {
            lines.push("sends events that can be trusted".to_owned());
        }
        for (extension, mime) in self.names.unusual() {
            lines.push(format!("wants .{extension} files called {mime}"));
        }
        for (kind, word) in WORDS {
            if let Some(looped) = self.loops.of(kind) {
                let way = match looped.way {
                    Way::Restart => "loading the file again",
                    Way::Seek => "jumping to the start",
                    Way::Next => "a next file",
                };
                let gap = f64::from(looped.gap_ms) / 1000.0;
                lines.push(format!("loops {word} by {way}: a gap of {gap:.2} s"));
            }
        }
        if let Some(latency) = self.latency_ms {
            lines.push(format!("begins {:.2} s after it is told to", f64::from(latency) / 1000.0));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_learned_is_a_sentence() {
        let json = r#"{"udn":"uuid:a","name":"TV","manufacturer":"ACME","model":"X1","rung":"empty",
            "simpler":{"learned":0,"times":1,"hung":false},
            "seek_broken":{"learned":0,"times":1,"hung":false},
            "next_broken":{"video":{"learned":0,"times":1,"hung":true}},
            "names":[["mkv","video/x-mkv"],["mp4","video/mp4"]],
            "loops":{"video":{"way":"restart","gap_ms":410},"audio":null,"image":null},"latency_ms":350}"#;
        let profile: Profile = serde_json::from_str(json).expect("good");
        assert_eq!(profile.title(), "TV (ACME X1), uuid:a");
        assert_eq!(
            profile.account(60),
            [
                "takes files only without metadata; tried again after 30 days of running",
                "hangs at a next file given beforehand (video); tried again after 180 days of running",
                "cannot jump in a file; tried again after 30 days of running",
                "wants .mkv files called video/x-mkv",
                "loops video by loading the file again: a gap of 0.41 s",
                "begins 0.35 s after it is told to",
            ]
        );
        let bare = Profile { name: "TV".try_into().expect("short"), ..Profile::default() };
        assert_eq!((bare.title(), bare.account(60).len()), ("TV, ".to_owned(), 0));
        let later = profile.account(31 * 24 * 60);
        assert_eq!(later.len(), 4, "{later:?}");
    }
}
