//! The UPnP client: runs a request of the kiosk, one or two exchanges over HTTP, and returns the answer.
//!
//! It has no timeouts: the kiosk gives up by dropping the future.

use super::http::client::{HttpRequest, HttpResponse, exchange};
use crate::kiosk::effect::Request;
use crate::kiosk::event::{Answer, Failure};
use crate::limits::{DESCRIPTION_BODY, NOTIFY_BODY, SCPD_BODY, SOAP_BODY};
use crate::upnp::description::ServiceDescription;
use crate::upnp::description::{self, DescriptionError};
use crate::upnp::soap::SoapError;
use crate::upnp::xml::is_cut;
use crate::upnp::{Action, HttpUrl, UpnpError, gena};
use core::net::Ipv4Addr;

/// How many redirections to a description are followed.
const REDIRECTIONS: usize = 2;

/// Runs `request`. Also returns the box's own address on the connection, if the renderer answered.
pub async fn run(request: &Request) -> (Result<Answer, Failure>, Option<Ipv4Addr>) {
    let mut client = Client { facing: None };
    let outcome = match request {
        Request::Describe { location } => client.describe(location).await,
        Request::DescribeService { url } => client.service_description(url).await,
        Request::Act { url, version, action, surplus } => {
            client.act(url, *version, action, surplus).await
        }
        Request::Subscribe { url, callback, timeout } => {
            let headers = [
                ("CALLBACK", format!("<{callback}>")),
                ("NT", "upnp:event".to_owned()),
                ("TIMEOUT", gena::format_timeout(*timeout)),
            ];
            match client.gena("SUBSCRIBE", url, &headers).await {
                Ok(answer) if sid(&answer).is_none() => Err(Failure::Malformed),
                answer => answer.map(|answer| subscribed(&answer, *timeout)),
            }
        }
        Request::Renew { url, sid, timeout } => {
            // With CALLBACK or NT beside SID it would be a 400 (UDA 1.0 §4.1.2).
            let headers = [("SID", sid.clone()), ("TIMEOUT", gena::format_timeout(*timeout))];
            let answer = client.gena("SUBSCRIBE", url, &headers).await;
            answer.map(|answer| subscribed(&answer, *timeout))
        }
        Request::Unsubscribe { url, sid } => {
            let answer = client.gena("UNSUBSCRIBE", url, &[("SID", sid.clone())]).await;
            answer.map(|_| Answer::Unsubscribed)
        }
    };
    (outcome, client.facing)
}

/// A request under way.
struct Client {
    /// The box's own address on the last connection.
    facing: Option<Ipv4Addr>,
}

impl Client {
    async fn exchange(
        &mut self,
        request: &HttpRequest<'_>,
        cap: usize,
    ) -> Result<HttpResponse, Failure> {
        let answer = exchange(request, cap).await?;
        self.facing = answer.local;
        Ok(answer)
    }

    async fn describe(&mut self, location: &HttpUrl) -> Result<Answer, Failure> {
        let mut url = location.clone();
        for _ in 0..=REDIRECTIONS {
            let request = HttpRequest { method: "GET", url: &url, headers: &[], body: None };
            let answer = self.exchange(&request, DESCRIPTION_BODY).await?;
            match answer.status {
                200 => {
                    whole(&answer, "root")?;
                    // URLs in it are relative to where it was finally found.
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

    async fn service_description(&mut self, url: &HttpUrl) -> Result<Answer, Failure> {
        let request = HttpRequest { method: "GET", url, headers: &[], body: None };
        let answer = self.exchange(&request, SCPD_BODY).await?;
        match answer.status {
            200 => {
                whole(&answer, "scpd")?;
                Ok(Answer::ServiceDescription(Box::new(ServiceDescription::parse(&answer.body))))
            }
            status => Err(Failure::Status(status)),
        }
    }

    async fn act(
        &mut self,
        url: &HttpUrl,
        version: u8,
        action: &Action,
        surplus: &[String],
    ) -> Result<Answer, Failure> {
        let body = action.write_with(version, surplus);
        let soap_action = action.soap_action(version);
        let content_type = ("Content-Type", "text/xml; charset=\"utf-8\"");
        let mut request = HttpRequest {
            method: "POST",
            url,
            headers: &[content_type, ("SOAPACTION", &soap_action)],
            body: Some(&body),
        };
        let mut answer = self.exchange(&request, SOAP_BODY).await?;
        // The HTTP Extension Framework, for renderers that insist on it (UDA 1.0 §3.2.1).
        let m_post = [
            content_type,
            ("MAN", "\"http://schemas.xmlsoap.org/soap/envelope/\"; ns=01"),
            ("01-SOAPACTION", &soap_action),
        ];
        if answer.status == 405 {
            request.method = "M-POST";
            request.headers = &m_post;
            answer = self.exchange(&request, SOAP_BODY).await?;
        }
        match answer.status {
            200..=299 => match action.parse_reply(&answer.body) {
                Ok(reply) => Ok(Answer::Reply(reply)),
                Err(SoapError::Fault(error)) => Err(Failure::Refused(error)),
                Err(SoapError::Malformed) => {
                    Err(whole(&answer, "Envelope").err().unwrap_or(Failure::Malformed))
                }
            },
            status => {
                let fault = UpnpError::parse(&answer.body);
                Err(fault.map_or(Failure::Status(status), Failure::Refused))
            }
        }
    }

    async fn gena(
        &mut self,
        method: &str,
        url: &HttpUrl,
        headers: &[(&str, String)],
    ) -> Result<HttpResponse, Failure> {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let request = HttpRequest { method, url, headers: &headers, body: None };
        let answer = self.exchange(&request, NOTIFY_BODY).await?;
        match answer.status {
            200..=299 => Ok(answer),
            status => Err(Failure::Status(status)),
        }
    }
}

/// Whether all of a document arrived. What is missing may be the second half of a URL or of a number.
fn whole(answer: &HttpResponse, root: &str) -> Result<(), Failure> {
    let whole = !answer.cut && !is_cut(&answer.body, root);
    whole.then_some(()).ok_or(Failure::Cut)
}

fn sid(answer: &HttpResponse) -> Option<&str> {
    answer.headers.get("SID").filter(|sid| !sid.is_empty())
}

/// Reads the response to a SUBSCRIBE. Without a TIMEOUT the requested duration is granted.
fn subscribed(answer: &HttpResponse, asked: core::time::Duration) -> Answer {
    let timeout = answer.headers.get("TIMEOUT").map(gena::parse_timeout);
    Answer::Subscribed { sid: sid(answer).map(str::to_owned), timeout: timeout.unwrap_or(asked) }
}

/// Where `Location` leads from `url`; `None` if it leads to another host.
fn redirected(url: &HttpUrl, location: &str) -> Option<HttpUrl> {
    if location.contains("://") {
        return HttpUrl::parse(location).filter(|to| to.host == url.host);
    }
    url.join(None, location)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::http::client::tests::{listen, renderer};
    use crate::sim::world::request_text;
    use crate::text::clip;
    use crate::time::Duration;
    use crate::upnp::Reply;
    use crate::upnp::Udn;
    use crate::upnp::action::{TransportInfo, TransportState};
    use crate::upnp::description::VolumeRange;
    use crate::upnp::description::{Description, Service};
    use core::cell::RefCell;
    use smol::{block_on, future};

    /// Runs the request that `request` makes of a renderer's URL, which gives these answers.
    fn run_with(
        request: impl FnOnce(HttpUrl) -> Request,
        answers: &[&str],
    ) -> (Result<Answer, Failure>, Vec<String>) {
        let (listener, url) = listen("/dmr/control");
        let request = request(url);
        let answers: Vec<_> = answers.iter().map(|text| text.as_bytes()).collect();
        let running = future::zip(run(&request), renderer(&listener, &answers));
        let ((outcome, facing), heard) = block_on(running);
        assert_eq!(facing, Some(Ipv4Addr::LOCALHOST));
        (outcome, heard)
    }

    fn ok(body: &str) -> String {
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    }

    fn act(action: Action) -> impl FnOnce(HttpUrl) -> Request {
        |url| Request::Act { url, version: 1, action, surplus: Vec::new() }
    }

    const STATE: Action = Action::GetTransportInfo;
    const PLAY: Action = Action::Play;

    #[test]
    fn an_action_brings_its_reply_or_its_error() {
        let info = TransportInfo { state: Some(TransportState::Playing), error_occurred: false };
        let reply = Reply::TransportInfo(info);
        let (outcome, heard) = run_with(act(STATE), &[&ok(&reply.write(&STATE, 1))]);
        assert_eq!(outcome, Ok(Answer::Reply(reply)));
        assert!(heard[0].starts_with("POST /dmr/control HTTP/1.1\r\n"));
        assert!(heard[0].contains(
            "\r\nSOAPACTION: \"urn:schemas-upnp-org:service:AVTransport:1#GetTransportInfo\"\r\n"
        ));
        assert!(heard[0].contains("\r\nContent-Type: text/xml; charset=\"utf-8\"\r\n"));

        let error = UpnpError { code: 701, description: clip("Transition not available") };
        let fault = ok(&error.write()).replace("200 OK", "500 Internal Server Error");
        let (outcome, _) = run_with(act(PLAY), &[&fault]);
        assert_eq!(outcome, Err(Failure::Refused(error)));
        for (answer, failure) in [
            ("HTTP/1.1 500 Oops\r\n\r\n<html>", Failure::Status(500)),
            ("HTTP/1.1 404 Not Found\r\n\r\n", Failure::Status(404)),
        ] {
            assert_eq!(run_with(act(PLAY), &[answer]).0, Err(failure));
        }
    }

    #[test]
    fn the_simulation_records_the_text_that_is_sent() {
        let callback = || Box::new(HttpUrl::parse("http://10.0.0.1:8895/e/1").unwrap());
        let (sid, timeout) = (|| "uuid:1".to_owned(), Duration::from_secs(1800));
        let surplus = vec!["Speed2".to_owned()];
        let makers: [Box<dyn Fn(HttpUrl) -> Request>; 6] = [
            Box::new(|location| Request::Describe { location }),
            Box::new(|url| Request::DescribeService { url }),
            Box::new(|url| Request::Act {
                url,
                version: 2,
                action: PLAY,
                surplus: surplus.clone(),
            }),
            Box::new(|url| Request::Subscribe { url, callback: callback(), timeout }),
            Box::new(|url| Request::Renew { url, sid: sid(), timeout }),
            Box::new(|url| Request::Unsubscribe { url, sid: sid() }),
        ];
        for make in makers {
            let recorded = RefCell::new(String::new());
            let request = |url| {
                let request = make(url);
                recorded.replace(request_text(&request));
                request
            };
            let (_, heard) = run_with(request, &[&ok("")]);
            let usual = |line: &&str| {
                !["User-Agent: ", "Connection: "].iter().any(|name| line.starts_with(name))
            };
            let heard = heard[0].split_inclusive("\r\n").filter(usual).collect::<String>();
            assert_eq!(*recorded.borrow(), heard);
        }
    }

    #[test]
    fn m_post_is_tried_once_if_post_is_refused() {
        let volume = Action::SetVolume { volume: 9 };
        let refusal = "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n";
        let done = ok(&Reply::Done.write(&volume, 1));
        let (outcome, heard) = run_with(act(volume.clone()), &[refusal, &done]);
        assert_eq!(outcome, Ok(Answer::Reply(Reply::Done)));
        assert!(heard[1].starts_with("M-POST /dmr/control HTTP/1.1\r\n"));
        assert!(
            heard[1].contains("\r\nMAN: \"http://schemas.xmlsoap.org/soap/envelope/\"; ns=01\r\n")
        );
        assert!(
            heard[1].contains("\r\n01-SOAPACTION: \"urn:") && !heard[1].contains("\r\nSOAPACTION")
        );
        let (outcome, _) = run_with(act(volume), &[refusal, refusal]);
        assert_eq!(outcome, Err(Failure::Status(405)));
    }

    #[test]
    fn surplus_arguments_are_sent_empty_after_the_others() {
        let play = |url| Request::Act {
            url,
            version: 1,
            action: PLAY,
            surplus: vec!["JRiverSyncServer".to_owned()],
        };
        let (outcome, heard) = run_with(play, &[&ok(&Reply::Done.write(&PLAY, 1))]);
        assert_eq!(outcome, Ok(Answer::Reply(Reply::Done)));
        assert!(
            heard[0].contains("<Speed>1</Speed><JRiverSyncServer></JRiverSyncServer></u:Play>")
        );
    }

    fn description(url: &HttpUrl) -> Description {
        Description {
            udn: Udn::new("uuid:1").unwrap(),
            friendly_name: clip("TV"),
            manufacturer: clip("Acme"),
            model_name: clip("X"),
            av_transport: Service {
                version: 1,
                control_url: url.clone(),
                event_url: None,
                scpd_url: None,
            },
            rendering_control: None,
            connection_manager: None,
        }
    }

    #[test]
    fn redirections_of_a_description_are_followed_on_the_same_host() {
        let describe = |location| Request::Describe { location };
        let moved = "HTTP/1.1 302 Found\r\nLocation: /desc.xml\r\n\r\n";
        let control = HttpUrl::new(Ipv4Addr::LOCALHOST, 1, "/control").unwrap();
        let (outcome, heard) = run_with(describe, &[moved, &ok(&description(&control).write())]);
        assert!(heard[1].starts_with("GET /desc.xml HTTP/1.1\r\n"));
        let Ok(Answer::Description(found)) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(found.friendly_name, "TV");

        let away = "HTTP/1.1 302 Found\r\nLocation: http://192.0.2.7/desc.xml\r\n\r\n";
        assert_eq!(run_with(describe, &[away]).0, Err(Failure::Status(302)));
        let (outcome, _) = run_with(describe, &[moved, moved, moved]);
        assert_eq!(outcome, Err(Failure::Malformed), "in a circle");
        assert_eq!(run_with(describe, &[&ok("hello")]).0, Err(Failure::Malformed));
        let printer = "<root><device><deviceType>urn:schemas-upnp-org:device:Printer:1</deviceType>\
             <UDN>uuid:2</UDN></device></root>";
        assert_eq!(run_with(describe, &[&ok(printer)]).0, Err(Failure::NotARenderer));
    }

    #[test]
    fn what_is_cut_is_no_answer() {
        let control = HttpUrl::new(Ipv4Addr::LOCALHOST, 1, "/control").unwrap();
        let device = description(&control).write();
        let position = crate::upnp::action::PositionInfo {
            rel_time: Some(Duration::from_secs(123)),
            ..Default::default()
        };
        let reply = Reply::PositionInfo(position).write(&Action::GetPositionInfo, 1);
        let range = Some(VolumeRange { min: 0, max: 100, step: 1 });
        let scpd = ServiceDescription { volume: range, extra_arguments: vec![] }.write();
        let cut = Err(Failure::Cut);
        for part in ["/con", "</device>"] {
            let half = &device[..device.find(part).unwrap() + 3];
            for answer in [ok(half), format!("HTTP/1.0 200 OK\r\n\r\n{half}")] {
                assert_eq!(run_with(|location| Request::Describe { location }, &[&answer]).0, cut);
            }
        }
        let half = &reply[..reply.find("0:02").unwrap() + 4];
        assert_eq!(run_with(act(Action::GetPositionInfo), &[&ok(half)]).0, cut);
        let half = &scpd[..scpd.find("<maximum>10").unwrap() + 11];
        assert_eq!(run_with(|url| Request::DescribeService { url }, &[&ok(half)]).0, cut);
        let nothing = "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n";
        assert_eq!(run_with(|url| Request::DescribeService { url }, &[nothing]).0, cut);
        assert_eq!(run_with(act(STATE), &[nothing]).0, cut);
        // The status has said already that it succeeded.
        assert_eq!(run_with(act(PLAY), &[nothing]).0, Ok(Answer::Reply(Reply::Done)));
    }

    #[test]
    fn a_service_description_brings_the_range_or_that_there_is_none() {
        let describe = |url| Request::DescribeService { url };
        let volume = Some(VolumeRange { min: 0, max: 30, step: 1 });
        let known = ServiceDescription { volume, extra_arguments: vec!["Extra".to_owned()] };
        let (outcome, heard) = run_with(describe, &[&ok(&known.write())]);
        assert!(heard[0].starts_with("GET /dmr/control HTTP/1.1\r\n"));
        assert_eq!(outcome, Ok(Answer::ServiceDescription(Box::new(known))));
        assert_eq!(
            run_with(describe, &[&ok("")]).0,
            Ok(Answer::ServiceDescription(Box::default()))
        );
        let refusal = "HTTP/1.1 404 Not Found\r\n\r\n";
        assert_eq!(run_with(describe, &[refusal]).0, Err(Failure::Status(404)));
    }

    #[test]
    fn subscribes_with_a_callback_and_renews_with_a_sid_alone() {
        let (five_minutes, ten_minutes) = (Duration::from_secs(300), Duration::from_secs(600));
        let granted = "HTTP/1.1 200 OK\r\nSID: uuid:s\r\nTIMEOUT: Second-300\r\n\r\n";
        let subscribe = |url| Request::Subscribe {
            url,
            callback: Box::new(HttpUrl::new(Ipv4Addr::LOCALHOST, 8200, "/e/5").unwrap()),
            timeout: ten_minutes,
        };
        let subscribed = |sid: Option<&str>, timeout| Answer::Subscribed {
            sid: sid.map(str::to_owned),
            timeout,
        };
        let (outcome, heard) = run_with(subscribe, &[granted]);
        assert_eq!(outcome, Ok(subscribed(Some("uuid:s"), five_minutes)));
        assert!(heard[0].starts_with("SUBSCRIBE /dmr/control HTTP/1.1\r\n"));
        assert!(heard[0].contains(
            "\r\nCALLBACK: <http://127.0.0.1:8200/e/5>\r\nNT: upnp:event\r\nTIMEOUT: Second-600\r\n"
        ));
        let (outcome, _) = run_with(subscribe, &["HTTP/1.1 200 OK\r\n\r\n"]);
        assert_eq!(outcome, Err(Failure::Malformed), "without a SID");

        let renew = |url| Request::Renew { url, sid: "uuid:s".to_owned(), timeout: ten_minutes };
        let (outcome, heard) = run_with(renew, &["HTTP/1.1 200 OK\r\n\r\n"]);
        assert_eq!(outcome, Ok(subscribed(None, ten_minutes)));
        assert!(heard[0].contains("\r\nSID: uuid:s\r\n"));
        assert!(!heard[0].contains("CALLBACK") && !heard[0].contains("NT:"));
        let lost = "HTTP/1.1 412 Precondition Failed\r\n\r\n";
        assert_eq!(run_with(renew, &[lost]).0, Err(Failure::Status(412)));

        let unsubscribe = |url| Request::Unsubscribe { url, sid: "uuid:s".to_owned() };
        let (outcome, heard) = run_with(unsubscribe, &["HTTP/1.1 200 OK\r\n\r\n"]);
        assert_eq!(outcome, Ok(Answer::Unsubscribed));
        assert!(heard[0].starts_with("UNSUBSCRIBE /dmr/control HTTP/1.1\r\n"));
    }
}
