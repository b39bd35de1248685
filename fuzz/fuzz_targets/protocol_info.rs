//! The Sink of a renderer, the list of what it says it plays: a MIME type is always found, and found again.
#![no_main]

use dlna_kiosk::media::media_type::{choose_mime, content_features, of_extension, protocol_info};
use libfuzzer_sys::fuzz_target;

const EXTENSIONS: [&str; 7] = ["mkv", "mp4", "avi", "ts", "mp3", "wav", "jpg"];

fuzz_target!(|sink: &str| {
    for extension in EXTENSIONS {
        let media_type = of_extension(extension).expect("known");
        let first = choose_mime(sink, media_type);
        assert!(media_type.mimes.contains(&first));

        let mut tried = vec![first];
        while let Some(next) = tried.last().and_then(|last| media_type.alias_after(last, first)) {
            tried.push(next);
            assert!(tried.len() <= media_type.mimes.len(), "{tried:?}");
        }
        for mime in tried {
            let entry = protocol_info(mime, &content_features(media_type, None));
            assert_eq!(choose_mime(&entry, media_type), mime, "{entry}");
        }
    }
});
