//! Who a member is: identity key, signed card, signed prekeys, signed profile, safety number.

mod card;
mod key;
mod name;
mod prekeys;
mod profile;
mod relay_url;
mod safety_number;

pub use card::{Card, CardError, MAX_CARD, SignedCard};
pub(crate) use key::is_sound_ed25519;
pub use key::{IdentityKey, member_id};
pub use name::{MAX_COMBINING_RUN, NameError, clean_name};

pub use prekeys::{
    MAX_ONE_TIME_KEYS, MAX_PREKEYS, OneTimeKey, Prekeys, PrekeysError, SignedPrekeys,
    XWING_PUBLIC_LEN, are_relays,
};
pub use profile::{MAX_PICTURE, MAX_PROFILE, Profile, ProfileError, SignedProfile, is_picture};
pub use relay_url::is_relay_url;
pub use safety_number::{approval_code, safety_number};
