//! CONNECT: what this relay accepts, and what it answers.

use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use mqtt_protocol_core::mqtt::{
    packet::{
        AssignedClientIdentifier, MaximumPacketSize, MaximumQos, Property, Qos, ReceiveMaximum,
        RetainAvailable, ServerKeepAlive, SessionExpiryInterval, SharedSubscriptionAvailable,
        SubscriptionIdentifierAvailable, WildcardSubscriptionAvailable,
        v5_0::{Connack, Connect},
    },
    result_code::{ConnectReasonCode, MqttError},
};
use sha2::{Digest as _, Sha256};

use crate::{
    broker::{Attach, Message, SessionKey, Signal, Will, capped_seconds},
    clock::Timestamp,
    config::{Limits, MAX_CLIENT_ID_BYTES},
    mailbox::Mailbox,
};

/// Random bytes of a client id this relay makes up.
const ASSIGNED_ID_BYTES: usize = 16;

/// What MQTT 5 assumes when a client states no receive maximum.
const DEFAULT_RECEIVE_MAXIMUM: u16 = u16::MAX;

/// An acceptable CONNECT.
pub(super) struct Accepted {
    pub(super) attach: Attach,
    properties: Vec<Property>,
}

/// Checks a CONNECT against the rules of this relay.
pub(super) fn accept(
    connect: &Connect,
    limits: &Limits,
    signal: Arc<Signal>,
    now: Timestamp,
) -> Result<Accepted, ConnectReasonCode> {
    let mut properties = capabilities(limits).map_err(|_| ConnectReasonCode::UnspecifiedError)?;
    let mut asked_expiry = 0;
    let mut window = DEFAULT_RECEIVE_MAXIMUM;
    let mut max_packet_bytes = u32::MAX;
    for property in connect.props() {
        match property {
            Property::SessionExpiryInterval(interval) => asked_expiry = interval.val(),
            Property::ReceiveMaximum(maximum) => window = maximum.val(),
            Property::MaximumPacketSize(maximum) => max_packet_bytes = maximum.val(),
            Property::AuthenticationMethod(_) => {
                return Err(ConnectReasonCode::BadAuthenticationMethod);
            }
            _ => {}
        }
    }

    let client_id = connect.client_id();
    let session = if client_id.is_empty() {
        let assigned = assigned_client_id().ok_or(ConnectReasonCode::ServerUnavailable)?;
        let key = session_key(&assigned);
        properties.push(
            AssignedClientIdentifier::new(assigned)
                .map_err(|_| ConnectReasonCode::UnspecifiedError)?
                .into(),
        );
        key
    } else if client_id.len() > MAX_CLIENT_ID_BYTES {
        return Err(ConnectReasonCode::ClientIdentifierNotValid);
    } else {
        session_key(client_id)
    };

    let expiry_seconds = capped_seconds(asked_expiry, limits.max_expiry);
    if expiry_seconds != asked_expiry {
        properties.push(
            SessionExpiryInterval::new(expiry_seconds)
                .map_err(|_| ConnectReasonCode::UnspecifiedError)?
                .into(),
        );
    }

    let max_keep_alive = u16::try_from(limits.max_keep_alive.as_secs())
        .unwrap_or(u16::MAX)
        .max(1);
    if connect.keep_alive() == 0 || connect.keep_alive() > max_keep_alive {
        properties.push(
            ServerKeepAlive::new(max_keep_alive)
                .map_err(|_| ConnectReasonCode::UnspecifiedError)?
                .into(),
        );
    }

    let will = connect
        .will_flag()
        .then(|| accept_will(connect, limits, now))
        .transpose()?;
    Ok(Accepted {
        attach: Attach {
            session,
            clean_start: connect.clean_start(),
            expiry_seconds,
            window: usize::from(window),
            max_packet_bytes: usize::try_from(max_packet_bytes).unwrap_or(usize::MAX),
            will,
            signal,
        },
        properties,
    })
}

/// The CONNACK for an accepted CONNECT.
pub(super) fn welcome(
    properties: Vec<Property>,
    session_present: bool,
) -> Result<Connack, MqttError> {
    Connack::builder()
        .session_present(session_present)
        .reason_code(ConnectReasonCode::Success)
        .props(properties)
        .build()
}

/// The CONNACK for a refused CONNECT.
pub(super) fn refusal(reason: ConnectReasonCode) -> Result<Connack, MqttError> {
    Connack::builder()
        .session_present(false)
        .reason_code(reason)
        .build()
}

impl Accepted {
    /// The request for the broker and the CONNACK's properties.
    pub(super) fn into_parts(self) -> (Attach, Vec<Property>) {
        (self.attach, self.properties)
    }
}

/// What every CONNACK says about the rules.
fn capabilities(limits: &Limits) -> Result<Vec<Property>, MqttError> {
    Ok(vec![
        ReceiveMaximum::new(limits.max_in_flight.max(1))?.into(),
        MaximumQos::new(1)?.into(),
        RetainAvailable::new(0)?.into(),
        MaximumPacketSize::new(limits.max_packet_bytes.max(1))?.into(),
        WildcardSubscriptionAvailable::new(0)?.into(),
        SubscriptionIdentifierAvailable::new(0)?.into(),
        SharedSubscriptionAvailable::new(0)?.into(),
    ])
}

fn accept_will(
    connect: &Connect,
    limits: &Limits,
    now: Timestamp,
) -> Result<Will, ConnectReasonCode> {
    if connect.will_retain() {
        return Err(ConnectReasonCode::RetainNotSupported);
    }
    if connect.will_qos() == Qos::ExactlyOnce {
        return Err(ConnectReasonCode::QosNotSupported);
    }
    let topic = connect.will_topic().unwrap_or_default();
    let mailbox = Mailbox::parse(topic).map_err(|_| ConnectReasonCode::TopicNameInvalid)?;
    let message = Message::from_will(
        mailbox,
        topic,
        connect.will_props(),
        connect.will_payload().unwrap_or_default(),
        now,
        limits.max_expiry,
    )
    .map_err(|_| ConnectReasonCode::TopicNameInvalid)?;
    let delay_seconds = connect
        .will_props()
        .iter()
        .find_map(|property| match property {
            Property::WillDelayInterval(delay) => Some(delay.val()),
            _ => None,
        })
        .unwrap_or(0);
    Ok(Will {
        message,
        at_least_once: connect.will_qos() == Qos::AtLeastOnce,
        delay_seconds,
    })
}

/// A client id is a bearer secret: whoever knows it gets the session. So only its hash is kept.
fn session_key(client_id: &str) -> SessionKey {
    Sha256::digest(client_id.as_bytes()).into()
}

fn assigned_client_id() -> Option<String> {
    let mut bytes = [0; ASSIGNED_ID_BYTES];
    getrandom::fill(&mut bytes).ok()?;
    Some(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}
