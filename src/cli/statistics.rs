//! `dlna-kiosk status --statistics`: what became of each file on each renderer, for a person.

use super::terminal::{clock, counted};
use serde_json::Value;
use std::fmt::Write as _;

/// One line for each file, under the name of its renderer.
pub(super) fn as_text(json: &str) -> Result<String, String> {
    let statistics: Value = serde_json::from_str(json)
        .map_err(|_| "what answers on that port is no dlna-kiosk".to_owned())?;
    let mut rows: Vec<&Value> = statistics["rows"].as_array().into_iter().flatten().collect();
    if rows.is_empty() {
        return Ok("nothing has been played yet".to_owned());
    }
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or("").to_owned();
    rows.sort_by_cached_key(|row| (text(row, "name"), text(row, "udn"), text(row, "file")));
    let mut lines = String::new();
    let mut of = "";
    for row in rows {
        let udn = row["udn"].as_str().unwrap_or("");
        if udn != of {
            // Writing to a String cannot fail; the same below.
            let _ = writeln!(lines, "{} ({udn})", row["name"].as_str().unwrap_or(""));
            of = udn;
        }
        let _ = writeln!(lines, "  {}", line(row, &statistics["gap_bounds_ms"]));
    }
    if let Some(forgotten) = statistics["forgotten"].as_u64().filter(|n| *n > 0) {
        let _ = writeln!(lines, "{forgotten} more made room for these");
    }
    Ok(lines.trim_end().to_owned())
}

fn line(row: &Value, bounds: &Value) -> String {
    let count = |key: &str, what| terminal_count(row[key].as_u64().unwrap_or(0), what);
    let (should, did) = (row["should_s"].as_f64(), row["did_s"].as_f64());
    let (should, did) = (should.unwrap_or(0.0), did.unwrap_or(0.0));
    let mut line = format!(
        "{}: {}, {}, played {} of {}",
        row["file"].as_str().unwrap_or(""),
        count("starts", "start"),
        count("rounds", "round"),
        clock(did),
        clock(should),
    );
    if should > 0.0 {
        let _ = write!(line, " ({:.2} %)", 100.0 * (did / should).min(1.0));
    }
    let _ = write!(line, ", {} MB", row["bytes"].as_u64().unwrap_or(0) / 1_000_000);
    if let Some(gaps) = gaps(&row["gaps"], bounds) {
        let _ = write!(line, "; gaps: {gaps}");
    }
    let failures = row["failures"].as_object().into_iter().flatten();
    for (n, (word, times)) in failures.enumerate() {
        let before = if n == 0 { "; failed: " } else { ", " };
        let _ = write!(line, "{before}{} {times}", word.replace('_', " "));
    }
    line
}

fn terminal_count(count: u64, what: &str) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX), what)
}

/// `11 up to 20 ms, 2 up to 300 ms, 1 longer`
fn gaps(counts: &Value, bounds: &Value) -> Option<String> {
    let (counts, bounds) = (counts.as_array()?, bounds.as_array()?);
    let mut words = Vec::new();
    for (at, count) in counts.iter().enumerate() {
        let Some(count) = count.as_u64().filter(|count| *count > 0) else { continue };
        words.push(match bounds.get(at).and_then(Value::as_u64) {
            Some(bound) if bound < 1000 => format!("{count} up to {bound} ms"),
            Some(bound) => format!("{count} up to {} s", bound / 1000),
            None => format!("{count} longer"),
        });
    }
    (!words.is_empty()).then(|| words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_one_readable_line_below_its_renderer() {
        let row = |file: &str| {
            serde_json::json!({ "udn": "uuid:1", "name": "TV 1", "file": file, "starts": 12, "rounds": 1,
                "gaps": [0, 11, 0, 0, 1, 0, 0, 0, 2], "failures": { "does_not_play": 2, "hung": 1 },
                "bytes": 12_345_678, "should_s": 3723.0, "did_s": 3720.0 })
        };
        let json = serde_json::json!({ "version": 1, "forgotten": 3,
            "gap_bounds_ms": [20, 50, 100, 300, 1000, 3000, 10000, 30000],
            "rows": [row("/m/b.mp4"), row("/m/a.mp4")] });
        let said = "12 starts, 1 round, played 1:02:00 of 1:02:03 (99.92 %), 12 MB; gaps: 11 up to 50 ms, \
                    1 up to 1 s, 2 longer; failed: does not play 2, hung 1";
        assert_eq!(
            as_text(&json.to_string()).unwrap(),
            format!(
                "TV 1 (uuid:1)\n  /m/a.mp4: {said}\n  /m/b.mp4: {said}\n3 more made room for these"
            )
        );
        assert_eq!(as_text(r#"{"rows":[]}"#).unwrap(), "nothing has been played yet");
        assert!(as_text("<html>").is_err());
    }
}
