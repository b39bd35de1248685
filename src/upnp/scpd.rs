//! Service descriptions (UDA 1.0 §2.3): what a renderer says of its own service. Read for the range of its volume, and
//! for what its Play wants to be told.

use super::values::parse_volume;
use super::xml::{Document, Node};

/// Surplus arguments that are sent: JRiver has two.
const SURPLUS: usize = 4;

/// The units in which a renderer counts its volume (RenderingControl:1 §2.2.17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeRange {
    /// Silence, or as near as it comes.
    pub min: u16,
    /// The loudest.
    pub max: u16,
    /// It knows only these steps from the minimum.
    pub step: u16,
}

impl Default for VolumeRange {
    /// What nearly every renderer has, and what is meant where nothing is said.
    fn default() -> Self {
        Self { min: 0, max: 100, step: 1 }
    }
}

/// The range of Volume in the description of RenderingControl; `None` if it says none that makes sense.
fn volume_range(document: &Document) -> Option<VolumeRange> {
    let is_volume = |variable: &Node<'_>| {
        let name = variable.find("name").map_or("", Node::text);
        variable.is("stateVariable") && name.eq_ignore_ascii_case("Volume")
    };
    let variable = document.nodes().find(is_volume)?;
    let number = |name| variable.find(name).and_then(|node| parse_volume(node.text()));
    let (min, max) = (number("minimum")?, number("maximum")?);
    let step = number("step").filter(|step| *step > 0 && *step < max).unwrap_or(1);
    (min < max).then_some(VolumeRange { min, max, step })
}

/// The arguments that Play wants beside those of AVTransport:1, in their order (JRiver has two).
fn surplus(document: &Document) -> Vec<String> {
    let named = |node: &Node<'_>, name| node.find("name").is_some_and(|n| n.text() == name);
    let Some(play) = document.nodes().find(|node| node.is("action") && named(node, "Play")) else {
        return Vec::new();
    };
    let is_in = |node: &Node<'_>| {
        node.find("direction").is_none_or(|direction| direction.text().eq_ignore_ascii_case("in"))
    };
    let names = play.descendants().filter(|node| node.is("argument") && is_in(node));
    let names = names.filter_map(|node| node.find("name")).map(Node::text);
    let surplus = names.filter(|name| !["InstanceID", "Speed"].contains(name) && is_plain(name));
    surplus.take(SURPLUS).map(str::to_owned).collect()
}

/// It can stand in a tag as it is.
fn is_plain(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    begins && name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// What the box wants to know of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// The range of Volume, if it says one that makes sense.
    pub volume: Option<VolumeRange>,
    /// Arguments that Play wants beside the usual ones.
    pub play: Vec<String>,
}

impl Survey {
    /// Reads the description of a service.
    #[must_use]
    pub fn read(body: &[u8]) -> Self {
        let document = Document::parse(body, "scpd");
        Self { volume: volume_range(&document), play: surplus(&document) }
    }

    /// A description that says this.
    #[must_use]
    pub fn write(&self) -> String {
        let range = |VolumeRange { min, max, step }: VolumeRange| {
            format!(
                "<stateVariable sendEvents=\"no\"><name>Volume</name><dataType>ui2</dataType>\
                 <allowedValueRange><minimum>{min}</minimum><maximum>{max}</maximum>\
                 <step>{step}</step></allowedValueRange></stateVariable>"
            )
        };
        let argument = |name: &str| {
            format!("<argument><name>{name}</name><direction>in</direction></argument>")
        };
        let usual = ["InstanceID", "Speed"].into_iter();
        let arguments: String =
            usual.chain(self.play.iter().map(String::as_str)).map(argument).collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
             <scpd xmlns=\"urn:schemas-upnp-org:service-1-0\">\
             <specVersion><major>1</major><minor>0</minor></specVersion>\
             <actionList><action><name>Play</name><argumentList>{arguments}</argumentList></action></actionList>\
             <serviceStateTable>{}</serviceStateTable></scpd>\n",
            self.volume.map(range).unwrap_or_default(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_comes_back() {
        for volume in [None, Some(VolumeRange { min: 2, max: 30, step: 4 })] {
            for play in [vec![], vec!["SyncTime".to_owned(), "SyncServer".to_owned()]] {
                let survey = Survey { volume, play };
                assert_eq!(Survey::read(survey.write().as_bytes()), survey);
            }
        }
    }

    #[test]
    fn only_plain_names_of_what_play_takes_are_sent_on() {
        let scpd = "<scpd><action><name>Stop</name><argument><name>Why</name></argument></action>\
            <action><name>Play</name><argumentList>\
            <argument><name>InstanceID</name><direction>in</direction></argument>\
            <argument><name>Extra</name><direction>IN</direction></argument>\
            <argument><name>Result</name><direction>out</direction></argument>\
            <argument><name>a b</name></argument><argument><name>&lt;x&gt;</name></argument>\
            </argumentList></action></scpd>";
        assert_eq!(Survey::read(scpd.as_bytes()).play, ["Extra"]);
        let many = Survey { play: (0..9).map(|n| format!("A{n}")).collect(), ..Survey::default() };
        assert_eq!(Survey::read(many.write().as_bytes()).play.len(), SURPLUS);
    }

    #[test]
    fn only_the_range_of_volume_counts_and_only_if_it_makes_sense() {
        let scpd = |volume: &str| {
            format!(
                "<scpd><stateVariable><name>VolumeDB</name><allowedValueRange><minimum>-32767</minimum>\
                 <maximum>32767</maximum></allowedValueRange></stateVariable>\
                 <stateVariable><name> volume </name>{volume}</stateVariable>\
                 <stateVariable><name>Brightness</name><allowedValueRange><minimum>0</minimum>\
                 <maximum>9</maximum></allowedValueRange></stateVariable></scpd>"
            )
        };
        let range = |minimum: &str, maximum: &str, step: &str| {
            let text = format!(
                "<allowedValueRange><minimum>{minimum}</minimum><maximum>{maximum}</maximum>{step}\
                 </allowedValueRange>"
            );
            Survey::read(scpd(&text).as_bytes()).volume
        };
        assert_eq!(range("0", "63", ""), Some(VolumeRange { min: 0, max: 63, step: 1 }));
        assert_eq!(range("0", "63", "<step>0</step>").map(|r| r.step), Some(1));
        for (minimum, maximum) in [("0", "0"), ("9", "3"), ("-5", "10"), ("", "10"), ("0", "loud")]
        {
            assert_eq!(range(minimum, maximum, ""), None, "{minimum} to {maximum}");
        }
        let none = Survey::read(scpd("<dataType>ui2</dataType>").as_bytes());
        assert_eq!(none, Survey::default());
        assert_eq!(Survey::read(b"<html>404</html>"), Survey::default());
    }

    proptest! {
        #[test]
        fn never_panics(body in "(<|>|</|stateVariable|action|argument|Play|name|Volume|minimum|maximum|step|[0-9 -]){0,60}") {
            let _ = Survey::read(body.as_bytes());
        }
    }
}
