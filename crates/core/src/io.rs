//! Everything that crosses the boundary between the client and the world.
//!
//! Inputs come from the person ([`Command`]), the relay adapter and the clock. Outputs are executed **in order**: an
//! output behind a [`Output::Persist`] may run only once that batch is stored, unless it [runs at once](Output::runs_at_once).

mod call;
mod encoding;
mod link;
mod settings;

pub use call::{
    CallMember, CallView, LinkProblem, LinkState, LinkView, Microphone, Path, Quality, Voice,
};
pub use encoding::read;
pub use link::{
    BULK_CHANNEL, CHANNEL, Candidate, Description, Figures, Ice, IceServer, IceState, LinkCommand,
    LinkEvent,
};
pub use settings::{
    GroupNotices, LOCK_AFTER, Look, MAX_RECENT_EMOJI, MAX_TEXT_SIZE, MAX_VOLUME, MIN_TEXT_SIZE,
    NoticeLevel, Notices, OwnProfile, Settings, Theme,
};

use minicbor::bytes::ByteVec;

use crate::chat::{Body, MessageView};
use crate::file::FileKey;
use crate::ids::{
    ClientId, ConnectionId, GroupId, InviteId, Mailbox, MemberId, MessageId, ReceiptId, Timestamp,
    TransmitId,
};
use crate::invite::{Link, LinkError};
use crate::store::{Changes, StoreError};

/// What a deployment fixes and the client only repeats.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Config {
    /// Relay addresses (`ws://` or `wss://`) for groups that are created here, at most [`crate::wire::limits::MAX_RELAYS`].
    pub relays: Vec<String>,
    /// The app's own address without fragment, e.g. `https://chat.example/`; invite links begin with it.
    pub origin: String,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Input {
    /// The person asks for something.
    Command(Command),
    /// The time that [`crate::Client::poll_timeout`] named has come (or any other time: it is only a chance to look).
    Timeout,
    /// The page became visible, or the network came back: try now rather than after the back-off.
    Wake,
    /// The browser says there is no network.
    NetworkLost,
    /// A relay connection is up and its mailboxes are subscribed.
    RelayOpened {
        /// Which.
        connection: ConnectionId,
        /// The relay still had our session, so what arrived meanwhile is on its way.
        session_present: bool,
    },
    /// A relay connection could not be opened, or ended.
    RelayClosed {
        /// Which.
        connection: ConnectionId,
        /// Why, as far as one can tell.
        reason: RelayProblem,
    },
    /// The relay has taken responsibility for a frame.
    RelayAccepted {
        /// The connection it went over.
        connection: ConnectionId,
        /// Which frame.
        transmit: TransmitId,
    },
    /// The relay refused a frame for good (e.g. too large); it will not help to repeat it.
    RelayRefused {
        /// The connection it went over.
        connection: ConnectionId,
        /// Which frame.
        transmit: TransmitId,
    },
    /// A frame arrived. Untrusted in every respect.
    RelayReceived {
        /// The connection it came over.
        connection: ConnectionId,
        /// Echoed in [`Output::Acknowledge`] when the relay may forget the frame.
        receipt: ReceiptId,
        /// The mailbox it was addressed to.
        mailbox: Mailbox,
        /// The frame.
        bytes: Vec<u8>,
    },
    /// Something happened to a direct link.
    Link(LinkEvent),
    /// Answers [`Output::FetchIce`].
    IceServers {
        /// What the deployment and its relay offer; empty when nothing could be had.
        servers: Vec<IceServer>,
        /// For how many seconds the credentials are good.
        lifetime_seconds: u32,
    },
    /// Answers [`Output::Recall`].
    Recalled {
        /// The message's group.
        group: GroupId,
        /// Which message.
        message: MessageId,
        /// What the storage has; `None`: nothing, or it can't be read.
        view: Option<Box<MessageView>>,
    },
    /// Answers [`Output::ReadFile`].
    FileRead {
        /// The file's group.
        group: GroupId,
        /// Which file.
        number: u32,
        /// From where on it was read.
        first: u32,
        /// The chunks that are here, with their numbers, in order.
        chunks: Vec<(u32, ByteVec)>,
    },
    /// A [`Output::Persist`] failed; it was not written, and the outputs behind it were not executed.
    StorageFailed(StoreError),
    /// The tab hands over or closes: write what allows a clean restart.
    Shutdown,
}

/// Why there is no relay connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayProblem {
    /// Could not connect, or the connection broke.
    Unreachable,
    /// It answers, but not as a relay of ours.
    Refused,
    /// Another tab or device used the same session.
    TakenOver,
    /// The address is not usable from this page (e.g. `ws:` from `https:`).
    BadAddress,
    /// Closed because the client asked for it.
    Closed,
}

/// What a person can ask for. Names and texts are checked by the client; a refusal comes back as [`Event::Refused`].
#[derive(Clone, PartialEq, Eq)]
pub enum Command {
    /// Found a group; answered by [`Event::GroupCreated`].
    CreateGroup {
        /// The group's name.
        group_name: String,
        /// The founder's name.
        your_name: String,
    },
    /// Ask to join by an invite link; progress comes as [`Event::Join`].
    Join {
        /// The checked link.
        link: Link,
        /// The joiner's name.
        your_name: String,
    },
    /// Give up a join that waits.
    CancelJoin {
        /// Its invite.
        invite: InviteId,
    },
    /// Write to a group.
    SendText {
        /// Which group.
        group: GroupId,
        /// The text, at most [`crate::wire::limits::MAX_TEXT`] bytes.
        text: String,
        /// The message that it answers.
        reply_to: Option<MessageId>,
    },
    /// Send files to a group, perhaps with words.
    SendFiles {
        /// Which group.
        group: GroupId,
        /// The words, at most [`crate::file::MAX_CAPTION`] bytes; may be empty.
        text: String,
        /// The message that it answers.
        reply_to: Option<MessageId>,
        /// At least one, at most [`crate::file::MAX_FILES`].
        files: Vec<NewFile>,
    },
    /// Take the next encrypted chunks of a file that is too large to be handed over with its message; told by
    /// [`Event::ChunksKept`]. The first ones begin it.
    KeepChunks {
        /// Which group.
        group: GroupId,
        /// The interface's own number for it, for [`NewFile::upload`].
        upload: u64,
        /// The chunks.
        chunks: Vec<ByteVec>,
    },
    /// Such a file isn't sent after all.
    DropUpload {
        /// Which group.
        group: GroupId,
        /// Its number.
        upload: u64,
    },
    /// Ask the others for what is missing of a file.
    FetchFile {
        /// Which group.
        group: GroupId,
        /// The file's number on this device: [`crate::chat::Attached::number`].
        number: u32,
    },
    /// Fetch no more of it; what has come stays.
    StopFile {
        /// Which group.
        group: GroupId,
        /// The file's number on this device.
        number: u32,
    },
    /// Delete every file of a group from this device. The messages stay, and files can be asked for again.
    DropFiles {
        /// Which group.
        group: GroupId,
    },
    /// Put a message of one's own in other words.
    EditMessage {
        /// Which group.
        group: GroupId,
        /// Which message.
        message: MessageId,
        /// The words.
        text: String,
    },
    /// Take a message of one's own back: the others' devices are asked to delete it, and this one does.
    DeleteMessage {
        /// Which group.
        group: GroupId,
        /// Which message.
        message: MessageId,
    },
    /// Delete a message on this device only; told by [`Event::MessageGone`].
    HideMessage {
        /// Which group.
        group: GroupId,
        /// Which message.
        message: MessageId,
    },
    /// React to a message, or no longer.
    React {
        /// Which group.
        group: GroupId,
        /// Which message.
        message: MessageId,
        /// With what: an emoji (see [`crate::chat::is_reaction`]).
        emoji: String,
        /// Whether.
        on: bool,
    },
    /// Pin a message for everybody, or let go of it.
    PinMessage {
        /// Which group.
        group: GroupId,
        /// Which message.
        message: MessageId,
        /// Whether.
        on: bool,
    },
    /// Let messages disappear that are written from now on.
    SetTimer {
        /// Which group.
        group: GroupId,
        /// Seconds that each reader keeps them after having seen them, at most [`crate::chat::MAX_LIFETIME`]; 0: for good.
        seconds: u32,
    },
    /// Send a failed message once more.
    Retry {
        /// Which group.
        group: GroupId,
        /// Which message.
        message: MessageId,
    },
    /// Make an invite; answered by [`Event::InviteCreated`].
    CreateInvite {
        /// Which group.
        group: GroupId,
        /// Lifetime from now, in milliseconds, at most [`crate::invite::MAX_LIFETIME`].
        lifetime: u64,
        /// How many people may use it; `None` for any number.
        max_uses: Option<u32>,
        /// Nobody comes in by it before the creator or an admin has agreed.
        approval: bool,
    },
    /// Let somebody in who asked by an invite that asks for approval (see [`GroupView::requests`]).
    ApproveJoin {
        /// Which group.
        group: GroupId,
        /// Who.
        member: MemberId,
    },
    /// Turn somebody down who asked so. It is told, and can't ask again with the same link and keys.
    RefuseJoin {
        /// Which group.
        group: GroupId,
        /// Who.
        member: MemberId,
    },
    /// End an invite.
    RevokeInvite {
        /// Which group.
        group: GroupId,
        /// Which invite.
        invite: InviteId,
    },
    /// Remove a member.
    RemoveMember {
        /// Which group.
        group: GroupId,
        /// Who.
        member: MemberId,
        /// Also end every open invite, so that the person can't come back by one.
        revoke_invites: bool,
    },
    /// Make a plain member an admin.
    MakeAdmin {
        /// Which group.
        group: GroupId,
        /// Who.
        member: MemberId,
    },
    /// Make an admin a plain member again.
    RemoveAdmin {
        /// Which group.
        group: GroupId,
        /// Who.
        member: MemberId,
    },
    /// Hand the creator's role to another member; one stays on as an admin, and can leave then.
    TransferCreator {
        /// Which group.
        group: GroupId,
        /// To whom.
        member: MemberId,
    },
    /// Change who may create invites.
    SetInvitePolicy {
        /// Which group.
        group: GroupId,
        /// The lowest role that may.
        lowest: Role,
    },
    /// Found a group anew that can't go on: a new one with the same name and oneself as its creator, into which all other
    /// members are invited ([`GroupView::offers`] on their side). Answered by [`Event::GroupCreated`]. The old group stays
    /// until it is left. Offered by [`Rights::refound`], and allowed to every member: a creator may be lost.
    Refound {
        /// The old group.
        group: GroupId,
    },
    /// Go over to a group that a member has founded anew, under the name that one has here; progress comes as
    /// [`Event::Join`].
    AcceptOffer {
        /// The old group.
        group: GroupId,
        /// Who founded the new one.
        by: MemberId,
    },
    /// Don't.
    DeclineOffer {
        /// The old group.
        group: GroupId,
        /// Who founded the new one.
        by: MemberId,
    },
    /// The person has compared safety numbers with a member, and they match. It is kept with the member's card.
    MarkVerified {
        /// Which group.
        group: GroupId,
        /// Who.
        member: MemberId,
    },
    /// Take that back.
    Unverify {
        /// Which group.
        group: GroupId,
        /// Who.
        member: MemberId,
    },
    /// Go on in spite of an alarm of [`GroupView::alarms`]: it isn't shown again, and no longer keeps one from writing.
    DismissAlarm {
        /// Which group.
        group: GroupId,
        /// Which alarm.
        alarm: Alarm,
    },
    /// Leave a group; its history stays until [`Command::ForgetGroup`].
    LeaveGroup {
        /// Which group.
        group: GroupId,
    },
    /// Give up one's keys on this device without leaving the group: another device goes on with the same identity, and
    /// its stay must not end. One can come back as a new member. Offered with [`Alarm::SetBack`].
    StepAside {
        /// Which group.
        group: GroupId,
    },
    /// Delete everything this device holds of a group that one has left or been removed from.
    ForgetGroup {
        /// Which group.
        group: GroupId,
    },
    /// Give the group another name.
    RenameGroup {
        /// Which group.
        group: GroupId,
        /// The new name.
        name: String,
    },
    /// The person has seen everything up to now in a group.
    MarkRead {
        /// Which group.
        group: GroupId,
    },
    /// These messages of others are or were on screen, in a page that can be seen. Told to their authors where
    /// [`Settings::read_receipts`] is on.
    MarkSeen {
        /// Which group.
        group: GroupId,
        /// Which messages.
        messages: Vec<MessageId>,
    },
    /// Take part in the group's call; without one, start it. The call that one is in, elsewhere, is left.
    JoinCall {
        /// Which group.
        group: GroupId,
        /// What the microphone and the speakers do.
        voice: Voice,
    },
    /// Leave the group's call.
    LeaveCall {
        /// Which group.
        group: GroupId,
    },
    /// Not now: the running call is no longer shown as an incoming one.
    IgnoreCall {
        /// Which group.
        group: GroupId,
    },
    /// What the microphone and the speakers do has changed.
    SetVoice {
        /// The group whose call one is in.
        group: GroupId,
        /// What they do now.
        voice: Voice,
    },
    /// The person writes, or has stopped: shown to those who have a direct link.
    SetTyping {
        /// Which group.
        group: GroupId,
        /// Whether.
        typing: bool,
    },
    /// The person has set something; answered by [`Event::Settings`].
    ChangeSettings(Box<Settings>),
    /// Keep what is in the composer; an empty text removes it.
    SaveDraft {
        /// Which group.
        group: GroupId,
        /// The text.
        text: String,
    },
}

/// A file to be sent, encrypted as [`crate::file`] says.
#[derive(Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Its name, without any folder.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// How long it is, in bytes.
    pub size: u64,
    /// What its chunks are encrypted with.
    pub key: FileKey,
    /// How it is shown.
    pub look: crate::file::Look,
    /// All of it, if that is at most [`crate::file::MAX_MAILED`] long.
    pub chunks: Vec<ByteVec>,
    /// Or else the number under which its chunks were handed over before ([`Command::KeepChunks`]).
    pub upload: Option<u64>,
}

/// How far a file is that the person wants and that is too large for mailboxes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProgress {
    /// The file's number on this device.
    pub number: u32,
    /// How many of its chunks are stored.
    pub here: u32,
    /// What is going on.
    pub state: FetchState,
}

/// What is going on with such a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchState {
    /// Members are asked whether they have it.
    Looking,
    /// A link is opened to somebody who has it.
    Connecting {
        /// Who.
        from: MemberId,
    },
    /// It comes.
    Coming {
        /// From whom.
        from: MemberId,
    },
    /// Nobody who is there has it, or the rest of it; who comes is asked.
    Nobody,
    /// Somebody has it, but there is no path.
    NoPath {
        /// Who.
        from: MemberId,
    },
}

/// A direct link outside of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberLink {
    /// To whom.
    pub member: MemberId,
    /// How far it is.
    pub state: LinkState,
    /// The way it takes, once known.
    pub path: Option<Path>,
}

/// Something to be done, strictly in order but for what [`Output::runs_at_once`].
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Write this batch in one transaction, and only then go on with the next output. If it fails: drop the outputs
    /// behind it up to the end of this drain, and say [`Input::StorageFailed`].
    Persist(Changes),
    /// Open, change or close relay connections.
    Relay(RelayCommand),
    /// Give a frame to a connection; if that is not open, forget it (the client sends again what matters).
    Send(Transmit),
    /// The relay may forget this frame: what it caused is stored.
    Acknowledge {
        /// The connection it came over.
        connection: ConnectionId,
        /// From [`Input::RelayReceived`].
        receipt: ReceiptId,
    },
    /// Make, use or end a direct link.
    Link(LinkCommand),
    /// Read one message from the storage; answered by [`Input::Recalled`].
    Recall {
        /// Its group.
        group: GroupId,
        /// Which.
        message: MessageId,
    },
    /// Read a file's chunks from the storage; answered by [`Input::FileRead`].
    ReadFile {
        /// Its group.
        group: GroupId,
        /// Its number on this device.
        number: u32,
        /// The first chunk.
        first: u32,
        /// How many.
        limit: u32,
    },
    /// Ask the deployment for its ICE servers, and its relay for credentials; answered by [`Input::IceServers`].
    FetchIce,
    /// Tell the interface.
    Event(Event),
}

impl Output {
    /// Whether it is carried out as soon as it is there, before the batches in front of it are stored, and whatever becomes of
    /// those: no key is used for it, and a client that is started anew knows nothing of it. A call comes up that much sooner.
    #[must_use]
    pub const fn runs_at_once(&self) -> bool {
        match self {
            Self::Link(command) => command.is_preparation(),
            Self::FetchIce => true,
            _ => false,
        }
    }
}

/// What the relay adapter does to connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayCommand {
    /// Open a connection, now; answer with [`Input::RelayOpened`] once connected and subscribed, or
    /// [`Input::RelayClosed`]. The client decides about every further attempt.
    Open {
        /// Which.
        connection: ConnectionId,
        /// The relay's address.
        url: String,
        /// The MQTT client id of the persistent session.
        client: ClientId,
        /// Mailboxes to subscribe to.
        mailboxes: Vec<Mailbox>,
        /// What the relay publishes when this connection breaks.
        will: Option<Will>,
    },
    /// Subscribe to more mailboxes on an open connection.
    Subscribe {
        /// Which.
        connection: ConnectionId,
        /// The mailboxes.
        mailboxes: Vec<Mailbox>,
    },
    /// Give up mailboxes on an open connection.
    Unsubscribe {
        /// Which.
        connection: ConnectionId,
        /// The mailboxes.
        mailboxes: Vec<Mailbox>,
    },
    /// There is reason to believe that an open connection leads nowhere: find out soon, and answer with
    /// [`Input::RelayClosed`] if it does.
    Probe {
        /// Which.
        connection: ConnectionId,
    },
    /// Close a connection; `forget` also ends the persistent session at the relay.
    Close {
        /// Which.
        connection: ConnectionId,
        /// End the session: nothing more is queued for it.
        forget: bool,
    },
}

/// Published by the relay when a connection breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Will {
    /// Where.
    pub mailbox: Mailbox,
    /// What.
    pub bytes: Vec<u8>,
}

/// A frame for a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmit {
    /// The connection to use.
    pub connection: ConnectionId,
    /// Named again in [`Input::RelayAccepted`].
    pub id: TransmitId,
    /// To whom.
    pub mailbox: Mailbox,
    /// The frame; one of [`crate::wire::FRAME_SIZES`] long.
    pub bytes: Vec<u8>,
    /// Queue it for an absent receiver (QoS 1, [`Input::RelayAccepted`] follows) or deliver it now or never (QoS 0).
    pub queued: bool,
    /// Seconds after which the relay may throw it away.
    pub expiry_seconds: u32,
}

/// News for the interface. Each carries the whole new value, so that an event can be lost without harm only if a later
/// one of the same kind follows; the driver loses none.
#[derive(Clone, PartialEq)]
pub enum Event {
    /// All that a restarted client knows has been told; sent once, after the first [`Input`] or at restore.
    Ready,
    /// A group is new or any of its fields changed.
    Group(Box<GroupView>),
    /// A group is gone from this device.
    GroupForgotten(GroupId),
    /// Answers [`Command::CreateGroup`].
    GroupCreated(GroupId),
    /// Answers [`Command::CreateInvite`].
    InviteCreated {
        /// Which group.
        group: GroupId,
        /// Which invite.
        invite: InviteId,
        /// The whole link. A secret: to be shown and copied, never logged.
        link: String,
    },
    /// Somebody asks to come in by an invite that asks for approval, and one can decide about it. Told once; until it is
    /// decided it is in [`GroupView::requests`].
    JoinRequested {
        /// Which group.
        group: GroupId,
        /// The request.
        request: RequestView,
    },
    /// A join began, changed or ended.
    Join(JoinView),
    /// A message is new on this device (own or other), or its state changed.
    Message(Box<MessageView>),
    /// A message is no longer on this device: it has disappeared, or the person deleted it here.
    MessageGone {
        /// Which group.
        group: GroupId,
        /// Which message.
        message: MessageId,
    },
    /// How a member looks; told at the start of those who have a picture, and when it changes.
    Picture {
        /// Which group.
        group: GroupId,
        /// Who.
        member: MemberId,
        /// The picture: its owner's bytes, of which no more is known than [`crate::identity::is_picture`] says.
        picture: Option<ByteVec>,
    },
    /// All chunks of a file are here now.
    FileHere {
        /// Which group.
        group: GroupId,
        /// The file's number on this device.
        number: u32,
    },
    /// A file is not here any more.
    FileGone {
        /// Which group.
        group: GroupId,
        /// The file's number on this device.
        number: u32,
    },
    /// How far a file is that the person wants.
    FileProgress {
        /// Which group.
        group: GroupId,
        /// How far.
        progress: FileProgress,
    },
    /// Chunks are stored of a file that will be sent.
    ChunksKept {
        /// Which group.
        group: GroupId,
        /// The number from [`Command::KeepChunks`].
        upload: u64,
        /// How many are stored by now.
        count: u32,
    },
    /// The direct links outside of calls.
    Links {
        /// Which group.
        group: GroupId,
        /// All of them.
        links: Vec<MemberLink>,
    },
    /// A group's call began, changed or ended (`None`).
    Call {
        /// Which group.
        group: GroupId,
        /// The call.
        call: Option<Box<CallView>>,
    },
    /// Who is writing, of those one has a direct link to.
    Typing {
        /// Which group.
        group: GroupId,
        /// Who.
        members: Vec<MemberId>,
    },
    /// What is set on this device; told at the start, and when it changes.
    Settings(Box<Settings>),
    /// The draft that was kept for a group; told once after a restart.
    Draft {
        /// Which group.
        group: GroupId,
        /// The text.
        text: String,
    },
    /// A command was refused.
    Refused {
        /// The group it was about.
        group: Option<GroupId>,
        /// Why.
        reason: Refusal,
    },
    /// Something happened that may be an attack. Told once; until it is dismissed or moot it is in
    /// [`GroupView::alarms`].
    Alarm {
        /// Which group.
        group: GroupId,
        /// What.
        alarm: Alarm,
    },
    /// Storage no longer takes writes; nothing is sent until it does. `None`: it works again.
    Storage(Option<StoreError>),
}

/// Why a command was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The name is empty or too long.
    Name,
    /// The text is empty or too long.
    Text,
    /// No such group on this device.
    UnknownGroup,
    /// Not a member any more.
    NotMember,
    /// One's role doesn't allow it.
    NotAllowed,
    /// The link can't be used.
    Link(LinkError),
    /// Already a member of this group on this device.
    AlreadyMember,
    /// Lifetime or number of uses out of range.
    InviteLimits,
    /// A limit of the group is reached (members, ops).
    Full,
    /// An alarm is open that ends sending (see [`GroupView::alarms`]).
    Alarm,
    /// The group needs one's own founder to hand over first.
    CreatorCannotLeave,
    /// Storage takes no writes.
    Storage,
    /// As many people are in the call as can be.
    CallFull,
}

/// A group, as the interface shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupView {
    /// Which.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// Oneself.
    pub me: MemberId,
    /// One's standing in it.
    pub state: GroupState,
    /// Present members, oneself first, then by name.
    pub members: Vec<MemberView>,
    /// What may be an attack and wasn't dismissed, oldest first.
    pub alarms: Vec<Alarm>,
    /// Groups that members have founded in place of this one, and into which they invite.
    pub offers: Vec<OfferView>,
    /// Requests that wait for one's own decision, oldest first; always empty for plain members.
    pub requests: Vec<RequestView>,
    /// Everyone who ever was in it, for names in old messages.
    pub former_members: Vec<MemberView>,
    /// Open invites, newest first.
    pub invites: Vec<InviteView>,
    /// Own texts that wait for a newer log to arrive, at most half a minute; in order, not yet in the history.
    pub waiting_texts: Vec<Body>,
    /// How many changes of the group that one asked for wait until somebody was heard, or half a minute has passed with
    /// nobody there.
    pub waiting_changes: usize,
    /// Messages that came after the last [`Command::MarkRead`].
    pub unread: u32,
    /// Seconds that messages written now are kept after they were seen; 0: for good.
    pub timer: u32,
    /// Pinned messages, the last pinned first. They may be absent on this device.
    pub pinned: Vec<MessageId>,
    /// Files too large for mailboxes that are not all here, by their numbers on this device.
    pub absent_files: Vec<u32>,
    /// The connection to its relays.
    pub relay: RelayState,
    /// The lowest role that may create invites.
    pub invite_policy: Role,
    /// Whether one may invite, remove others, and rename.
    pub rights: Rights,
}

/// What one may do in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights {
    /// Write messages: one is a member, and no alarm keeps one from it.
    pub send: bool,
    /// Found the group anew, since it can't go on: its creator wrote two histories, or it has none any more.
    pub refound: bool,
    /// Create and revoke invites.
    pub invite: bool,
    /// Rename the group.
    pub rename: bool,
    /// Leave it (its creator can't without handing it over).
    pub leave: bool,
    /// Make others admins or end that, hand the creator's role over, and set the invite policy: the creator's rights.
    pub appoint: bool,
}

/// One's standing in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupState {
    /// A member.
    Member,
    /// One left.
    Left,
    /// One was removed.
    Removed {
        /// By whom.
        by: MemberId,
    },
    /// Two truths of the creator exist; sending has stopped.
    Forked,
    /// One's identity goes on elsewhere, and this device has given up its keys: see [`Command::StepAside`].
    Aside,
}

/// A member, as the interface shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberView {
    /// Who.
    pub id: MemberId,
    /// What it is called: as it said last.
    pub name: String,
    /// The name on its card, with which it came.
    pub card_name: String,
    /// Its role.
    pub role: Role,
    /// Oneself.
    pub is_me: bool,
    /// Of its card. The safety number of two members is [`crate::identity::safety_number`] of their card hashes.
    pub card_hash: [u8; 32],
    /// The person has compared safety numbers, for this card.
    pub verified: bool,
    /// The person has compared safety numbers, but for another card: worth a warning, until it is compared again.
    pub card_changed: bool,
    /// Reachable now, as far as known.
    pub presence: Presence,
    /// Whether one may remove it.
    pub removable: bool,
}

/// What the person has to be told because it may be an attack, or a device that was set back to an older state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// A member handed out two different keys for one chain of its own: others may read something else from it. The
    /// second one was refused.
    TwoKeys {
        /// Who.
        member: MemberId,
    },
    /// A member wrote two histories of the group. What it wrote since then doesn't count; the proof is kept.
    TwoHistories {
        /// Who.
        member: MemberId,
    },
    /// A member has the same log and says that another list of members follows from it. Sending has stopped.
    RostersDiffer {
        /// Who.
        member: MemberId,
    },
    /// Others have seen later things of one's own than this device knows: its storage was set back, or copied. Sending
    /// has stopped; the way out is to leave, and to come back as a new member by an invite.
    SetBack {
        /// Who said so; oneself where one's own signature proves it.
        noticed_by: MemberId,
    },
    /// The creator wrote two histories: the group can't change any more, see [`GroupState::Forked`].
    Forked {
        /// Which creator.
        by: MemberId,
    },
}

/// A member's role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Founded the group or took it over.
    Creator,
    /// May remove plain members and rename the group.
    Admin,
    /// Everybody else.
    Member,
}

/// Whether a member's client is running, as far as known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It said so on this connection.
    Online,
    /// It went away, or never said anything.
    Offline,
    /// We are offline ourselves.
    Unknown,
}

/// An open invite, as the interface shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteView {
    /// Which.
    pub id: InviteId,
    /// Who made it.
    pub by: MemberId,
    /// Until when.
    pub expires: Timestamp,
    /// How many more people can use it; `None` for any number.
    pub uses_left: Option<u32>,
    /// Whether the creator or an admin has to agree to each joiner.
    pub approval: bool,
    /// Whether one may revoke it.
    pub revocable: bool,
}

/// A group that a member has founded in place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferView {
    /// Who founded it.
    pub by: MemberId,
    /// Its name.
    pub group_name: String,
    /// Until when one can go over.
    pub expires: Timestamp,
}

/// Somebody who asks to come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestView {
    /// Who, named in [`Command::ApproveJoin`] and [`Command::RefuseJoin`].
    pub member: MemberId,
    /// By which invite.
    pub invite: InviteId,
    /// The name on its card: anybody can take any.
    pub name: String,
    /// Twelve digits in three groups, made from its card: the joiner reads the same in [`JoinView::code`].
    pub code: String,
    /// When it came here.
    pub received: Timestamp,
}

/// The state of a group's relay connections: up if any is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayState {
    /// The first attempt, or one after a break, is under way.
    Connecting,
    /// Up.
    Online,
    /// Down; the next attempt is made by itself.
    Offline {
        /// Why.
        reason: RelayProblem,
        /// When it is made, unless something wakes the client before.
        retry_at: Timestamp,
    },
    /// Not connecting: one is no member any more.
    Closed,
}

/// A join, as the interface shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinView {
    /// The invite.
    pub invite: InviteId,
    /// Its mailbox: [`Link::mailbox`] of the link that it began with.
    pub mailbox: Mailbox,
    /// The group's name, as the link tells it.
    pub group_name: String,
    /// The inviter's name, as the link tells it.
    pub inviter_name: String,
    /// Twelve digits in three groups that whoever approves sees, too: see [`RequestView::code`].
    pub code: String,
    /// How far it is.
    pub state: JoinState,
    /// The relay connection's state.
    pub relay: RelayState,
}

/// How far a join is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinState {
    /// The request is on its way.
    Joining,
    /// The request waits at the relay; nobody answered within a few seconds.
    Waiting,
    /// A member has seen it and an admin must agree.
    WaitingForApproval,
    /// In. The group's first [`Event::Group`] came before this.
    Joined(GroupId),
    /// Expired, revoked or unknown: members don't say which.
    Refused,
    /// Others were faster.
    Used,
    /// The creator or an admin said no.
    Declined,
    /// Ended by [`Command::CancelJoin`].
    Cancelled,
}
