//! Finds on the disk what a path means that does not exist as it is written: see [`crate::media::names`].

use super::inspect::{entries, is_absence};
use crate::media::names::FolderNames;
use std::collections::HashMap;
use std::fs::DirEntry;
use std::path::{Component, Path, PathBuf};

/// The names in the folders looked into so far, so that each folder is read once, however many names are wrong.
#[derive(Debug, Default)]
pub(crate) struct Spellings(HashMap<PathBuf, FolderNames>);

impl Spellings {
    /// The path that is meant by `wanted`; `None` if that exists as it is written, or if nothing reads like it.
    pub(crate) fn meant(&mut self, wanted: &Path) -> Option<PathBuf> {
        if !is_absent(wanted) {
            return None;
        }
        let mut found = PathBuf::new();
        for part in wanted.components() {
            let next = found.join(part);
            found = match part {
                Component::Normal(name) if is_absent(&next) => {
                    found.join(self.names(&found).meant(name)?)
                }
                _ => next,
            };
        }
        Some(found)
    }

    fn names(&mut self, folder: &Path) -> &FolderNames {
        self.0.entry(folder.to_owned()).or_insert_with_key(|folder| {
            let all = entries(folder).map(|(entries, _)| entries).unwrap_or_default();
            FolderNames::among(all.iter().map(DirEntry::file_name))
        })
    }
}

fn is_absent(path: &Path) -> bool {
    path.symlink_metadata().is_err_and(|error| is_absence(&error))
}
