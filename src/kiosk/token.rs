//! What loads are called in URLs, so that the box knows its own again after it has lost its memory of them.
//!
//! A [`Token`] is in the URL that a renderer plays, and outlives the box that gave it: half of it is chance, so that
//! each load has its own, the other half is the file's path under a *secret* that the box keeps. A new box looks
//! through its files for the one that fits, goes on serving it, and sees that a renderer still plays what it was given.
//! This is no protection of the media: whoever is on the network may be given them anyway.

use core::fmt;
use core::hash::Hasher;
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher24;
use std::path::Path;

/// Names one load of a renderer with one file; in the URL of the media.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(pub u64);

impl Token {
    /// The token in the path of a URL of the media server: `/m/<token>/<name>`.
    #[must_use]
    pub fn in_path(path: &str) -> Option<Self> {
        let (token, name) = path.strip_prefix("/m/")?.split_once('/')?;
        let plain = token.bytes().all(|b| b.is_ascii_hexdigit()) && !name.contains('/');
        plain.then(|| u64::from_str_radix(token, 16).ok())?.map(Self)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The key of the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(u64, u64);

impl Secret {
    /// From chance.
    #[must_use]
    pub const fn new(first: u64, second: u64) -> Self {
        Self(first, second)
    }

    /// A token for a load of this file. Of `chance` its upper half counts.
    #[must_use]
    pub fn token(self, chance: u64, path: &Path) -> Token {
        let nonce = chance & !u64::from(u32::MAX);
        let mut hasher = SipHasher24::new_with_keys(self.0, self.1);
        hasher.write(&nonce.to_le_bytes());
        hasher.write(path.as_os_str().as_encoded_bytes());
        Token(nonce | hasher.finish() & u64::from(u32::MAX))
    }

    /// The token was made for a load of this file.
    #[must_use]
    pub fn names(self, token: Token, path: &Path) -> bool {
        self.token(token.0, path) == token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_file_to_whoever_has_the_secret() {
        let (mine, other) = (Secret::new(1, 2), Secret::new(1, 3));
        let (clip, film) = (Path::new("/m/clip.mp4"), Path::new("/m/film.mp4"));
        let token = mine.token(0xfeed_beef_0bad_cafe, clip);
        assert_eq!(token.0 >> 32, 0xfeed_beef);
        assert!(mine.names(token, clip));
        assert!(!mine.names(token, film) && !other.names(token, clip));
        assert!(
            !mine.names(Token(token.0 ^ 1), clip) && !mine.names(Token(token.0 ^ 1 << 40), clip)
        );
        assert_ne!(mine.token(1 << 32, clip), mine.token(2 << 32, clip), "each load has its own");
    }

    #[test]
    fn a_token_of_an_older_version_is_still_known() {
        let token = Secret::new(7, 8).token(9 << 32, Path::new("/srv/dlna-kiosk/ä.mp4"));
        assert_eq!(token.to_string(), "0000000931bc83a8");
    }
}
