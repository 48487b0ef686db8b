//! Every name in the database.

use discordopus_core::store::StoreName;

/// The database of the app.
pub const DATABASE: &str = "discordopus";

/// The version of the schema: rises when an object store is added or removed. Records carry a format of their own.
pub const SCHEMA: u32 = 2;

/// What is not a record: the wrapped data keys, and who may write.
pub const META: &str = "meta";

/// In [`META`]: the wrapping key and what it wraps.
pub const DATA_KEYS: &str = "data-keys";

/// In [`META`]: the mark of the opening that may write.
pub const WRITER: &str = "writer";

/// Every object store. On a change of version the builder deletes those that aren't named here.
pub fn object_stores() -> impl Iterator<Item = &'static str> {
    StoreName::ALL
        .into_iter()
        .map(StoreName::as_str)
        .chain([META])
}
