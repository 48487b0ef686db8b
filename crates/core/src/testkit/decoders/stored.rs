//! Decoders of the device's own records, each alone. They come back authenticated, so nobody else chooses them; a damaged
//! one still has to be refused rather than to end the program.

use zeroize::Zeroizing;

use super::living::config;
use crate::Client;
use crate::chat::decode_record;
use crate::ids::Timestamp;
use crate::pairwise::{Channel, Device};
use crate::sender_keys::{Generations, OwnChain, PeerChain};
use crate::store::{Record, RecordKey, Snapshot, StoreName, decode_row, encode_row};
use crate::testing::SeededRng;

pub(super) fn own_chain(bytes: &[u8]) -> bool {
    OwnChain::decode(bytes).is_ok_and(|chain| {
        assert_eq!(*chain.encode(), bytes);
        true
    })
}

pub(super) fn peer_chain(bytes: &[u8]) -> bool {
    PeerChain::decode(bytes).is_ok_and(|chain| {
        assert_eq!(*chain.encode(), bytes);
        true
    })
}

pub(super) fn settings(bytes: &[u8]) -> bool {
    crate::client::decode_settings(bytes).is_some_and(|again| {
        assert_eq!(*again, bytes);
        true
    })
}

pub(super) fn generations(bytes: &[u8]) -> bool {
    Generations::decode(bytes).is_ok_and(|generations| {
        assert_eq!(generations.encode(), bytes);
        true
    })
}

/// The library's pickles inside have no canonical form; what was read can be stored and read again.
pub(super) fn channel(bytes: &[u8]) -> bool {
    Channel::decode(bytes).is_ok_and(|channel| {
        assert!(Channel::decode(&channel.encode()).is_ok());
        true
    })
}

/// As with [`channel`].
pub(super) fn device(bytes: &[u8]) -> bool {
    Device::decode(bytes).is_ok_and(|device| {
        assert!(Device::decode(&device.encode()).is_ok());
        true
    })
}

pub(super) fn history(bytes: &[u8]) -> bool {
    decode_record(bytes).is_ok_and(|row| {
        assert_eq!(row.encode_record(), bytes);
        true
    })
}

pub(super) fn row(bytes: &[u8]) -> bool {
    decode_row(bytes).is_ok_and(|(key, value)| {
        assert_eq!(*encode_row(&key, &value), bytes);
        true
    })
}

pub(super) fn join_record(bytes: &[u8]) -> bool {
    let record = Record {
        store: StoreName::Secrets,
        key: RecordKey::named(None, b"join/0123456789abcdef".as_slice()),
        value: Zeroizing::new(bytes.to_vec()),
    };
    let snapshot = Snapshot {
        records: vec![record],
    };
    Client::restore(snapshot, config(), Timestamp(0), &mut SeededRng::new(1)).is_ok()
}
