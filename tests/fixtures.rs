//! Parses messages captured from real devices and compares the results with the expectations in their index.
//!
//! The captures are not part of this repository: they are in `../shared/renderers/fixtures`. Without that
//! folder these tests fail if the environment has `CI=true`; elsewhere each prints that it was skipped.

use core::net::Ipv4Addr;
use dlna_kiosk::media::media_type::choose_mime;
use dlna_kiosk::media::media_type::of_extension;
use dlna_kiosk::upnp::action::TransportState;
use dlna_kiosk::upnp::description::ServiceDescription;
use dlna_kiosk::upnp::description::{self, DescriptionError, Service};
use dlna_kiosk::upnp::gena::{LastChange, parse_timeout};
use dlna_kiosk::upnp::soap::SoapError;
use dlna_kiosk::upnp::ssdp::{self, Rejected};
use dlna_kiosk::upnp::values::parse_time;
use dlna_kiosk::upnp::xml::Document;
use dlna_kiosk::upnp::{Action, HttpUrl, Reply, Udn, UpnpError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// A captured message and what the index says about it.
struct Capture {
    name: String,
    body: Vec<u8>,
    expect: String,
}

impl Capture {
    /// The text in backquotes after `key`; spaces and equals signs may stand between the two.
    fn quoted(&self, key: &str) -> Option<&str> {
        self.expect.match_indices(key).find_map(|(at, _)| {
            let after = self.expect[at + key.len()..].trim_start_matches([' ', '=']);
            let (value, _) = after.strip_prefix('`')?.split_once('`')?;
            Some(value)
        })
    }

    /// The word after `key`.
    fn word(&self, key: &str) -> Option<&str> {
        let (_, after) = self.expect.split_once(key)?;
        after.trim_start().split([' ', ';', '*']).next()
    }
}

/// The captures of one section of the index; none if there is no index and this is not CI.
fn captures(section: &str) -> Vec<Capture> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/renderers/fixtures");
    let index = match fs::read_to_string(folder.join("INDEX.md")) {
        Ok(index) => index,
        Err(error) => {
            let message = format!("captures \"{section}\": {}: {error}", folder.display());
            assert!(env::var_os("CI").is_none_or(|value| value != "true"), "{message}");
            // Unlike `eprintln`, this is shown although the test passes.
            writeln!(io::stderr(), "SKIPPED {message}").expect("stderr");
            return Vec::new();
        }
    };
    let heading = format!("\n## {section}\n");
    let (_, text) = index.split_once(&heading).expect("section of the index");
    let text = text.split("\n## ").next().unwrap_or_default();
    let captures: Vec<_> = text.split("### ").skip(1).map(|entry| read(&folder, entry)).collect();
    assert!(!captures.is_empty(), "the index lists no captures: {section}");
    captures
}

/// The capture of one entry of the index.
fn read(folder: &Path, entry: &str) -> Capture {
    let (name, rest) = entry.split_once('\n').expect("name of the file");
    let body = fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let expect = rest.lines().find_map(|line| line.strip_prefix("* expect: "));
    Capture { name: name.to_owned(), body, expect: expect.expect("expectation").to_owned() }
}

fn url(text: &str) -> HttpUrl {
    HttpUrl::parse(text).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn finds_the_renderer_in_every_description() {
    for capture in captures("renderer description") {
        let name = &capture.name;
        let base = url(capture.quoted("base").expect("base"));
        let own_base = capture.expect.contains("(URLBase in the file)");
        let location = if own_base {
            HttpUrl::new(base.host, base.port, "/dev/desc.xml").expect("short")
        } else {
            base
        };
        let found = description::parse(&capture.body, &location)
            .unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert_eq!(Some(found.friendly_name.as_str()), capture.quoted("friendlyName"), "{name}");
        assert_eq!(Some(found.udn.clone()), capture.quoted("UDN").and_then(Udn::new), "{name}");
        let services = [
            ("AVTransport:", Some(&found.av_transport)),
            ("RenderingControl:", found.rendering_control.as_ref()),
            ("ConnectionManager:", found.connection_manager.as_ref()),
        ];
        for (service_type, service) in services {
            check_service(&capture, service_type, service);
        }
        // No URL of a description leads to a host other than the one that sent it.
        let elsewhere =
            HttpUrl::new(Ipv4Addr::new(10, 9, 8, 7), location.port, &location.path).expect("short");
        let moved = description::parse(&capture.body, &elsewhere).expect("as before");
        assert_eq!(moved.av_transport.control_url.host, elsewhere.host, "{name}");
        assert_eq!(
            moved.av_transport.control_url.path, found.av_transport.control_url.path,
            "{name}"
        );
    }
}

fn check_service(capture: &Capture, service_type: &str, service: Option<&Service>) {
    let name = &capture.name;
    let Some((_, expected)) = capture.expect.split_once(&format!("; {service_type}")) else {
        assert_eq!(service, None, "{name}");
        return;
    };
    let service = service.unwrap_or_else(|| panic!("{name}: {service_type}"));
    let expected = expected.split(';').next().unwrap_or_default();
    let parts: Vec<_> = expected.split('`').collect();
    assert_eq!(expected.split(' ').next(), Some(service.version.to_string().as_str()), "{name}");
    assert_eq!(service.control_url, url(parts[1]), "{name}");
    assert_eq!(service.event_url, parts.get(3).and_then(|text| HttpUrl::parse(text)), "{name}");
}

#[test]
fn finds_no_renderer_where_there_is_none() {
    for capture in captures("non-renderer description") {
        let location = url("http://192.0.2.10:8080/dev/desc.xml");
        let found = description::parse(&capture.body, &location);
        assert_eq!(found, Err(DescriptionError::NotARenderer), "{}", capture.name);
    }
}

#[test]
fn reads_every_service_description_as_far_as_its_actions() {
    for capture in captures("SCPD") {
        let document = Document::parse(&capture.body, "scpd");
        let names: Vec<_> = document
            .nodes()
            .filter(|node| node.is("action"))
            .filter_map(|action| action.children().find(|node| node.is("name")))
            .map(|name| name.text())
            .collect();
        let Some((_, expected)) = capture.expect.split_once("actions: ") else {
            continue;
        };
        let expected = expected.split(';').next().unwrap_or_default();
        assert_eq!(names.join(", "), expected, "{}", capture.name);
    }
}

#[test]
fn reads_every_response_to_a_search() {
    for capture in captures("SSDP reply") {
        check_ssdp(&capture);
    }
}

#[test]
fn reads_every_announcement() {
    for capture in captures("SSDP NOTIFY") {
        check_ssdp(&capture);
    }
}

fn check_ssdp(capture: &Capture) {
    let name = &capture.name;
    let location = capture.quoted("LOCATION").and_then(HttpUrl::parse);
    let stranger = Ipv4Addr::new(203, 0, 113, 77);
    let from = location.as_ref().map_or(stranger, |location| location.host);
    let nts = capture.quoted("NTS");
    let announcement = match ssdp::parse(&capture.body, from) {
        Ok(announcement) => announcement,
        Err(Rejected::UnknownNts) => {
            return assert!(
                !["ssdp:alive", "ssdp:byebye", "ssdp:update"].map(Some).contains(&nts),
                "{name}"
            );
        }
        Err(Rejected::NoUsn) => return assert_eq!(capture.quoted("USN"), None, "{name}"),
        Err(Rejected::BadLocation) => return assert_eq!(location, None, "{name}"),
        Err(Rejected::NoLocation) => {
            return assert!(capture.quoted("LOCATION").unwrap_or_default().is_empty(), "{name}");
        }
        Err(other) => panic!("{name}: {other:?}"),
    };
    let byebye = nts == Some("ssdp:byebye");
    assert_eq!(announcement.kind == ssdp::MessageKind::Byebye, byebye, "{name}");
    assert_eq!(Some(announcement.udn.as_str()), capture.quoted("UDN"), "{name}");
    if !byebye {
        assert_eq!(announcement.location, location, "{name}");
        assert_eq!(ssdp::parse(&capture.body, stranger), Err(Rejected::ForeignLocation), "{name}");
    }
    let target = if nts.is_some() { "; NT" } else { "; ST" };
    if let Some(target) = capture.quoted(target) {
        assert!(target.starts_with(announcement.target.as_str()), "{name}");
    }
    if let Some(seconds) = capture.word("max-age") {
        let said = announcement.max_age.map(|age| age.as_secs().to_string());
        assert_eq!(said.as_deref(), Some(seconds).filter(|word| *word != "(none"), "{name}");
    }
    let number = |key| capture.word(key).and_then(|word| word.parse().ok());
    assert_eq!(announcement.boot_id, number("BOOTID.UPNP.ORG"), "{name}");
    assert_eq!(announcement.config_id, number("CONFIGID.UPNP.ORG"), "{name}");
}

#[test]
fn reads_the_first_value_of_every_variable_in_last_change() {
    for capture in captures("LastChange") {
        let name = &capture.name;
        let change = LastChange::parse(&capture.body).unwrap_or_else(|| panic!("{name}"));
        // After the first </Event> comes leftover memory. The index lists it; the parser must ignore it.
        let said = String::from_utf8_lossy(&capture.body);
        let said = said.rsplit("-->").next().unwrap_or_default();
        let said = said.split("/Event").next().unwrap_or_default();
        let value = |key: &str| {
            let written = said.contains(&format!("{key} ")) || said.contains(&format!(":{key}"));
            capture.quoted(&format!("; {key}")).filter(|_| written)
        };
        let state = value("TransportState").and_then(TransportState::parse);
        assert_eq!(change.transport_state, state, "{name}");
        assert_eq!(
            change.error_occurred,
            value("TransportStatus") == Some("ERROR_OCCURRED"),
            "{name}"
        );
        let uri = |uri: &Option<String>| uri.clone().unwrap_or_default();
        let expected = |key| value(key).filter(|uri| *uri != "NOT_IMPLEMENTED").unwrap_or_default();
        assert_eq!(uri(&change.av_transport_uri), expected("AVTransportURI"), "{name}");
        assert_eq!(uri(&change.current_track_uri), expected("CurrentTrackURI"), "{name}");
        let duration =
            value("CurrentTrackDuration").and_then(parse_time).filter(|time| !time.is_zero());
        assert_eq!(change.current_track_duration, duration, "{name}");
        let volume = capture.quoted("Volume[Master]").and_then(|volume| volume.parse().ok());
        assert_eq!(change.volume, volume, "{name}");
        assert_eq!(change.mute, capture.quoted("Mute[Master]").map(|mute| mute == "1"), "{name}");
    }
}

#[test]
fn reads_how_long_a_subscription_lasts() {
    for capture in captures("SUBSCRIBE reply") {
        let text = String::from_utf8_lossy(&capture.body);
        let header = text.lines().find_map(|line| line.strip_prefix("TIMEOUT:")).expect("TIMEOUT");
        let seconds = parse_timeout(header).as_secs().to_string();
        assert_eq!(Some(seconds.as_str()), capture.word("timeout"), "{}", capture.name);
    }
}

#[test]
fn reads_every_answer_to_an_action() {
    for capture in captures("SOAP response") {
        let name = &capture.name;
        let (before, _) = capture.expect.split_once("Response`").expect("name of the action");
        let action = before.rsplit('`').next().unwrap_or_default();
        check_answer(&capture, action, name);
    }
}

fn check_answer(capture: &Capture, action: &str, name: &str) {
    let action = match action {
        "GetTransportInfo" => Action::GetTransportInfo,
        "GetPositionInfo" => Action::GetPositionInfo,
        "GetMediaInfo" => Action::GetMediaInfo,
        "Stop" => Action::Stop,
        "Play" => Action::Play,
        "Pause" => Action::Pause,
        "GetVolume" => Action::GetVolume,
        "GetMute" => Action::GetMute,
        // The box does not call it.
        _ => return,
    };
    let reply = action.parse_reply(&capture.body).unwrap_or_else(|e| panic!("{name}: {e:?}"));
    let time = |key| capture.quoted(key).and_then(parse_time);
    match reply {
        Reply::Done => {}
        Reply::TransportInfo(info) => {
            let state = capture.quoted("CurrentTransportState").and_then(TransportState::parse);
            assert_eq!(info.state, state, "{name}");
            let error = capture.quoted("CurrentTransportStatus") == Some("ERROR_OCCURRED");
            assert_eq!(info.error_occurred, error, "{name}");
        }
        Reply::PositionInfo(info) => {
            assert_eq!(
                info.track_duration,
                time("; TrackDuration").filter(|t| !t.is_zero()),
                "{name}"
            );
            assert_eq!(info.rel_time, time("; RelTime"), "{name}");
            assert_eq!(info.track_uri.as_deref(), capture.quoted("; TrackURI"), "{name}");
        }
        Reply::MediaInfo(info) => {
            assert_eq!(info.current_uri.as_deref(), capture.quoted("; CurrentURI"), "{name}");
        }
        Reply::Volume(volume) => {
            assert_eq!(
                Some(volume.to_string().as_str()),
                capture.quoted("CurrentVolume"),
                "{name}"
            );
        }
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn reads_the_range_of_the_volume_and_that_play_wants_nothing_more() {
    for capture in captures("SCPD") {
        let name = &capture.name;
        let service = ServiceDescription::parse(&capture.body);
        let range = service.volume.map(|r| format!("{}..{} step {}", r.min, r.max, r.step));
        let (_, expected) = capture.expect.split_once("Volume range ").unzip();
        assert_eq!(range.as_deref(), expected, "{name}");
        assert!(service.extra_arguments.is_empty(), "{name}: {:?}", service.extra_arguments);
    }
}

#[test]
fn reads_the_code_of_every_fault() {
    for capture in captures("SOAP fault") {
        let name = &capture.name;
        let fault = UpnpError::parse(&capture.body).unwrap_or_else(|| panic!("{name}"));
        let (_, code) = capture.expect.split_once("errorCode **").expect("code");
        let code = code.split('*').next().unwrap_or_default();
        assert_eq!(fault.code.to_string(), code, "{name}");
        let description = capture.quoted("errorDescription").unwrap_or_default();
        assert!(description.starts_with(fault.description.as_str()), "{name}");
        let reply = Action::Stop.parse_reply(&capture.body);
        assert_eq!(reply, Err(SoapError::Fault(fault)), "{name}");
    }
}

#[test]
fn reads_what_renderers_say_they_play() {
    for capture in captures("GetProtocolInfo") {
        let name = &capture.name;
        let action = Action::GetProtocolInfo;
        let sink = match action.parse_reply(&capture.body) {
            Ok(Reply::ProtocolInfo { sink }) => sink,
            // Some captures are only the list.
            _ => String::from_utf8_lossy(&capture.body).into_owned(),
        };
        let entries = sink.split(',').filter(|entry| entry.contains(':')).count();
        if let Some(expected) =
            capture.expect.split(" entries").next().and_then(|text| text.rsplit(' ').next())
        {
            assert_eq!(entries.to_string(), expected, "{name}");
        }
        if let Some((_, aliases)) = capture.expect.split_once("matroska: ") {
            let chosen = choose_mime(&sink, of_extension("mkv").expect("known"));
            assert!(aliases.contains(chosen) || aliases.starts_with("none"), "{name}: {chosen}");
        }
    }
}
