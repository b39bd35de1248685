//! The `[[renderer]]` and `[[group]]` tables: which renderers, what they play and how.
//!
//! A *member* is a renderer that a group names. Each member gets a rule made from its group, so that the rest of the box
//! drives it like any other renderer. What the group does not set comes from the member's `[[renderer]]` table.

use super::Config;
use super::key::{A_DAY, About, Custom, FROM_ONE, FROM_ZERO, Of, Seconds, Table, Word, Words, key};
use super::media::is_folder;
use super::section::{Reader, Section};
use super::selector::{self, Selector, print_list};
use crate::limits::{GROUPS, NAME_BYTES, RULES};
use crate::media::playlist::is_playlist;
use crate::text::Text;
use crate::time::Duration;
use std::path::{Path, PathBuf};

/// One `[[renderer]]` table; `RENDERER` explains its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Which renderers it is for.
    pub who: Selector,
    /// Absolute paths of files and folders. Never empty.
    pub plays: Vec<PathBuf>,
    pub autoplay: bool,
    /// The key `loop`.
    pub repeat: bool,
    pub order: PlayOrder,
    pub dwell: Duration,
    pub volume: Option<u8>,
    pub on_stop: OnStop,
    pub loop_method: LoopMethod,
    pub max_cut: Duration,
}

/// How long a picture is shown by default.
pub const DWELL: Duration = Duration::from_secs(10);

pub(super) const RENDERER: Table<Rule> = Table {
    about: About {
        name: "renderer",
        label: "[[renderer]]",
        synonyms: "renderers device devices tv projector",
        heading: "What the renderers play",
        intro: "Write one [[renderer]] table for each renderer, or one for all. The first table that matches a renderer \
                applies, so a table for all renderers comes last.\n\
                To say which renderer, write `name`, `udn` or `address`. Without any of them, the table is for every renderer.",
    },
    most: RULES,
    blank: || Rule {
        who: Selector::Any,
        plays: Vec::new(),
        autoplay: true,
        repeat: true,
        order: PlayOrder::Name,
        dwell: DWELL,
        volume: None,
        on_stop: OnStop::Respect,
        loop_method: LoopMethod::Auto,
        max_cut: Duration::ZERO,
    },
    keys: &[
        selector::NAME,
        selector::UDN,
        selector::ADDRESS,
        key(
            "plays",
            "\"clip.mp4\"\n\"folder/\"\n[\"a.mp4\", \"b/\"]",
            &Of(|it: &mut Rule| &mut it.plays),
        )
        .doc(
            "What to play, as paths in the media folder. If not given: everything in the folder.\n\
             Video: mp4, m4v, mkv, mov, avi, ts, m2ts, mpg, webm, wmv, flv. Audio: mp3, flac, m4a, aac, wav, ogg, \
             opus, wma, aiff. Pictures: jpg, png, gif. Playlists: m3u, m3u8. Each renderer plays some of these; H.264 \
             with AAC in .mp4 plays nearly everywhere.",
        )
        .synonyms("file files folder directory path video video_file videos play playlist media"),
        key("autoplay", "true", &Of(|it: &mut Rule| &mut it.autoplay))
            .doc("Whether to start as soon as the renderer appears.")
            .synonyms("auto_play autostart start"),
        key("loop", "true", &Of(|it: &mut Rule| &mut it.repeat))
            .doc("Whether to begin again after the last file.")
            .synonyms("repeat looping"),
        key("order", "\"name\"", &Of(|it: &mut Rule| &mut it.order))
            .doc("The order of the files:")
            .synonyms("shuffle random"),
        key("dwell", "10", &Seconds(|it: &mut Rule| &mut it.dwell, FROM_ONE, A_DAY))
            .doc("How long to show a picture.")
            .synonyms("slide_time image_time"),
        key("volume", "40", &Of(|it: &mut Rule| &mut it.volume))
            .doc("The volume in per cent that the box sets when the renderer first plays after it was switched on. If not given, the box leaves the volume alone.")
            .synonyms("vol"),
        key("on_stop", "\"respect\"", &Of(|it: &mut Rule| &mut it.on_stop))
            .doc("What to do when a viewer stops the renderer with its remote control:"),
        key("loop_method", "\"auto\"", &Of(|it: &mut Rule| &mut it.loop_method))
            .doc("How to start the next round, or the next file:")
            .synonyms("method"),
        key("max_cut", "0.3", &Seconds(|it: &mut Rule| &mut it.max_cut, FROM_ZERO, 10.0))
            .doc(
                "How many seconds loop_method = \"seek\" may cut from the end of a file. At 0, the box restarts the file instead; above 0, \
                 \"auto\" may seek, too.",
            )
            .synonyms("cut"),
    ],
};

/// In which order files are played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlayOrder {
    #[default]
    Name,
    Shuffled,
}

impl Words for PlayOrder {
    const WORDS: &'static [Word<Self>] = &[
        Word("name", Self::Name, "as given, and the files of a folder by name", "alphabetical"),
        Word(
            "shuffled",
            Self::Shuffled,
            "in random order; no file repeats before all have played",
            "random shuffle",
        ),
    ];
}

/// What to do when a viewer stops a renderer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnStop {
    #[default]
    Respect,
    Insist,
}

impl Words for OnStop {
    const WORDS: &'static [Word<Self>] = &[
        Word(
            "respect",
            Self::Respect,
            "leave it stopped until somebody presses a button or the schedule changes",
            "",
        ),
        Word(
            "insist",
            Self::Insist,
            "start again after 10 s, then after 30 s, then every 60 s",
            "",
        ),
    ];
}

/// How the next round, or the next file, is started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoopMethod {
    /// Seek if `max_cut` allows it, next for audio or where it has proven to work, otherwise restart.
    #[default]
    Auto,
    /// SetAVTransportURI and Play as soon as the end is known.
    Restart,
    /// Seek to 0 just before the end.
    Seek,
    /// SetNextAVTransportURI.
    Next,
}

impl Words for LoopMethod {
    const WORDS: &'static [Word<Self>] = &[
        Word(
            "auto",
            Self::Auto,
            "the best method that is known to work on the renderer",
            "automatic",
        ),
        Word(
            "restart",
            Self::Restart,
            "load the file again: works everywhere, with a short gap",
            "",
        ),
        Word(
            "seek",
            Self::Seek,
            "jump to the start just before the end: hardly a gap, but needs max_cut",
            "",
        ),
        Word("next", Self::Next, "announce the next file: no gap, but some renderers hang", ""),
    ];
}

impl Rule {
    /// The rule without any `[[renderer]]` table: the media folders, when somebody presses play.
    pub(super) fn by_button(media_folders: &[PathBuf]) -> Self {
        let plays = media_folders.to_vec();
        Self { plays, autoplay: false, ..(RENDERER.blank)() }
    }

    /// Reads one table. A key with a wrong value keeps its default.
    pub(super) fn read(reader: &mut Reader<'_>, section: &Section<'_>) -> Option<Self> {
        let (mut rule, _) = RENDERER.read(reader, section);
        selector::check_one_way(reader, section);
        if !section.has("plays") {
            rule.plays = reader.media.iter().map(|folder| folder.path.clone()).collect();
        }
        check_looping(reader, section, &rule);
        Some(rule)
    }
}

/// Checks that the keys about looping fit each other.
fn check_looping(reader: &mut Reader<'_>, section: &Section<'_>, rule: &Rule) {
    let method = section.field("loop_method");
    let cut = section.field("max_cut");
    if !rule.repeat {
        // With several files, "next" and "restart" still say how one follows another.
        let many = |path: &Path| is_playlist(path) || is_folder(path, reader.files);
        let one_file = matches!(&*rule.plays, [one] if !many(one));
        let in_vain = one_file || rule.loop_method == LoopMethod::Seek;
        for field in method.filter(|_| in_vain).iter().chain(&cut) {
            field.warning(
                reader,
                "this has no effect with loop = false",
                "remove the line, or write loop = true",
            );
        }
        return;
    }
    match rule.loop_method {
        LoopMethod::Seek if rule.max_cut.is_zero() => {
            // A max_cut that could not be read has been reported.
            if let Some(method) = method
                && cut.is_none_or(|cut| cut.is_zero())
            {
                method.error(
                    reader,
                    "seeking to the start must cut a little off the end, but max_cut is 0",
                    "write max_cut = 0.3",
                );
            }
        }
        LoopMethod::Restart | LoopMethod::Next if !rule.max_cut.is_zero() => {
            if let Some(cut) = cut {
                cut.warning(
                    reader,
                    "nothing is cut with this loop_method",
                    "remove the line, or write loop_method = \"seek\"",
                );
            }
        }
        _ => {}
    }
}

/// Checks that each rule can apply: of those that match a renderer, the first one does.
pub(super) fn check_rules(reader: &mut Reader<'_>, rules: &[(Section<'_>, Rule)]) {
    for (i, (section, rule)) in rules.iter().enumerate() {
        let mut earlier = rules.iter().take(i);
        let Some((other, covering)) = earlier.find(|(_, other)| other.who.covers(&rule.who)) else {
            continue;
        };
        let line = reader.problems.line_of(other.at);
        if covering.who.is_same(&rule.who) {
            let who = match &rule.who {
                Selector::Any => "every renderer".to_owned(),
                who => format!("\"{}\"", who.to_text()),
            };
            section.error(
                reader,
                &format!("the table in line {line} is already for {who}"),
                "merge the two tables, or name another renderer",
            );
        } else {
            section.warning(
                reader,
                &format!("this table never applies: the table in line {line} comes first and covers more renderers"),
                "move this table above that one",
            );
        }
    }
}

/// One `[[group]]` table: renderers that play the same and begin each round together. `GROUP` explains its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupRule {
    pub name: Text<NAME_BYTES>,
    /// The members. Never empty.
    pub on: Vec<Selector>,
    /// `None`: what the members' own rules say.
    pub plays: Option<Vec<PathBuf>>,
    /// The key `loop`.
    pub repeat: bool,
    /// `None`: what the members' own rules say.
    pub volume: Option<u8>,
    pub wait: Duration,
}

pub(super) const GROUP: Table<GroupRule> = Table {
    about: About {
        name: "group",
        label: "[[group]]",
        synonyms: "groups sync",
        heading: "Groups",
        intro: "A group makes several renderers act as one: they play the same files, begin each round together (the box \
                learns how long each renderer needs to start), and start without a button. A renderer belongs to one \
                group at most. A button for one member acts on all members.",
    },
    most: GROUPS,
    blank: || GroupRule {
        name: Text::new(),
        on: Vec::new(),
        plays: None,
        repeat: true,
        volume: None,
        wait: Duration::from_secs(10),
    },
    keys: &[
        key("name", "\"Wall\"", &Of(|it: &mut GroupRule| &mut it.name))
            .doc("Name in status and log.")
            .required("the group has no name", "write name = \"Wall\", or another name"),
        key(
            "on",
            "[\"TV left\", \"TV right\"]",
            &Custom {
                values: "a list of names, UDNs or addresses",
                read: |reader, field, group: &mut GroupRule| {
                    group.on = Selector::list(reader, field, "remove some");
                    if group.on.contains(&Selector::Any) {
                        let advice = format!("name each: on = {}", field.example);
                        field.error(reader, "\"*\" does not say which renderers start together", &advice);
                    }
                    Some(())
                },
                print: |group, _| Some(print_list(&group.on)),
            },
        )
        .doc("The members.")
        .synonyms("renderer renderers members member tvs devices targets")
        .required("the group has no members", "write on = [\"TV left\", \"TV right\"]"),
        key("plays", "\"clip.mp4\"", &Of(|it: &mut GroupRule| &mut it.plays))
            .doc(
                "What to play; if not given, what the members' [[renderer]] tables say, which must then be the same \
                 for all.",
            )
            .synonyms("file files folder path video play playlist"),
        key("loop", "true", &Of(|it: &mut GroupRule| &mut it.repeat))
            .doc("Whether to begin again after the last file.")
            .synonyms("repeat looping"),
        key("volume", "40", &Of(|it: &mut GroupRule| &mut it.volume))
            .doc("The volume in per cent; if not given, what the members' [[renderer]] tables say.")
            .synonyms("vol"),
        key("wait", "10.0", &Seconds(|it: &mut GroupRule| &mut it.wait, FROM_ZERO, 600.0))
            .doc("How long the other members wait for one that is off or not ready. That member joins at the next start.")
            .synonyms("timeout patience"),
    ],
};

impl Default for GroupRule {
    fn default() -> Self {
        (GROUP.blank)()
    }
}

impl GroupRule {
    /// Reads one table; `None` if it has no name or no members.
    pub(super) fn read(reader: &mut Reader<'_>, section: &Section<'_>) -> Option<Self> {
        let (group, understood) = GROUP.read(reader, section);
        (understood.contains(&"name") && !group.on.is_empty()).then_some(group)
    }

    /// The rules of its members, in their order. What the group does not set is taken from their `own` rules.
    fn rules(&self, own: &[Rule], media_folders: &[PathBuf]) -> Vec<Rule> {
        let rule = |who: &Selector| {
            let own = own.iter().find(|rule| rule.who.covers(who)).cloned();
            let own = own.unwrap_or_else(|| Rule::by_button(media_folders));
            Rule {
                who: who.clone(),
                plays: self.plays.clone().unwrap_or(own.plays),
                autoplay: true,
                repeat: self.repeat,
                // A random order would differ from member to member.
                order: PlayOrder::Name,
                volume: self.volume.or(own.volume),
                // All members begin each round together, so no member goes on alone.
                loop_method: LoopMethod::Restart,
                max_cut: Duration::ZERO,
                ..own
            }
        };
        self.on.iter().map(rule).collect()
    }

    fn plays_alike(&self, rules: &[(Section<'_>, Rule)]) -> bool {
        let plays = |who| {
            let own = rules.iter().map(|(_, rule)| rule).find(|rule| rule.who.covers(who));
            own.map(|rule| &rule.plays)
        };
        let mut all = self.on.iter().map(plays);
        let first = all.next().flatten();
        all.all(|other| other == first)
    }
}

impl Config {
    /// Adds groups, and the rules of their members before all other rules.
    pub fn join(&mut self, groups: Vec<GroupRule>) {
        let made = groups.iter().flat_map(|group| group.rules(&self.rules, &self.media_folders));
        let made: Vec<Rule> = made.collect();
        self.rules.splice(..0, made);
        self.groups = groups;
    }

    /// The group, and the member's slot in it, that the rule at `index` was made from.
    pub fn group_slot(&self, index: usize) -> Option<(usize, usize)> {
        let mut first = 0;
        self.groups.iter().enumerate().find_map(|(group, members)| {
            let place = index.checked_sub(first).filter(|place| *place < members.on.len());
            first += members.on.len();
            place.map(|place| (group, place))
        })
    }
}

/// Checks that no renderer is in two groups or twice in one, that the names of groups differ, and that it is clear what
/// the members of each group play.
pub(super) fn check_groups<'a, 'g>(
    reader: &mut Reader<'_>,
    groups: &'g [(Section<'a>, GroupRule)],
    rules: &[(Section<'_>, Rule)],
) {
    for (i, (section, group)) in groups.iter().enumerate() {
        let mut earlier = groups.iter().take(i);
        if let (Some(field), Some((other, _))) =
            (section.field("name"), earlier.find(|(_, other)| other.name == group.name))
        {
            let line = reader.problems.line_of(other.at);
            let message = format!("the group in line {line} already has this name");
            field.error(reader, &message, "write another name");
        }
        if group.plays.is_none() && !group.plays_alike(rules) {
            section.error(
                reader,
                "the [[renderer]] tables of its members play different files",
                "write plays = \"clip.mp4\" in the group, or the same files in those tables",
            );
        }
    }
    let members = || {
        groups.iter().flat_map(|(section, group)| group.on.iter().map(move |who| (section, who)))
    };
    for (i, (section, who)) in members().enumerate() {
        let twice = members().take(i).find(|(_, other)| other.is_same(who));
        if let (Some(field), Some((other, _))) = (section.field("on"), twice) {
            let there = match other.at == section.at {
                true => "in this group twice".to_owned(),
                false => {
                    format!("already in the group in line {}", reader.problems.line_of(other.at))
                }
            };
            field.error(
                reader,
                &format!("\"{}\" is {there}", who.to_text()),
                "a renderer belongs to one group only: remove it from the other",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::effective;
    use super::super::tests::{each_is_told, good};
    use super::*;
    use crate::text::clip;

    #[test]
    fn faults_in_a_renderer_table_are_told() {
        each_is_told(&[
            (
                "[[renderer]]\nfile = \"a.mp4\"",
                "2: error: [[renderer]] file = \"a.mp4\": this key is unknown; write \"plays\"",
            ),
            (
                "[[renderer]]\nname = \"TV\"\nmedia_port = 1",
                "3: error: [[renderer]] media_port = 1: this key is unknown; it belongs at \
                 the top of the file, above the first table",
            ),
            (
                "[[renderer]]\nname = \"TV\"\naddress = \"10.0.0.1\"",
                "1: error: [[renderer]]: the table is for one renderer, but has name and \
                 address; keep address and remove the rest",
            ),
            (
                "[[renderer]]\nudn = \"\"",
                "2: error: [[renderer]] udn = \"\": the text is empty; write udn = \"uuid:…\", \
                 or remove the line",
            ),
            (
                "[[renderer]]\nname = \
                \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"",
                "2: error: [[renderer]] name = \
                 \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…: the name is \
                 longer than 192 bytes; write a shorter one; for a renderer, use its udn or \
                 address instead",
            ),
            (
                "[[renderer]]\naddress = \"http://10.0.0.1:80/d.xml\"",
                "2: error: [[renderer]] address = \"http://10.0.0.1:80/d.xml\": this is not \
                 an IPv4 address; write address = \"10.0.0.1:80\"",
            ),
            (
                "[[renderer]]\naddress = \"tv.local\"",
                "2: error: [[renderer]] address = \"tv.local\": this is not an IPv4 address; \
                 write it like address = \"10.0.0.45\" or \"10.0.0.45:49494\"; if you do not \
                 know it, write name = \"…\" with the name the renderer shows",
            ),
            (
                "[[renderer]]\naddress = \"224.0.0.1\"",
                "2: error: [[renderer]] address = \"224.0.0.1\": no single renderer can have \
                 this address; write the address that the renderer shows in its network \
                 settings",
            ),
            (
                "[[renderer]]\naddress = \"10.0.0.1:0\"",
                "2: error: [[renderer]] address = \"10.0.0.1:0\": there is no port 0; write \
                 address = \"10.0.0.1\"",
            ),
            (
                "[[renderer]]\nvolume = 101",
                "2: error: [[renderer]] volume = 101: the number is out of range; use 0 to \
                 100, such as volume = 40",
            ),
            (
                "[[renderer]]\nvolume = \"40%\"",
                "2: error: [[renderer]] volume = \"40%\": this is text in quotes, but it \
                 must be a whole number, without quotes; write volume = 40",
            ),
            (
                "[[renderer]]\nvolume = 40.0",
                "2: error: [[renderer]] volume = 40.0: this is a number, but it must be a \
                 whole number, without quotes; write volume = 40",
            ),
            (
                "[[renderer]]\nloop = \"yes\"",
                "2: error: [[renderer]] loop = \"yes\": this is text in quotes, but it must \
                 be true or false, without quotes; write loop = true",
            ),
            (
                "[[renderer]]\nautoplay = 0",
                "2: error: [[renderer]] autoplay = 0: this is a number, but it must be true \
                 or false, without quotes; write autoplay = false",
            ),
            (
                "[[renderer]]\nplays = \"a.mp4\"\nloop = false\nloop_method = \"restart\"",
                "4: warning: [[renderer]] loop_method = \"restart\": this has no effect with \
                 loop = false; remove the line, or write loop = true",
            ),
            (
                "[[renderer]]\nplays = \"b/\"\nloop = false\nmax_cut = 0.3",
                "4: warning: [[renderer]] max_cut = 0.3: this has no effect with loop = false; \
                 remove the line, or write loop = true",
            ),
            (
                "[[renderer]]\nloop_method = \"seek\"",
                "2: error: [[renderer]] loop_method = \"seek\": seeking to the start must cut a \
                 little off the end, but max_cut is 0; write max_cut = 0.3",
            ),
            (
                "[[renderer]]\nloop_method = \"seek\"\nmax_cut = 0",
                "2: error: [[renderer]] loop_method = \"seek\": seeking to the start must cut a \
                 little off the end, but max_cut is 0; write max_cut = 0.3",
            ),
            (
                "[[renderer]]\nloop_method = \"seek\"\nmax_cut = 1e-20",
                "2: error: [[renderer]] loop_method = \"seek\": seeking to the start must cut a \
                 little off the end, but max_cut is 0; write max_cut = 0.3",
            ),
            (
                "[[renderer]]\nloop_method = \"restart\"\nmax_cut = 0.3",
                "3: warning: [[renderer]] max_cut = 0.3: nothing is cut with this loop_method; \
                 remove the line, or write loop_method = \"seek\"",
            ),
            (
                "[[renderer]]\nloop_method = \"sek\"",
                "2: error: [[renderer]] loop_method = \"sek\": this word is unknown; did you \
                 mean \"seek\"?",
            ),
            (
                "[[renderer]]\nloop_method = 1",
                "2: error: [[renderer]] loop_method = 1: this is a number, but it must be \
                 one of the known words, in quotes; write loop_method = \"auto\", \
                 \"restart\", \"seek\" or \"next\"",
            ),
            (
                "[[renderer]]\non_stop = \"xyz\"",
                "2: error: [[renderer]] on_stop = \"xyz\": this word is unknown; write \
                 \"respect\" or \"insist\"",
            ),
            (
                "[[renderer]]\nmax_cut = -1",
                "2: error: [[renderer]] max_cut = -1: the time is out of range; use 0 to 10 \
                 seconds, such as max_cut = 0.3",
            ),
            (
                "[[renderer]]\nmax_cut = nan",
                "2: error: [[renderer]] max_cut = nan: the time is out of range; use 0 to 10 \
                 seconds, such as max_cut = 0.3",
            ),
            (
                "[[renderer]]\nmax_cut = \"300ms\"",
                "2: error: [[renderer]] max_cut = \"300ms\": this is text in quotes, but it \
                 must be a number of seconds, without quotes; write max_cut = 0.3",
            ),
        ]);
    }

    #[test]
    fn each_member_gets_a_rule_before_all_others() {
        let text = "[[renderer]]\nname = \"Left\"\nvolume = 30\non_stop = \"insist\"\n\
                    loop_method = \"next\"\n\
                    [[group]]\nname = \"Wall\"\non = [\"left\", \"10.0.0.4\"]\nplays = \"a.mp4\"\n\
                    loop = false\nwait = 2.5\n";
        let config = good(text);
        let [left, other, own] = &*config.rules else { panic!("{:?}", config.rules) };
        assert_eq!((&left.who, left.on_stop), (&Selector::Name(clip("left")), OnStop::Insist));
        assert_eq!((left.volume, other.volume), (Some(30), None));
        assert_eq!(left.plays, [Path::new("/srv/dlna-kiosk/a.mp4")]);
        assert!(left.autoplay && !left.repeat && left.loop_method == LoopMethod::Restart);
        assert_eq!(own.loop_method, LoopMethod::Next);
        assert_eq!(config.groups[0].wait, Duration::from_millis(2500));
        assert_eq!(config.group_slot(1), Some((0, 1)));
        assert_eq!(config.group_slot(2), None, "the rule of its table is no seat");
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
        assert_eq!(config.rules[0].plays, config.media_folders);
        assert_eq!(config.rules.len(), 3, "others play by button");
        assert_eq!(good(&effective(&config)), config);
    }

    #[test]
    fn faults_in_a_group_are_told() {
        each_is_told(&[
            (
                "[[group]]\non = [\"A\", \"B\"]",
                "1: error: [[group]]: the group has no name; write name = \"Wall\", or another \
                 name",
            ),
            (
                "[[group]]\nname = \"Wall\"",
                "1: error: [[group]]: the group has no members; write on = [\"TV left\", \"TV \
                 right\"]",
            ),
            (
                "[[group]]\nname = \"Wall\"\non = []",
                "3: error: [[group]] on = []: this is empty; write on = [\"TV left\", \"TV \
                 right\"], or remove the line",
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
                "3: error: [[group]] on = [\"A\", \"B\", \"a\"]: \"a\" is in this group twice; a \
                 renderer belongs to one group only: remove it from the other",
            ),
            (
                "[[group]]\nname = \"Wall\"\non = \"A\"\n[[group]]\nname = \"Bar\"\non = \"A\"",
                "6: error: [[group]] on = \"A\": \"A\" is already in the group in line 1; a \
                 renderer belongs to one group only: remove it from the other",
            ),
            (
                "[[group]]\nname = \"Wall\"\non = \"A\"\n[[group]]\nname = \"Wall\"\non = \"B\"",
                "5: error: [[group]] name = \"Wall\": the group in line 1 already has this name; \
                 write another name",
            ),
            (
                "[[group]]\nname = \"Wall\"\non = \"A\"\nwait = -1",
                "4: error: [[group]] wait = -1: the time is out of range; use 0 to 600 \
                 seconds, such as wait = 10.0",
            ),
            (
                "[[renderer]]\nname = \"A\"\nplays = \"a.mp4\"\n\
                 [[group]]\nname = \"Wall\"\non = [\"A\", \"B\"]",
                "4: error: [[group]]: the [[renderer]] tables of its members play different \
                 files; write plays = \"clip.mp4\" in the group, or the same files in those \
                 tables",
            ),
        ]);
    }
}
