//! Events on their way to the subscriber (GENA, UDA 1.0 §4.2), one after the other.

use super::super::http::client::{Request, exchange};
use super::super::http::within;
use crate::limits::NOTIFY_BODY;
use crate::time::Duration;
use crate::upnp::HttpUrl;
use smol::channel::Receiver;

/// A subscriber must take an event within this.
const NOTIFIED: Duration = Duration::from_secs(10);

/// An event to deliver.
#[derive(Debug)]
pub(super) struct Notice {
    pub(super) callback: HttpUrl,
    pub(super) sid: String,
    pub(super) seq: u32,
    /// The property set, as XML.
    pub(super) body: String,
}

/// Sends events one after the other, so that they keep their order.
pub(super) async fn notify(queue: Receiver<Notice>) {
    while let Ok(notice) = queue.recv().await {
        let seq = notice.seq.to_string();
        let request = Request {
            method: "NOTIFY",
            url: &notice.callback,
            headers: &[
                ("Content-Type", "text/xml; charset=\"utf-8\""),
                ("NT", "upnp:event"),
                ("NTS", "upnp:propchange"),
                ("SID", &notice.sid),
                ("SEQ", &seq),
            ],
            body: Some(&notice.body),
        };
        // A subscriber that does not answer misses it: events are not repeated.
        let _ = within(NOTIFIED, exchange(&request, NOTIFY_BODY)).await;
    }
}
