//! The primitives as they are linked, against published values: the wrong feature or version would show here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use core::convert::Infallible;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use discordopus_core::wire::{self, labels};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use hkdf::Hkdf;
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::XWing;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};
use vodozemac::{Curve25519PublicKey, Curve25519SecretKey};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|character| !character.is_whitespace())
        .map(|character| character.to_digit(16).unwrap() as u8)
        .collect();
    digits
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

fn array<const N: usize>(text: &str) -> [u8; N] {
    hex(text).try_into().unwrap()
}

/// FIPS 180-2, appendix B.1.
#[test]
fn sha_256_hashes_as_published() {
    assert_eq!(
        Sha256::digest(b"abc").as_slice(),
        hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    );
}

/// RFC 5869, appendix A.1.
#[test]
fn hkdf_sha_256_derives_as_published() {
    let (prk, hkdf) =
        Hkdf::<Sha256>::extract(Some(&hex("000102030405060708090a0b0c")), &[0x0b; 22]);
    assert_eq!(
        prk.as_slice(),
        hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")
    );
    let mut okm = [0; 42];
    hkdf.expand(&hex("f0f1f2f3f4f5f6f7f8f9"), &mut okm).unwrap();
    assert_eq!(
        okm[..],
        hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
    );
}

/// The core's derivation is the RFC's, with the label in front of the context.
#[test]
fn the_core_derives_with_hkdf() {
    let key = [7; 32];
    let info = [labels::CHAIN_KEY.as_str().as_bytes(), b"context"].concat();
    let mut expected = [0; 44];
    Hkdf::<Sha256>::from_prk(&key)
        .unwrap()
        .expand(&info, &mut expected)
        .unwrap();
    assert_eq!(
        *wire::expand::<44>(&key, labels::CHAIN_KEY, &[b"con", b"text"]),
        expected
    );
    let (expected, _) =
        Hkdf::<Sha256>::extract(Some(labels::INVITE.as_str().as_bytes()), b"secret");
    assert_eq!(
        wire::extract(labels::INVITE, b"secret").as_slice(),
        expected.as_slice()
    );
}

/// RFC 8032, section 7.1, tests 1 and 2.
#[test]
fn ed25519_signs_as_published() {
    for (seed, public, message, signature) in [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
    ] {
        let key = SigningKey::from_bytes(&array(seed));
        assert_eq!(key.verifying_key().to_bytes()[..], hex(public));
        let signed = key.sign(&hex(message));
        assert_eq!(signed.to_bytes()[..], hex(signature));
        assert!(
            key.verifying_key()
                .verify_strict(&hex(message), &signed)
                .is_ok()
        );
    }
}

/// A key of small order makes one signature fit every message; the strict check refuses it.
#[test]
fn a_small_order_key_verifies_nothing() {
    let mut key = [0; 32];
    key[0] = 1;
    let mut signature = [0; 64];
    signature[0] = 1;
    let weak = VerifyingKey::from_bytes(&key).unwrap();
    assert!(
        weak.verify_strict(b"anything", &Signature::from_bytes(&signature))
            .is_err()
    );
}

/// The GCM specification (McGrew and Viega), test cases 13 and 14.
#[test]
fn aes_256_gcm_encrypts_as_published() {
    let cipher = Aes256Gcm::new(&[0; 32].into());
    let nonce: &Nonce<_> = &[0; 12].into();
    assert_eq!(
        cipher.encrypt(nonce, &[][..]).unwrap(),
        hex("530f8afbc74536b9a963b4f1c4cb738b")
    );
    let sealed = cipher.encrypt(nonce, &[0; 16][..]).unwrap();
    assert_eq!(
        sealed,
        hex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")
    );
    let other = Payload {
        msg: &sealed,
        aad: b"other",
    };
    assert!(cipher.decrypt(nonce, other).is_err());
}

/// RFC 7748, section 5.2, first vector.
#[test]
fn x25519_agrees_as_published() {
    let scalar = array("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
    let point = array("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c");
    let shared = Curve25519SecretKey::from_slice(&scalar)
        .diffie_hellman(&Curve25519PublicKey::from_bytes(point))
        .unwrap();
    assert_eq!(
        shared.as_bytes()[..],
        hex("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")
    );
}

/// Gives out fixed bytes.
struct Fixed(Vec<u8>);

impl TryRng for Fixed {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        panic!("only bytes are asked for")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        panic!("only bytes are asked for")
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        let rest = self.0.split_off(dst.len());
        dst.copy_from_slice(&self.0);
        self.0 = rest;
        Ok(())
    }
}

impl TryCryptoRng for Fixed {}

/// draft-connolly-cfrg-xwing-kem, appendix C, first vector: by the hashes of its long values.
#[test]
fn x_wing_generates_and_encapsulates_as_published() {
    let seed = hex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26");
    let secret = <XWing as Kem>::PrivateKey::from_bytes(&seed).unwrap();
    let public = XWing::sk_to_pk(&secret);
    assert_eq!(
        Sha256::digest(public.to_bytes()).as_slice(),
        hex("2e816deebcd76c5c80d0cd2d174478871658e8e2ff42bc9d4a6e486372e856bb")
    );
    let mut rng = Fixed(hex(
        "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e2
         35b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2",
    ));
    let (encapsulated, sealed) = hpke::single_shot_seal_with_rng::<AesGcm256, HkdfSha256, XWing>(
        &OpModeS::Base,
        &public,
        b"info",
        b"text",
        b"aad",
        &mut rng,
    )
    .unwrap();
    assert_eq!(
        Sha256::digest(encapsulated.to_bytes()).as_slice(),
        hex("17cd532d657e44c897ca6583e548a5424fc70bf54f99515a4d2bcf99e3469f33")
    );
    let open = |info: &[u8], aad: &[u8]| {
        hpke::single_shot_open::<AesGcm256, HkdfSha256, XWing>(
            &OpModeR::Base,
            &secret,
            &encapsulated,
            info,
            &sealed,
            aad,
        )
    };
    assert_eq!(open(b"info", b"aad").unwrap(), b"text");
    assert!(open(b"other", b"aad").is_err());
    assert!(open(b"info", b"other").is_err());
}

/// Project Wycheproof: the edge cases that implementations have got wrong.
#[cfg(not(target_arch = "wasm32"))]
mod wycheproof_vectors {
    use super::*;
    use wycheproof::{TestResult, aead, eddsa, hkdf as hkdf_vectors, xdh};

    #[test]
    fn aes_256_gcm_passes() {
        let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
        let mut tried = 0;
        for group in &set.test_groups {
            if (group.key_size, group.nonce_size, group.tag_size) != (256, 96, 128) {
                continue;
            }
            for test in &group.tests {
                let cipher = Aes256Gcm::new_from_slice(&test.key).unwrap();
                let nonce: [u8; 12] = test.nonce[..].try_into().unwrap();
                let sealed = [&test.ct[..], &test.tag[..]].concat();
                let payload = |msg| Payload {
                    msg,
                    aad: &test.aad,
                };
                let opened = cipher.decrypt(&nonce.into(), payload(&sealed));
                if test.result == TestResult::Valid {
                    assert_eq!(opened.unwrap(), test.pt[..], "{}", test.tc_id);
                    let again = cipher.encrypt(&nonce.into(), payload(&test.pt)).unwrap();
                    assert_eq!(again, sealed, "{}", test.tc_id);
                } else {
                    assert!(opened.is_err(), "{}", test.tc_id);
                }
                tried += 1;
            }
        }
        assert!(tried > 50, "{tried}");
    }

    #[test]
    fn ed25519_passes_with_the_strict_check() {
        let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
        let mut tried = 0;
        for group in &set.test_groups {
            let key: [u8; 32] = group.key.pk[..].try_into().unwrap();
            let key = VerifyingKey::from_bytes(&key).unwrap();
            for test in &group.tests {
                let verified = Signature::from_slice(&test.sig)
                    .is_ok_and(|signature| key.verify_strict(&test.msg, &signature).is_ok());
                assert_eq!(verified, test.result == TestResult::Valid, "{}", test.tc_id);
                tried += 1;
            }
        }
        assert!(tried > 100, "{tried}");
    }

    #[test]
    fn x25519_passes_and_refuses_shared_zeros() {
        let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
        let mut tried = 0;
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            let (Ok(secret), Ok(public)) = (
                <[u8; 32]>::try_from(&test.private_key[..]),
                <[u8; 32]>::try_from(&test.public_key[..]),
            ) else {
                continue;
            };
            let shared = Curve25519SecretKey::from_slice(&secret)
                .diffie_hellman(&Curve25519PublicKey::from_bytes(public));
            if test.shared_secret.iter().all(|byte| *byte == 0) {
                assert!(shared.is_none(), "{}", test.tc_id);
            } else {
                assert_eq!(
                    shared.unwrap().as_bytes()[..],
                    test.shared_secret[..],
                    "{}",
                    test.tc_id
                );
            }
            tried += 1;
        }
        assert!(tried > 400, "{tried}");
    }

    #[test]
    fn hkdf_sha_256_passes() {
        let set = hkdf_vectors::TestSet::load(hkdf_vectors::TestName::HkdfSha256).unwrap();
        let mut tried = 0;
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            let mut okm = vec![0; test.size];
            let result =
                Hkdf::<Sha256>::new(Some(&test.salt), &test.ikm).expand(&test.info, &mut okm);
            if test.result == TestResult::Valid {
                assert!(result.is_ok(), "{}", test.tc_id);
                assert_eq!(okm, test.okm[..], "{}", test.tc_id);
            } else {
                assert!(result.is_err(), "{}", test.tc_id);
            }
            tried += 1;
        }
        assert!(tried > 50, "{tried}");
    }
}
