//! Known to fail: a renderer reads the end of a file first, where an MP4 of a camera, an AVI and many Matroska films have their index.
//!
//! The media server calls that `WholeFile` (see its test `what_is_on_no_disk_is_served_like_a_file`).

use super::*;
use crate::kiosk::event::{Event, StreamEnd, TaskName};
use crate::kiosk::token::Token;
use crate::upnp::HttpUrl;

/// It has asked for `Range: bytes=N-`, the last 100 KB.
fn reads_the_end_first(world: &mut World) {
    let (uri, _) = world.nodes[0].renderer.on_screen(world.now).expect("it plays");
    let token = Token::in_path(&HttpUrl::parse(uri).unwrap().path).unwrap();
    world.tell(Event::Served { token, bytes: 100_000, end: Some(StreamEnd::WholeFile) });
}

fn film() -> World {
    let preset = but(|q| q.failure = FetchFailure::SilentStop);
    playing(Scenario::of(preset).files(&[("/m/clip.mp4", 3_600_000)]))
}

#[test]
#[ignore = "a request for the last bytes of a file counts as if all of the file had been fetched"]
fn it_follows_a_box_that_gets_another_address() {
    for first in [false, true] {
        let mut world = film();
        if first {
            reads_the_end_first(&mut world);
        }
        world.pass(60_000);
        world.move_to(core::net::Ipv4Addr::new(10, 0, 0, 7));
        let back = world.until(300_000, |w| w.shows(0, "clip.mp4"));
        assert!(back.is_some(), "the end first {first}: {:?}", world.why(0));
    }
}

#[test]
#[ignore = "a request for the last bytes of a file counts as if all of the file had been fetched"]
fn it_goes_on_when_the_media_server_is_back() {
    for first in [false, true] {
        let mut world = film();
        if first {
            reads_the_end_first(&mut world);
        }
        world.pass(60_000);
        world.kill(TaskName::MediaServer, 2);
        world.pass(30_000);
        let back = world.until(300_000, |w| w.shows(0, "clip.mp4"));
        assert!(back.is_some(), "the end first {first}: {:?}", world.why(0));
    }
}

#[test]
#[ignore = "a request for the last bytes of a file counts as if all of the file had been fetched"]
fn a_viewers_stop_of_a_film_of_unknown_length_is_his_all_the_same() {
    for first in [false, true] {
        let preset = but(|q| q.hides_duration = true);
        let mut world =
            Scenario::of(preset).files(&[("/m/clip.mp4", 3_600_000)]).autoplay().start();
        world.header = Some(None);
        world.run(5_000);
        if first {
            reads_the_end_first(&mut world);
        }
        world.pass(60_000);
        world.remote(0, Remote::Stop);
        world.pass(60_000);
        assert_eq!(world.screen(0), None, "the end first {first}");
    }
}
