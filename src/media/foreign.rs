//! What lies in a folder without being its owner's wish: recycle bins and other folders of systems, thumbnails, and what
//! browsers and copy programs have not finished. It is left out unless the configuration names it.

use std::ffi::OsStr;
use std::path::Path;

/// Folders of Windows, macOS, Linux, Android, cameras and network disks, in lower case.
const FOLDERS: [&str; 31] = [
    "$recycle.bin",
    "recycler",
    "recycled",
    "system volume information",
    "msdownld.tmp",
    "config.msi",
    "windowsimagebackup",
    "__macosx",
    "network trash folder",
    "temporary items",
    "backups.backupdb",
    "lost+found",
    "lost.dir",
    "albumthumbs",
    // Synology.
    "@eadir",
    "@tmp",
    "@sharesnap",
    "@synologydrive",
    "#recycle",
    "#snapshot",
    // QNAP.
    "@recycle",
    "@recently-snapshot",
    "@__thumb",
    "@transcode",
    // Other network disks.
    "%recycle",
    "~snapshot",
    "network recycle bin",
    "$trash$",
    // Thumbnails.
    "thumbnails",
    "extrathumbs",
    "avf_info",
];

/// Folders of Android that stand below its own folder.
const OF_ANDROID: [&str; 2] = ["data", "obb"];

/// Beginnings of the names of thumbnails and of temporary files.
const BEGINNINGS: [&str; 6] =
    ["synophoto_", "synoindex_", "albumart_{", "albumartsmall", "~$", "~syncthing~"];

/// Extensions of files and folders that are not complete, and of backups.
const UNFINISHED: [&str; 30] = [
    "crdownload",
    "part",
    "partial",
    "download",
    "opdownload",
    "fdmdownload",
    "ytdl",
    "!qb",
    "!ut",
    "!bt",
    "!sync",
    "bc!",
    "jc!",
    "td",
    "xltd",
    "aria2",
    "aria2__temp",
    "tmp",
    "temp",
    "filepart",
    "ut!",
    "dctmp",
    "idm",
    "idman",
    "met",
    "bak",
    "old",
    "swp",
    "crswap",
    "lftp-pget-status",
];

/// Whether the file or folder at `path` is not its owner's wish, by its name.
pub fn is_foreign(path: &Path) -> bool {
    let lower = |name: Option<&OsStr>| Some(name?.to_string_lossy().to_lowercase());
    let Some(name) = lower(path.file_name()) else { return false };
    let above = || lower(path.parent().and_then(Path::file_name));
    // Resource forks of macOS begin with a dot, too.
    name.starts_with('.')
        || name.ends_with('~')
        || FOLDERS.contains(&&*name)
        || (OF_ANDROID.contains(&&*name) && above().is_some_and(|above| above == "android"))
        || is_numbered("found.", &name)
        || BEGINNINGS.iter().any(|begin| name.starts_with(begin))
        || is_unfinished(&name)
}

/// Whether the lower-case name ends in an extension of unfinished files, perhaps with that of a copy (`.part(1)`), or has one
/// before its own (`film.temp.mp4`, from yt-dlp).
fn is_unfinished(name: &str) -> bool {
    let mut parts = name.rsplit('.');
    let (last, before) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let last = last.split('(').next().unwrap_or_default();
    let has_stem = parts.next().is_some();
    let inner = ["temp", "tmp", "crdownload", "partial", "filepart"];
    // A film may well be called `old`; its name then has no dot before it.
    name.contains('.') && UNFINISHED.contains(&last) || has_stem && inner.contains(&before)
        // ownCloud and Nextcloud.
        || name.contains('.') && last.strip_prefix('~').is_some_and(is_hexadecimal)
}

fn is_hexadecimal(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_hexdigit())
}

/// What chkdsk found: `FOUND.000`.
fn is_numbered(begin: &str, name: &str) -> bool {
    let number = name.strip_prefix(begin);
    number.is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()))
}

/// The file next to `path` that a download program keeps until `path` is complete.
pub fn control_file(path: &Path) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".aria2");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systems_and_programs_leave_is_foreign_in_any_case() {
        for name in [
            "$RECYCLE.BIN",
            "$Recycle.Bin",
            "RECYCLER",
            "System Volume Information",
            "@eaDir",
            "@EADIR",
            "#recycle",
            "#snapshot",
            "@Recycle",
            "lost+found",
            "LOST.DIR",
            "FOUND.000",
            "found.012",
            "__MACOSX",
            ".Trash-1000",
            ".Trashes",
            ".Spotlight-V100",
            "._film.mp4",
            ".film.mp4.Ab12Cd",
            ".syncthing.film.mp4.tmp",
            "~syncthing~film.mp4.tmp",
            "Android/data",
            "android/OBB",
            "SYNOPHOTO_THUMB_XL.jpg",
            "AlbumArt_{5FA05D35-A682-4AF6-96F7-0773E42D4D16}_Large.jpg",
            "AlbumArtSmall.jpg",
            "Unconfirmed 123456.crdownload",
            "film.mp4.CRDOWNLOAD",
            "film.mp4.part",
            "film.mp4.part(1)",
            "film.Zq3x.mp4.part",
            "film.mp4.partial",
            "film.mp4.download",
            "film.mp4.opdownload",
            "film.mp4.!qB",
            "film.mp4.!ut",
            "film.mp4.aria2",
            "film.mp4.tmp",
            "film.mp4.filepart",
            "film.temp.mp4",
            "film.mp4.~5a3b",
            "film.mp4~",
            "~$slides.pptx",
        ] {
            assert!(is_foreign(&Path::new("/m").join(name)), "{name}");
        }
    }

    #[test]
    fn what_an_owner_may_call_a_file_or_folder_is_the_owners() {
        for name in [
            "film.mp4",
            "$uicideboy$",
            "$100.mp4",
            "#1 hit.mp3",
            "@home",
            "~.mp3",
            "part",
            "tmp.mp4",
            "old",
            "Part 1.mp4",
            "film.part1.mp4",
            "The Download.mp3",
            "Found.mp4",
            "found.footage",
            "Recycle",
            "Android",
            "data",
            "Recovery",
            "cover.jpg",
            "Folder.jpg",
            "1. temp.mp4",
            "Trash.mp3",
        ] {
            assert!(!is_foreign(&Path::new("/m").join(name)), "{name}");
        }
    }
}
