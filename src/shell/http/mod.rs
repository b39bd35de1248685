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
