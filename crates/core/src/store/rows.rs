//! Many records as one run of bytes: what a backup is made of.

use zeroize::Zeroizing;

use super::{Record, RecordKey, StoreName};
use crate::wire::{self, DecodeError, record, variants};

variants!(StoreName {
    0 => Secrets,
    1 => State,
    2 => Messages,
    3 => Interface,
    4 => Places,
    5 => Files,
});

/// A record with its store.
struct Saved {
    store: StoreName,
    key: RecordKey,
    value: Zeroizing<Vec<u8>>,
}

record!(Saved {
    store,
    key,
    value: bytes
});

/// Writes records; they come back from [`decode_records`] in this order.
#[must_use]
pub fn encode_records(records: Vec<Record>) -> Zeroizing<Vec<u8>> {
    let saved = |Record { store, key, value }| Saved { store, key, value };
    wire::encode_secret(&records.into_iter().map(saved).collect::<Vec<_>>())
}

/// Reads what [`encode_records`] wrote.
///
/// # Errors
/// [`DecodeError`] when it isn't such a run.
pub fn decode_records(bytes: &[u8]) -> Result<Vec<Record>, DecodeError> {
    // Authenticated before: as long as it is.
    let saved: Vec<Saved> = wire::decode(bytes, bytes.len())?;
    let record = |Saved { store, key, value }| Record { store, key, value };
    Ok(saved.into_iter().map(record).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::GroupId;
    use crate::test_attr::test;

    #[test]
    fn records_of_every_store_come_back_as_they_were() {
        let record = |store: StoreName| Record {
            store,
            key: RecordKey::named(Some(GroupId([1; 32])), store.as_str()),
            value: Zeroizing::new(vec![0, 255]),
        };
        let records = StoreName::ALL.map(record).to_vec();
        let bytes = encode_records(records.clone());
        assert_eq!(decode_records(&bytes), Ok(records));
        assert!(decode_records(&bytes[..bytes.len() - 1]).is_err());
        assert_eq!(decode_records(&encode_records(Vec::new())), Ok(Vec::new()));
    }
}
