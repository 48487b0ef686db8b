//! The accessible names the app promises, in its English words.

/// The app's name, the heading of its first screen.
pub(crate) const APP: &str = "DiscordOpus";
/// Textbox on the first screen and on an invite.
pub(crate) const YOUR_NAME: &str = "Your name";
/// Button and dialog.
pub(crate) const CREATE_GROUP: &str = "Create a group";
/// Textbox in the dialog [`CREATE_GROUP`].
pub(crate) const GROUP_NAME: &str = "Group name";
/// Button in the dialog [`CREATE_GROUP`].
pub(crate) const CREATE: &str = "Create";
/// Button and dialog.
pub(crate) const JOIN_WITH_LINK: &str = "Join with a link";
/// Textbox, to paste into and to copy from.
pub(crate) const INVITE_LINK: &str = "Invite link";
/// Button in the dialog [`JOIN_WITH_LINK`].
pub(crate) const CONTINUE: &str = "Continue";
/// Button on an invite.
pub(crate) const JOIN: &str = "Join";

/// Navigation with a link for each group.
pub(crate) const GROUPS: &str = "Groups";
/// The log of a group.
pub(crate) const MESSAGES: &str = "Messages";
/// The composer's textbox.
pub(crate) const MESSAGE: &str = "Message";
/// The composer's button.
pub(crate) const SEND: &str = "Send";
/// Button of a message, and the menu that it opens.
pub(crate) const MESSAGE_ACTIONS: &str = "Message actions";
/// Entry of a message's menu.
pub(crate) const REPLY: &str = "Reply";
/// What the composer says while it answers a message.
pub(crate) const ANSWER_TO: &str = "Answer to";
/// Entry of a message's menu.
pub(crate) const EDIT: &str = "Edit";
/// What the composer says while it edits a message.
pub(crate) const EDITING: &str = "Edit message";
/// Mark of a message.
pub(crate) const EDITED: &str = "Edited";
/// Entry of a message's menu.
pub(crate) const INFO: &str = "Info";
/// Its dialog.
pub(crate) const MESSAGE_INFO: &str = "Message info";
/// Heading in the dialog [`MESSAGE_INFO`].
pub(crate) const EARLIER_WORDS: &str = "Earlier words";
/// Entry of a message's menu.
pub(crate) const PIN: &str = "Pin";
/// Entry of a message's menu.
pub(crate) const UNPIN: &str = "Unpin";
/// Button of a group with pinned messages, and dialog.
pub(crate) const PINNED: &str = "Pinned messages";
/// Entry of a message's menu.
pub(crate) const DELETE: &str = "Delete";
/// Button of the question whether to delete a message.
pub(crate) const DELETE_FOR_ALL: &str = "Delete for everyone";
/// Button of the question whether to delete a message.
pub(crate) const DELETE_HERE: &str = "Delete on this device";
/// What stands in place of a deleted message.
pub(crate) const DELETED: &str = "This message was deleted.";
/// Button of a group.
pub(crate) const SEARCH: &str = "Search";
/// Its dialog.
pub(crate) const SEARCH_IN_GROUP: &str = "Search this group";
/// Textbox in the dialog [`SEARCH_IN_GROUP`].
pub(crate) const SEARCH_MESSAGES: &str = "Search messages";
/// Status in the dialog [`SEARCH_IN_GROUP`].
pub(crate) const ONE_FOUND: &str = "1 message found";
/// Combobox in the dialog [`GROUP_SETTINGS`].
pub(crate) const DISAPPEARING: &str = "Disappearing messages";
/// The shortest entry of the combobox [`DISAPPEARING`].
pub(crate) const HALF_A_MINUTE: &str = "30 seconds";
/// Entry of the combobox [`DISAPPEARING`].
pub(crate) const FOR_GOOD: &str = "Off";
/// Mark of a message that disappears.
pub(crate) const DISAPPEARS: &str = "Disappears 30 seconds after it was seen";
/// Button of the composer, and dialog.
pub(crate) const EMOJI: &str = "Emoji";
/// Heading in the dialog [`EMOJI`].
pub(crate) const SMILEYS: &str = "Smileys and feelings";
/// Textbox in the dialog [`EMOJI`].
pub(crate) const SEARCH_EMOJI: &str = "Search emoji";

/// Region with the list of members.
pub(crate) const MEMBERS: &str = "Members";

/// Button and dialog.
pub(crate) const INVITE_PEOPLE: &str = "Invite people";
/// Combobox in the dialog [`INVITE_PEOPLE`].
pub(crate) const CAN_BE_USED: &str = "Can be used";
/// Entry of the combobox [`CAN_BE_USED`].
pub(crate) const ONCE: &str = "Once";
/// Entry of the combobox [`CAN_BE_USED`].
pub(crate) const FIVE_TIMES: &str = "5 times";
/// Button in the dialog [`INVITE_PEOPLE`].
pub(crate) const CREATE_INVITE_LINK: &str = "Create invite link";
/// Button in the dialog [`INVITE_PEOPLE`].
pub(crate) const COPY_LINK: &str = "Copy link";
/// Image in the dialog [`INVITE_PEOPLE`].
pub(crate) const QR_CODE: &str = "QR code";
/// List in the dialog [`INVITE_PEOPLE`].
pub(crate) const ACTIVE_INVITES: &str = "Active invites";
/// Button in the list [`ACTIVE_INVITES`].
pub(crate) const REVOKE: &str = "Revoke";

/// Checkbox in the dialog [`INVITE_PEOPLE`].
pub(crate) const ASK_ME: &str = "Ask me before someone joins";
/// Status of a join that the creator or an admin has to agree to.
pub(crate) const WAITING_FOR_APPROVAL: &str = "Waiting for approval";
/// Status of a join that was turned down.
pub(crate) const DECLINED: &str = "Your request was declined";
/// Button of a request.
pub(crate) const LET_IN: &str = "Let in";
/// Button of a request.
pub(crate) const REFUSE: &str = "Refuse";

/// Entry of a member's menu.
pub(crate) const VERIFY: &str = "Verify";
/// Its dialog.
pub(crate) const SAFETY_NUMBER: &str = "Safety number";
/// Button in the dialog [`SAFETY_NUMBER`].
pub(crate) const THEY_MATCH: &str = "They match";
/// What the list of members says of one whose number was compared.
pub(crate) const VERIFIED: &str = "Verified";
/// Entry of a member's menu, and button of its question.
pub(crate) const MAKE_ADMIN: &str = "Make admin";
/// Entry of a member's menu, and button of its question.
pub(crate) const HAND_OVER: &str = "Hand over the group";
/// What the list of members says of one.
pub(crate) const ADMIN: &str = "Admin";
/// What the list of members says of one.
pub(crate) const CREATOR: &str = "Creator";
/// Entry of a member's menu.
pub(crate) const REMOVE_FROM_GROUP: &str = "Remove from group";
/// Checkbox of its question.
pub(crate) const ALSO_REVOKE: &str = "Also revoke open invite links";

/// Heading of a tab that does not run the client.
pub(crate) const SECOND_TAB: &str = "DiscordOpus is open in another tab";
/// Its button.
pub(crate) const USE_HERE: &str = "Use here";

/// State of an own message that every other member has.
pub(crate) const DELIVERED: &str = "Delivered";
/// State of an own message that no relay has yet.
pub(crate) const SENDING: &str = "Sending";

/// Status of a join that no member has answered.
pub(crate) const WAITING: &str = "Waiting for a member to come online";
/// Status of a join by a link that is over.
pub(crate) const EXPIRED_OR_REVOKED: &str = "This invite has expired or was revoked";
/// Status of a join by a link that others have used up.
pub(crate) const ALREADY_USED: &str = "This invite was already used";
/// State of an own message that the relay has.
pub(crate) const SENT: &str = "Sent";
/// Status of a group whose relay can't be reached.
pub(crate) const RELAY_AWAY: &str = "No connection to the relay";
/// Status in place of the composer.
pub(crate) const REMOVED: &str = "You were removed from this group";
/// Status in place of the composer.
pub(crate) const LEFT: &str = "You left this group";

/// Heading for a text without a link in it.
pub(crate) const NOT_A_LINK: &str = "This is not an invite link";
/// Heading for a link that lost or changed a part.
pub(crate) const DAMAGED_LINK: &str = "This invite link is incomplete";
/// Heading for a link of an unknown version.
pub(crate) const NEWER_LINK: &str = "This invite link needs a newer version of the app";
/// Heading for a link whose time is over.
pub(crate) const EXPIRED_LINK: &str = "This invite link has expired";

/// Heading where the browser gives no storage.
pub(crate) const STORAGE_BLOCKED: &str = "This browser keeps nothing for this page";
/// Its second button.
pub(crate) const CONTINUE_WITHOUT: &str = "Continue without storage";
/// What the app says from then on.
pub(crate) const NOTHING_IS_KEPT: &str = "Nothing is kept";

/// Button of a group.
pub(crate) const GROUP_SETTINGS: &str = "Group settings";
/// Button in the dialog [`GROUP_SETTINGS`].
pub(crate) const LEAVE_GROUP: &str = "Leave group";
/// Button of the question whether to leave.
pub(crate) const LEAVE: &str = "Leave";
/// Button of the question whether to remove a member.
pub(crate) const REMOVE: &str = "Remove";
/// Heading where the client has ended or could not be loaded.
pub(crate) const STOPPED: &str = "The app has stopped";
/// Its button.
pub(crate) const RELOAD: &str = "Reload";

/// Button of a group without a call.
pub(crate) const START_CALL: &str = "Start call";
/// Button of a group with one, and of the card of an incoming call.
pub(crate) const JOIN_CALL: &str = "Join call";
/// Button of the warning about a call of many.
pub(crate) const JOIN_ANYWAY: &str = "Join anyway";
/// Button of the call one is in.
pub(crate) const LEAVE_CALL: &str = "Leave call";
/// List of the people in a call.
pub(crate) const IN_THIS_CALL: &str = "In this call";
/// Button that is down while the microphone sends silence.
pub(crate) const MUTE: &str = "Mute";
/// Button that is down while nothing is played.
pub(crate) const DEAFEN: &str = "Deafen";
/// Button that is down while the microphone is open only as long as a key is held.
pub(crate) const PUSH_TO_TALK: &str = "Push to talk";
/// Field of the settings that takes the key for it.
pub(crate) const PUSH_TO_TALK_KEY: &str = "Push-to-talk key";
/// Button that opens the microphone while it is pressed, in that mode.
pub(crate) const HOLD_TO_TALK: &str = "Hold to talk";
/// Mark of somebody in a call.
pub(crate) const SPEAKING: &str = "Speaking";
/// Mark of somebody in a call.
pub(crate) const MUTED: &str = "Muted";
/// Mark of somebody in a call.
pub(crate) const DEAFENED: &str = "Deafened";
/// Mark of somebody in a call without a microphone.
pub(crate) const LISTENING_ONLY: &str = "Listening only";
/// What whoever had a microphone reads when there is none any more.
pub(crate) const MICROPHONE_IS_GONE: &str = "The microphone is gone";
/// What whoever had none reads.
pub(crate) const NO_MICROPHONE: &str = "No microphone was found";
/// Quality of somebody to whom there is no connection.
pub(crate) const NO_PATH: &str = "No path";
/// Button that shows the table of who hears whom.
pub(crate) const CALL_DETAILS: &str = "Call details";
/// The way of a connection, in the call's details.
pub(crate) const DIRECT: &str = "Direct";
/// The way of a connection, in the call's details.
pub(crate) const RELAYED: &str = "Relayed";

/// Link beside every page, and heading of its page.
pub(crate) const SETTINGS: &str = "Settings";
/// Combobox of the settings.
pub(crate) const MICROPHONE: &str = "Microphone";
/// Combobox of the settings.
pub(crate) const SPEAKER: &str = "Speaker";
/// Checkbox of the settings.
pub(crate) const RELAY_ONLY: &str = "Calls over TURN servers only";
/// Status of a page that is older than the version on the device.
pub(crate) const NEWER_VERSION: &str = "A new version is ready";
/// Dialog for a text that another program shared.
pub(crate) const SHARE_WITH: &str = "Share with a group";

/// Link of a page that fills the screen.
pub(crate) const BACK: &str = "Back";

/// Button and dialog in the settings.
pub(crate) const SET_PASSPHRASE: &str = "Set a passphrase";
/// Textbox in the dialog [`SET_PASSPHRASE`].
pub(crate) const NEW_PASSPHRASE: &str = "New passphrase";
/// Textbox in the dialog [`SET_PASSPHRASE`].
pub(crate) const REPEAT_PASSPHRASE: &str = "New passphrase again";
/// Button in the settings.
pub(crate) const LOCK_NOW: &str = "Lock now";
/// Heading of the screen of a locked app.
pub(crate) const LOCKED: &str = "Locked";
/// Textbox on the screen [`LOCKED`], and in the dialogs of backups.
pub(crate) const PASSPHRASE: &str = "Passphrase";
/// Button on the screen [`LOCKED`].
pub(crate) const UNLOCK: &str = "Unlock";
/// Button on the screen [`LOCKED`].
pub(crate) const ERASE_DEVICE: &str = "Erase this device";
/// Button in the dialog of [`ERASE_DEVICE`].
pub(crate) const ERASE: &str = "Erase";

/// Button in the settings.
pub(crate) const EXPORT: &str = "Export";
/// Textbox in the dialog of [`EXPORT`].
pub(crate) const PASSPHRASE_AGAIN: &str = "Passphrase again";
/// Button in the dialog of [`EXPORT`].
pub(crate) const EXPORT_NOW: &str = "Export now";
/// Button on the first page and in the settings.
pub(crate) const RESTORE: &str = "Restore a backup";
/// Button in the dialog of [`RESTORE`].
pub(crate) const RESTORE_NOW: &str = "Restore now";
