//! The SOAP 1.1 envelope around calls, answers and faults (UDA 1.0 §3.2).

/// `body` in its envelope.
pub(super) fn wrap(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\">\
         <s:Body>{body}</s:Body></s:Envelope>"
    )
}
