//! The names of loads in URLs, by which the box recognises its own loads after a restart.
//!
//! A [`Token`] is part of the URL that a renderer plays, and outlives a restart of the box. One half is random, so that
//! each load has its own token. The other half is a hash of the file's path, keyed with a *secret* that the box keeps.
//! After a restart, the box finds the file that matches the token, goes on serving it, and sees that the renderer still
//! plays it. This does not protect the media: everybody on the network may fetch it.

use core::fmt;
use core::hash::Hasher;
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher24;
use std::path::Path;

/// Names one load of one file on one renderer, in the URL of the media.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(pub u64);

impl Token {
    /// Extracts the token from the path of a media URL: `/m/<token>/<name>`.
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
    /// Creates a secret from random numbers.
    pub const fn new(first: u64, second: u64) -> Self {
        Self(first, second)
    }

    /// Makes a token for a load of this file. Only the upper half of `chance` is used.
    pub fn token(self, chance: u64, path: &Path) -> Token {
        let nonce = chance & !u64::from(u32::MAX);
        let mut hasher = SipHasher24::new_with_keys(self.0, self.1);
        hasher.write(&nonce.to_le_bytes());
        hasher.write(path.as_os_str().as_encoded_bytes());
        Token(nonce | hasher.finish() & u64::from(u32::MAX))
    }

    /// Returns whether the token was made for a load of this file.
    pub fn names(self, token: Token, path: &Path) -> bool {
        self.token(token.0, path) == token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_file_if_the_secret_is_known() {
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
