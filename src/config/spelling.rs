//! Words and typing errors.

/// `word` as the file would spell it: lower case, `_` between words.
pub(super) fn normalised(word: &str) -> String {
    word.trim().to_lowercase().replace(['-', ' '], "_")
}

/// The known word that `word` was probably meant to be: at most a third of it is wrong.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = (word.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|&(wrong, _)| wrong <= most)
        .min_by_key(|&(wrong, _)| wrong)
        .map(|(_, candidate)| candidate)
}

/// Letters to insert, delete, replace or swap with their neighbour to get from `a` to `b` (optimal
/// string alignment).
fn distance(a: &str, b: &str) -> usize {
    // Keys are short; a longer word is no typing error, and the work stays bounded.
    const LONGEST: usize = 64;
    let a: Vec<char> = a.chars().take(LONGEST).collect();
    let b: Vec<char> = b.chars().take(LONGEST).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = core::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

/// `a, b and c`.
pub(super) fn listed<S: AsRef<str>>(words: &[S], last: &str) -> String {
    let mut text = String::new();
    for (i, word) in words.iter().enumerate() {
        if i > 0 && i + 1 == words.len() {
            text.push(' ');
            text.push_str(last);
            text.push(' ');
        } else if i > 0 {
            text.push_str(", ");
        }
        text.push_str(word.as_ref());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_typing_errors() {
        for (a, b, wrong) in [
            ("plays", "plays", 0),
            ("palys", "plays", 1),
            ("volum", "volume", 1),
            ("", "led", 3),
            ("pin", "", 3),
            ("debonce", "debounce", 1),
        ] {
            assert_eq!(distance(a, b), wrong, "{a} {b}");
        }
        assert!(distance(&"x".repeat(10_000), "pin") <= 64);
    }
}
