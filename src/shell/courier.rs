//! The courier: runs an errand of the kiosk, one or two exchanges over HTTP, and says what it brought.
//!
//! It has no time-outs: the kiosk gives up by dropping the future.

use super::http::client::{Request, Response, exchange};
use crate::kiosk::effect::Errand;
use crate::kiosk::event::{Answer, Failure};
use crate::limits::{DESCRIPTION_BODY, NOTIFY_BODY, SOAP_BODY};
use crate::upnp::description::{self, DescriptionError};
use crate::upnp::soap::{self, SoapError};
use crate::upnp::{Action, HttpUrl, gena};
use core::net::Ipv4Addr;

/// Redirections followed to a description.
const REDIRECTIONS: usize = 2;

/// Runs `errand`. Also gives our own address on the connection, if the renderer answered.
pub async fn run(errand: &Errand) -> (Result<Answer, Failure>, Option<Ipv4Addr>) {
    let mut trip = Trip { facing: None };
    let outcome = match errand {
        Errand::Describe { location } => trip.describe(location).await,
        Errand::Act {
            url,
            version,
            action,
        } => trip.act(url, *version, action).await,
        Errand::Subscribe {
            url,
            callback,
            timeout,
        } => {
            let headers = [
                ("CALLBACK", format!("<{callback}>")),
                ("NT", "upnp:event".to_owned()),
                ("TIMEOUT", gena::format_timeout(*timeout)),
            ];
            let answer = trip.gena("SUBSCRIBE", url, &headers).await;
            answer.and_then(|answer| match subscribed(&answer, *timeout) {
                Answer::Subscribed { sid: None, .. } => Err(Failure::Malformed),
                subscribed => Ok(subscribed),
            })
        }
        Errand::Renew { url, sid, timeout } => {
            // With CALLBACK or NT beside SID it would be a 400 (UDA 1.0 §4.1.2).
            let headers = [
                ("SID", sid.clone()),
                ("TIMEOUT", gena::format_timeout(*timeout)),
            ];
            let answer = trip.gena("SUBSCRIBE", url, &headers).await;
            answer.map(|answer| subscribed(&answer, *timeout))
        }
        Errand::Unsubscribe { url, sid } => {
            let answer = trip.gena("UNSUBSCRIBE", url, &[("SID", sid.clone())]).await;
            answer.map(|_| Answer::Unsubscribed)
        }
    };
    (outcome, trip.facing)
}

/// One errand under way.
struct Trip {
    facing: Option<Ipv4Addr>,
}

impl Trip {
    async fn exchange(&mut self, request: &Request<'_>, cap: usize) -> Result<Response, Failure> {
        let answer = exchange(request, cap).await?;
        self.facing = answer.local;
        Ok(answer)
    }

    async fn describe(&mut self, location: &HttpUrl) -> Result<Answer, Failure> {
        let mut url = location.clone();
        for _ in 0..=REDIRECTIONS {
            let request = Request {
                method: "GET",
                url: &url,
                headers: &[],
                body: None,
            };
            let answer = self.exchange(&request, DESCRIPTION_BODY).await?;
            match answer.status {
                200 => {
                    // URLs in it are relative to where it was found in the end.
                    let description = description::parse(&answer.body, &url);
                    return description
                        .map(|description| Answer::Description(Box::new(description)))
                        .map_err(|error| match error {
                            DescriptionError::NotADescription => Failure::Malformed,
                            DescriptionError::NotARenderer => Failure::NotARenderer,
                        });
                }
                status @ (301 | 302 | 303 | 307 | 308) => {
                    let to = answer.headers.get("Location").unwrap_or_default();
                    url = redirected(&url, to).ok_or(Failure::Status(status))?;
                }
                status => return Err(Failure::Status(status)),
            }
        }
        Err(Failure::Malformed)
    }

    async fn act(&mut self, url: &HttpUrl, version: u8, action: &Action) -> Result<Answer, Failure> {
        let body = action.write(version);
        let soap_action = action.soap_action(version);
        let content_type = ("Content-Type", "text/xml; charset=\"utf-8\"");
        let mut request = Request {
            method: "POST",
            url,
            headers: &[content_type, ("SOAPACTION", &soap_action)],
            body: Some(&body),
        };
        let mut answer = self.exchange(&request, SOAP_BODY).await?;
        // The HTTP Extension Framework, for those who insist (UDA 1.0 §3.2.1).
        let insisting = [
            content_type,
            ("MAN", "\"http://schemas.xmlsoap.org/soap/envelope/\"; ns=01"),
            ("01-SOAPACTION", &soap_action),
        ];
        if answer.status == 405 {
            request.method = "M-POST";
            request.headers = &insisting;
            answer = self.exchange(&request, SOAP_BODY).await?;
        }
        match answer.status {
            200..=299 => match action.parse_reply(&answer.body) {
                Ok(reply) => Ok(Answer::Reply(reply)),
                Err(SoapError::Fault(error)) => Err(Failure::Refused(error)),
                Err(SoapError::Malformed) => Err(Failure::Malformed),
            },
            status => {
                let fault = soap::fault(&answer.body);
                Err(fault.map_or(Failure::Status(status), Failure::Refused))
            }
        }
    }

    async fn gena(
        &mut self,
        method: &str,
        url: &HttpUrl,
        headers: &[(&str, String)],
    ) -> Result<Response, Failure> {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let request = Request {
            method,
            url,
            headers: &headers,
            body: None,
        };
        let answer = self.exchange(&request, NOTIFY_BODY).await?;
        match answer.status {
            200..=299 => Ok(answer),
            status => Err(Failure::Status(status)),
        }
    }
}

/// Reads the answer to a SUBSCRIBE; who grants no duration grants the one `asked` for.
fn subscribed(answer: &Response, asked: core::time::Duration) -> Answer {
    let sid = answer.headers.get("SID").filter(|sid| !sid.is_empty());
    let timeout = answer.headers.get("TIMEOUT").map(gena::parse_timeout);
    Answer::Subscribed {
        sid: sid.map(str::to_owned),
        timeout: timeout.unwrap_or(asked),
    }
}

/// Where `Location` leads from `url`: elsewhere on the same host, or nowhere.
fn redirected(url: &HttpUrl, location: &str) -> Option<HttpUrl> {
    if location.contains("://") {
        return HttpUrl::parse(location).filter(|to| to.host == url.host);
    }
    url.join(None, location)
}
