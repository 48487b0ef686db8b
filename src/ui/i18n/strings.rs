//! The list of all texts, with the English words. Accessible names are relied on by tests and assistive technology:
//! change them with care. Every other language is a file with the same names.

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

/// What a test asks of one text.
#[cfg(test)]
trait Entry {
    fn gaps(&self) -> Vec<usize>;
    fn is_empty(&self) -> bool;
    /// How many forms a counted phrase has; nothing else has any.
    fn count(&self) -> usize {
        0
    }
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
        // Where one language repeats a name, another has a pronoun.
        gaps.dedup();
        gaps
    }
    fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }
}

#[cfg(test)]
impl Entry for Counted {
    /// Those of all forms: "once" and "twice" need no number.
    fn gaps(&self) -> Vec<usize> {
        let mut gaps: Vec<usize> = self.forms().flat_map(|form| Phrase(form).gaps()).collect();
        gaps.sort_unstable();
        gaps.dedup();
        gaps
    }
    fn is_empty(&self) -> bool {
        self.forms().any(|form| form.trim().is_empty())
    }
    fn count(&self) -> usize {
        self.forms().count()
    }
}

/// Words without gaps.
type Words = &'static str;

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $kind:ty = $english:literal;)*) => {
        /// The names of all texts, in the order of the list.
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Name { $($name,)* COUNT }

        /// The same as words, a line each.
        const NAMES: &str = concat!($(stringify!($name), "\n"),*);

        /// English.
        static ENGLISH: [&str; COUNT] = [$($english),*];

        impl Strings {
            $($(#[$doc])* pub(crate) fn $name(self) -> $kind {
                self.text(Name::$name).into()
            })*
        }

        #[cfg(test)]
        impl Strings {
            /// The gaps of every text, by its name.
            pub(crate) fn gaps(self) -> Vec<(&'static str, Vec<usize>)> {
                vec![$((stringify!($name), self.$name().gaps()),)*]
            }

            /// The counted phrases, each with the number of its forms.
            pub(crate) fn counted(self) -> Vec<(&'static str, usize)> {
                let all = [$((stringify!($name), Entry::count(&self.$name())),)*];
                all.into_iter().filter(|(_, forms)| *forms > 0).collect()
            }

            /// The names of texts without words.
            pub(crate) fn empty(self) -> Vec<&'static str> {
                let all = [$((stringify!($name), self.$name().is_empty()),)*];
                all.into_iter().filter_map(|(name, empty)| empty.then_some(name)).collect()
            }
        }
    };
}

/// Every text of the interface in one language.
#[derive(Clone, Copy)]
pub(crate) struct Strings(&'static [&'static str; COUNT]);

/// How many texts there are.
const COUNT: usize = Name::COUNT as usize;

impl Strings {
    /// English.
    pub(crate) const ENGLISH: Self = Self(&ENGLISH);

    /// Reads a language file, which has one `name = text` a line in the order of the list, after a line with
    /// [`FINGERPRINT`]. `None` for a file that was made for another version of the app.
    pub(crate) fn read(file: &'static str) -> Option<Self> {
        let mut lines = file.lines();
        if u64::from_str_radix(lines.next()?, 16).ok()? != FINGERPRINT {
            return None;
        }
        let texts: Vec<_> = lines
            .filter_map(|line| line.split_once(" = "))
            .map(|(_, text)| text)
            .collect();
        let texts: Box<[_; COUNT]> = texts.try_into().ok()?;
        // A page has one language as long as it lives.
        Some(Self(Box::leak(texts)))
    }

    fn text(self, name: Name) -> &'static str {
        self.0[name as usize]
    }
}

texts! {
    app_name: Words = "DiscordOpus";
    tagline: Words = "Private group chat in your browser";
    close: Words = "Close";
    cancel: Words = "Cancel";
    back: Words = "Back";
    reload: Words = "Reload";
    try_again: Words = "Try again";
    /// Two things said of one.
    both: Phrase = "{0}, {1}";
    dismiss: Words = "Dismiss";
    starting: Words = "Opening your groups...";
    /// Before the window's title: unread count, title.
    title_unread: Phrase = "({0}) {1}";
    /// The window's title in a group.
    title_group: Phrase = "{0} - DiscordOpus";

    your_name: Words = "Your name";
    your_name_hint: Words = "The others in your group see this name.";
    name_missing: Words = "Please type a name.";
    name_too_long: Words = "This name is too long. Please shorten it.";
    name_forbidden: Words = "This name has characters that can't be shown in a name. Please use others.";
    create_group: Words = "Create a group";
    create_group_hint: Words = "You can invite people as soon as it exists.";
    group_name: Words = "Group name";
    create: Words = "Create";
    creating: Words = "Creating the group...";
    join_with_link: Words = "Join with a link";
    invite_link: Words = "Invite link";
    paste_link_hint: Words = "Paste the whole link that you were sent.";
    continue_: Words = "Continue";
    promise_private: Words = "End-to-end encrypted";
    promise_private_more: Words = "Only the people in a group can read what is written there.";
    promise_no_account: Words = "No account";
    promise_no_account_more: Words = "No e-mail, no phone number, nothing to install.";
    promise_members: Words = "Held by its members";
    promise_members_more: Words = "Keys, messages and the member list live with you, not on a server.";
    limits: Words = "What it can't promise";
    limit_host: Words = "Whoever serves this page can change the app. Use a host you trust, or run your own.";
    limit_relay: Words = "A relay sees network addresses, times, rounded sizes and which mailboxes talk to each other. It sees no names, messages or member lists.";
    limit_creator: Words = "Who created a group is trusted with its membership.";
    limit_removal: Words = "A removal takes effect for each member when they hear of it, and what somebody has read stays read.";
    limit_call: Words = "Who is in a call with you learns your network address, and so do those in a group in which you write or fetch large files: both connect you directly. With calls over TURN servers only they see that server's address.";
    limit_signed: Words = "Messages are signed: inside the group it can be proved who wrote what.";
    limit_storage: Words = "Your messages are kept in this browser only. If you clear its data, they are gone from this device.";
    limit_review: Words = "Nobody outside the project has reviewed the cryptography yet.";

    join_group: Phrase = "Join {0}";
    invited_by: Phrase = "Invited by {0}";
    expires_at: Phrase = "This invite expires {0}";
    join: Words = "Join";
    joining: Words = "Joining...";
    joining_hint: Words = "Asking the group to let you in.";
    waiting_for_member: Words = "Waiting for a member to come online";
    waiting_hint: Words = "Your request waits for them. You can close this page: the app goes on when you open it again, and you are in as soon as somebody of the group is there.";
    waiting_for_approval: Words = "Waiting for approval";
    approval_hint: Words = "The creator or an admin has to let you in. Read them this code over a channel you trust, so that they know it is you:";
    stop_waiting: Words = "Stop waiting";
    invite_refused: Words = "This invite has expired or was revoked";
    invite_refused_hint: Phrase = "Ask {0} for a new link.";
    invite_used: Words = "This invite was already used";
    invite_used_hint: Phrase = "Somebody else was faster. Ask {0} for a new link.";
    join_declined: Words = "Your request was declined";
    join_declined_hint: Words = "The creator or an admin has decided not to let you in. If you think it is a mistake, ask for a new link.";
    join_cancelled: Words = "You stopped waiting. The invite link may still work.";
    joined: Words = "You are in.";
    open_group: Words = "Open the group";
    no_invite: Words = "No invite is open here";
    no_invite_hint: Words = "Open the invite link once more, or paste it: for safety the app does not keep it in the address bar.";
    link_not_a_link: Words = "This is not an invite link";
    link_not_a_link_hint: Words = "An invite link begins with this app's address and goes on with #/join/. Please copy the link you were sent once more.";
    link_damaged: Words = "This invite link is incomplete";
    link_damaged_hint: Words = "A part of it was lost or changed on the way. Please copy the whole link, or ask for it again.";
    link_version: Words = "This invite link needs a newer version of the app";
    link_version_hint: Words = "Reload this page to get the newest version, then open the link again.";
    link_expired: Words = "This invite link has expired";
    link_expired_hint: Words = "Invites work for a limited time only. Ask the person who sent it for a new one.";
    paste_another: Words = "Use another link";
    to_start: Words = "Go to the start page";
    pending_join: Phrase = "{0}, waiting";

    groups: Words = "Groups";
    new_group: Words = "New group";
    /// A group's link: name, words for the unread count.
    group_unread: Phrase = "{0}, {1}";
    unread: Counted = "{0} unread message | {0} unread messages";
    requests: Counted = "{0} person wants to join | {0} people want to join";
    jump_to_group: Words = "Jump to a group";
    jump_hint: Words = "Type a part of its name";
    no_group_matches: Words = "No group has such a name.";
    unknown_group: Words = "This group is not on this device";
    unknown_group_hint: Words = "You may have deleted it here, or the address belongs to somebody else's browser.";

    messages: Words = "Messages";
    message: Words = "Message";
    message_to: Phrase = "Message {0}";
    send: Words = "Send";
    text_too_long: Words = "This message is too long to send. Please shorten it or send it in parts.";
    new_messages: Words = "New messages";
    jump_to_latest: Words = "Jump to latest";
    older_loading: Words = "Reading older messages...";
    older_failed: Words = "Older messages could not be read.";
    log_begins: Phrase = "This is the beginning of {0} on this device.";
    alone_here: Words = "You are alone here so far.";
    invite_friends: Words = "Invite friends";
    today: Words = "Today";
    yesterday: Words = "Yesterday";
    you: Words = "You";
    someone: Words = "Somebody";
    /// For assistive technology: author, text.
    heard: Phrase = "{0}: {1}";
    needs_newer: Words = "This message needs a newer version of the app.";

    sending: Words = "Sending";
    sent: Words = "Sent";
    delivered: Words = "Delivered";
    delivery_unknown: Words = "Delivery unknown";
    /// An own text that is sent as soon as this device knows what the others did meanwhile.
    waiting_text: Words = "Waiting...";
    waiting_changes: Counted = "{0} change of the group waits until the others are heard | {0} changes of the group wait until the others are heard";
    failed_retry: Words = "Failed: retry";
    message_actions: Words = "Message actions";
    reply: Words = "Reply";
    replying: Words = "Answer to";
    quote_of: Phrase = "{0}: {1}";
    quote_absent: Words = "The message this answers is not on this device.";
    react: Words = "React";
    react_with: Phrase = "React with {0}";
    reacted: Phrase = "{0} {1}: {2}";
    edit: Words = "Edit";
    editing: Words = "Edit message";
    edited: Words = "Edited";
    pin: Words = "Pin";
    unpin: Words = "Unpin";
    pinned_messages: Words = "Pinned messages";
    pinned_none: Words = "None of the pinned messages is on this device.";
    delete: Words = "Delete";
    deleted: Words = "This message was deleted.";
    delete_message: Words = "Delete message";
    delete_hint: Words = "\"For everyone\" asks the others' devices to delete it as well. Whoever has read it has read it, and a changed app can keep it.";
    delete_for_all: Words = "Delete for everyone";
    delete_here: Words = "Delete on this device";
    attach_file: Words = "Attach a file";
    files_to_send: Words = "Files to send";
    drop_files_here: Words = "Drop files here to send them";
    remove_file: Phrase = "Remove {0}";
    bare_pictures: Words = "Remove place and camera data from pictures";
    preparing_files: Words = "Making the files ready…";
    too_many_files: Phrase = "At most {0} files go with one message.";
    file_too_large: Phrase = "{0} is too large: files of up to 1.5 GB can be sent.";
    file_no_room: Phrase = "There is not enough room on this device to send {0}: a copy is kept here for the others to fetch.";
    file_unreadable: Phrase = "{0} can't be read.";
    file_damaged: Words = "This file is damaged.";
    file_missing: Phrase = "Not here yet. It comes as soon as somebody who has it is online; {0} sent it.";
    ask_again: Words = "Ask again";
    save_file: Phrase = "Save {0}";
    fetch_file: Words = "Download";
    download_file: Phrase = "Download {0}";
    stop_download: Phrase = "Stop downloading {0}";
    stop: Words = "Stop";
    file_large: Words = "Comes directly from whoever has it";
    file_looking: Words = "Looking for somebody who has it…";
    file_connecting: Phrase = "Connecting to {0}…";
    file_coming: Phrase = "{0}, from {1}";
    file_nobody: Phrase = "Nobody who is here has it; {0} sent it. It comes as soon as somebody who has it is online.";
    file_no_path: Phrase = "{0} has it, but there is no direct connection to them. Another network or a TURN server may help.";
    saving_file: Phrase = "Getting {0} ready to be saved: {1}";
    link_direct: Words = "Direct connection";
    link_relayed: Words = "Connection through a TURN server";
    link_connecting: Words = "Connecting directly…";
    link_failed: Words = "No direct connection";
    drop_files: Words = "Delete files from this device";
    drop_files_hint: Words = "Deletes the pictures, recordings and files of this group from this device only. The messages stay, and whoever has the files can send them again.";
    drop_files_now: Words = "Delete files";
    enlarge: Phrase = "Show {0} large";
    picture: Words = "Picture";
    voice_message: Words = "Voice message";
    record: Words = "Record a voice message";
    record_refused: Words = "This page may not use the microphone. Allow it beside the page's address, then try again.";
    record_missing: Words = "No microphone was found. Plug one in, then try again.";
    record_unusable: Words = "The microphone can't be used. Another program may have it: close that one, or choose another microphone in the settings.";
    recording: Words = "Recording";
    discard: Words = "Discard";
    send_voice_message: Words = "Send voice message";
    play_voice_message: Words = "Play voice message";
    pause: Words = "Pause";
    position: Words = "Position";
    speed: Phrase = "Speed {0}";

    emoji: Words = "Emoji";
    search_emoji: Words = "Search emoji";
    emoji_failed: Words = "The list of emoji could not be loaded. Try again when there is a connection.";
    emoji_none: Words = "No emoji has this name.";
    emoji_found: Words = "Found";
    emoji_recent: Words = "Recent";
    emoji_smileys: Words = "Smileys and feelings";
    emoji_people: Words = "People";
    emoji_nature: Words = "Animals and nature";
    emoji_food: Words = "Food and drink";
    emoji_travel: Words = "Travel and places";
    emoji_activities: Words = "Activities";
    emoji_objects: Words = "Objects";
    emoji_symbols: Words = "Symbols";
    emoji_flags: Words = "Flags";
    more_of_group: Words = "More about this group";
    search: Words = "Search";
    search_in_group: Words = "Search this group";
    search_messages: Words = "Search messages";
    search_hint: Words = "Only on this device. All words have to be in the message.";
    searching: Words = "Searching…";
    search_failed: Words = "The history could not be read.";
    search_none: Words = "Nothing was found.";
    search_many: Words = "There are more than these: say more of what you are looking for.";
    hits: Counted = "{0} message found | {0} messages found";
    info_edits: Words = "Earlier words";
    info_reactions: Words = "Reactions";
    timer: Words = "Disappearing messages";
    timer_off: Words = "Off";
    timer_hint: Words = "New messages disappear from each device this long after they were seen there. Whoever wants to keep one still can.";
    disappears: Phrase = "Disappears {0} after it was seen";
    note_timer: Phrase = "{0} set messages to disappear {1} after they were seen";
    note_timer_off: Phrase = "{0} set messages to stay";
    weeks: Counted = "{0} week | {0} weeks";
    days: Counted = "{0} day | {0} days";
    hours: Counted = "{0} hour | {0} hours";
    minutes: Counted = "{0} minute | {0} minutes";
    seconds: Counted = "{0} second | {0} seconds";
    copy: Words = "Copy";
    copied: Words = "Copied";
    copy_failed: Words = "The browser did not allow copying.";
    info: Words = "Info";
    message_info: Words = "Message info";
    info_sent: Phrase = "Written {0}";
    info_has_it: Words = "Has it";
    /// Of a message: somebody has read it.
    info_read: Words = "Has read it";
    info_read_hint: Words = "Whether somebody has read it, you see only if they show that to others.";
    info_not_yet: Words = "Not yet";
    info_none: Words = "Nobody else is in this group.";
    info_incoming: Phrase = "Written by {0}. Only the author knows who has it.";
    info_unknown_hint: Words = "It may not have reached everybody: some have not said that it arrived, and the server that passes it on keeps it no longer.";

    note_founded: Phrase = "{0} created the group";
    note_founded_you: Words = "You created the group";
    /// Who came in, whose invite it was.
    note_joined: Phrase = "{0} joined through {1}'s link";
    note_joined_you: Phrase = "You joined through {0}'s link";
    note_joined_yours: Phrase = "{0} joined through your link";
    note_left: Phrase = "{0} left";
    note_left_you: Words = "You left";
    /// Who was removed, by whom.
    note_removed: Phrase = "{0} was removed by {1}";
    note_removed_you: Phrase = "You were removed by {0}";
    /// By whom, the new name.
    note_renamed: Phrase = "{0} renamed the group to {1}";
    /// What somebody was called, and is called now.
    note_called: Phrase = "{0} is now called {1}";
    note_called_you: Phrase = "You are now called {0}";
    /// Who, by whom.
    note_made_admin: Phrase = "{1} made {0} an admin";
    note_made_admin_you: Phrase = "{0} made you an admin";
    note_admin_ended: Phrase = "{1} took the admin role back from {0}";
    note_admin_ended_you: Phrase = "{0} took the admin role back from you";
    /// Who has the role, who had it.
    note_handed_over: Phrase = "{1} handed the group over to {0}";
    note_handed_over_you: Phrase = "{0} handed the group over to you";

    members: Words = "Members";
    members_count: Counted = "{0} member | {0} members";
    show_members: Words = "Show members";
    role_creator: Words = "Creator";
    role_admin: Words = "Admin";
    role_member: Words = "Member";
    verified: Words = "Verified";
    card_changed: Words = "Keys changed";
    online: Words = "Online";
    offline: Words = "Offline";
    presence_unknown: Words = "Unknown";
    /// A member's menu button: the name.
    member_actions: Phrase = "Actions for {0}";
    remove_from_group: Words = "Remove from group";
    remove_member: Phrase = "Remove {0}?";
    remove_hint: Phrase = "{0} keeps what was written so far, and gets nothing that is written from now on.";
    also_revoke: Words = "Also revoke open invite links";
    remove: Words = "Remove";
    make_admin: Words = "Make admin";
    make_admin_ask: Phrase = "Make {0} an admin?";
    make_admin_hint: Phrase = "{0} can then remove members, let people in, and rename the group. You can take that back.";
    remove_admin: Words = "Remove admin";
    remove_admin_ask: Phrase = "Is {0} no longer to be an admin?";
    remove_admin_hint: Phrase = "{0} stays a member. What {0} has done as an admin up to now stays done.";
    hand_over: Words = "Hand over the group";
    hand_over_ask: Phrase = "Hand the group over to {0}?";
    hand_over_hint: Phrase = "{0} then decides who is an admin and who may invite, and you become an admin. Only {0} can give it back. You can leave the group then.";

    verify: Words = "Verify";
    safety_number: Words = "Safety number";
    safety_hint: Phrase = "Read these numbers to {0}, face to face or on a call where you know the voice. If {0} sees the same ones, nobody stands between you. The picture holds the same numbers, for a phone's camera.";
    they_match: Words = "They match";
    they_do_not_match: Words = "They do not match";
    safety_verified: Phrase = "You have compared them, and they matched: this is {0}.";
    take_back: Words = "Take back";
    safety_changed: Phrase = "You have compared numbers with {0} before, but {0} has other keys now. Please compare them again.";
    safety_doubt: Words = "Do not trust what is written here yet";
    safety_doubt_hint: Phrase = "Compare once more: a slip of the tongue is the usual reason. If the numbers still differ, somebody may stand between you and {0}. Remove {0} from the group, and send a new invite over another channel.";

    /// Who asks to come in.
    wants_to_join: Phrase = "{0} wants to join";
    /// Who asks, and into which group.
    wants_to_join_hint: Phrase = "{1}: ask {0} for the code, over a channel you trust. Let in only who reads this one:";
    let_in: Words = "Let in";
    refuse: Words = "Refuse";
    more_requests: Counted = "{0} more person is waiting | {0} more people are waiting";

    two_keys: Phrase = "{0}'s app tells different people different things";
    two_keys_hint: Phrase = "It handed out two keys for the same messages, so others may read something else under this name than you do. Ask in person. If there is no good answer, remove {0}.";
    two_histories: Phrase = "{0} told members different things about this group";
    two_histories_hint: Phrase = "Nothing that was changed under this name since then counts. Ask in person. If there is no good answer, remove {0}.";
    rosters_differ: Phrase = "{0} sees other members in this group than you do";
    rosters_differ_hint: Words = "That should never happen, so nothing of yours is sent. Compare your lists of members over another channel, and go on only if they are the same.";
    set_back: Words = "This device knows less than it should";
    /// Who noticed it.
    set_back_hint: Phrase = "{0} has seen later things of yours than are stored here: you go on elsewhere with a backup, or this browser's data was set back. Nothing is sent from here. Use the other device, or stop here and join again with a new invite.";
    /// What this device noticed itself, by its own signature.
    set_back_proven_hint: Phrase = "Newer keys of yours are in use than are stored here: you go on elsewhere with a backup, or this browser's data was set back. Nothing is sent from here. Use the other device, or stop here and join again with a new invite.";
    step_aside: Words = "Stop here";
    state_aside: Words = "You go on elsewhere";
    state_aside_hint: Words = "The keys of this group are deleted here, and you stay a member on the other device. To use this one, too, ask for an invite link and join as a new member; what you have read stays here.";
    go_on_anyway: Words = "Go on anyway";
    keys_changed: Phrase = "{0} has other keys now";
    keys_changed_hint: Phrase = "You have compared safety numbers with {0} before. Compare them again before you trust what is written under this name.";
    founded_anew: Phrase = "{0} founded this group anew";
    founded_anew_hint: Words = "If you go over, you are a member there under the name you have here. This group stays on this device until you leave it.";
    go_over: Words = "Go over";
    not_now: Words = "Not now";
    no_creator: Words = "This group has no creator any more";
    found_anew: Words = "Found the group anew";
    found_anew_hint: Words = "You can found it anew: a group of the same name with you as its creator, into which everybody here is invited. This one stays until you leave it.";

    invite_people: Words = "Invite people";
    invite_hint: Words = "Whoever opens the link can join, as long as it is valid.";
    expires_after: Words = "Expires after";
    one_hour: Words = "1 hour";
    one_day: Words = "1 day";
    seven_days: Words = "7 days";
    thirty_days: Words = "30 days";
    can_be_used: Words = "Can be used";
    uses: Counted = "Once | {0} times";
    uses_unlimited: Words = "Any number of times";
    ask_me: Words = "Ask me before someone joins";
    ask_me_hint: Words = "The creator or an admin then lets each person in.";
    create_invite_link: Words = "Create invite link";
    copy_link: Words = "Copy link";
    link_copied: Words = "Link copied";
    share: Words = "Share";
    qr_code: Words = "QR code";
    active_invites: Words = "Active invites";
    no_invites: Words = "No invite is open.";
    uses_left: Counted = "{0} use left | {0} uses left";
    uses_left_unlimited: Words = "any number of uses";
    asks_first: Words = "asks before someone joins";
    invite_by: Phrase = "by {0}";
    revoke: Words = "Revoke";
    link_is_secret: Words = "Send it only to people you want in the group.";

    group_settings: Words = "Group settings";
    save: Words = "Save";
    saved: Words = "Saved";
    rename_not_allowed: Words = "Only the creator and admins can rename the group.";
    who_invites: Words = "Who can invite people";
    who_invites_all: Words = "All members";
    who_invites_admins: Words = "Admins";
    who_invites_creator: Words = "Only the creator";
    leave_group: Words = "Leave group";
    leave_named: Phrase = "Leave {0}?";
    leave_hint: Words = "You get nothing that is written from then on. What you have stays on this device until you delete it. To come back you need a new invite.";
    leave: Words = "Leave";
    creator_stays: Words = "You look after this group. Before you leave, hand it over to another member: open Members, and there the actions for that member.";
    forget_group: Words = "Delete from this device";
    forget_named: Phrase = "Delete {0} from this device?";
    forget_hint: Words = "Its messages and keys are deleted here for good. The other members keep theirs.";
    forget_now: Words = "Delete";

    state_removed: Words = "You were removed from this group";
    state_removed_hint: Phrase = "{0} removed you. What was written before stays here; nothing new reaches you. To come back, ask a member for a new invite.";
    state_left: Words = "You left this group";
    state_left_hint: Words = "What was written before stays here. To come back, ask a member for a new invite.";
    state_forked: Words = "This group has split";
    state_forked_hint: Words = "Its creator's device has told different members different things, so nothing is sent any more. One of you can found the group anew, and the others go over.";
    state_silent: Words = "Nothing is sent from here";
    state_silent_hint: Words = "Please look at the warning above first.";

    connecting: Words = "Connecting...";
    relay_away: Words = "No connection to the relay";
    relay_away_hint: Words = "The relay is the server that passes messages on. What you write is kept here and sent as soon as the connection is back. The app keeps trying.";
    relay_refused: Words = "The relay does not answer as it should";
    relay_refused_hint: Words = "What you write is kept here. If this lasts, tell the person who runs this app's server.";
    relay_taken: Words = "Another window is using this connection";
    relay_taken_hint: Words = "Close the other window, or reload this page.";
    relay_address: Words = "This group's relay can't be reached from this page";
    relay_address_hint: Words = "Its address is not secure, but this page is. Ask the group for an invite that names another relay.";

    second_tab: Words = "DiscordOpus is open in another tab";
    second_tab_hint: Words = "Only one tab at a time can use your keys safely.";
    taken_over_hint: Words = "You can go on there, or take it back here. Nothing is lost.";
    use_here: Words = "Use here";
    unsupported: Words = "This browser can't run DiscordOpus";
    unsupported_hint: Words = "A current Firefox, Chrome, Edge or Safari can. This is missing here:";
    feature_secure_context: Words = "A secure connection: the page must come over https";
    feature_indexed_db: Words = "Storage in the browser (IndexedDB)";
    feature_web_crypto: Words = "Cryptography in the browser (Web Crypto)";
    feature_web_locks: Words = "Locks between tabs (Web Locks)";
    feature_web_socket: Words = "Connections to a relay (WebSocket)";
    feature_broadcast: Words = "Messages between tabs (BroadcastChannel)";
    feature_workers: Words = "Background threads (Web Workers)";
    storage_blocked: Words = "This browser keeps nothing for this page";
    storage_blocked_hint: Words = "Your keys and messages need a place. Leave private mode, or allow this site to store data, and reload. You can also go on without: then everything is gone when this tab closes.";
    continue_in_memory: Words = "Continue without storage";
    in_memory: Words = "Nothing is kept";
    in_memory_hint: Words = "When this tab closes, your keys and messages are gone, and you need a new invite.";
    storage_full: Words = "The storage is full";
    storage_full_hint: Words = "Nothing is sent or received until there is room: free some space on this device, or delete a group that you left.";
    storage_closed: Words = "The storage was closed";
    storage_closed_hint: Words = "Another tab or the browser closed it. Reload the page to go on.";
    storage_damaged: Words = "A part of the storage is damaged";
    storage_damaged_hint: Words = "It can't be read with this device's key. Reload the page; if this comes back, the data of this site has to be deleted and you need new invites.";
    storage_failed: Words = "The storage does not work";
    storage_failed_hint: Words = "Nothing is sent or received until it does. Reload the page; if this comes back, restart the browser.";
    too_new: Words = "This page is older than your data";
    too_new_hint: Words = "A newer version of the app has already run in this browser. Reload to get it.";
    restore_failed: Words = "Your data could not be read";
    restore_failed_hint: Words = "What is stored here does not fit together. Nothing was changed. Reload the page; if this comes back, please report it.";
    lock_failed: Words = "The browser refused a lock";
    lock_failed_hint: Words = "Without it two tabs could use the same keys. Close other tabs of this app and reload.";
    client_stopped: Words = "The app has stopped";
    client_stopped_hint: Words = "A part of it could not be loaded, or failed. What was written is kept on this device. Check your connection and reload the page.";

    start_call: Words = "Start call";
    join_call: Words = "Join call";
    join_anyway: Words = "Join anyway";
    call: Words = "Call";
    in_this_call: Words = "In this call";
    your_call: Words = "Your call";
    /// How many of the others one is connected to, how many others there are.
    connected_to: Phrase = "Connected to {0} of {1}";
    call_alone: Words = "Nobody else is in the call yet.";
    call_running: Counted = "{0} person is in a call | {0} people are in a call";
    in_call: Words = "In the call";
    /// Behind a group's name in the list.
    call_here: Words = "call running";
    mute: Words = "Mute";
    deafen: Words = "Deafen";
    push_to_talk: Words = "Push to talk";
    hold_to_talk: Words = "Hold to talk";
    /// The push-to-talk key.
    hold_key: Phrase = "or hold {0}";
    leave_call: Words = "Leave call";
    call_details: Words = "Call details";
    microphone_on: Words = "Microphone on";
    microphone_off: Words = "Microphone off";
    listening_only: Words = "Listening only";
    speaking: Words = "Speaking";
    muted: Words = "Muted";
    deafened: Words = "Deafened";
    quality_good: Words = "Good";
    quality_fair: Words = "Fair";
    quality_poor: Words = "Poor";
    quality_reconnecting: Words = "Reconnecting";
    quality_no_path: Words = "No path";
    volume_of: Phrase = "Volume of {0}";
    tap_to_hear: Words = "Tap to hear";
    tap_to_hear_hint: Words = "This browser plays no sound before you press something.";
    link_no_answer: Phrase = "No answer from {0}";
    link_no_answer_hint: Phrase = "{0}'s device may be asleep or without a connection. It is tried again as soon as something changes.";
    link_needs_turn: Phrase = "No path to {0}: a TURN server is needed";
    link_needs_turn_hint: Phrase = "Your network and {0}'s let no direct connection through. A TURN server passes calls on: whoever runs this page can set one up, or you add one in the settings.";
    link_turn_only_hint: Words = "Your settings let calls go over TURN servers only, and there is none. Add one there, or allow direct connections.";
    link_no_path: Phrase = "No path to {0}, not even over a TURN server";
    link_no_path_hint: Phrase = "A firewall between you may forbid calls. Try another network, a phone's hotspot for example, or ask {0} to.";
    link_unusable: Phrase = "This browser could not connect to {0}";
    link_unusable_hint: Phrase = "Leave the call and join again. If this comes back, one of you two may try another browser.";
    microphone_asking: Words = "The browser asks for your microphone";
    microphone_asking_hint: Words = "Please allow it there. Until then you are listening only.";
    microphone_refused: Words = "This page may not use the microphone";
    microphone_refused_hint: Words = "You are listening only. To talk, allow the microphone beside the page's address, then try again.";
    microphone_missing: Words = "No microphone was found";
    microphone_missing_hint: Words = "You are listening only. To talk, plug one in, then try again.";
    microphone_unusable: Words = "The microphone can't be used";
    microphone_unusable_hint: Words = "You are listening only. Another program may have it: close that one, or choose another microphone in the settings, then try again.";
    microphone_lost: Words = "The microphone is gone";
    microphone_lost_hint: Words = "You are listening only. Plug it in again, or choose another one in the settings, then try again.";
    many_people: Counted = "You would be {0} in this call";
    /// Upload, download, in kilobits a second.
    many_people_hint: Phrase = "Everybody sends their voice to everybody else. That takes about {0} kbit/s up and {1} kbit/s down. On a slow connection or an old device voices may break up.";
    /// People, upload, download.
    many_people_now: Phrase = "{0} people: about {1} kbit/s up and {2} kbit/s down";
    /// The group, who started it.
    incoming_call: Phrase = "{0}: call started by {1}";
    /// The group whose call one is in.
    leaves_other_call: Phrase = "You leave the call in {0} if you join.";
    title_call: Phrase = "Call in {0} - DiscordOpus";
    title_incoming_call: Phrase = "{0} is calling - DiscordOpus";
    who_hears_whom: Words = "Who hears whom";
    who_hears_whom_hint: Words = "Each line is what that person's device says.";
    /// In the corner of the table.
    listener: Words = "Listener";
    hears: Words = "Hears";
    hears_not: Words = "Does not hear";
    connections: Words = "Connections";
    person: Words = "Person";
    path: Words = "Path";
    path_direct: Words = "Direct";
    path_relayed: Words = "Relayed";
    upload: Words = "Up";
    download: Words = "Down";
    loss: Words = "Loss";
    round_trip: Words = "Round trip";
    kilobits: Phrase = "{0} kbit/s";
    milliseconds: Phrase = "{0} ms";
    typing_one: Phrase = "{0} is typing...";
    typing_two: Phrase = "{0} and {1} are typing...";
    typing_three: Phrase = "{0}, {1} and {2} are typing...";
    typing_many: Words = "Several people are typing...";

    settings: Words = "Settings";
    /// The way to the settings that are the same for all groups.
    device_settings: Words = "Settings of this device";
    reading: Words = "Reading";
    read_receipts: Words = "Let others see what I have read";
    read_receipts_hint: Words = "Whoever wrote a message then sees in its Info that you have read it. It concerns messages that come from now on.";
    profile: Words = "Profile";
    profile_hint: Words = "The members of all your groups see this.";
    choose_picture: Words = "Choose a picture";
    remove_picture: Words = "Remove the picture";
    picture_unusable: Words = "This file is no picture that can be used here.";
    /// The name that somebody came with, beside the one it has now.
    joined_as: Phrase = "Joined as {0}";
    sound: Words = "Sound";
    microphone: Words = "Microphone";
    speaker: Words = "Speaker";
    device_default: Words = "The browser's choice";
    /// A device without a name: what it is, its number.
    device_numbered: Phrase = "{0} {1}";
    devices_hint: Words = "The names appear once this page may use the microphone.";
    speaker_fixed: Words = "In this browser, the system's settings decide where sound is played.";
    noise_suppression: Words = "Noise suppression";
    noise_suppression_hint: Words = "Takes out fans, keys and traffic.";
    echo_cancellation: Words = "Echo cancellation";
    echo_cancellation_hint: Words = "Keeps the others from hearing themselves. You can do without when you wear headphones.";
    automatic_gain: Words = "Automatic gain";
    automatic_gain_hint: Words = "Evens out how loud you are.";
    push_to_talk_hint: Words = "The microphone is open only while you hold a key, or the button in the call.";
    push_to_talk_key: Words = "Push-to-talk key";
    push_to_talk_key_hint: Words = "Go into this field and press the key. While you type, a key that writes something does not open the microphone.";
    sounds: Words = "Sounds for calls";
    sounds_hint: Words = "When somebody calls, and when people come and go.";
    test_microphone: Words = "Test microphone";
    test_microphone_hint: Words = "Say something: the bar should move. Nobody hears it.";
    microphone_level: Words = "Microphone level";
    notifications: Words = "Notifications";
    notify_me: Words = "Notify me";
    notify_hint: Words = "When this page is hidden, a notification tells of calls and new messages. The browser will ask you once.";
    notify_on: Words = "When this page is hidden, a notification tells of calls and new messages.";
    notify_off: Words = "This browser shows no notifications for this page. To change that, allow them beside the page's address.";
    notify_offer: Words = "Something new came while you were away. Shall a notification tell you next time?";
    notice_names: Words = "Show who and what";
    notice_names_hint: Words = "Names and the beginning of a message. Your system may keep them, and show them on a locked screen and on your other devices. Otherwise you only learn that there is something.";
    notice_call: Words = "Somebody is calling";
    notice_something: Words = "Something new in your groups";
    /// Who wrote what, in a notification.
    notice_message: Phrase = "{0}: {1}";
    newer_version: Words = "A new version is ready";
    later: Words = "Later";
    install_app: Words = "Install the app";
    share_with: Words = "Share with a group";
    share_nowhere: Words = "There is no group yet. Create one or join one, then share again.";
    network: Words = "Network";
    relay_only: Words = "Calls over TURN servers only";
    relay_only_hint: Words = "A TURN server passes calls on, so that the others don't learn your network address. Sound takes a longer way, and where there is no such server, no call comes about.";
    own_servers: Words = "Own STUN and TURN servers";
    own_servers_hint: Words = "They help calls through where two networks let no direct connection through. They are used beside those that come with this page.";
    server_address: Words = "Server address";
    server_address_hint: Words = "For example stun:host:3478, turn:host:3478 or turns:host:5349";
    server_user: Words = "User name";
    server_password: Words = "Password";
    server_login_hint: Words = "TURN servers need both.";
    language: Words = "Language";
    /// The first choice of a list: what the browser or the system is set to.
    as_system: Words = "As the system is set";
    language_failed: Words = "This language could not be loaded. Please try again when you are connected.";
    appearance: Words = "Appearance";
    theme: Words = "Colours";
    theme_light: Words = "Light";
    theme_dark: Words = "Dark";
    high_contrast: Words = "High contrast";
    high_contrast_hint: Words = "Stronger lines and text, also where the system does not ask for them.";
    text_size: Words = "Text size";
    reduced_motion: Words = "Less motion";
    reduced_motion_hint: Words = "Nothing slides or fades, also where the system does not ask for that.";
    add_server: Words = "Add server";
    remove_server: Phrase = "Remove {0}";
    server_bad_address: Words = "An address begins with stun:, turn: or turns:, and goes on with a host's name.";
    server_no_login: Words = "A TURN server needs a user name and a password.";
    server_known: Words = "This server is in the list already.";
    about: Words = "About";
    version: Phrase = "Version {0}";
    licence: Words = "Free software under the MIT or the Apache 2.0 licence, as you prefer.";
    shortcuts: Words = "Keyboard shortcuts";
    key_send: Words = "Send the message";
    key_line: Words = "Begin a new line";
    key_edit: Words = "Change your last message, in an empty field";
    key_jump: Words = "Jump to a group (on a Mac with the Command key)";
    key_move: Words = "Go from message to message in the log, or from entry to entry in a list or menu";
    key_close: Words = "Close what is open";
    key_talk: Words = "Talk while held, with push to talk";
    key_shortcuts: Words = "Show this list, outside of text fields";
    connection_and_diagnostics: Words = "Connection and diagnostics";
    test_connection: Words = "Test the connection";
    test_connection_hint: Words = "Asks each server that messages and calls need. It learns your network address by that, as in a call.";
    test_now: Words = "Test now";
    testing: Words = "Testing...";
    relay_works: Words = "The relay answers: messages get through.";
    relay_silent: Words = "The relay does not answer. Your network may be down, or a firewall forbids WebSocket connections to it.";
    stun_works: Words = "This STUN server answers: direct calls can find their way.";
    stun_silent: Words = "This STUN server does not answer. Your network may forbid UDP, or the server is down.";
    turn_works: Words = "This TURN server answers: it can pass calls on.";
    turn_silent: Words = "This TURN server does not answer. Your network may forbid the way to it, or the server is down.";
    turn_refused: Words = "This TURN server does not accept its user name and password.";
    verdict_good: Words = "All is well: messages get through, and calls find a way in nearly every network.";
    verdict_no_turn: Words = "Messages get through, and so do most calls. Where both sides are behind strict networks a TURN server is needed, and none works here.";
    verdict_no_servers: Words = "Messages get through. Calls work within one network only: no STUN or TURN server works here. Whoever runs this page can set one up, or you add one in the settings.";
    verdict_no_relay: Words = "Messages can't get through at the moment. What you write is kept and sent later.";
    diagnostics: Words = "Diagnostics";
    diagnostics_hint: Words = "For somebody who helps you: versions, numbers and states. No names, no messages, no keys, no addresses. Nothing leaves this page unless you copy it.";
    diagnostics_show: Words = "Show diagnostics";
    server_too_many: Words = "More servers make calls slower, not better. Remove one first.";

    refused_text: Words = "This message is empty or too long.";
    refused_unknown_group: Words = "This group is not on this device.";
    refused_not_member: Words = "You are no longer a member of this group.";
    refused_not_allowed: Words = "Your role in this group does not allow this.";
    refused_already_member: Words = "You are already in this group.";
    refused_invite_limits: Words = "An invite can't last that long or be used that often.";
    refused_full: Words = "The group is full.";
    refused_alarm: Words = "Sending has stopped in this group until you have looked at its warning.";
    refused_storage: Words = "The storage takes nothing at the moment, so this was not done.";
    refused_call_full: Words = "The call is full: eight people can be in it.";
    security: Words = "Security";
    passphrase: Words = "Passphrase";
    passphrase_off: Words = "Without a passphrase, whoever can use this browser can read your groups.";
    passphrase_on: Words = "What is stored on this device opens with your passphrase only.";
    set_passphrase: Words = "Set a passphrase";
    change_passphrase: Words = "Change the passphrase";
    remove_passphrase: Words = "Remove the passphrase";
    current_passphrase: Words = "Current passphrase";
    new_passphrase: Words = "New passphrase";
    repeat_passphrase: Words = "New passphrase again";
    passphrase_again: Words = "Passphrase again";
    passphrase_hint: Words = "Several words that nobody guesses, at least 8 characters.";
    passphrase_lost: Words = "A forgotten passphrase can't be recovered, by nobody: what is stored here is lost then.";
    passphrase_short: Words = "That is too short: at least 8 characters, please.";
    passphrase_differs: Words = "The two are not the same.";
    passphrase_wrong: Words = "That is not the passphrase. Nothing is lost: try again.";
    passphrase_set: Words = "The passphrase is set.";
    passphrase_removed: Words = "The passphrase is removed.";
    working: Words = "Working...";
    lock_now: Words = "Lock now";
    lock_after: Words = "Lock when nobody was here for";
    lock_after_hint: Words = "Never during a call. While the app is locked it receives nothing; what was sent comes when you open it.";
    lock_never: Words = "Never";
    locked: Words = "Locked";
    locked_hint: Words = "Your groups on this device open with your passphrase.";
    unlock: Words = "Unlock";
    unlocking: Words = "Unlocking...";
    erase_device: Words = "Erase this device";
    erase_title: Words = "Erase everything of DiscordOpus on this device?";
    erase_hint: Words = "Your groups, messages and keys on this device are gone then, and nobody can bring them back. The others keep theirs. To come back you need new invites.";
    erase: Words = "Erase";
    storage: Words = "Storage";
    storage_used: Phrase = "{0} of {1} in use";
    storage_kept: Words = "The browser has promised to keep what is stored here.";
    storage_not_kept: Words = "The browser may throw away what is stored here when space runs short.";
    storage_refused: Words = "The browser does not promise it yet. It often does once the app is installed, or was used for a while.";
    ask_to_keep: Words = "Ask the browser to keep it";
    backup: Words = "Backup";
    backup_hint: Words = "One encrypted file with everything that is stored here: your groups, messages and keys. With it and its passphrase you can go on in another browser.";
    export: Words = "Export";
    export_title: Words = "Export a backup";
    export_now: Words = "Export now";
    backup_lost: Words = "A forgotten passphrase can't be recovered, by nobody: without it the file is worth nothing.";
    exported: Words = "The backup is written. Keep the file and its passphrase in different places.";
    restore_title: Words = "Restore a backup";
    restore_now: Words = "Restore now";
    restore_file: Words = "Backup file";
    restore_file_missing: Words = "Choose the file first.";
    restore_hint: Words = "Everything comes back as it was when the backup was written. What the others wrote since comes when they are online.";
    restore_warning: Words = "Do not go on using the browser that the backup is from: two devices with the same keys can't work side by side. Erase it, or leave its groups closed.";
    restore_in_use: Words = "There are groups in this browser already. A backup can be restored in a fresh one only: another browser, another profile, or this one after its data was deleted.";
    not_backup: Words = "This file is not a backup of DiscordOpus.";
    newer_backup: Words = "This backup was written by a newer version. Reload the page to get that version, and try again.";
    damaged_backup: Words = "This file is damaged or incomplete. Nothing was restored. Try another copy of it.";
    done_share: Phrase = "{0} done";
    notify_all: Words = "All messages";
    notify_mentions: Words = "Only mentions";
    notify_nothing: Words = "Nothing";
    mute_group: Words = "Mute this group";
    mute_group_hint: Words = "What is unread here is shown quieter, counts nowhere else, and nothing is told of it. Calls still ring.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::i18n::Locale;

    #[test]
    fn no_language_lacks_a_text_or_has_one_too_many() {
        let mut wrong = Vec::new();
        for (locale, file) in Locale::FILES {
            let name = |line: &'static str| line.split_once(" = ").map(|(name, _)| name);
            let own: Vec<&str> = file.lines().filter_map(name).collect();
            for name in NAMES.lines().filter(|name| !own.contains(name)) {
                wrong.push(format!("{locale:?} lacks {name}"));
            }
            for name in own
                .iter()
                .filter(|own| !NAMES.lines().any(|name| name == **own))
            {
                wrong.push(format!(
                    "{locale:?} has {name}, which nothing says any more"
                ));
            }
        }
        assert!(
            wrong.is_empty(),
            "{}\nThe first line of every language file has to be {FINGERPRINT:016x}",
            wrong.join("\n")
        );
    }

    #[test]
    fn no_text_is_left_in_another_language() {
        let (_, file) = Locale::FILES
            .into_iter()
            .find(|(it, _)| *it == Locale::Arabic)
            .expect("a file");
        let strings = Strings::read(file).expect("readable");
        let mut left = Vec::new();
        for ((name, own), english) in NAMES.lines().zip(strings.0).zip(&ENGLISH) {
            let words = english.replace("DiscordOpus", "");
            let says_something = words.chars().any(char::is_alphabetic);
            let is_arabic = |c: char| ('\u{600}'..='\u{6ff}').contains(&c);
            if says_something && !own.chars().any(is_arabic) {
                left.push(name);
            }
        }
        assert!(left.is_empty(), "to be translated: {left:?}");
    }

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
            let names: Vec<&str> = lines
                .filter(|line| !line.is_empty())
                .map(|line| line.split_once(" = ").expect("name = text").0)
                .collect();
            assert!(
                names.iter().copied().eq(NAMES.lines()),
                "{locale:?}: the order"
            );
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
