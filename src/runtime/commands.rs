//! The handle by which the interface speaks to the client: it pushes inputs and pages through history.

use discordopus_core::chat::MessageView;
use discordopus_core::ids::{GroupId, InviteId, MemberId, MessageId};
use discordopus_core::invite::Link;
use discordopus_core::io::{Alarm, Command, Input, NewFile, Role, Settings, Voice};
use discordopus_core::store::{ChunkQuery, MessageQuery, Order, StoreError};
use discordopus_core::wire::ByteVec;
use futures::channel::{mpsc, oneshot};

use super::reading::{Query, Reply};

/// A question about the history, asked by the interface.
#[derive(Debug)]
pub struct HistoryRequest {
    /// What is wanted.
    pub query: Query,
    /// Where the answer goes; whoever asked may be gone by then.
    pub reply: oneshot::Sender<Result<Reply, StoreError>>,
}

/// A cheap handle to a running client. What it causes comes back as events; a refusal as `Event::Refused`.
///
/// A handle outlives its client: after a hand-over to another tab its calls have no effect.
#[derive(Debug, Clone)]
pub struct Commands {
    inputs: mpsc::UnboundedSender<Input>,
    history: mpsc::UnboundedSender<HistoryRequest>,
}

impl Commands {
    /// A handle, and what is said through it: for [`super::start`], and for tests of the interface.
    #[must_use]
    pub(super) fn new(
        inputs: mpsc::UnboundedSender<Input>,
        history: mpsc::UnboundedSender<HistoryRequest>,
    ) -> Self {
        Self { inputs, history }
    }

    /// A handle for tests of the interface: they read the inputs, and answer for the history.
    #[must_use]
    pub fn detached() -> (
        Self,
        mpsc::UnboundedReceiver<Input>,
        mpsc::UnboundedReceiver<HistoryRequest>,
    ) {
        let (inputs, received) = mpsc::unbounded();
        let (history, asked) = mpsc::unbounded();
        (Self::new(inputs, history), received, asked)
    }

    /// Founds a group.
    pub fn create_group(&self, group_name: impl Into<String>, your_name: impl Into<String>) {
        self.command(Command::CreateGroup {
            group_name: group_name.into(),
            your_name: your_name.into(),
        });
    }

    /// Asks to join by an invite link.
    pub fn join(&self, link: Link, your_name: impl Into<String>) {
        self.command(Command::Join {
            link,
            your_name: your_name.into(),
        });
    }

    /// Gives up a join that waits.
    pub fn cancel_join(&self, invite: InviteId) {
        self.command(Command::CancelJoin { invite });
    }

    /// Writes to a group, perhaps in answer to a message.
    pub fn send_text(&self, group: GroupId, text: impl Into<String>, reply_to: Option<MessageId>) {
        let text = text.into();
        self.command(Command::SendText {
            group,
            text,
            reply_to,
        });
    }

    /// Sends files to a group, perhaps with words, and in answer to a message.
    pub fn send_files(
        &self,
        group: GroupId,
        text: impl Into<String>,
        reply_to: Option<MessageId>,
        files: Vec<NewFile>,
    ) {
        let text = text.into();
        self.command(Command::SendFiles {
            group,
            text,
            reply_to,
            files,
        });
    }

    /// Hands over the next chunks of a file that will be sent.
    pub(super) fn keep_chunks(&self, group: GroupId, upload: u64, chunks: Vec<ByteVec>) {
        self.command(Command::KeepChunks {
            group,
            upload,
            chunks,
        });
    }

    /// It isn't sent after all.
    pub(super) fn drop_upload(&self, group: GroupId, upload: u64) {
        self.command(Command::DropUpload { group, upload });
    }

    /// Fetches no more of a file.
    pub fn stop_file(&self, group: GroupId, number: u32) {
        self.command(Command::StopFile { group, number });
    }

    /// Deletes all files of a group from this device.
    pub fn drop_files(&self, group: GroupId) {
        self.command(Command::DropFiles { group });
    }

    /// Asks the others for what is missing of a file.
    pub fn fetch_file(&self, group: GroupId, number: u32) {
        self.command(Command::FetchFile { group, number });
    }

    /// Puts a message of one's own in other words.
    pub fn edit_message(&self, group: GroupId, message: MessageId, text: impl Into<String>) {
        let text = text.into();
        self.command(Command::EditMessage {
            group,
            message,
            text,
        });
    }

    /// Takes a message of one's own back.
    pub fn delete_message(&self, group: GroupId, message: MessageId) {
        self.command(Command::DeleteMessage { group, message });
    }

    /// Deletes a message on this device only.
    pub fn hide_message(&self, group: GroupId, message: MessageId) {
        self.command(Command::HideMessage { group, message });
    }

    /// Reacts to a message, or no longer.
    pub fn react(&self, group: GroupId, message: MessageId, emoji: impl Into<String>, on: bool) {
        let emoji = emoji.into();
        self.command(Command::React {
            group,
            message,
            emoji,
            on,
        });
    }

    /// Pins a message for everybody, or lets go of it.
    pub fn pin_message(&self, group: GroupId, message: MessageId, on: bool) {
        self.command(Command::PinMessage { group, message, on });
    }

    /// Lets messages disappear that are written from now on, this many seconds after they were seen; 0: none.
    pub fn set_timer(&self, group: GroupId, seconds: u32) {
        self.command(Command::SetTimer { group, seconds });
    }

    /// Sends a failed message once more.
    pub fn retry(&self, group: GroupId, message: MessageId) {
        self.command(Command::Retry { group, message });
    }

    /// Makes an invite that lives for `lifetime` milliseconds and lets `max_uses` people in (`None`: any number), with
    /// `approval` only those whom the creator or an admin agrees to.
    pub fn create_invite(
        &self,
        group: GroupId,
        lifetime: u64,
        max_uses: Option<u32>,
        approval: bool,
    ) {
        self.command(Command::CreateInvite {
            group,
            lifetime,
            max_uses,
            approval,
        });
    }

    /// Lets somebody in who asked by an invite that asks for approval.
    pub fn approve_join(&self, group: GroupId, member: MemberId) {
        self.command(Command::ApproveJoin { group, member });
    }

    /// Turns somebody down who asked so.
    pub fn refuse_join(&self, group: GroupId, member: MemberId) {
        self.command(Command::RefuseJoin { group, member });
    }

    /// Ends an invite.
    pub fn revoke_invite(&self, group: GroupId, invite: InviteId) {
        self.command(Command::RevokeInvite { group, invite });
    }

    /// Removes a member, and with `revoke_invites` also ends every open invite.
    pub fn remove_member(&self, group: GroupId, member: MemberId, revoke_invites: bool) {
        self.command(Command::RemoveMember {
            group,
            member,
            revoke_invites,
        });
    }

    /// Makes a plain member an admin.
    pub fn make_admin(&self, group: GroupId, member: MemberId) {
        self.command(Command::MakeAdmin { group, member });
    }

    /// Makes an admin a plain member again.
    pub fn remove_admin(&self, group: GroupId, member: MemberId) {
        self.command(Command::RemoveAdmin { group, member });
    }

    /// Hands the creator's role to another member.
    pub fn transfer_creator(&self, group: GroupId, member: MemberId) {
        self.command(Command::TransferCreator { group, member });
    }

    /// Changes who may create invites: `lowest` and the roles above it.
    pub fn set_invite_policy(&self, group: GroupId, lowest: Role) {
        self.command(Command::SetInvitePolicy { group, lowest });
    }

    /// Founds a group anew that can't go on, and invites its other members.
    pub fn refound(&self, group: GroupId) {
        self.command(Command::Refound { group });
    }

    /// Goes over to the group that a member has founded anew.
    pub fn accept_offer(&self, group: GroupId, by: MemberId) {
        self.command(Command::AcceptOffer { group, by });
    }

    /// Stays where one is.
    pub fn decline_offer(&self, group: GroupId, by: MemberId) {
        self.command(Command::DeclineOffer { group, by });
    }

    /// The person has compared safety numbers with a member, and they match.
    pub fn mark_verified(&self, group: GroupId, member: MemberId) {
        self.command(Command::MarkVerified { group, member });
    }

    /// Takes that back.
    pub fn unverify(&self, group: GroupId, member: MemberId) {
        self.command(Command::Unverify { group, member });
    }

    /// Goes on in spite of an alarm.
    pub fn dismiss_alarm(&self, group: GroupId, alarm: Alarm) {
        self.command(Command::DismissAlarm { group, alarm });
    }

    /// Leaves a group.
    pub fn leave_group(&self, group: GroupId) {
        self.command(Command::LeaveGroup { group });
    }

    /// Deletes everything this device holds of a group that one is no member of any more.
    pub fn forget_group(&self, group: GroupId) {
        self.command(Command::ForgetGroup { group });
    }

    /// Gives the group another name.
    pub fn rename_group(&self, group: GroupId, name: impl Into<String>) {
        let name = name.into();
        self.command(Command::RenameGroup { group, name });
    }

    /// The person has seen everything up to now in a group.
    pub fn mark_read(&self, group: GroupId) {
        self.command(Command::MarkRead { group });
    }

    /// Gives up one's keys of a group on this device.
    pub fn step_aside(&self, group: GroupId) {
        self.command(Command::StepAside { group });
    }

    /// These messages of others were on screen.
    pub fn mark_seen(&self, group: GroupId, messages: Vec<MessageId>) {
        self.command(Command::MarkSeen { group, messages });
    }

    /// Takes part in a group's call, or starts it.
    pub(super) fn join_call(&self, group: GroupId, voice: Voice) {
        self.command(Command::JoinCall { group, voice });
    }

    /// Leaves it.
    pub(super) fn leave_call(&self, group: GroupId) {
        self.command(Command::LeaveCall { group });
    }

    /// What the microphone and the speakers do has changed.
    pub(super) fn set_voice(&self, group: GroupId, voice: Voice) {
        self.command(Command::SetVoice { group, voice });
    }

    /// The group's call is no longer shown as an incoming one.
    pub fn ignore_call(&self, group: GroupId) {
        self.command(Command::IgnoreCall { group });
    }

    /// The person writes, or has stopped.
    pub fn set_typing(&self, group: GroupId, typing: bool) {
        self.command(Command::SetTyping { group, typing });
    }

    /// Something was set on this device.
    pub fn change_settings(&self, settings: Settings) {
        self.command(Command::ChangeSettings(Box::new(settings)));
    }

    /// Keeps what is in the composer; an empty text removes it.
    pub fn save_draft(&self, group: GroupId, text: impl Into<String>) {
        let text = text.into();
        self.command(Command::SaveDraft { group, text });
    }

    /// One page of a group's history, newest first.
    ///
    /// # Errors
    /// [`StoreError`] when the storage can't be read, [`StoreError::Closed`] when the client no longer runs.
    pub async fn history(&self, query: MessageQuery) -> Result<Vec<MessageView>, StoreError> {
        Ok(self.ask(Query::Page(query)).await?.messages)
    }

    /// One message; `None` if this device doesn't have it.
    ///
    /// # Errors
    /// As [`Self::history`].
    pub async fn message(
        &self,
        group: GroupId,
        message: MessageId,
    ) -> Result<Option<MessageView>, StoreError> {
        Ok(self
            .ask(Query::One { group, message })
            .await?
            .messages
            .pop())
    }

    /// The messages with these words among the next stretch of the history before `before`, newest first.
    ///
    /// # Errors
    /// As [`Self::history`].
    pub async fn search(
        &self,
        group: GroupId,
        words: impl Into<String>,
        before: Option<Order>,
    ) -> Result<Reply, StoreError> {
        let words = words.into();
        self.ask(Query::Search {
            group,
            words,
            before,
        })
        .await
    }

    /// Chunks of a file, as far as they are here in a row.
    ///
    /// # Errors
    /// As [`Self::history`].
    pub async fn chunks(&self, query: ChunkQuery) -> Result<Vec<ByteVec>, StoreError> {
        Ok(self.ask(Query::Chunks(query)).await?.chunks)
    }

    async fn ask(&self, query: Query) -> Result<Reply, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.history
            .unbounded_send(HistoryRequest { query, reply })
            .map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    fn command(&self, command: Command) {
        // A client that has handed over takes no more commands, and its screen says so.
        let _ = self.inputs.unbounded_send(Input::Command(command));
    }
}
