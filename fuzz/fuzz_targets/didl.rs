//! DIDL-Lite: metadata as a renderer reads it, and what we write of any file name.
//! Lines: title, URL (of the subtitles too), duration in milliseconds.
#![no_main]

use dlna_kiosk::media::media_type::{content_features, of_extension};
use dlna_kiosk::media::subtitles::{FORMATS, SubtitleMethod};
use dlna_kiosk::time::Duration;
use dlna_kiosk::upnp::didl::{Item, ItemSubtitles, MetadataLevel, escape, parse};
use dlna_kiosk::upnp::xml::{Document, Node, decode, unescape};
use dlna_kiosk_fuzz::lines;
use libfuzzer_sys::fuzz_target;

const EXTENSIONS: [&str; 4] = ["mp4", "mp3", "jpg", "opus"];

fuzz_target!(|text: &str| {
    if let Some(described) = parse(text) {
        assert!(described.mime.len() <= text.len());
    }
    let [title, url, millis] = lines(text);
    // URLs are our own: they hold nothing that XML cannot.
    let url = decode(url.as_bytes());
    let millis: u32 = millis.trim().parse().unwrap_or(1);
    let methods = [
        None,
        Some(SubtitleMethod::Header),
        Some(SubtitleMethod::Resource),
        Some(SubtitleMethod::Attributes),
    ];
    for (extension, method) in EXTENSIONS.into_iter().zip(methods) {
        let media_type = of_extension(extension).expect("known");
        let subtitles =
            method.map(|method| ItemSubtitles { method, url: url.trim(), format: &FORMATS[1] });
        let item = Item {
            title,
            url: url.trim(),
            mime: media_type.default_mime(),
            content_features: &content_features(media_type, Some("JPEG_LRG")),
            kind: media_type.kind,
            size: text.len() as u64,
            duration: Some(Duration::from_millis(millis.into())),
            subtitles,
        };
        for level in [MetadataLevel::Full, MetadataLevel::Plain, MetadataLevel::Compat] {
            check(&item, level);
        }
        assert_eq!(item.write(MetadataLevel::Empty), "");
    }
});

fn check(item: &Item<'_>, level: MetadataLevel) {
    let metadata = item.write(level);
    assert_eq!(unescape(&escape(&metadata)), metadata, "it survives the envelope");
    let read = parse(&metadata).expect("DIDL-Lite");
    let document = Document::read(&metadata, "DIDL-Lite");
    let text = |name| document.find(name).map(Node::text);
    assert_eq!((text("res"), &*read.mime), (Some(item.url), item.mime));
    let method =
        item.subtitles.filter(|_| level == MetadataLevel::Full).map(|subtitles| subtitles.method);
    let subtitles = [read.text_resource.as_deref(), read.subtitle_file.as_deref()];
    let expected = [SubtitleMethod::Resource, SubtitleMethod::Attributes]
        .map(|it| (method == Some(it)).then_some(item.url));
    assert_eq!(subtitles, expected);
    let title = text("title").unwrap_or_default();
    assert!(!title.is_empty() && title.chars().count() <= 64, "{title:?}");
    assert!(!title.contains(['&', '<', '>', '"', '\'']), "{title:?}");
    assert!(title == "Media" || title.chars().all(|c| item.title.contains(c)), "{title:?}");
    assert!(level != MetadataLevel::Compat || title.is_ascii());
}
