//! Links, as they are written, sent, damaged and pasted.

use zeroize::Zeroizing;

use crate::ids::{GroupId, Timestamp};
use crate::invite::{InviteKeys, Link, LinkError};
use crate::test_attr::test;
use crate::wire::{base64url, hash, labels};

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const ORIGIN: &str = "https://chat.example/";

fn sample() -> Link {
    let group = GroupId([3; 32]);
    Link {
        secret: Zeroizing::new([7; 32]),
        group,
        fingerprint: Link::fingerprint_of(&group, &[4; 32]),
        group_name: "Friends".into(),
        inviter_name: "Ada".into(),
        expires: NOW.plus(1_000),
        relays: vec![
            "wss://relay.example/mqtt".into(),
            "ws://127.0.0.1:8080/mqtt".into(),
        ],
    }
}

/// Bytes behind a version and before a right checksum.
fn code_of(version: u8, fields: &[u8]) -> String {
    let mut bytes = [&[version], fields].concat();
    let sum = hash(labels::LINK_CHECKSUM, &[&bytes]);
    bytes.extend_from_slice(&sum[..4]);
    base64url::encode(&bytes)
}

/// The fields of a code, without version and checksum.
fn fields_of(link: &Link) -> Vec<u8> {
    let bytes = base64url::decode(&link.to_code()).unwrap();
    bytes[1..bytes.len() - 4].to_vec()
}

#[test]
fn a_link_is_read_in_every_form_in_which_it_is_pasted() {
    let link = sample();
    let code = link.to_code();
    let code = code.as_str();
    let url = link.to_url(ORIGIN);
    assert_eq!(url, format!("https://chat.example/#/join/{code}"));
    for text in [
        url.clone(),
        format!("#/join/{code}"),
        code.to_owned(),
        format!("  {url}\r\n"),
        format!("\t{code} "),
        format!("http://127.0.0.1:8080/#/join/{code}"),
        format!("https://host.example/path/index.html?x=1#/join/{code}"),
        format!("web+discordopus:{code}"),
        format!("web+discordopus://{code}"),
        format!("web+discordopus://join/{code}"),
        format!("web+discordopus:#/join/{code}"),
        format!("Come and join us: {url}. See you!"),
        format!("<{url}>"),
    ] {
        assert_eq!(Link::parse(&text, NOW), Ok(link.clone()), "{text}");
    }
}

#[test]
fn the_address_begins_with_the_apps_own() {
    let link = sample();
    let code = link.to_code();
    for (origin, start) in [
        ("https://chat.example", "https://chat.example/#/join/"),
        (
            "https://chat.example/app/",
            "https://chat.example/app/#/join/",
        ),
        (
            "http://127.0.0.1:8080/#/g/x",
            "http://127.0.0.1:8080/#/join/",
        ),
    ] {
        assert_eq!(link.to_url(origin), format!("{start}{}", code.as_str()));
    }
}

#[test]
fn other_texts_are_no_links() {
    for text in [
        "",
        "   ",
        "hello",
        "https://chat.example/",
        "https://chat.example/#/g/AQ",
        "#/joint/AQ",
        "two words",
        "a-very-long-word-that-is-not-base64url-because-of-its-end!?",
        "Grüße",
    ] {
        assert_eq!(Link::parse(text, NOW), Err(LinkError::NotALink), "{text}");
    }
}

#[test]
fn every_truncated_link_is_damaged() {
    let url = sample().to_url(ORIGIN);
    let start = ORIGIN.len() + "#/join/".len();
    for end in start..url.len() {
        let cut = &url[..end];
        assert_eq!(Link::parse(cut, NOW), Err(LinkError::Damaged), "{cut}");
    }
    for end in 0..start {
        let cut = &url[..end];
        assert_eq!(Link::parse(cut, NOW), Err(LinkError::NotALink), "{cut}");
    }
    let code = sample().to_code();
    for start in 1..code.len() - 40 {
        let cut = &code[start..];
        assert_eq!(Link::parse(cut, NOW), Err(LinkError::Damaged), "{cut}");
    }
}

#[test]
fn every_link_with_one_other_character_is_damaged() {
    let link = sample();
    let url = link.to_url(ORIGIN);
    let start = ORIGIN.len() + "#/join/".len();
    for position in start..url.len() {
        for other in ['A', 'Q', 'z', '0', '-', '_', '!', '.', ' ', 'é'] {
            let mut changed = url.clone();
            changed.replace_range(position..=position, &other.to_string());
            if changed != url {
                assert_eq!(
                    Link::parse(&changed, NOW),
                    Err(LinkError::Damaged),
                    "{changed}"
                );
            }
        }
    }
}

#[test]
fn swapped_lost_and_doubled_characters_are_damage() {
    let url = sample().to_url(ORIGIN);
    let start = ORIGIN.len() + "#/join/".len();
    for position in start..url.len() - 1 {
        let mut lost = url.clone();
        lost.remove(position);
        let mut doubled = url.clone();
        doubled.insert(position, url.as_bytes()[position].into());
        let mut swapped = url.clone().into_bytes();
        swapped.swap(position, position + 1);
        let swapped = String::from_utf8(swapped).unwrap();
        for text in [lost, doubled, swapped] {
            if text != url {
                assert_eq!(Link::parse(&text, NOW), Err(LinkError::Damaged), "{text}");
            }
        }
    }
}

#[test]
fn a_link_of_another_version_is_known_as_such() {
    for version in [0, 2, 255] {
        let code = code_of(version, &fields_of(&sample()));
        let url = format!("{ORIGIN}#/join/{code}");
        assert_eq!(Link::parse(&url, NOW), Err(LinkError::WrongVersion));
        let code = code_of(version, b"other fields altogether, and more of them");
        assert_eq!(Link::parse(&code, NOW), Err(LinkError::WrongVersion));
    }
    let code = code_of(1, &fields_of(&sample()));
    assert_eq!(Link::parse(&code, NOW), Ok(sample()));
}

#[test]
fn a_link_ends_after_its_last_millisecond() {
    let link = sample();
    let url = link.to_url(ORIGIN);
    assert_eq!(Link::parse(&url, link.expires), Ok(link.clone()));
    assert_eq!(
        Link::parse(&url, link.expires.plus(1)),
        Err(LinkError::Expired)
    );
    // A damaged link is damaged, whatever the time.
    assert_eq!(
        Link::parse(&url[..url.len() - 1], link.expires.plus(1)),
        Err(LinkError::Damaged)
    );
}

#[test]
fn a_link_with_trailing_bytes_bad_names_or_bad_relays_is_damaged() {
    let mut trailing = fields_of(&sample());
    trailing.push(0);
    assert_eq!(
        Link::parse(&code_of(1, &trailing), NOW),
        Err(LinkError::Damaged)
    );
    let spoil: [fn(&mut Link); 7] = [
        |link| link.group_name.clear(),
        |link| link.group_name = "n".repeat(51),
        |link| link.inviter_name = " Ada".into(),
        |link| link.inviter_name = "A\u{202e}da".into(),
        |link| link.relays.clear(),
        |link| link.relays.push("ws://relay.example/mqtt".into()),
        |link| link.relays = vec!["wss://relay.example".into(); 5],
    ];
    for (number, spoil) in spoil.into_iter().enumerate() {
        let mut link = sample();
        spoil(&mut link);
        let url = link.to_url(ORIGIN);
        assert_eq!(Link::parse(&url, NOW), Err(LinkError::Damaged), "{number}");
    }
}

#[test]
fn the_longest_link_is_still_read() {
    let mut link = sample();
    link.group_name = "g".repeat(50);
    link.inviter_name = "i".repeat(50);
    link.expires = Timestamp(u64::MAX);
    link.relays = (0..4)
        .map(|number| format!("wss://relay{number}.example/{}", "p".repeat(200 - 21)))
        .collect();
    assert!(link.relays.iter().all(|url| url.len() == 200));
    assert_eq!(Link::parse(&link.to_url(ORIGIN), NOW), Ok(link));
    let endless = format!("#/join/{}", "A".repeat(100_000));
    assert_eq!(Link::parse(&endless, NOW), Err(LinkError::Damaged));
}

#[test]
fn a_link_names_its_inviter() {
    let link = sample();
    assert!(link.names(&[4; 32]));
    assert!(!link.names(&[5; 32]));
    let mut elsewhere = link;
    elsewhere.group = GroupId([9; 32]);
    assert!(!elsewhere.names(&[4; 32]));
}

#[test]
fn debug_output_holds_no_secret() {
    let link = sample();
    assert_eq!(
        format!("{link:?}"),
        "Link { expires: Timestamp(1700000001000), .. }"
    );
    let keys = InviteKeys::derive(&link.secret);
    assert_eq!(format!("{keys:?}"), format!("InviteKeys({:?})", keys.id()));
    assert_eq!(format!("{:?}", keys.join_box()), "JoinBoxKey");
}

#[test]
fn a_link_knows_its_mailbox_without_the_other_keys() {
    let link = sample();
    assert_eq!(link.mailbox(), InviteKeys::derive(&link.secret).mailbox());
}

#[test]
fn the_keys_of_an_invite_are_all_different_and_repeat() {
    let keys = InviteKeys::derive(&[7; 32]);
    let again = InviteKeys::derive(&[7; 32]);
    let other = InviteKeys::derive(&[8; 32]);
    assert_eq!(
        (keys.id(), keys.public(), keys.mailbox(), keys.join_box()),
        (
            again.id(),
            again.public(),
            again.mailbox(),
            again.join_box()
        )
    );
    assert_ne!(keys.id(), other.id());
    assert_ne!(keys.public(), other.public());
    assert_ne!(keys.mailbox(), other.mailbox());
    assert_ne!(keys.join_box(), other.join_box());
    assert_ne!(keys.mailbox().0, keys.id().0);
}

#[cfg(not(target_arch = "wasm32"))]
mod random {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*", code in "[A-Za-z0-9_-]{0,600}") {
            prop_assert!(Link::parse(&text, NOW).is_err());
            prop_assert!(Link::parse(&code, NOW).is_err());
            prop_assert_eq!(
                Link::parse(&format!("#/join/{code}"), NOW),
                Err(LinkError::Damaged)
            );
        }

        #[test]
        fn any_truncation_and_any_single_change_is_damage(
            secret in any::<[u8; 32]>(),
            group in any::<[u8; 32]>(),
            name in "[A-Za-zäöü]{1,20}",
            cut in any::<prop::sample::Index>(),
            place in any::<prop::sample::Index>(),
            other in any::<char>(),
        ) {
            let link = Link {
                secret: Zeroizing::new(secret),
                group: GroupId(group),
                group_name: name,
                ..sample()
            };
            let url = link.to_url(ORIGIN);
            prop_assert_eq!(Link::parse(&url, NOW), Ok(link.clone()));
            let start = url.len() - link.to_code().len();
            let end = start + cut.index(url.len() - start);
            prop_assert_eq!(Link::parse(&url[..end], NOW), Err(LinkError::Damaged));
            let position = start + place.index(url.len() - start);
            let mut changed = url.clone();
            changed.replace_range(position..=position, &other.to_string());
            if changed != url {
                prop_assert_eq!(Link::parse(&changed, NOW), Err(LinkError::Damaged));
            }
        }

        #[test]
        fn fields_of_any_bytes_behind_a_right_checksum_are_damage(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            prop_assert_eq!(Link::parse(&format!("#/join/{}", code_of(1, &bytes)), NOW), Err(LinkError::Damaged));
        }
    }
}
