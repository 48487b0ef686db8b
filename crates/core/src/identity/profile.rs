//! Profiles: what a member calls itself now, and the picture beside its name.
//!
//! A card never changes. A profile is signed as prekeys are, so that whoever has it can hand it on: also to those who come
//! while its owner is away.

use core::fmt;

use minicbor::bytes::ByteVec;

use super::{IdentityKey, clean_name, member_id};
use crate::ids::{GroupId, MemberId, Timestamp};
use crate::wire::record;
use crate::wire::{self, DecodeError, SignatureBytes, labels};

/// Largest picture, in bytes: 128 by 128 pixels of a face take half of it, and a group of 100 has no more than a song.
pub const MAX_PICTURE: usize = 12 * 1024;
/// Largest encoded profile: the picture, the name, and room for the rest.
pub const MAX_PROFILE: usize = MAX_PICTURE + 50 + 128;

/// The version of the encoding of profiles.
const VERSION: u8 = 1;

/// What a member calls itself in a group, and how it looks.
#[derive(Clone, PartialEq, Eq)]
pub struct Profile {
    /// The group it is for.
    pub group: GroupId,
    /// Whose it is.
    pub member: MemberId,
    /// Only grows; the highest wins.
    pub count: u64,
    /// When it was made, by the member's clock; shown, never decided upon.
    pub changed: Timestamp,
    /// The name, clean.
    pub name: String,
    /// The picture: see [`is_picture`].
    pub picture: Option<ByteVec>,
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile")
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

/// The fields as encoded.
struct Fields {
    version: u8,
    group: GroupId,
    member: MemberId,
    count: u64,
    changed: Timestamp,
    name: String,
    picture: Option<ByteVec>,
}

record!(Fields {
    version,
    group,
    member,
    count,
    changed,
    name,
    picture,
});

/// Why a profile is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// Not the encoding of a profile, or a field breaks a rule.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// It names another member than the one whose key was given.
    #[error("of another member")]
    Member,
    /// The signature is not by that member.
    #[error("bad signature")]
    Signature,
}

/// A profile as it travels: the bytes that were signed, and the signature.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignedProfile {
    /// The encoding.
    pub bytes: Vec<u8>,
    /// By the member's identity key.
    pub signature: SignatureBytes,
}

record!(SignedProfile {
    bytes: bytes,
    signature
});

impl SignedProfile {
    /// Signs a profile. The fields have to keep the rules that [`Self::open`] checks.
    #[must_use]
    pub fn sign(profile: &Profile, key: &IdentityKey) -> Self {
        let bytes = wire::encode(&Fields {
            version: VERSION,
            group: profile.group,
            member: profile.member,
            count: profile.count,
            changed: profile.changed,
            name: profile.name.clone(),
            picture: profile.picture.clone(),
        });
        let signature = wire::sign(key.signing_key(), labels::PROFILE_SIGN, &bytes);
        Self { bytes, signature }
    }

    /// Whose profile it claims to be: tells which key to [`Self::open`] it with, and proves nothing.
    ///
    /// # Errors
    /// [`DecodeError`] when it isn't a profile.
    pub fn claimed_member(&self) -> Result<MemberId, DecodeError> {
        wire::decode::<Fields>(&self.bytes, MAX_PROFILE).map(|fields| fields.member)
    }

    /// Checks it against the identity key from the member's card. Group and count are for the caller.
    ///
    /// # Errors
    /// [`ProfileError`] tells which check failed.
    pub fn open(&self, ik: &[u8; 32]) -> Result<Profile, ProfileError> {
        let fields: Fields = wire::decode(&self.bytes, MAX_PROFILE)?;
        if fields.version != VERSION {
            return Err(DecodeError::UnknownVersion.into());
        }
        if fields.member != member_id(ik) {
            return Err(ProfileError::Member);
        }
        let is_clean = clean_name(&fields.name).is_ok_and(|name| name == fields.name);
        if !is_clean || fields.picture.as_ref().is_some_and(|it| !is_picture(it)) {
            return Err(DecodeError::Invalid.into());
        }
        if !wire::verify(ik, labels::PROFILE_SIGN, &self.bytes, &self.signature) {
            return Err(ProfileError::Signature);
        }
        Ok(Profile {
            group: fields.group,
            member: fields.member,
            count: fields.count,
            changed: fields.changed,
            name: fields.name,
            picture: fields.picture,
        })
    }
}

/// Whether bytes can be a profile's picture: few, and begun as a raster begins (PNG, JPEG, WebP). Whether one can draw
/// them, whoever does so has to look itself.
#[must_use]
pub fn is_picture(bytes: &[u8]) -> bool {
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    let is_raster =
        is_webp || bytes.starts_with(b"\x89PNG\r\n\x1a\n") || bytes.starts_with(b"\xff\xd8\xff");
    is_raster && bytes.len() <= MAX_PICTURE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_attr::test;
    use crate::testing::SeededRng;

    fn picture(length: usize) -> ByteVec {
        let mut bytes = b"\xff\xd8\xff".to_vec();
        bytes.resize(length, 7);
        bytes.into()
    }

    fn sample() -> (Profile, IdentityKey) {
        let key = IdentityKey::generate(&mut SeededRng::new(7));
        let profile = Profile {
            group: GroupId([3; 32]),
            member: key.member_id(),
            count: u64::MAX,
            changed: Timestamp(u64::MAX),
            name: "n".repeat(50),
            picture: Some(picture(MAX_PICTURE)),
        };
        (profile, key)
    }

    fn opened(profile: &Profile, key: &IdentityKey) -> Result<Profile, ProfileError> {
        SignedProfile::sign(profile, key).open(&key.public())
    }

    #[test]
    fn the_largest_profile_and_one_without_a_picture_open_to_what_was_signed() {
        let (mut profile, key) = sample();
        assert_eq!(opened(&profile, &key), Ok(profile.clone()));
        profile.picture = None;
        assert_eq!(opened(&profile, &key), Ok(profile.clone()));
    }

    #[test]
    fn a_profile_of_another_member_or_signed_by_another_is_refused() {
        let (profile, key) = sample();
        let other = IdentityKey::generate(&mut SeededRng::new(8));
        let signed = SignedProfile::sign(&profile, &other);
        assert_eq!(signed.open(&key.public()), Err(ProfileError::Signature));
        assert_eq!(signed.open(&other.public()), Err(ProfileError::Member));
        let mut signed = SignedProfile::sign(&profile, &key);
        *signed.bytes.last_mut().unwrap() ^= 1;
        assert_eq!(signed.open(&key.public()), Err(ProfileError::Signature));
    }

    #[test]
    fn names_that_no_card_may_have_are_refused() {
        let (profile, key) = sample();
        for name in ["", " Ada", "a\nb", "a\u{202e}b", "\u{200b}"] {
            let mut bad = profile.clone();
            bad.name = name.to_owned();
            let refused = opened(&bad, &key);
            assert_eq!(refused, Err(DecodeError::Invalid.into()), "{name:?}");
        }
    }

    #[test]
    fn pictures_that_are_too_large_or_no_raster_are_refused() {
        let (profile, key) = sample();
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec();
        for picture in [svg.into(), vec![].into(), picture(MAX_PICTURE + 1)] {
            let mut bad = profile.clone();
            bad.picture = Some(picture);
            assert_eq!(opened(&bad, &key), Err(DecodeError::Invalid.into()));
        }
    }
}
