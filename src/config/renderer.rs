//! The `[[renderer]]` table: which renderers, what they play and how.

use super::field::is_zero;
use super::files::Files;
use super::plays::{self, MediaFolder};
use super::problem::Report;
use super::section::Section;
use super::{DWELL, LoopMethod, OnStop, Order, Rule, Who};
use crate::media::playlist::is_playlist;
use crate::time::Duration;
use std::path::Path;

pub(super) const ON_STOP: [(&str, OnStop); 2] =
    [("respect", OnStop::Respect), ("insist", OnStop::Insist)];
pub(super) const LOOP_METHOD: [(&str, LoopMethod); 4] = [
    ("auto", LoopMethod::Auto),
    ("restart", LoopMethod::Restart),
    ("seek", LoopMethod::Seek),
    ("next", LoopMethod::Next),
];
pub(super) const ORDER: [(&str, Order); 2] = [("name", Order::Name), ("shuffled", Order::Shuffled)];
/// A still that is shown for longer than this is meant for good.
const LONGEST_DWELL: f64 = 86_400.0;
/// Whoever wants more than this cut off has another file in mind.
const MOST_CUT: f64 = 10.0;

/// One table. What is wrong in it stays at its default.
pub(super) fn read(
    report: &mut Report<'_>,
    table: &Section<'_>,
    media: &MediaFolder,
    files: Files<'_>,
) -> Rule {
    table.refuse_unknown_keys(report);
    let whole_folder = || vec![media.path.clone()];
    let plays = table
        .field("plays")
        .map_or_else(whole_folder, |field| plays::paths(report, &field, media, files));
    let volume = table.whole(report, "volume", 0..=100, "40");
    let loop_method = table.choice(report, "loop_method", &LOOP_METHOD);
    let max_cut = table.time(report, "max_cut", true, MOST_CUT, "0.3");
    let rule = Rule {
        who: Who::read(report, table),
        plays,
        autoplay: table.switch(report, "autoplay").unwrap_or(true),
        repeat: table.switch(report, "loop").unwrap_or(true),
        order: table.choice(report, "order", &ORDER).unwrap_or_default(),
        dwell: table.time(report, "dwell", false, LONGEST_DWELL, "10").unwrap_or(DWELL),
        volume: volume.and_then(|percent| u8::try_from(percent).ok()),
        on_stop: table.choice(report, "on_stop", &ON_STOP).unwrap_or_default(),
        loop_method: loop_method.unwrap_or_default(),
        max_cut: max_cut.unwrap_or(Duration::ZERO),
    };
    check_looping(report, table, &rule, files);
    rule
}

/// Whether the keys about looping fit each other.
fn check_looping(report: &mut Report<'_>, table: &Section<'_>, rule: &Rule, files: Files<'_>) {
    let method = table.field("loop_method");
    let cut = table.field("max_cut");
    if !rule.repeat {
        // With several items "next" and "restart" still say how one follows the other.
        let many = |path: &Path| is_playlist(path) || plays::is_folder(path, files);
        let one_file = matches!(&*rule.plays, [one] if !many(one));
        let in_vain = one_file || rule.loop_method == LoopMethod::Seek;
        for field in method.filter(|_| in_vain).iter().chain(&cut) {
            field.warning(
                report,
                "this has no effect with loop = false",
                "leave the line out, or write loop = true",
            );
        }
        return;
    }
    match rule.loop_method {
        LoopMethod::Seek if rule.max_cut.is_zero() => {
            // A max_cut that could not be read is a problem of its own.
            if let Some(method) = method
                && cut.is_none_or(|cut| is_zero(cut.value))
            {
                method.error(
                    report,
                    "seeking to the start needs to cut a little off the end, and max_cut is 0",
                    "write max_cut = 0.3",
                );
            }
        }
        LoopMethod::Restart | LoopMethod::Next if !rule.max_cut.is_zero() => {
            if let Some(cut) = cut {
                cut.warning(
                    report,
                    "nothing is cut with this loop_method",
                    "leave the line out, or write loop_method = \"seek\"",
                );
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::each_is_told;

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
                "1: error: [[renderer]]: it is for one renderer, but has name and address; \
                 keep address and leave the rest out",
            ),
            (
                "[[renderer]]\nudn = \"\"",
                "2: error: [[renderer]] udn = \"\": the text is empty; write udn = \
                 \"uuid:…\", or leave the line out",
            ),
            (
                "[[renderer]]\nname = \
                \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"",
                "2: error: [[renderer]] name = \
                 \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…: the name is \
                 longer than 64 bytes; write a shorter one; for a renderer, use its udn or \
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
                 loop = false; leave the line out, or write loop = true",
            ),
            (
                "[[renderer]]\nplays = \"b/\"\nloop = false\nmax_cut = 0.3",
                "4: warning: [[renderer]] max_cut = 0.3: this has no effect with loop = \
                 false; leave the line out, or write loop = true",
            ),
            (
                "[[renderer]]\nloop_method = \"seek\"",
                "2: error: [[renderer]] loop_method = \"seek\": seeking to the start needs \
                 to cut a little off the end, and max_cut is 0; write max_cut = 0.3",
            ),
            (
                "[[renderer]]\nloop_method = \"seek\"\nmax_cut = 0",
                "2: error: [[renderer]] loop_method = \"seek\": seeking to the start needs \
                 to cut a little off the end, and max_cut is 0; write max_cut = 0.3",
            ),
            (
                "[[renderer]]\nloop_method = \"seek\"\nmax_cut = 1e-20",
                "2: error: [[renderer]] loop_method = \"seek\": seeking to the start needs \
                 to cut a little off the end, and max_cut is 0; write max_cut = 0.3",
            ),
            (
                "[[renderer]]\nloop_method = \"restart\"\nmax_cut = 0.3",
                "3: warning: [[renderer]] max_cut = 0.3: nothing is cut with this \
                 loop_method; leave the line out, or write loop_method = \"seek\"",
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
}
