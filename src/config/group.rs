//! The `[[group]]` table: several renderers as one.
//!
//! A *member* is a renderer that a group names. For each there is a rule made from the group, so that the rest of the
//! box drives it as it drives any other; what the group does not say (`on_stop`, and `plays` and `volume` without a line
//! of their own) is as in the member's `[[renderer]]` table.

use super::check::{covers, same};
use super::files::Files;
use super::plays::{self, MediaFolder};
use super::problem::Report;
use super::section::Section;
use super::{Config, Group, LoopMethod, Order, Rule, Who};
use crate::time::Duration;
use std::path::Path;

/// The others wait for this long if the file does not say.
const WAIT: Duration = Duration::from_secs(10);
/// Whoever waits longer than this shows nothing for longer than anybody stays.
const LONGEST_WAIT: f64 = 600.0;

/// One table; `None` if nobody can be named by it.
pub(super) fn read(
    report: &mut Report<'_>,
    table: &Section<'_>,
    media: &MediaFolder,
    files: Files<'_>,
) -> Option<Group> {
    table.refuse_unknown_keys(report);
    let name = table.name(report);
    if table.field("name").is_none() {
        table.error(report, "the group has no name", "write name = \"Wall\", or what you call it");
    }
    let on = members(report, table);
    let plays = table.field("plays").map(|field| plays::paths(report, &field, media, files));
    let volume = table.whole(report, "volume", 0..=100, "40");
    let group = Group {
        name: name?,
        on,
        plays,
        repeat: table.switch(report, "loop").unwrap_or(true),
        volume: volume.and_then(|percent| u8::try_from(percent).ok()),
        wait: table.time(report, "wait", true, LONGEST_WAIT, "10.0").unwrap_or(WAIT),
    };
    (!group.on.is_empty()).then_some(group)
}

fn members(report: &mut Report<'_>, table: &Section<'_>) -> Vec<Who> {
    const EXAMPLE: &str = "[\"TV left\", \"TV right\"]";
    let Some(field) = table.field("on") else {
        let advice = format!("write on = {EXAMPLE}");
        table.error(report, "it is not said which renderers are in it", advice);
        return Vec::new();
    };
    let on = Who::list(report, &field, EXAMPLE, "leave some out");
    if on.contains(&Who::Any) {
        field.error(
            report,
            "\"*\" does not say which renderers start together",
            format!("name each: on = {EXAMPLE}"),
        );
    }
    on
}

/// No renderer is in two groups or twice in one, no two groups have one name, and what the members of a group play is
/// said once.
pub(super) fn check<'a, 'g>(
    report: &mut Report<'_>,
    groups: &'g [(Section<'a>, Group)],
    rules: &[(Section<'_>, Rule)],
) {
    let members = |(table, group): &'g (Section<'a>, Group)| {
        let table = *table;
        group.on.iter().map(move |who| (table, who))
    };
    let seats = || groups.iter().flat_map(members);
    for (i, (table, group)) in groups.iter().enumerate() {
        let mut earlier = groups.iter().take(i);
        if let (Some(field), Some((other, _))) =
            (table.field("name"), earlier.find(|(_, other)| other.name == group.name))
        {
            let line = report.line_of(other.at);
            field.error(
                report,
                format!("the group in line {line} has this name too"),
                "give it another name",
            );
        }
        if group.plays.is_none() && !plays_alike(group, rules) {
            table.error(
                report,
                "its members do not play the same in their [[renderer]] tables",
                "write plays = \"clip.mp4\" in the group, or what all of them are to play",
            );
        }
    }
    for (i, (table, who)) in seats().enumerate() {
        let twice = seats().take(i).find(|(_, other)| same(other, who));
        if let (Some(field), Some((other, _))) = (table.field("on"), twice) {
            let there = match other.at == table.at {
                true => "in it twice".to_owned(),
                false => format!("in the group in line {} too", report.line_of(other.at)),
            };
            field.error(
                report,
                format!("\"{}\" is {there}", who.to_text()),
                "a renderer belongs to one group: leave it out of the other",
            );
        }
    }
}

fn plays_alike(group: &Group, rules: &[(Section<'_>, Rule)]) -> bool {
    let plays = |who| {
        let own = rules.iter().map(|(_, rule)| rule).find(|rule| covers(&rule.who, who));
        own.map(|rule| &rule.plays)
    };
    let mut all = group.on.iter().map(plays);
    let first = all.next().flatten();
    all.all(|other| other == first)
}

impl Config {
    /// Adds groups, with the rules of their members before all others.
    pub fn join(&mut self, groups: Vec<Group>) {
        let made = groups.iter().flat_map(|group| group.rules(&self.rules, &self.media_folder));
        let made: Vec<Rule> = made.collect();
        self.rules.splice(..0, made);
        self.groups = groups;
    }

    /// The group and the place in it of the renderers that the rule at `index` is for, if it was made from a group.
    #[must_use]
    pub fn seat(&self, index: usize) -> Option<(usize, usize)> {
        let mut first = 0;
        self.groups.iter().enumerate().find_map(|(group, members)| {
            let place = index.checked_sub(first).filter(|place| *place < members.on.len());
            first += members.on.len();
            place.map(|place| (group, place))
        })
    }
}

impl Group {
    /// The rules of its members, in their order. What the group does not say is taken from their `own` rules.
    fn rules(&self, own: &[Rule], media_folder: &Path) -> Vec<Rule> {
        let rule = |who: &Who| {
            let own = own.iter().find(|rule| covers(&rule.who, who)).cloned();
            let own = own.unwrap_or_else(|| Rule::by_button(media_folder));
            Rule {
                who: who.clone(),
                plays: self.plays.clone().unwrap_or(own.plays),
                autoplay: true,
                repeat: self.repeat,
                // By chance each would go its own way.
                order: Order::Name,
                dwell: own.dwell,
                volume: self.volume.or(own.volume),
                on_stop: own.on_stop,
                // Each round begins with all of them at once: no member goes on alone.
                loop_method: LoopMethod::Restart,
                max_cut: Duration::ZERO,
            }
        };
        self.on.iter().map(rule).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{each_is_told, good};
    use super::super::{LoopMethod, OnStop, Who, effective};
    use crate::text::clip;
    use crate::time::Duration;
    use std::path::Path;

    #[test]
    fn each_member_gets_a_rule_before_all_others() {
        let text = "[[renderer]]\nname = \"Left\"\nvolume = 30\non_stop = \"insist\"\n\
                    loop_method = \"next\"\n\
                    [[group]]\nname = \"Wall\"\non = [\"left\", \"10.0.0.4\"]\nplays = \"a.mp4\"\n\
                    loop = false\nwait = 2.5\n";
        let config = good(text);
        let [left, other, own] = &*config.rules else { panic!("{:?}", config.rules) };
        assert_eq!((&left.who, left.on_stop), (&Who::Name(clip("left")), OnStop::Insist));
        assert_eq!((left.volume, other.volume), (Some(30), None));
        assert_eq!(left.plays, [Path::new("/srv/dlna-kiosk/a.mp4")]);
        assert!(left.autoplay && !left.repeat && left.loop_method == LoopMethod::Restart);
        assert_eq!(own.loop_method, LoopMethod::Next);
        assert_eq!(config.groups[0].wait, Duration::from_millis(2500));
        assert_eq!(config.seat(1), Some((0, 1)));
        assert_eq!(config.seat(2), None, "the rule of its table is no seat");
        assert_eq!(good(&effective(&config)), config);
    }

    #[test]
    fn a_group_without_files_plays_what_its_members_play() {
        let renderer = |name| format!("[[renderer]]\nname = \"{name}\"\nplays = \"b/\"\n");
        let group = "[[group]]\nname = \"Wall\"\non = [\"A\", \"B\"]\n";
        let config = good(&format!("{}{}{group}", renderer("A"), renderer("B")));
        assert_eq!(config.rules[0].plays, config.rules[2].plays);
        assert_eq!(good(&effective(&config)), config);
        let config = good(group);
        assert_eq!(*config.rules[0].plays, *core::slice::from_ref(&config.media_folder));
        assert_eq!(config.rules.len(), 3, "others play by button");
        assert_eq!(good(&effective(&config)), config);
    }

    #[test]
    fn faults_in_a_group_are_told() {
        each_is_told(&[
            (
                "[[group]]\non = [\"A\", \"B\"]",
                "1: error: [[group]]: the group has no name; write name = \"Wall\", or what \
                 you call it",
            ),
            (
                "[[group]]\nname = \"Wall\"",
                "1: error: [[group]]: it is not said which renderers are in it; write on = \
                 [\"TV left\", \"TV right\"]",
            ),
            (
                "[[group]]\nname = \"Wall\"\non = []",
                "3: error: [[group]] on = []: there is nothing in it; write on = [\"TV \
                 left\", \"TV right\"], or leave the line out",
            ),
            (
                "[[group]]\nname = \"Wall\"\non = \"*\"",
                "3: error: [[group]] on = \"*\": \"*\" does not say which renderers start \
                 together; name each: on = [\"TV left\", \"TV right\"]",
            ),
            (
                "[[group]]\nname = \"Wall\"\non = \"A\"\nrenderer = [\"A\"]",
                "4: error: [[group]] renderer = [\"A\"]: this key is unknown; write \"on\"",
            ),
            (
                "[[group]]\nname = \"Wall\"\non = [\"A\", \"B\", \"a\"]",
                "3: error: [[group]] on = [\"A\", \"B\", \"a\"]: \"a\" is in it twice; a \
                 renderer belongs to one group: leave it out of the other",
            ),
            (
                "[[group]]\nname = \"Wall\"\non = \"A\"\n[[group]]\nname = \"Bar\"\non = \"A\"",
                "6: error: [[group]] on = \"A\": \"A\" is in the group in line 1 too; a \
                 renderer belongs to one group: leave it out of the other",
            ),
            (
                "[[group]]\nname = \"Wall\"\non = \"A\"\n[[group]]\nname = \"Wall\"\non = \"B\"",
                "5: error: [[group]] name = \"Wall\": the group in line 1 has this name too; \
                 give it another name",
            ),
            (
                "[[group]]\nname = \"Wall\"\non = \"A\"\nwait = -1",
                "4: error: [[group]] wait = -1: the time is out of range; use 0 to 600 \
                 seconds, such as wait = 10.0",
            ),
            (
                "[[renderer]]\nname = \"A\"\nplays = \"a.mp4\"\n\
                 [[group]]\nname = \"Wall\"\non = [\"A\", \"B\"]",
                "4: error: [[group]]: its members do not play the same in their [[renderer]] \
                 tables; write plays = \"clip.mp4\" in the group, or what all of them are to play",
            ),
        ]);
    }
}
