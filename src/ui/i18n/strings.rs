//! The list of all texts. English is a constant of this type, every other language a file that is read into it.

#[cfg(test)]
use super::phrase::Piece;
use super::phrase::{Counted, Phrase};

/// What a language file begins with: tells lists of texts apart, so that no text is taken for another.
const FINGERPRINT: u64 = fingerprint(NAMES.as_bytes());

/// 64-bit FNV-1a.
const fn fingerprint(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

/// The text in the next line that has one. The fingerprint says that there is one for each name.
#[inline(never)]
fn next_text(lines: &mut std::str::Lines<'static>) -> &'static str {
    lines
        .find_map(|line| line.split_once(" = "))
        .map_or("", |(_, text)| text)
}

/// What a test asks of one text.
#[cfg(test)]
trait Entry {
    fn gaps(&self) -> Vec<usize>;
    fn is_empty(&self) -> bool;
}

#[cfg(test)]
impl Entry for &'static str {
    fn gaps(&self) -> Vec<usize> {
        Vec::new()
    }
    fn is_empty(&self) -> bool {
        self.trim().is_empty()
    }
}

#[cfg(test)]
impl Entry for Phrase {
    fn gaps(&self) -> Vec<usize> {
        let gap = |piece| match piece {
            Piece::Gap(gap) => Some(gap),
            Piece::Words(_) => None,
        };
        let mut gaps: Vec<usize> = self.pieces().into_iter().filter_map(gap).collect();
        gaps.sort_unstable();
        gaps
    }
    fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }
}

#[cfg(test)]
impl Entry for Counted {
    fn gaps(&self) -> Vec<usize> {
        self.form(2).gaps()
    }
    fn is_empty(&self) -> bool {
        [0, 1, 2].iter().any(|n| self.form(*n).is_empty())
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $kind:ty,)*) => {
        /// Every text of the interface in one language.
        pub(crate) struct Strings {
            $($(#[$doc])* pub(crate) $name: $kind,)*
        }

        /// The names of all texts, a line each.
        const NAMES: &str = concat!($(stringify!($name), "\n"),*);

        impl Strings {
            /// Reads a language file, which has one `name = text` a line in the order of this list, after a line with
            /// [`FINGERPRINT`]. `None` for a file that was made for another version of the app.
            pub(crate) fn read(file: &'static str) -> Option<Self> {
                let mut lines = file.lines();
                if u64::from_str_radix(lines.next()?, 16).ok()? != FINGERPRINT {
                    return None;
                }
                Some(Self { $($name: next_text(&mut lines).into(),)* })
            }
        }

        #[cfg(test)]
        impl Strings {
            /// The gaps of every text, by its name.
            pub(crate) fn gaps(&self) -> Vec<(&'static str, Vec<usize>)> {
                vec![$((stringify!($name), self.$name.gaps()),)*]
            }

            /// The names of texts without words.
            pub(crate) fn empty(&self) -> Vec<&'static str> {
                let all = [$((stringify!($name), self.$name.is_empty()),)*];
                all.into_iter().filter_map(|(name, empty)| empty.then_some(name)).collect()
            }
        }
    };
}

texts! {
    app_name: &'static str,
    tagline: &'static str,
    close: &'static str,
    cancel: &'static str,
    back: &'static str,
    reload: &'static str,
    try_again: &'static str,
    dismiss: &'static str,
    starting: &'static str,
    /// Before the window's title: unread count, title.
    title_unread: Phrase,
    /// The window's title in a group.
    title_group: Phrase,

    your_name: &'static str,
    your_name_hint: &'static str,
    name_missing: &'static str,
    name_too_long: &'static str,
    name_forbidden: &'static str,
    create_group: &'static str,
    create_group_hint: &'static str,
    group_name: &'static str,
    create: &'static str,
    creating: &'static str,
    join_with_link: &'static str,
    invite_link: &'static str,
    paste_link_hint: &'static str,
    continue_: &'static str,
    promise_private: &'static str,
    promise_private_more: &'static str,
    promise_no_account: &'static str,
    promise_no_account_more: &'static str,
    promise_members: &'static str,
    promise_members_more: &'static str,
    limits: &'static str,
    limit_host: &'static str,
    limit_relay: &'static str,
    limit_creator: &'static str,
    limit_removal: &'static str,
    limit_signed: &'static str,
    limit_storage: &'static str,
    limit_review: &'static str,

    join_group: Phrase,
    invited_by: Phrase,
    expires_at: Phrase,
    join: &'static str,
    joining: &'static str,
    joining_hint: &'static str,
    waiting_for_member: &'static str,
    waiting_hint: &'static str,
    waiting_for_approval: &'static str,
    approval_hint: &'static str,
    stop_waiting: &'static str,
    invite_refused: &'static str,
    invite_refused_hint: Phrase,
    invite_used: &'static str,
    invite_used_hint: Phrase,
    join_declined: &'static str,
    join_declined_hint: &'static str,
    join_cancelled: &'static str,
    joined: &'static str,
    open_group: &'static str,
    no_invite: &'static str,
    no_invite_hint: &'static str,
    link_not_a_link: &'static str,
    link_not_a_link_hint: &'static str,
    link_damaged: &'static str,
    link_damaged_hint: &'static str,
    link_version: &'static str,
    link_version_hint: &'static str,
    link_expired: &'static str,
    link_expired_hint: &'static str,
    paste_another: &'static str,
    to_start: &'static str,
    pending_join: Phrase,

    groups: &'static str,
    new_group: &'static str,
    /// A group's link: name, words for the unread count.
    group_unread: Phrase,
    unread: Counted,
    jump_to_group: &'static str,
    jump_hint: &'static str,
    no_group_matches: &'static str,
    unknown_group: &'static str,
    unknown_group_hint: &'static str,

    messages: &'static str,
    message: &'static str,
    message_to: Phrase,
    send: &'static str,
    text_too_long: &'static str,
    new_messages: &'static str,
    jump_to_latest: &'static str,
    older_loading: &'static str,
    older_failed: &'static str,
    log_begins: Phrase,
    today: &'static str,
    yesterday: &'static str,
    you: &'static str,
    someone: &'static str,
    /// For assistive technology: author, text.
    heard: Phrase,
    needs_newer: &'static str,

    sending: &'static str,
    sent: &'static str,
    delivered: &'static str,
    delivery_unknown: &'static str,
    failed_retry: &'static str,
    message_actions: &'static str,
    copy: &'static str,
    copied: &'static str,
    copy_failed: &'static str,
    info: &'static str,
    message_info: &'static str,
    info_sent: Phrase,
    info_has_it: &'static str,
    info_not_yet: &'static str,
    info_none: &'static str,
    info_incoming: Phrase,
    info_unknown_hint: &'static str,

    note_founded: Phrase,
    note_founded_you: &'static str,
    /// Who came in, whose invite it was.
    note_joined: Phrase,
    note_joined_you: Phrase,
    note_left: Phrase,
    note_left_you: &'static str,
    /// Who was removed, by whom.
    note_removed: Phrase,
    note_removed_you: Phrase,
    /// By whom, the new name.
    note_renamed: Phrase,
    /// Who, by whom.
    note_made_admin: Phrase,
    note_admin_ended: Phrase,
    /// Who has the role, who had it.
    note_handed_over: Phrase,

    members: &'static str,
    members_count: Counted,
    show_members: &'static str,
    role_creator: &'static str,
    role_admin: &'static str,
    role_member: &'static str,
    verified: &'static str,
    online: &'static str,
    offline: &'static str,
    presence_unknown: &'static str,
    /// A member's menu button: the name.
    member_actions: Phrase,
    remove_from_group: &'static str,
    remove_member: Phrase,
    remove_hint: Phrase,
    also_revoke: &'static str,
    remove: &'static str,

    invite_people: &'static str,
    invite_hint: &'static str,
    expires_after: &'static str,
    one_hour: &'static str,
    one_day: &'static str,
    seven_days: &'static str,
    thirty_days: &'static str,
    can_be_used: &'static str,
    uses: Counted,
    uses_unlimited: &'static str,
    create_invite_link: &'static str,
    copy_link: &'static str,
    link_copied: &'static str,
    share: &'static str,
    qr_code: &'static str,
    active_invites: &'static str,
    no_invites: &'static str,
    uses_left: Counted,
    uses_left_unlimited: &'static str,
    invite_by: Phrase,
    revoke: &'static str,
    link_is_secret: &'static str,

    group_settings: &'static str,
    save: &'static str,
    saved: &'static str,
    rename_not_allowed: &'static str,
    leave_group: &'static str,
    leave_named: Phrase,
    leave_hint: &'static str,
    leave: &'static str,
    creator_stays: &'static str,
    forget_group: &'static str,
    forget_named: Phrase,
    forget_hint: &'static str,
    forget: &'static str,

    state_removed: &'static str,
    state_removed_hint: Phrase,
    state_left: &'static str,
    state_left_hint: &'static str,
    state_forked: &'static str,
    state_forked_hint: &'static str,

    connecting: &'static str,
    relay_away: &'static str,
    relay_away_hint: &'static str,
    relay_refused: &'static str,
    relay_refused_hint: &'static str,
    relay_taken: &'static str,
    relay_taken_hint: &'static str,
    relay_address: &'static str,
    relay_address_hint: &'static str,

    second_tab: &'static str,
    second_tab_hint: &'static str,
    taken_over_hint: &'static str,
    use_here: &'static str,
    unsupported: &'static str,
    unsupported_hint: &'static str,
    feature_secure_context: &'static str,
    feature_indexed_db: &'static str,
    feature_web_crypto: &'static str,
    feature_web_locks: &'static str,
    feature_web_socket: &'static str,
    feature_broadcast: &'static str,
    storage_blocked: &'static str,
    storage_blocked_hint: &'static str,
    continue_in_memory: &'static str,
    in_memory: &'static str,
    in_memory_hint: &'static str,
    storage_full: &'static str,
    storage_full_hint: &'static str,
    storage_closed: &'static str,
    storage_closed_hint: &'static str,
    storage_damaged: &'static str,
    storage_damaged_hint: &'static str,
    storage_failed: &'static str,
    storage_failed_hint: &'static str,
    too_new: &'static str,
    too_new_hint: &'static str,
    restore_failed: &'static str,
    restore_failed_hint: &'static str,
    lock_failed: &'static str,
    lock_failed_hint: &'static str,

    refused_text: &'static str,
    refused_unknown_group: &'static str,
    refused_not_member: &'static str,
    refused_not_allowed: &'static str,
    refused_already_member: &'static str,
    refused_invite_limits: &'static str,
    refused_full: &'static str,
    refused_alarm: &'static str,
    refused_storage: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::i18n::Locale;

    #[test]
    fn a_language_file_has_every_text_under_its_name_in_the_order_of_the_list() {
        for (locale, file) in Locale::FILES {
            let mut lines = file.lines();
            let expected = format!("{FINGERPRINT:016x}");
            assert_eq!(
                lines.next(),
                Some(expected.as_str()),
                "{locale:?}: the first line"
            );
            let names = lines.filter(|line| !line.is_empty()).map(|line| {
                let (name, _) = line.split_once(" = ").expect("name = text");
                name
            });
            assert!(names.eq(NAMES.lines()), "{locale:?}: the names");
        }
    }

    #[test]
    fn a_file_of_another_version_is_not_read() {
        let (_, file) = Locale::FILES[0];
        let (_, texts) = file.split_once('\n').expect("a first line");
        let other: &str = Box::leak(format!("{:016x}\n{texts}", FINGERPRINT ^ 1).into_boxed_str());
        assert!(Strings::read(file).is_some());
        assert!(Strings::read(other).is_none());
        assert!(Strings::read("").is_none());
        assert!(Strings::read("0000000000000000\n").is_none());
    }
}
