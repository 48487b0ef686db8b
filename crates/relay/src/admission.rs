//! How many connections one address, and all together, may hold.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Counts open connections by address.
#[derive(Debug)]
pub(crate) struct Admission {
    per_address: usize,
    total: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    by_address: HashMap<IpAddr, usize>,
    total: usize,
}

/// One admitted connection; dropping it frees its place.
#[derive(Debug)]
pub(crate) struct Admitted {
    admission: Arc<Admission>,
    address: IpAddr,
}

impl Admission {
    /// Room for `total` connections, `per_address` of them from one address.
    pub(crate) fn new(per_address: usize, total: usize) -> Arc<Self> {
        Arc::new(Self {
            per_address,
            total,
            open: Mutex::default(),
        })
    }

    /// Takes a place, or says no.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Admitted> {
        let address = household(address);
        let mut open = self.lock();
        if open.total >= self.total {
            return None;
        }
        let held = open.by_address.entry(address).or_default();
        if *held >= self.per_address {
            return None;
        }
        *held += 1;
        open.total += 1;
        Some(Admitted {
            admission: Arc::clone(self),
            address,
        })
    }

    /// Connections open now.
    pub(crate) fn open(&self) -> usize {
        self.lock().total
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut open = self.admission.lock();
        open.total -= 1;
        if let Some(held) = open.by_address.get_mut(&self.address) {
            *held -= 1;
            if *held == 0 {
                open.by_address.remove(&self.address);
            }
        }
    }
}

/// One customer of an internet provider: an IPv4 address or an IPv6 /64, which a single machine can walk through at will.
pub(crate) fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_its_share_and_a_closed_connection_frees_its_place() {
        let admission = Admission::new(2, 3);
        let one: IpAddr = "192.0.2.1".parse().expect("address");
        let first = admission.admit(one).expect("room");
        let _second = admission.admit(one).expect("room");
        assert!(admission.admit(one).is_none());
        drop(first);
        assert!(admission.admit(one).is_some());
    }

    #[test]
    fn a_walk_through_one_ipv6_network_counts_as_one_address() {
        let admission = Admission::new(1, 10);
        let _held = admission
            .admit("2001:db8:1:2::1".parse().expect("address"))
            .expect("room");
        assert!(
            admission
                .admit("2001:db8:1:2:ffff::9".parse().expect("address"))
                .is_none()
        );
        assert!(
            admission
                .admit("2001:db8:1:3::1".parse().expect("address"))
                .is_some()
        );
    }

    #[test]
    fn an_ipv4_address_is_the_same_one_when_mapped_into_ipv6() {
        let admission = Admission::new(1, 10);
        let _held = admission
            .admit("192.0.2.7".parse().expect("address"))
            .expect("room");
        assert!(
            admission
                .admit("::ffff:192.0.2.7".parse().expect("address"))
                .is_none()
        );
        assert!(
            admission
                .admit("::ffff:192.0.2.8".parse().expect("address"))
                .is_some()
        );
    }

    #[test]
    fn the_total_holds_over_all_addresses() {
        let admission = Admission::new(5, 1);
        let _held = admission
            .admit("192.0.2.1".parse().expect("address"))
            .expect("room");
        assert!(
            admission
                .admit("192.0.2.2".parse().expect("address"))
                .is_none()
        );
        assert_eq!(admission.open(), 1);
    }
}
