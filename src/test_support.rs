//! Helpers of the tests: a temporary folder, and the text of the crate itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A folder or file of the repository.
pub fn place(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// All files at and below this path with this extension.
pub fn files(at: &Path, extension: &str) -> Vec<PathBuf> {
    if at.is_dir() {
        let entries = fs::read_dir(at).expect("a folder");
        return entries
            .flat_map(|entry| files(&entry.expect("an entry").path(), extension))
            .collect();
    }
    let fits = at.extension().is_some_and(|it| it == extension);
    fits.then(|| at.to_owned()).into_iter().collect()
}

/// The text of all files at and below this path with this extension.
pub fn text(at: &str, extension: &str) -> String {
    let read = |file: &PathBuf| fs::read_to_string(file).expect("text");
    files(&place(at), extension).iter().map(read).collect()
}

/// Whether the text contains a test of this name: a function without `#[test]` does not count.
pub fn has_test(text: &str, name: &str) -> bool {
    text.split_once(&format!("fn {name}(")).is_some_and(|(before, _)| {
        let attribute = before.rsplit_once("#[test]");
        attribute.is_some_and(|(_, between)| !between.contains(['{', '}']))
    })
}

/// The cells of each row of the tables in a module's documentation, their headings included.
pub fn rows(page: &str) -> impl Iterator<Item = Vec<&str>> {
    let table = page.lines().filter_map(|line| line.strip_prefix("//! | ")?.strip_suffix(" |"));
    table.map(|line| line.split(" | ").collect())
}

/// The parts of `cell` between these marks.
pub fn between(cell: &str, mark: char) -> impl Iterator<Item = &str> {
    cell.split(mark).skip(1).step_by(2)
}

/// A temporary folder for one test, removed on drop.
pub(crate) struct TestFolder(PathBuf);

impl TestFolder {
    /// An empty folder; tests run at the same time, so each needs its own `name`.
    pub(crate) fn new(name: &str) -> Self {
        let name = format!("dlna-kiosk-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder.canonicalize().unwrap())
    }

    /// Writes a file, with the folders above it, as if it had existed for an hour.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        #[expect(clippy::disallowed_methods, reason = "the age of a file is real")]
        let an_hour_ago = SystemTime::now() - Duration::from_secs(3600);
        file.set_modified(an_hour_ago).unwrap();
        path
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TestFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_without_its_attribute_is_not_a_test() {
        let text =
            "#[test]\npub(super) fn one() {}\nfn two() {}\n#[test]\n#[ignore]\nfn three() {}";
        let found = ["one", "two", "three", "four"].map(|name| has_test(text, name));
        assert_eq!(found, [true, false, true, false]);
    }
}
