//! Preflight: whether each configured file will play on each renderer that is present.
//!
//! A renderer's Sink list is only a hint: renderers play formats that they do not list, and list formats that they do
//! not play. The list can make a file unlikely to play, never impossible; what the renderer was seen to play counts more.
//! Only what the box itself cannot do is certain.

use super::Kiosk;
use super::command::matches;
use super::left_out::Entry;
use super::renderer::Renderer;
use crate::config::{Rule, Selector};
use crate::media::catalogue::MediaFile;
use crate::media::media_type;
use crate::text::file_name;
use crate::time::Instant;
use core::fmt;
use core::net::Ipv4Addr;
use std::borrow::Cow;
use std::collections::HashSet;
use std::path::Path;

/// What the shell knows of the surroundings.
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations, reason = "it holds a closure")]
pub struct Surroundings<'a> {
    /// The box's addresses with their netmasks.
    pub subnets: &'a [(Ipv4Addr, Ipv4Addr)],
    /// Returns why this file cannot be read, if so.
    pub unreadable: &'a dyn Fn(&Path) -> Option<String>,
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq)]
pub struct Prospect {
    /// The renderer, or the table that matches none.
    pub renderer: String,
    /// The file, if the line is about one.
    pub file: Option<String>,
    /// What to expect.
    pub outlook: Outlook,
}

/// What to expect of a file on a renderer.
#[derive(Clone, Debug, PartialEq)]
pub enum Outlook {
    /// The file will play.
    Plays,
    /// The file may not play, for this reason.
    Unlikely(String),
    /// The file cannot play, for this reason.
    Cannot(String),
    /// The renderer is left alone, because no table matches it.
    LeftAlone,
}

impl fmt::Display for Prospect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.renderer)?;
        if let Some(file) = &self.file {
            write!(f, "{file}: ")?;
        }
        match &self.outlook {
            Outlook::Plays => write!(f, "will play"),
            Outlook::Unlikely(why) => write!(f, "unlikely, because {why}"),
            Outlook::Cannot(why) => write!(f, "cannot play, because {why}"),
            Outlook::LeftAlone => write!(f, "left alone: no [[renderer]] table matches it"),
        }
    }
}

impl Kiosk {
    /// What to expect of each file on each renderer found, and of each table.
    pub fn preflight(&self, surroundings: Surroundings<'_>, now: Instant) -> Vec<Prospect> {
        let mut prospects = Vec::new();
        for renderer in self.renderers.iter() {
            let name = || renderer.name().to_owned();
            match self.rule_for(renderer) {
                Some(rule) => prospects.extend(self.files_of(rule).map(|file| Prospect {
                    renderer: name(),
                    file: Some(file_name(&file.path).into_owned()),
                    outlook: self.outlook(file, renderer, surroundings, now),
                })),
                None => prospects.push(Prospect {
                    renderer: name(),
                    file: None,
                    outlook: Outlook::LeftAlone,
                }),
            }
        }
        for rule in &self.config.rules {
            let cannot = |file, why: &str| Prospect {
                renderer: table(&rule.who),
                file,
                outlook: Outlook::Cannot(why.to_owned()),
            };
            let theirs = |renderer: &Renderer| self.rule_for(renderer) == Some(rule);
            if !self.renderers.iter().any(theirs) {
                prospects.push(cannot(None, "no such renderer answers"));
            }
            let scan = &self.media.scan;
            let places = || rule.plays.iter().map(|play| scan.place(play));
            let is_theirs = |path: &Path| places().any(|place| path.starts_with(place));
            let is_found = |path: &Path| scan.files.iter().any(|file| *file.path == *path);
            let useless = scan.missing.iter().chain(&scan.bad);
            let useless = useless.filter(|(path, _)| is_theirs(path) && !is_found(path));
            let before = prospects.len();
            prospects.extend(
                useless.map(|(path, why)| {
                    cannot(Some(path.display().to_string()), &format!("it {why}"))
                }),
            );
            if prospects.len() == before && self.files_of(rule).next().is_none() {
                prospects.push(cannot(None, "there is nothing for it to play"));
            }
        }
        prospects
    }

    fn rule_for(&self, renderer: &Renderer) -> Option<&Rule> {
        self.config
            .rules
            .iter()
            .find(|rule| matches(&rule.who, renderer.description(), renderer.location()))
    }

    /// Each file once, however often it is mentioned.
    fn files_of(&self, rule: &Rule) -> impl Iterator<Item = &MediaFile> {
        let mut seen = HashSet::new();
        let all = rule.plays.iter().flat_map(|play| self.media.scan.files_at(play));
        all.filter(move |file| seen.insert(&file.path))
    }

    /// Certain obstacles first, then likely ones.
    fn outlook(
        &self,
        file: &MediaFile,
        renderer: &Renderer,
        surroundings: Surroundings<'_>,
        now: Instant,
    ) -> Outlook {
        let host = renderer.host();
        let near = |(ours, mask): &(Ipv4Addr, Ipv4Addr)| {
            u32::from(*ours) & u32::from(*mask) == u32::from(host) & u32::from(*mask)
        };
        if let Some(why) = (surroundings.unreadable)(&file.path) {
            Outlook::Cannot(format!("the box cannot read it: {why}"))
        } else if !surroundings.subnets.iter().any(near) {
            Outlook::Unlikely(format!(
                "the renderer's address {host} is in none of the box's networks, so it might not reach the box"
            ))
        } else if let Some(Entry { why, .. }) = renderer.against(file, now) {
            Outlook::Unlikely(format!("{why}; {}", why.remedy(file.media_type.kind)))
        } else if renderer.sink().is_some_and(|sink| !media_type::lists_any(sink, file.media_type))
            && !self.common.statistics.has_played(renderer.udn(), &extension_of(file))
        {
            let mime = file.media_type.default_mime();
            Outlook::Unlikely(format!("it does not list {mime} as playable"))
        } else {
            Outlook::Plays
        }
    }
}

/// A table, as written in the configuration.
fn table(who: &Selector) -> String {
    match who {
        Selector::Name(name) => format!("[[renderer]] name = \"{name}\""),
        Selector::Udn(udn) => format!("[[renderer]] udn = \"{udn}\""),
        Selector::Address(host, Some(port)) => format!("[[renderer]] address = \"{host}:{port}\""),
        Selector::Address(host, None) => format!("[[renderer]] address = \"{host}\""),
        Selector::Any => "[[renderer]]".to_owned(),
    }
}

/// The extension in the name of a file, by which the statistics know it. What the file holds may be something else.
fn extension_of(file: &MediaFile) -> Cow<'_, str> {
    file.path.extension().unwrap_or_default().to_string_lossy()
}
