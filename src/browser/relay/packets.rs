//! The packets that a client sends, and what the relay's reason codes mean to it.

use discordopus_core::ids::{ClientId, Mailbox};
use discordopus_core::io::{RelayProblem, Transmit, Will};
use mqtt_protocol_core::mqtt::packet::v5_0::{
    Connect, Disconnect, Puback, Publish, Subscribe, Unsubscribe,
};
use mqtt_protocol_core::mqtt::packet::{
    MessageExpiryInterval, Packet, Property, Qos, RetainHandling, SessionExpiryInterval, SubEntry,
    SubOpts,
};
use mqtt_protocol_core::mqtt::result_code::{
    ConnectReasonCode, DisconnectReasonCode, MqttError, PubackReasonCode,
};

/// How long the relay keeps our subscriptions and what waits for us. The same as the longest message expiry: longer would
/// keep empty queues, shorter would lose messages that are still valid.
pub(super) const SESSION_EXPIRY_SECONDS: u32 = 7 * 24 * 60 * 60;
/// Silence after which the relay may take us for gone (it waits half as long again). Browsers let the timers of a hidden
/// page fire once a minute only, so a ping may come that late.
pub(super) const KEEP_ALIVE_SECONDS: u16 = 90;
/// How long the Will is worth telling.
const WILL_EXPIRY_SECONDS: u32 = 60;

pub(super) fn connect(client: ClientId, will: Option<&Will>) -> Result<Packet, MqttError> {
    let properties: Vec<Property> =
        vec![SessionExpiryInterval::new(SESSION_EXPIRY_SECONDS)?.into()];
    let mut builder = Connect::builder()
        .client_id(client.to_string())?
        .clean_start(false)
        .keep_alive(KEEP_ALIVE_SECONDS)
        .props(properties);
    if let Some(will) = will {
        // Told at once: in a call those who have a link to whoever went ask it, and everybody else sees a change of network as
        // the short absence that it is.
        let properties: Vec<Property> =
            vec![MessageExpiryInterval::new(WILL_EXPIRY_SECONDS)?.into()];
        // To whoever is there to hear it: presence is of no use to those who come later.
        builder = builder
            .will_message(
                will.mailbox.topic(),
                will.bytes.clone(),
                Qos::AtMostOnce,
                false,
            )?
            .will_props(properties);
    }
    Ok(builder.build()?.into())
}

pub(super) fn publish(transmit: &Transmit, packet_id: Option<u16>) -> Result<Packet, MqttError> {
    let properties: Vec<Property> =
        vec![MessageExpiryInterval::new(transmit.expiry_seconds)?.into()];
    let builder = Publish::builder()
        .topic_name(transmit.mailbox.topic())?
        .props(properties)
        .payload(transmit.bytes.as_slice());
    let packet = match packet_id {
        Some(id) => builder.qos(Qos::AtLeastOnce).packet_id(id).build(),
        None => builder.qos(Qos::AtMostOnce).build(),
    }?;
    Ok(packet.into())
}

pub(super) fn puback(packet_id: u16) -> Result<Packet, MqttError> {
    Ok(Puback::builder().packet_id(packet_id).build()?.into())
}

pub(super) fn subscribe(packet_id: u16, mailboxes: &[Mailbox]) -> Result<Packet, MqttError> {
    let options = SubOpts::new()
        .set_qos(Qos::AtLeastOnce)
        .set_rh(RetainHandling::DoNotSendRetained);
    let entries = mailboxes
        .iter()
        .map(|mailbox| SubEntry::new(mailbox.topic(), options))
        .collect::<Result<Vec<_>, _>>()?;
    let packet = Subscribe::builder()
        .packet_id(packet_id)
        .entries(entries)
        .build()?;
    Ok(packet.into())
}

pub(super) fn unsubscribe(packet_id: u16, mailboxes: &[Mailbox]) -> Result<Packet, MqttError> {
    let packet = Unsubscribe::builder()
        .packet_id(packet_id)
        .entries(mailboxes.iter().map(Mailbox::topic))?
        .build()?;
    Ok(packet.into())
}

/// Says goodbye; with `forget` the relay drops the session and everything that waits in it.
pub(super) fn disconnect(forget: bool) -> Result<Packet, MqttError> {
    let builder = Disconnect::builder().reason_code(DisconnectReasonCode::NormalDisconnection);
    let packet = if forget {
        let properties: Vec<Property> = vec![SessionExpiryInterval::new(0)?.into()];
        builder.props(properties).build()
    } else {
        builder.build()
    }?;
    Ok(packet.into())
}

/// Why a relay that answered our CONNECT won't have us; `None` when it will.
pub(super) fn connect_problem(reason: ConnectReasonCode) -> Option<RelayProblem> {
    use ConnectReasonCode as Reason;
    match reason {
        Reason::Success => None,
        // It may take us later.
        Reason::ServerUnavailable
        | Reason::ServerBusy
        | Reason::QuotaExceeded
        | Reason::ConnectionRateExceeded
        | Reason::UnspecifiedError => Some(RelayProblem::Unreachable),
        _ => Some(RelayProblem::Refused),
    }
}

/// Why a relay ended the connection.
pub(super) fn disconnect_problem(reason: DisconnectReasonCode) -> RelayProblem {
    use DisconnectReasonCode as Reason;
    match reason {
        Reason::SessionTakenOver => RelayProblem::TakenOver,
        // We broke a rule of the relay; the same again would end the same way.
        Reason::MalformedPacket
        | Reason::ProtocolError
        | Reason::NotAuthorized
        | Reason::TopicFilterInvalid
        | Reason::TopicNameInvalid
        | Reason::PacketTooLarge
        | Reason::QosNotSupported
        | Reason::RetainNotSupported => RelayProblem::Refused,
        _ => RelayProblem::Unreachable,
    }
}

/// What the relay says to a publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has it, or nobody is there to get it: either way it is the relay's no more.
    Accepted,
    /// It will never take it.
    Refused,
    /// It can't take it now. Only a new connection repeats a publish.
    NotNow,
}

pub(super) fn verdict(reason: Option<PubackReasonCode>) -> Verdict {
    use PubackReasonCode as Reason;
    match reason {
        None | Some(Reason::Success | Reason::NoMatchingSubscribers) => Verdict::Accepted,
        Some(Reason::NotAuthorized | Reason::TopicNameInvalid | Reason::PayloadFormatInvalid) => {
            Verdict::Refused
        }
        Some(_) => Verdict::NotNow,
    }
}
