//! Which renderers a table is for: a name, a UDN, an address, or all.

use super::key::{Custom, Key, Plain, Printer, Values, key, one_or_list, quoted};
use super::problem::{listed, nearest};
use super::renderer::{GroupRule, Rule};
use super::section::{Field, Reader, Section};
use crate::limits::{NAME_BYTES, RENDERERS};
use crate::text::{Text, as_read, clip, is_same_name};
use crate::upnp::Udn;
use core::net::{Ipv4Addr, SocketAddrV4};

/// Which renderers a [`Rule`] is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// By friendly name, as people read it: see [`is_same_name`].
    Name(Text<NAME_BYTES>),
    Udn(Udn),
    /// By address, also where multicast does not reach. With a port, only the renderer whose description is there.
    Address(Ipv4Addr, Option<u16>),
    /// Every renderer.
    Any,
}

/// The renderers that a button, an LED or a schedule entry is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Targets {
    #[default]
    All,
    /// Those that match one of these.
    Some(Vec<Selector>),
}

pub(super) const NAME: Key<Rule> = key(
    "name",
    "\"TV 1\"",
    &Custom {
        values: "text of at most 192 bytes",
        read: |reader, field, rule: &mut Rule| {
            let name = field.name(reader)?;
            if name != "*" {
                rule.who = Selector::Name(clip(name));
            }
            Some(())
        },
        print: |rule, _| match &rule.who {
            Selector::Name(name) => Some(quoted(name.as_str())),
            Selector::Any => Some("\"*\"  # every renderer".to_owned()),
            Selector::Udn(_) | Selector::Address(..) => None,
        },
    },
)
.doc("The name that the renderer shows. Upper or lower case, the style of apostrophes and the number of blanks do not matter.")
.synonyms("friendly_name device_name");

pub(super) const UDN: Key<Rule> = key(
    "udn",
    "\"uuid:…\"",
    &Custom {
        values: "text",
        read: |reader, field, rule: &mut Rule| {
            rule.who = Selector::Udn(Udn::new(field.text(reader)?)?);
            Some(())
        },
        print: |rule, _| match &rule.who {
            Selector::Udn(udn) => Some(quoted(udn.as_str())),
            _ => None,
        },
    },
)
.doc("The renderer's unique device name, which stays the same when somebody renames the renderer.")
.synonyms("uuid usn id");

pub(super) const ADDRESS: Key<Rule> = key(
    "address",
    "\"10.0.0.45\"\n\"10.0.0.45:49494\"",
    &Custom {
        values: "an IPv4 address, perhaps with a port",
        read: |reader, field, rule: &mut Rule| {
            rule.who = address(reader, field)?;
            Some(())
        },
        print: |rule, _| match rule.who {
            Selector::Address(..) => Some(quoted(&rule.who.to_text())),
            _ => None,
        },
    },
)
.doc(
    "The renderer's IPv4 address, which also finds it where multicast is blocked.\n\
     Add the port of the renderer's description to pick one of several renderers at this address.",
)
.synonyms("host hostname ip ip_address url action_url");

fn address(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Selector> {
    let text = field.text(reader)?;
    let Some((ip, port)) = ipv4(text) else {
        let inner = text.split("://").nth(1).unwrap_or(text);
        let inner = inner.split('/').next().unwrap_or_default();
        let advice = match ipv4(inner) {
            Some(_) => format!("write address = \"{inner}\""),
            None => "write it like address = \"10.0.0.45\" or \"10.0.0.45:49494\"; if you do not \
                     know it, write name = \"…\" with the name the renderer shows"
                .to_owned(),
        };
        field.error(reader, "this is not an IPv4 address", &advice);
        return None;
    };
    if ip.is_unspecified() || ip.is_broadcast() || ip.is_multicast() {
        field.error(
            reader,
            "no single renderer can have this address",
            "write the address that the renderer shows in its network settings",
        );
        return None;
    }
    if port == Some(0) {
        field.error(reader, "there is no port 0", &format!("write address = \"{ip}\""));
        return None;
    }
    Some(Selector::Address(ip, port))
}

fn ipv4(text: &str) -> Option<(Ipv4Addr, Option<u16>)> {
    if let Ok(ip) = text.parse() {
        return Some((ip, None));
    }
    let socket: SocketAddrV4 = text.parse().ok()?;
    Some((*socket.ip(), Some(socket.port())))
}

impl Selector {
    /// The renderers that one key names; `surplus` is the advice if there are too many.
    pub(super) fn list(reader: &mut Reader<'_>, field: &Field<'_>, surplus: &str) -> Vec<Self> {
        let mut texts = field.texts(reader);
        texts.iter_mut().for_each(|(text, _)| *text = text.trim());
        if texts.len() > RENDERERS {
            field.error(
                reader,
                &format!("this names {} renderers", texts.len()),
                &format!("at most {RENDERERS} are possible: {surplus}"),
            );
            texts.truncate(RENDERERS);
        }
        let is_udn = |text: &str| matches!(Self::from_text(text), Self::Udn(_));
        for (long, item) in
            texts.iter().filter(|(text, _)| text.len() > NAME_BYTES && !is_udn(text))
        {
            item.error(
                reader,
                &format!("\"{long}\" is longer than {NAME_BYTES} bytes"),
                "write the renderer's udn or address instead of its name",
            );
        }
        texts.iter().map(|(text, _)| Self::from_text(text)).collect()
    }

    /// The renderer in a list: a UDN, an address or a name.
    fn from_text(text: &str) -> Self {
        if text == "*" {
            return Self::Any;
        }
        if let Some((ip, port)) = ipv4(text) {
            return Self::Address(ip, port);
        }
        match Udn::new(text) {
            Some(udn) if udn.as_str().starts_with("uuid:") => Self::Udn(udn),
            _ => Self::Name(clip(text)),
        }
    }

    /// The renderer as lists name it.
    pub fn to_text(&self) -> String {
        match self {
            Self::Name(name) => name.to_string(),
            Self::Udn(udn) => udn.to_string(),
            Self::Address(ip, Some(port)) => format!("{ip}:{port}"),
            Self::Address(ip, None) => ip.to_string(),
            Self::Any => "*".to_owned(),
        }
    }

    /// Whether both are for the same renderers.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Name(a), Self::Name(b)) => is_same_name(a, b),
            _ => self == other,
        }
    }

    /// Whether every renderer that `other` is for matches this.
    pub(super) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::Address(a, None), Self::Address(b, _)) => a == b,
            _ => self.is_same(other),
        }
    }
}

/// Renderers as the file names them.
pub(super) fn print_list(all: &[Selector]) -> String {
    let texts: Vec<String> = all.iter().map(Selector::to_text).collect();
    one_or_list(&texts)
}

impl Plain for Targets {
    fn values() -> Values {
        Values::new("name, UDN or address, or a list of these")
    }

    fn read(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Self> {
        let all = Selector::list(reader, field, "remove the line to mean all");
        Some(if all.is_empty() || all.contains(&Selector::Any) {
            Self::All
        } else {
            Self::Some(all)
        })
    }

    fn print(&self, _: &Printer<'_>) -> Option<String> {
        Some(match self {
            Self::All => "\"*\"  # all".to_owned(),
            Self::Some(all) => print_list(all),
        })
    }
}

/// Warns of each renderer that `key` names but no `[[renderer]]` or `[[group]]` table.
pub(super) fn check_targets(
    reader: &mut Reader<'_>,
    section: &Section<'_>,
    key: &str,
    targets: &Targets,
    rules: &[(Section<'_>, Rule)],
    groups: &[(Section<'_>, GroupRule)],
) {
    let (Targets::Some(all), Some(field)) = (targets, section.field(key)) else {
        return;
    };
    for who in all {
        let mut members = groups.iter().flat_map(|(_, group)| &group.on);
        let is_member = members.any(|member| member.is_same(who));
        if let Some(advice) = unknown(who, rules).filter(|_| !is_member) {
            let message = format!("no [[renderer]] table is for \"{}\"", who.to_text());
            field.warning(reader, &message, &advice);
        }
    }
}

/// Advice if `who` is in no table.
fn unknown(who: &Selector, rules: &[(Section<'_>, Rule)]) -> Option<String> {
    let all = || rules.iter().map(|(_, rule)| &rule.who);
    let meets = |rule: &Selector| *rule != Selector::Any && (rule.covers(who) || who.covers(rule));
    if rules.is_empty() || all().any(meets) {
        return None;
    }
    let named = all().filter(|known| matches!(known, Selector::Name(_)));
    let known: Vec<String> = named.map(Selector::to_text).collect();
    let text = who.to_text();
    // With a table for every renderer, "TV 2" is probably another renderer than "TV 1"; "TV1" is a typing error.
    let meant = match all().any(|rule| *rule == Selector::Any) {
        true => Some(known.iter().find(|known| letters(known) == letters(&text))?.as_str()),
        false => nearest(&text, known.iter().map(String::as_str)),
    };
    Some(match meant {
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None => {
            format!("write the name as in its table, or add a [[renderer]] table for \"{text}\"")
        }
    })
}

/// Letters and digits alone, in lower case.
fn letters(text: &str) -> String {
    as_read(text).filter(|c| c.is_alphanumeric()).collect()
}

/// Warns if the table names its renderer in more than one way.
pub(super) fn check_one_way(reader: &mut Reader<'_>, section: &Section<'_>) {
    let all = ["name", "udn", "address"].into_iter();
    let given: Vec<&str> = all.filter(|key| section.has(key)).collect();
    if given.len() > 1 {
        section.error(
            reader,
            &format!("the table is for one renderer, but has {}", listed(&given, "and")),
            &format!("keep {} and remove the rest", given.last().unwrap_or(&"name")),
        );
    }
}
