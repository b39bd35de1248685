//! Service descriptions (UDA 1.0 §2.3): what a renderer says of its own service. Read for the range of its volume.

use super::rendering_control::parse_volume;
use super::xml::{Document, Node};

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
#[must_use]
pub fn volume_range(body: &[u8]) -> Option<VolumeRange> {
    let document = Document::parse(body, "scpd");
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

/// The part of RenderingControl's description that tells this range.
#[must_use]
pub fn write(range: VolumeRange) -> String {
    let VolumeRange { min, max, step } = range;
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <scpd xmlns=\"urn:schemas-upnp-org:service-1-0\">\
         <specVersion><major>1</major><minor>0</minor></specVersion><serviceStateTable>\
         <stateVariable sendEvents=\"no\"><name>Mute</name><dataType>boolean</dataType></stateVariable>\
         <stateVariable sendEvents=\"no\"><name>Volume</name><dataType>ui2</dataType>\
         <allowedValueRange><minimum>{min}</minimum><maximum>{max}</maximum><step>{step}</step>\
         </allowedValueRange></stateVariable></serviceStateTable></scpd>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_comes_back() {
        for range in [VolumeRange::default(), VolumeRange { min: 2, max: 30, step: 4 }] {
            assert_eq!(volume_range(write(range).as_bytes()), Some(range));
        }
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
            volume_range(scpd(&text).as_bytes())
        };
        assert_eq!(range("0", "63", ""), Some(VolumeRange { min: 0, max: 63, step: 1 }));
        assert_eq!(range("0", "63", "<step>0</step>").map(|r| r.step), Some(1));
        for (minimum, maximum) in [("0", "0"), ("9", "3"), ("-5", "10"), ("", "10"), ("0", "loud")]
        {
            assert_eq!(range(minimum, maximum, ""), None, "{minimum} to {maximum}");
        }
        assert_eq!(volume_range(scpd("<dataType>ui2</dataType>").as_bytes()), None);
        assert_eq!(volume_range(b"<html>404</html>"), None);
    }

    proptest! {
        #[test]
        fn never_panics(body in "(<|>|</|stateVariable|name|Volume|minimum|maximum|step|[0-9 -]){0,60}") {
            let _ = volume_range(body.as_bytes());
        }
    }
}
