//! The length of a film or sound, and whether it was cut off. Input: the number of an extension, then the file.
#![no_main]

use dlna_kiosk::media::lengths::{Source, damage, length};
use libfuzzer_sys::fuzz_target;
use std::time::Duration;

const EXTENSIONS: [&str; 7] = ["wav", "aiff", "flac", "ogg", "mp3", "mp4", "mkv"];

/// Nothing reads a file more often than this.
const MOST_READS: usize = 20_000;

struct File<'a> {
    bytes: &'a [u8],
    /// Bytes that may still be read, as for a file of the media folder.
    budget: usize,
    reads: usize,
}

impl Source for File<'_> {
    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read(&mut self, at: u64, most: usize) -> Option<Vec<u8>> {
        self.reads += 1;
        let rest = self.bytes.get(usize::try_from(at).ok()?..)?;
        let found = rest[..rest.len().min(most)].to_vec();
        self.budget = self.budget.checked_sub(found.len())?;
        Some(found)
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((which, bytes)) = data.split_first() else {
        return;
    };
    let extension = EXTENSIONS[usize::from(*which) % EXTENSIONS.len()];
    let mut file = File { bytes, budget: 1 << 20, reads: 0 };
    let found = length(&mut file, extension);
    assert!(
        found.is_none_or(|length| length > Duration::ZERO && length <= Duration::from_secs(86_400))
    );
    assert!(file.reads <= MOST_READS, "{} reads of {} bytes", file.reads, bytes.len());
    let mut again = File { bytes, budget: 1 << 20, reads: 0 };
    assert_eq!(length(&mut again, extension), found);
    let mut cut = File { bytes, budget: 1 << 20, reads: 0 };
    let _ = damage(&mut cut, extension);
    assert!(cut.reads <= MOST_READS, "{} reads of {} bytes", cut.reads, bytes.len());
});
