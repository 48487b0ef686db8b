//! `GET /turn`: credentials for the deployment's TURN servers, to whoever does not ask too often.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};

use crate::{admission::household, clock::Timestamp, throttle::Throttle, turn::Turn};
use std::collections::HashMap;

/// Requests answered at once for one address (an IPv6 /64 counts as one): a household or an office whose pages all open.
pub(crate) const TURN_BURST: u32 = 60;
/// Requests a second after that. A page asks once in a few hours.
const TURN_PER_SECOND: u32 = 1;
/// Addresses remembered at once. One is forgotten a minute after its last request, so only a flood gets here; it is then
/// the flood that finds the desk closed.
const MAX_ADDRESSES: usize = 10_000;

/// Hands out credentials.
#[derive(Debug)]
pub(crate) struct TurnDesk {
    turn: Turn,
    asked: Mutex<HashMap<IpAddr, Throttle>>,
}

impl TurnDesk {
    /// A desk for checked servers.
    pub(crate) fn new(turn: Turn) -> Self {
        Self {
            turn,
            asked: Mutex::default(),
        }
    }

    /// Answers a request from `address`.
    pub(super) fn answer(&self, address: IpAddr) -> Response {
        if let Some(wait) = self.refuse(address, Instant::now()) {
            let seconds = HeaderValue::from(wait.as_secs() + 1);
            return (
                StatusCode::TOO_MANY_REQUESTS,
                [
                    (header::RETRY_AFTER, seconds),
                    (header::CACHE_CONTROL, NO_STORE),
                ],
                "too many requests",
            )
                .into_response();
        }
        let Some(body) = self.turn.credentials(Timestamp::now()) else {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        };
        (
            [
                (header::CONTENT_TYPE, JSON),
                // Credentials in a cache would outlive their time, and be shared.
                (header::CACHE_CONTROL, NO_STORE),
            ],
            body,
        )
            .into_response()
    }

    /// How long `address` has to wait, or `None` when it may have credentials now, which is then counted.
    fn refuse(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let address = household(address);
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.len() >= MAX_ADDRESSES && !asked.contains_key(&address) {
            asked.retain(|_, throttle| !throttle.is_full(now));
            if asked.len() >= MAX_ADDRESSES {
                return Some(Duration::from_secs(1));
            }
        }
        let throttle = asked
            .entry(address)
            .or_insert_with(|| Throttle::new(TURN_PER_SECOND, TURN_BURST, now));
        let wait = throttle.wait(now);
        if wait.is_none() {
            throttle.charge();
        }
        wait
    }
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn desk() -> TurnDesk {
        TurnDesk::new(Turn {
            secret: "s".to_owned(),
            urls: vec!["turn:host".to_owned()],
            lifetime: crate::TURN_LIFETIME,
        })
    }

    #[test]
    fn an_address_that_waited_as_told_is_served_again() {
        let (desk, start) = (desk(), Instant::now());
        let address = IpAddr::from([192, 0, 2, 1]);
        for _ in 0..TURN_BURST {
            assert_eq!(desk.refuse(address, start), None);
        }
        let wait = desk.refuse(address, start).expect("the burst is used up");
        assert!(desk.refuse(address, start + wait / 2).is_some());
        let after = start + wait + Duration::from_millis(1);
        assert_eq!(desk.refuse(address, after), None);
        assert!(desk.refuse(address, after).is_some());
    }

    #[test]
    fn a_flood_from_many_addresses_is_not_remembered_without_bound() {
        let (desk, start) = (desk(), Instant::now());
        let address = |number: usize| {
            IpAddr::from(Ipv4Addr::from_bits(u32::try_from(number).expect("small")))
        };
        for number in 0..MAX_ADDRESSES {
            assert_eq!(desk.refuse(address(number), start), None);
        }
        assert!(desk.refuse(address(MAX_ADDRESSES), start).is_some());
        assert_eq!(
            desk.refuse(address(0), start),
            None,
            "a known one is served"
        );
        let later = start + Duration::from_secs(u64::from(TURN_BURST));
        assert_eq!(desk.refuse(address(MAX_ADDRESSES), later), None);
        let remembered = desk.asked.lock().expect("not poisoned").len();
        assert_eq!(remembered, 1, "those that have rested are forgotten");
    }
}
