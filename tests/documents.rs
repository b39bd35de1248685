//! The documents say what is so: paths, numbers, lists and commands in them are compared with the repository.

use dlna_kiosk::limits;
use std::fs::{read_dir, read_to_string};
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const DOCUMENTS: [&str; 6] = [
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "README.md",
    "CHANGELOG.md",
    "fuzz/README.md",
];
/// A path of the repository begins with one of these.
const FOLDERS: [&str; 7] = ["src/", "tests/", "fuzz/", "examples/", "systemd/", ".ci/", ".cargo/"];

fn read(path: &str) -> String {
    read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What stands between backquotes, or alone on an indented line.
fn code(text: &str) -> Vec<&str> {
    let indented = text.lines().filter_map(|line| line.strip_prefix("    ")).map(str::trim_start);
    let quoted = text.split('\n').flat_map(|line| line.split('`').skip(1).step_by(2));
    indented.chain(quoted).collect()
}

/// The words of all code, such as `src/lib.rs` or `--hours`.
fn words(text: &str) -> Vec<&str> {
    code(text).into_iter().flat_map(str::split_whitespace).collect()
}

/// The lines from this heading to the next one.
fn section<'a>(text: &'a str, heading: &str) -> Vec<&'a str> {
    let (_, rest) =
        text.split_once(&format!("{heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    rest.lines().take_while(|line| !line.starts_with('#')).collect()
}

fn sources(folder: PathBuf) -> String {
    let entries = read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let read = |path: PathBuf| match path.is_dir() {
        true => sources(path),
        false => read_to_string(path).unwrap_or_default(),
    };
    entries.map(read).collect()
}

/// Runs the program; gives what it printed.
fn help(arguments: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_dlna-kiosk")).args(arguments).arg("--help").output();
    let output = output.expect("the program");
    assert!(output.status.success(), "dlna-kiosk {arguments:?} --help");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn every_path_that_is_named_exists() {
    let mut named = 0;
    for document in DOCUMENTS {
        let text = read(document);
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let (anchors, links): (Vec<_>, Vec<_>) = links.partition(|link| link.starts_with('#'));
        let headings = text.to_lowercase().replace(' ', "-").replace('?', "") + "\n";
        for anchor in anchors {
            let heading = format!("#-{}\n", &anchor[1..]);
            assert!(headings.contains(&heading), "{document}: no heading {anchor}");
        }
        let links = links.into_iter().filter(|link| !link.contains("://"));
        let paths =
            words(&text).into_iter().filter(|word| FOLDERS.iter().any(|at| word.starts_with(at)));
        // `fuzz/corpus` and `fuzz/artifacts` come with the first run.
        let paths = paths.filter(|path| !path.contains("corpus") && !path.contains("artifacts"));
        for path in links.chain(paths) {
            let path = path.trim_end_matches([';', ',', ':', '.']);
            assert!(Path::new(ROOT).join(path).exists(), "{document} names {path}");
            named += 1;
        }
    }
    assert!(named > 100, "{named} paths");
}

#[test]
fn every_module_whose_tests_are_to_be_run_exists() {
    let text = read("CONTRIBUTING.md");
    let modules =
        text.split("cargo test --lib ").skip(1).filter_map(|rest| rest.split_whitespace().next());
    for module in modules {
        let path = format!("{ROOT}/src/{}", module.trim_matches(['`', ':']).replace("::", "/"));
        assert!(Path::new(&path).exists() || Path::new(&format!("{path}.rs")).exists(), "{module}");
    }
}

#[test]
fn the_table_of_layers_is_the_one_that_the_code_is_held_to() {
    let (document, source) = (read("ARCHITECTURE.md"), read("src/lib.rs"));
    let (_, table) = source.split_once("const TABLE: ").expect("the table");
    let (_, table) = table.split_once(" = [").expect("its beginning");
    let (table, _) = table.split_once("];").expect("its end");
    let rows: Vec<&str> = table.split('(').skip(1).collect();
    assert!(rows.len() > 5, "{table}");
    for row in rows {
        let mut names = row.split('"').skip(1).step_by(2);
        let name = names.next().expect("a module");
        let allowed = names.collect::<Vec<_>>().join(", ");
        let allowed = if allowed.is_empty() { "–" } else { &allowed };
        assert!(
            document.contains(&format!("\n| `{name}` | {allowed} |")),
            "{name} may import {allowed}"
        );
    }
}

#[test]
fn numbers_are_those_of_the_limits() {
    let (mebi, kibi) = (1 << 20, 1 << 10);
    for (document, sentence) in [
        ("ARCHITECTURE.md", format!("{} renderers", limits::RENDERERS)),
        ("ARCHITECTURE.md", format!("{} media files", limits::MEDIA)),
        ("ARCHITECTURE.md", format!("{} events in the mailbox", limits::MAILBOX)),
        ("ARCHITECTURE.md", format!("the last {} changes", limits::TRACE)),
        ("SECURITY.md", format!("a description may have {} KiB", limits::DESCRIPTION_BODY / kibi)),
        ("SECURITY.md", format!("a SOAP answer {} KiB", limits::SOAP_BODY / kibi)),
        ("SECURITY.md", format!("a NOTIFY {} KiB", limits::NOTIFY_BODY / kibi)),
        ("SECURITY.md", format!("a head {} KiB", limits::HTTP_HEAD / kibi)),
        ("SECURITY.md", format!("{} connections", limits::MEDIA_CONNECTIONS)),
        ("SECURITY.md", format!("{} from addresses where", limits::STRANGER_CONNECTIONS)),
        ("SECURITY.md", format!("{} from one address", limits::MEDIA_CONNECTIONS_PER_PEER)),
        ("SECURITY.md", format!("no head within {} s", limits::HEAD_TIMEOUT.as_secs())),
        ("SECURITY.md", format!("The limit is {} MiB", limits::STATE_FILE / mebi)),
    ] {
        let text = read(document).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(&sentence), "{document}: {sentence}");
    }
}

#[test]
fn lists_are_as_long_as_their_headings_say() {
    // The most that each may grow to.
    let most = [
        ("### The loop that all flows pass", 5),
        ("### A press of the volume button", 13),
        ("### A GET at the media server", 11),
        ("### The configuration key `dwell`", 11),
        ("### A configuration key", 4),
        ("### A button action", 4),
        ("### An LED pattern", 4),
        ("### A persisted quirk", 6),
        ("### A control route", 4),
        ("### A real renderer", 4),
        ("### A story", 2),
        ("### A fuzz target", 5),
    ];
    let text = read("ARCHITECTURE.md") + &read("CONTRIBUTING.md");
    for (beginning, most) in most {
        let heading = text.lines().find(|line| line.starts_with(beginning)).expect(beginning);
        let (_, number) = heading.rsplit_once('(').expect(heading);
        let number: usize = number.split(' ').next().and_then(|n| n.parse().ok()).expect(heading);
        let list = section(&text, heading);
        let items = list.iter().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
        assert_eq!(items.count(), number, "{heading}");
        assert!(number <= most, "{heading}: at most {most}");
    }
}

#[test]
fn every_test_that_shows_a_promise_exists() {
    let (document, sources) = (read("SECURITY.md"), sources(Path::new(ROOT).join("src")));
    let named = words(&document);
    let named = named.iter().filter(|word| {
        word.matches('_').count() > 1 && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    });
    let missing: Vec<_> =
        named.clone().filter(|name| !sources.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty() && named.count() > 10, "{missing:?}");
}

#[test]
fn terms_are_in_order() {
    let document = read("ARCHITECTURE.md");
    let rows = section(&document, "## Glossary");
    let terms: Vec<_> =
        rows.iter().filter_map(|row| row.strip_prefix("| *")?.split('*').next()).collect();
    assert!(terms.len() > 30 && terms.is_sorted(), "{terms:?}");
}

#[test]
fn commands_of_the_readme_are_those_of_the_program() {
    let readme = read("README.md");
    let (_, table) = readme.split_once("| command | does |\n|---|---|\n").expect("the table");
    let (table, _) = table.split_once("\n\n").expect("its end");
    for row in table.lines() {
        let command = row.split('`').nth(1).expect(row);
        let mut words = command.split(' ');
        let help = help(&[words.next().expect(row)]);
        for word in words.filter_map(|word| word.trim_matches(['[', ']']).strip_prefix("--")) {
            assert!(help.contains(&format!("--{word}")), "{command}");
        }
    }
    let soak = read("examples/soak.rs");
    for document in DOCUMENTS {
        let text = read(document);
        for line in code(&text).into_iter().filter(|line| line.contains("--example soak -- ")) {
            let (_, arguments) = line.split_once(" -- ").expect(line);
            for flag in arguments.split_whitespace().filter_map(|word| word.strip_prefix("--")) {
                assert!(soak.contains(&format!("\n    {flag}: ")), "{document}: --{flag}");
            }
        }
    }
}

#[test]
fn the_log_lines_of_the_readme_are_written_by_the_program() {
    let (readme, sources) = (read("README.md"), sources(Path::new(ROOT).join("src")));
    for line in [
        "is still being copied",
        "no network: the box has no address",
        "no buttons or LEDs:",
        "the clock is not set yet: the schedule waits",
        "is taken by another program: stop that one or set another port",
        "are all taken by other programs: set another port",
        "the media folder is empty or missing",
    ] {
        assert!(readme.contains(line) && sources.contains(line), "{line}");
    }
}
