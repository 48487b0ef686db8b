//! Bytes in and out: the one codec, the labels, the hashes, and every size limit.
//!
//! Encoding is deterministic CBOR (integer keys as arrays, definite lengths). The decoder underneath is lax, so
//! [`decode`] checks the length first, decodes, demands that nothing trails, encodes again and compares: a value has
//! exactly one accepted encoding. Signatures and hashes are always taken over the bytes as received.

pub mod base64url;
mod codec;
mod crypto;
mod frame;
pub mod labels;
pub mod limits;
mod padding;
#[doc(hidden)]
pub mod pickle;
#[doc(hidden)]
pub mod record;
mod value;

pub use codec::{DecodeError, decode, encode, encode_secret};
pub use crypto::{Label, SignatureBytes, expand, extract, hash, sign, verify, verify_with};
pub use frame::{FrameKind, split_frame};
pub use minicbor::bytes::ByteVec;
pub use padding::{FRAME_SIZES, PadError, frame_size_for, pad, unpad};
pub(crate) use record::{record, transparent, variants};
pub use value::{Blob, Reader, Value, Writer};
