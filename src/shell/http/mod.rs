//! HTTP/1.1 (RFC 9112) as renderers speak it: one exchange per connection, heads read by httparse,
//! everything bounded, and lenient towards what real devices get wrong.
//!
//! [`client`] asks renderers, [`server`] answers them. Neither keeps connections: renderers
//! announce wrong lengths and break kept connections.

pub mod body;
pub mod client;
pub mod head;
pub mod server;

use crate::time::Duration;
use core::future::Future;
use smol::{Timer, future};
use std::time::{SystemTime, UNIX_EPOCH};

/// What we call ourselves in `Server` and `User-Agent`; some TVs look for the DLNADOC.
pub const PRODUCT: &str =
    concat!("Linux/1.0 UPnP/1.0 DLNADOC/1.50 dlna-kiosk/", env!("CARGO_PKG_VERSION"));

/// What `work` gives, or `None` if it takes longer than `limit`.
pub async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    future::or(async { Some(work.await) }, async {
        Timer::after(limit).await;
        None
    })
    .await
}

/// A time as HTTP writes it. Files may claim any time, and a box without a clock begins in 1970: what HTTP
/// has no words for, before 1970 or after 9999, becomes its beginning rather than a panic.
#[must_use]
pub fn date(time: SystemTime) -> String {
    const YEAR_10000: Duration = Duration::from_secs(253_402_300_800);
    let said = time.duration_since(UNIX_EPOCH).is_ok_and(|since| since < YEAR_10000);
    httpdate::fmt_http_date(if said { time } else { UNIX_EPOCH })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_has_a_date() {
        let at = |seconds| date(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(at(253_402_300_799), "Fri, 31 Dec 9999 23:59:59 GMT");
        let beginning = "Thu, 01 Jan 1970 00:00:00 GMT";
        assert_eq!([at(0), at(253_402_300_800)], [beginning; 2]);
        assert_eq!(date(UNIX_EPOCH - Duration::from_secs(1)), beginning);
    }
}
