//! What the box and a reader say to each other.
#![no_main]

use core::fmt::Debug;
use dlna_kiosk::limits::PACKET;
use dlna_kiosk::shell::reader::message::{Answer, Message, Request, packets, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|packet: &[u8]| {
    same::<Answer>(packet);
    same::<Request>(packet);
});

/// What is read is written as the same, in packets that are not too long.
fn same<M: Message + Clone + Debug + PartialEq>(packet: &[u8]) {
    let Some(said) = parse::<M>(packet) else { return };
    let written = packets(said.iter().cloned());
    assert!(written.iter().all(|packet| packet.len() <= PACKET));
    let again: Vec<M> = written
        .iter()
        .flat_map(|packet| parse(packet).expect("what we write is a packet"))
        .collect();
    assert_eq!(again, said);
}
